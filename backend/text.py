"""Vietnamese text as it arrives from phones: normalised once at the door, folded for comparison."""

import re
import unicodedata
from collections.abc import Callable

# Line feeds stay. Dropped: other controls, zero-width and bidi marks, lone surrogates, private use, unassigned.
_DROPPED_CATEGORIES = {"Cc", "Cf", "Cs", "Co", "Cn"}
_REMEMBERED = 4096  # characters; Vietnamese has far fewer, and a flood of odd ones must not fill the memory
_BLANKS = re.compile(r"[^\S\n]{2,}|[^\S\n ]")  # a single space stays as it is: nothing to do in most texts
_BLANK_LINES = re.compile(r"\s*\n\s*\n\s*")


class _Letters(dict[int, str | None]):
    """A table for `str.translate` that works out each character once: a long text takes a call, not a loop."""

    def __init__(self, rule: Callable[[str], str | None]) -> None:
        super().__init__()
        self._rule = rule

    def __missing__(self, code: int) -> str | None:
        value = self._rule(chr(code))
        if len(self) < _REMEMBERED:
            self[code] = value
        return value


def _kept(character: str) -> str | None:
    return character if character == "\n" or unicodedata.category(character) not in _DROPPED_CATEGORIES else None


def _bare(character: str) -> str:
    if character in "đĐ":
        return "d" if character == "đ" else "D"
    return "".join(p for p in unicodedata.normalize("NFD", character) if unicodedata.category(p) != "Mn") or character


_KEPT, _BARE = _Letters(_kept), _Letters(_bare)


def normalise(text: str) -> str:
    """NFC, without control, zero-width and other invisible characters, blanks collapsed; may return ''."""
    text = unicodedata.normalize("NFC", text)
    if text.isprintable():  # nothing to drop, and no white space but spaces
        return " ".join(text.split())
    lines = text.replace("\r\n", "\n").replace("\r", "\n").replace("\t", " ")
    return _BLANK_LINES.sub("\n\n", _BLANKS.sub(" ", lines.translate(_KEPT))).strip()


def unaccented(text: str) -> str:
    """The text a phone without Vietnamese shows: marks stripped, đ→d, case kept. Length is kept for NFC input."""
    return unicodedata.normalize("NFC", text).translate(_BARE)


def fold(text: str) -> str:
    """Lower case and unaccented: two texts that fold alike are the same to search and to keyword commands."""
    return unaccented(text).lower()


_PHONE = re.compile(r"(?<!\w)(?:\+?84|0)(?:[ .-]?\d){8,10}(?!\w)")
_ID_NUMBER = re.compile(r"(?<!\w)(?:\d{12}|\d{9})(?!\w)")


def masked(text: str) -> str:
    """`text` with phone and identity numbers reduced to their last three digits, for logs and training exports."""

    def tail(match: re.Match[str]) -> str:
        digits = re.sub(r"\D", "", match.group())
        return "*" * (len(digits) - 3) + digits[-3:]

    return _ID_NUMBER.sub(tail, _PHONE.sub(tail, text))


def phone_number(text: str) -> str | None:
    """A Vietnamese phone number in any common notation as E.164 (`+84…`), or None when it is not one."""
    digits = re.sub(r"[\s.()-]", "", text)
    match = re.fullmatch(r"(?:\+?84|0)([235789]\d{8,9})", digits)
    return f"+84{match[1]}" if match else None
