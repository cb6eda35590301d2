"""Dossiers: from filing to result. For now state, due date and history, enough to tell a citizen where it stands."""
