"""Puts contacts that are due on the queue of their channel."""
