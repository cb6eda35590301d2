"""Notifications and the templates that word them."""
