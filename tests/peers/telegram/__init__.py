"""A Telegram of our own on loopback, held to the published Bot API schema; `python -m tests.peers.telegram --help`."""
