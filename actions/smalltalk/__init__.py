"""Greetings, yes and no, help."""
