"""Keys in the addresses that citizens are sent: nobody guesses one, and whoever holds it may see what it opens."""

import secrets
import string

LENGTH = 16
_LETTERS = string.ascii_letters + string.digits
"""No dash: at the end of an address phones take it for punctuation, and the link leads nowhere."""


def new_key() -> str:
    """A fresh key."""
    return key_of(secrets.token_bytes(16))


def key_of(random: bytes) -> str:
    """The key that these bytes, at least twelve and random themselves, always make."""
    number, letters = int.from_bytes(random), ""
    for _ in range(LENGTH):
        number, digit = divmod(number, len(_LETTERS))
        letters += _LETTERS[digit]
    return letters


def is_key(text: str) -> bool:
    """Whether it could be one; databases refuse some of what else stands in addresses."""
    return len(text) == LENGTH and all(letter in _LETTERS for letter in text)
