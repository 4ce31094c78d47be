"""Carries out the erasures that were asked for, and looks after them each night."""
