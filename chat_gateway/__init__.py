"""The chat edge: the web chat now, Zalo and Telegram beside it later. Knows `backend.messaging`, never the reverse."""
