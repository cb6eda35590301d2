"""Which event tells whom what, on which channel."""
