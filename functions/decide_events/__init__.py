"""Decides what triggers propose on an event, as soon as it is known."""
