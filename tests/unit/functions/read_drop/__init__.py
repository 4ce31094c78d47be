"""Tests of the function read_drop."""
