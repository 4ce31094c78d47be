"""Treated against held out, and what many contacts do to people."""
