"""A person, their channels, what they agreed to."""
