"""From a file of a source system to validated rows that changed."""
