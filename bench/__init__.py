"""Benchmarks: `courtesy bench NAME`. Which figures, and the form of a module, stand in `outcome`."""
