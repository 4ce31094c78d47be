"""Sends text messages, each once."""
