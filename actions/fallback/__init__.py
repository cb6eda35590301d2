"""What was not understood, or is not ours to answer."""
