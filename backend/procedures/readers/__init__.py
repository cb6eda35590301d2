"""Readers of the files that procedures come in; each gives `rows.Row`."""
