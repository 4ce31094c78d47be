"""Finds a part's candidates by the triggers' criteria and decides each of them."""
