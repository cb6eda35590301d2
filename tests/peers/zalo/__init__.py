"""A Zalo of our own on loopback, which holds callers to the documented rules. `python -m tests.peers.zalo`."""
