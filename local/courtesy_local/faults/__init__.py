"""The fault harness: the real handlers and adapters against stand-ins below the wire, under faults at every AWS call."""
