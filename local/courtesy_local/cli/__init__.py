"""The `courtesy` command: everything on one machine, and offline use of the same code."""
