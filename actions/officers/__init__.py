"""People: officers, offices, hours."""
