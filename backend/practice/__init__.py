"""Practice ("Chế độ tập làm"): the whole workflow on made-up dossiers, in a database of its own."""
