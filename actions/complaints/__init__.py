"""Reports and proposals to the hotline."""
