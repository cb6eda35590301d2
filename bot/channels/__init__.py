"""Rasa input channels: `turn`, the only one, spoken by our own worker."""
