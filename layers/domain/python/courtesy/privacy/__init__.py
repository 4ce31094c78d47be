"""Access, restriction, erasure, retention."""
