"""Dossiers already filed."""
