"""Short titles that tell look-alike procedures apart on a phone."""

from collections import Counter
from collections.abc import Sequence

from actions.backend_api import Hit
from actions.text import clipped, fold, words

LIMIT = 60
_AROUND = 3
_LEVELS = {"province": "cấp tỉnh", "district": "cấp huyện", "commune": "cấp xã"}


def distinguishing(hits: Sequence[Hit]) -> list[str]:
    """One title per hit, at most about 60 characters, all different.

    What tells long names apart often stands where they are cut ("… trước thời hạn đã thông báo của hộ kinh doanh"): it
    is then put behind in brackets. Names that are the same differ in level or agency, else in the code.
    """
    titles = [_title(hit, [other for other in hits if other is not hit]) for hit in hits]
    for detail in (lambda hit: _LEVELS.get(hit.level or "", ""), lambda hit: clipped(hit.agency, 25), lambda h: h.code):
        titles = _told_apart(titles, [detail(hit) for hit in hits])
    return titles


def _title(hit: Hit, others: Sequence[Hit]) -> str:
    title = clipped(hit.short_name or hit.name, LIMIT)
    detail = _own_words(hit.name, shown=title, others=[other.name for other in others])
    if not detail:
        return title
    return f"{clipped(hit.short_name or hit.name, LIMIT - len(detail) - 3)} ({detail})"


def _own_words(name: str, *, shown: str, others: Sequence[str]) -> str:
    """The first words of `name` that no other name has, with their neighbours, if the title does not show them."""
    written = name.split()
    known = {word for other in others for word in words(other)}
    own = [i for i, word in enumerate(written) if fold(word).strip(_SIGNS) not in known and words(word)]
    if not own or any(fold(written[i]).strip(_SIGNS) in words(shown) for i in own):
        return ""
    around = written[max(own[0] - 1, 0) : own[0] + _AROUND]
    end = next((i for i, word in enumerate(around, 1) if i > 1 and word[-1] in _SIGNS), len(around))
    return " ".join(around[:end]).strip(_SIGNS)


_SIGNS = " ,;:.()…"


def _told_apart(titles: Sequence[str], details: Sequence[str]) -> list[str]:
    count = Counter(fold(title) for title in titles)
    return [
        f"{title} ({detail})" if count[fold(title)] > 1 and detail else title
        for title, detail in zip(titles, details, strict=True)
    ]
