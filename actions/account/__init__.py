"""The phone number and notices."""
