"""Satisfaction after a result: one rating a dossier, open to correction for a day."""
