"""What the assistant cannot answer, for officers. For now a list; taking over comes later."""
