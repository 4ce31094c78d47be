"""The description of everything outside the code: stacks, one feature per function."""
