"""Agencies with their periods and successors, departments, officers and their sign-in."""
