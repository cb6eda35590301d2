"""The catalogue of administrative procedures: versions from several sources, search, answers."""
