"""Short titles for procedures offered side by side: look-alikes must differ in what is shown."""

from collections import Counter
from collections.abc import Sequence

from backend.procedures import policy
from backend.procedures.index import Entry
from backend.text import fold

TITLE = 48  # five of them and a question fit into two segments of SMS
WORDS_OF_DIFFERENCE = 3
_SIGNS = " ,;:.()…"
_LEVELS = {"province": "cấp tỉnh", "district": "cấp huyện", "commune": "cấp xã"}


def distinct(entries: Sequence[Entry]) -> list[str]:
    """A title for each: its short name, then for those that look alike what tells them apart, at last the code."""
    shown = [policy.short_name(entry.short_name, TITLE) for entry in entries]
    for detail in (_difference, _level, _code):
        counts = Counter(fold(title) for title in shown)
        shown = [
            _with(entry.short_name, detail(entry, entries)) if counts[fold(title)] > 1 else title
            for entry, title in zip(entries, shown, strict=True)
        ]
    return shown


def _with(name: str, detail: str) -> str:
    return f"{policy.clipped(name, TITLE - len(detail) - 3)} ({detail})" if detail else policy.short_name(name, TITLE)


def _difference(entry: Entry, entries: Sequence[Entry]) -> str:
    """Where the full name first says what no other one offered says: the words, with the one before them."""
    others = {_bare(word) for other in entries if other.code != entry.code for word in other.names[0].split()}
    words = entry.names[0].split()
    own = next((i for i, word in enumerate(words) if _bare(word) and _bare(word) not in others), None)
    if own is None:
        return ""
    around = words[max(own - 1, 0) : own + WORDS_OF_DIFFERENCE]
    end = next((n for n, word in enumerate(around, 1) if n > 1 and word[-1] in _SIGNS), len(around))
    return policy.clipped(" ".join(around[:end]).strip(_SIGNS), 30)


def _bare(word: str) -> str:
    return fold(word).strip(_SIGNS)


def _level(entry: Entry, _entries: Sequence[Entry]) -> str:
    return _LEVELS.get(entry.level or "", "")


def _code(entry: Entry, _entries: Sequence[Entry]) -> str:
    return entry.code
