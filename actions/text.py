"""Comparing Vietnamese text: folded (lower case, no accents, đ→d), by words, and as it was written."""

import re
import unicodedata
from functools import lru_cache

_WORD = re.compile(r"[^\W_]+(?:[.\-/][^\W_]+)*")


@lru_cache(maxsize=2048)
def fold(text: str) -> str:
    """Lower case without accents, blanks collapsed. Keeps the length of NFC text that has no double blanks."""
    decomposed = unicodedata.normalize("NFD", text.lower())
    plain = "".join(c for c in decomposed if unicodedata.category(c) != "Mn").replace("đ", "d")
    return " ".join(plain.split())


def lowered(text: str) -> str:
    """Lower case, NFC, blanks collapsed, accents kept: for words that fold alike ("cháy", "chạy")."""
    return " ".join(unicodedata.normalize("NFC", text.lower()).split())


def has_accents(text: str) -> bool:
    """Whether the writer uses a Vietnamese keyboard, so that a word without accents really has none."""
    return fold(text) != lowered(text)


def words(text: str) -> list[str]:
    """The folded words of `text`; codes stay whole."""
    return _WORD.findall(fold(text))


def clipped(text: str, limit: int) -> str:
    """On one line, at most `limit` characters, cut between words."""
    text = " ".join(text.split())
    if len(text) <= limit:
        return text
    return text[: limit - 1].rsplit(" ", 1)[0].rstrip(" ,;:.–-(") + "…"
