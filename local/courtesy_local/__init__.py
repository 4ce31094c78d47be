"""The `courtesy` command and the one-machine stack."""
