"""Everything that knows AWS."""
