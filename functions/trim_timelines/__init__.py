"""Takes away what has been kept as long as the rulebook says."""
