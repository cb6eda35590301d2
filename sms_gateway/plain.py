"""A text for phones without Vietnamese: unaccented, and wholly in the GSM 7-bit alphabet whatever it held before.

Letters become their base letter, look-alike punctuation its plain twin, symbols a short spelling. What has no plain
form (emoji, other scripts) is dropped: a "?" in its place would read like a question.
"""

import re
import unicodedata

from backend.text import unaccented
from sms_gateway.segments import is_gsm7

_SPELLED = (
    dict.fromkeys("•●○◦▪▫■□‣⁃·∙–—−‐‑‒―➢➤►▶✓✔☑", "-")
    | dict.fromkeys("“”„‟«»″〝〞", '"')
    | dict.fromkeys("‘’‚‛‹›′`´ʼ", "'")
    | {"…": "...", "→": "->", "⇒": "=>", "←": "<-", "≤": "<=", "≥": ">=", "≠": "<>", "≈": "~", "×": "x", "÷": ":"}
    | {"₫": "d", "°": " do", "⁄": "/", "©": "(c)", "®": "(R)", "±": "+/-", "¢": "c", "¦": "|", "\r": "", "\x0c": ""}
    | {"œ": "oe", "Œ": "OE", "þ": "th", "Þ": "TH", "ð": "d", "Ð": "D", "ı": "i"}
)
_LATIN = re.compile(r"LATIN (SMALL|CAPITAL) LETTER ([A-Z])(?: .*)?")
_BLANKS = re.compile(r"[ \t]+")
_LINE_ENDS = re.compile(r" *\n *")
_BLANK_LINES = re.compile(r"\n{3,}")


class _Plain(dict[int, str]):
    """A table for `str.translate` that works each character out once."""

    def __missing__(self, code: int) -> str:
        self[code] = _plain_character(chr(code))
        return self[code]


def _plain_character(character: str) -> str:
    if character in _SPELLED:
        return _SPELLED[character]
    bare = unaccented(character)
    if is_gsm7(bare):
        return bare
    if character.isspace():
        return "\n" if character in "\x0b\x85\u2028\u2029" else " "
    compatible = unicodedata.normalize("NFKD", character)  # ½, ², ﬁ, №, full-width letters
    if compatible != character:
        return "".join(_plain_character(part) for part in compatible if part != character)
    return _digit(character) or _base_letter(character)


def _digit(character: str) -> str:
    value = unicodedata.decimal(character, None)
    return "" if value is None else str(value)


def _base_letter(character: str) -> str:
    """`l` for `ł`: Unicode decomposes marks, but not strokes and hooks."""
    match = _LATIN.fullmatch(unicodedata.name(character, ""))
    if match is None:
        return ""
    return match[2].lower() if match[1] == "SMALL" else match[2]


_TABLE = _Plain()


def plain(text: str) -> str:
    """`text` unaccented and in the GSM 7-bit alphabet, blanks collapsed; '' when nothing of it can be shown."""
    shown = _BLANKS.sub(" ", unicodedata.normalize("NFC", text).translate(_TABLE))
    return _BLANK_LINES.sub("\n\n", _LINE_ENDS.sub("\n", shown)).strip()
