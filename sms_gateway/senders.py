"""Who a sender is: a person with a phone number, or a machine."""

import re

from backend.text import phone_number

_FOREIGN = re.compile(r"\+[1-9]\d{7,14}", re.ASCII)


def person(sender: str) -> str | None:
    """The phone number behind a sender, as E.164; None for short codes, brand names and other notations."""
    if not sender.isascii():
        return None
    return phone_number(sender) or (sender if _FOREIGN.fullmatch(sender) else None)
