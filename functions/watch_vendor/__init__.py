"""Looks after mailings that the print vendor has not acknowledged."""
