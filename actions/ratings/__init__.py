"""How satisfied citizens are."""
