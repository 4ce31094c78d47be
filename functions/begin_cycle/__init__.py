"""begin_cycle: fixes what a cycle is about."""
