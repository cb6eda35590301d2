"""How many SMS a text costs: GSM 03.38's 7-bit alphabet, or UCS-2 as soon as one character is not in it.

One message holds 160 septets or 70 UTF-16 units; of a longer text each part holds 153 or 67, for the header that
joins them takes 6 of its 140 bytes. What costs two units (ESC + character, surrogate pair) never spans two parts.
"""

import re
from bisect import bisect_left
from dataclasses import dataclass

GSM7, UCS2 = "gsm7", "ucs2"

BASIC = (
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
"""The 127 characters of one septet, in the order of their codes; code 0x1B is the ESC before the others."""
EXTENSION = "^{}\\[~]|€"
"""Characters of two septets, ESC first. (The page break is left out: no phone shows it.)"""

_GSM7 = re.compile(f"[{re.escape(BASIC + EXTENSION)}]*")
_TWO_SEPTETS = frozenset(EXTENSION)
_SINGLE = {GSM7: 160, UCS2: 70}
_PART = {GSM7: 153, UCS2: 67}


@dataclass(frozen=True)
class Segments:
    """What a text costs. `units` are septets or UTF-16 units; `remaining` how many the last segment still takes."""

    encoding: str
    segments: int
    units: int
    remaining: int


def is_gsm7(text: str) -> bool:
    """Whether every character is in the 7-bit alphabet or its extension."""
    return _GSM7.fullmatch(text) is not None


def count(text: str) -> Segments:
    """The cost of `text` as it is; an empty text costs no segment."""
    encoding = GSM7 if is_gsm7(text) else UCS2
    widths = _widths(text, encoding)
    units = sum(widths)
    if units <= _SINGLE[encoding]:
        return Segments(encoding, 1 if units else 0, units, _SINGLE[encoding] - units)
    parts, used = 1, 0
    for width in widths:
        if used + width > _PART[encoding]:
            parts, used = parts + 1, 0
        used += width
    return Segments(encoding, parts, units, _PART[encoding] - used)


def split(text: str) -> list[str]:
    """The text as its segments hold it."""
    if count(text).segments <= 1:
        return [text] if text else []
    encoding = GSM7 if is_gsm7(text) else UCS2
    parts, used = [""], 0
    for character, width in zip(text, _widths(text, encoding), strict=True):
        if used + width > _PART[encoding]:
            parts.append("")
            used = 0
        parts[-1] += character
        used += width
    return parts


def _widths(text: str, encoding: str) -> list[int]:
    if encoding == GSM7:
        return [2 if character in _TWO_SEPTETS else 1 for character in text]
    return [2 if character > "\uffff" else 1 for character in text]


def fits(text: str, segments: int) -> bool:
    """Whether `text` costs at most `segments` segments."""
    if len(text) > segments * _SINGLE[GSM7]:  # every character is a unit at least; spares counting a whole article
        return False
    return count(text).segments <= segments


def cut(text: str, segments: int) -> int:
    """Length (in characters) of the longest beginning of `text` that costs at most `segments` segments."""
    return bisect_left(range(1, len(text) + 1), True, key=lambda length: not fits(text[:length], segments))
