"""Translations of the pages, and what keeps them complete."""
