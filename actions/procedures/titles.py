"""Short titles that tell look-alike procedures apart on a phone."""

from collections import Counter
from collections.abc import Sequence

from actions.backend_api import Hit
from actions.text import clipped, fold

LIMIT = 60
_LEVELS = {"province": "cấp tỉnh", "district": "cấp huyện", "commune": "cấp xã"}


def distinguishing(hits: Sequence[Hit]) -> list[str]:
    """One title per hit, at most about 60 characters, all different.

    Long names often differ only behind where they would be cut ("Cấp giấy phép … trên đường bộ", "… vỉa hè"): then the
    words they share at the start give way. Equal names differ in level or agency, else in the code.
    """
    names = [hit.short_name or hit.name for hit in hits]
    titles = [clipped(name, LIMIT) for name in names]
    if _has_twins(titles):
        titles = [clipped(name, LIMIT) for name in _without_common_start(names)]
    for detail in (lambda hit: _LEVELS.get(hit.level or "", ""), lambda hit: clipped(hit.agency, 25), lambda h: h.code):
        titles = _told_apart(titles, [detail(hit) for hit in hits])
    return titles


def _has_twins(titles: Sequence[str]) -> bool:
    return len({fold(title) for title in titles}) < len(titles)


def _without_common_start(names: Sequence[str]) -> list[str]:
    split = [name.split() for name in names]
    common = 0
    for words in zip(*split, strict=False):
        if len({fold(word) for word in words}) > 1:
            break
        common += 1
    if any(len(words) <= common for words in split):
        return list(names)
    return ["…" + " ".join(words[common:]) for words in split]


def _told_apart(titles: Sequence[str], details: Sequence[str]) -> list[str]:
    count = Counter(fold(title) for title in titles)
    return [
        f"{title} ({detail})" if count[fold(title)] > 1 and detail else title
        for title, detail in zip(titles, details, strict=True)
    ]
