"""Which procedure is meant, and what is told of it."""
