"""Papers as they are handed over the counter: printed forms, their texts, and the register."""
