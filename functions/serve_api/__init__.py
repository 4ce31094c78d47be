"""The HTTP API: customers, cycles, sources, and the public unsubscribe link."""
