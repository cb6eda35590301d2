"""A reply as at most two SMS: unaccented unless wanted otherwise, cut where a reader would pause, choices numbered.

Cutting is decided on the source text and measured on what the phone gets, so that `rest` is exactly the source that
was not shown, accents and all, and TIEP THEO can render it again by the same rules.
"""

import re
import unicodedata
from bisect import bisect_left
from collections.abc import Callable, Sequence
from functools import partial

from backend.messaging.channels import Rendered
from sms_gateway.plain import plain
from sms_gateway.segments import count, fits, is_gsm7

MAX_SEGMENTS = 2
TAIL = "(soạn TIEP THEO để xem tiếp)"
PICK = "Nhắn số để chọn"

_MOST_TITLE = 200
_READABLE_TITLE = 20
"""Accented choices cut shorter than this are worth less than unaccented ones."""
_LEAST_TITLE = 8
_RESERVED_TEXT = 60
"""Characters of the text that choices leave room for; the question itself is nearly always this short."""
_ELLIPSIS = ".."

_PAUSE = re.compile(r"\s*\n\s*|(?<=[.!?…;])\s+")
_WORD = re.compile(r"\s+")
_LIST_NUMBER = re.compile(r"(?:^|\n)\s*\w{1,3}[.)]$")
_ABBREVIATION = re.compile(r"(?:^|[\s(])[A-ZĐ]{1,2}\.$")

Show = Callable[[str], str]


def render(text: str, titles: Sequence[str], *, accents: bool) -> Rendered:
    """`text` (accented, any length) with numbered `titles`, as at most two segments; see `Channel.render`.

    The choices are always in this message: the text is cut for them first, long titles are shortened next. Accented
    text whose choices would become unreadable goes out unaccented, which has more than twice the room.
    """
    text = unicodedata.normalize("NFC", text).strip()
    titles = [" ".join(unicodedata.normalize("NFC", title).split()) for title in titles]
    if accents:
        shown = _Page(text, titles, str.strip)
        if shown.readable:
            return shown.rendered()
    return _Page(text, titles, plain).rendered()


class _Page:
    """One message under construction: `show` turns source text into what the phone gets."""

    def __init__(self, text: str, titles: Sequence[str], show: Show) -> None:
        self.text, self.show = text, show
        self.titles = [show(title) for title in titles]
        # An accented tail would turn an answer that happens to have no accents into UCS-2.
        everything = show("\n".join([text, *titles]))
        self.tail, self.pick = (plain(s) if is_gsm7(everything) else s for s in (TAIL, PICK))
        self.whole = fits(self._compose(text, _MOST_TITLE, tail=False), MAX_SEGMENTS)
        self.title_length = _MOST_TITLE if self.whole else self._longest_titles()

    @property
    def readable(self) -> bool:
        return self.title_length >= min(_READABLE_TITLE, max(map(len, self.titles), default=0))

    def rendered(self) -> Rendered:
        if self.whole:
            body, rest = self._compose(self.text, _MOST_TITLE, tail=False), ""
        else:
            body, rest = self._cut()
        cost = count(body)
        return Rendered(body, rest, cost.segments, cost.encoding)

    def _cut(self) -> tuple[str, str]:
        """The message with as much of the text as there is room for, and the source of what is left."""
        if fits(self._compose(self.text, self.title_length, tail=False), MAX_SEGMENTS):
            return self._compose(self.text, self.title_length, tail=False), ""
        room = _last(len(self.text), self._leaves_room)
        end, start = _pause(self.text, room)
        return self._compose(self.text[:end], self.title_length, tail=True), self.text[start:]

    def _leaves_room(self, length: int) -> bool:
        return fits(self._compose(self.text[:length], self.title_length, tail=True), MAX_SEGMENTS)

    def _longest_titles(self) -> int:
        """The length of title that leaves the text its reserved room, less of it where the choices are many."""
        for reserved in (_RESERVED_TEXT, _RESERVED_TEXT // 3, 0):
            longest = _last(_MOST_TITLE, partial(self._leaves_titles, self.text[:reserved]))
            if longest >= _LEAST_TITLE:
                return longest
        return _LEAST_TITLE

    def _leaves_titles(self, start: str, title_length: int) -> bool:
        is_cut = len(self.text) > _RESERVED_TEXT
        return fits(self._compose(start, title_length, tail=is_cut), MAX_SEGMENTS)

    def _compose(self, source: str, title_length: int, *, tail: bool) -> str:
        parts = [self.show(source), self.tail if tail else "", *_numbered(self.titles, title_length)]
        return "\n".join(part for part in [*parts, self.pick if self.titles else ""] if part)


def _last(most: int, holds: Callable[[int], bool]) -> int:
    """The largest number up to `most` for which `holds`, where it holds up to some number and never after it."""
    return bisect_left(range(1, most + 1), True, key=lambda number: not holds(number))


def _numbered(titles: Sequence[str], length: int) -> list[str]:
    shortened = [_shortened(title, length) for title in titles]
    return [
        f"{number}. {_told_apart(title, length) if shortened.count(short) > 1 else short}"
        for number, (title, short) in enumerate(zip(titles, shortened, strict=True), 1)
    ]


def _shortened(title: str, length: int) -> str:
    """The beginning of a title that is longer than `length`, at a word where that costs little."""
    if len(title) <= length:
        return title
    kept = title[: length - len(_ELLIPSIS)]
    word = kept.rpartition(" ")[0] if not title[len(kept)].isspace() else kept
    return (word if len(word) * 3 >= len(kept) * 2 else kept).rstrip(" ,;:-") + _ELLIPSIS


def _told_apart(title: str, length: int) -> str:
    """Beginning and end of a title whose beginning another one shares ("Đăng ký khai sinh..nước ngoài")."""
    if len(title) <= length:
        return title
    half = (length - len(_ELLIPSIS)) // 2
    return title[: length - len(_ELLIPSIS) - half].rstrip() + _ELLIPSIS + title[-half:].lstrip()


def _pause(text: str, room: int) -> tuple[int, int]:
    """Where a page of at most `room` characters ends and where the next one starts (only blanks lie between).

    The last end of a sentence or list item in the second half, else the last word, else (one endless word) anywhere.
    """
    pauses = [m for m in _PAUSE.finditer(text, 0, room + 1) if _ends_well(text, m.start())]
    if pauses and pauses[-1].start() * 2 >= room:
        return _around_blank(text, pauses[-1].start())
    words = [m for m in _WORD.finditer(text, 0, room + 1) if m.start() > 0]
    if words:
        return _around_blank(text, words[-1].start())
    while room > 1 and unicodedata.combining(text[room]):
        room -= 1
    return room, room


def _ends_well(text: str, end: int) -> bool:
    """A pause that is not after "1.", "TP." or a list's heading."""
    before = text[max(0, end - 12) : end]
    return not (before.endswith(":") or _LIST_NUMBER.search(before) or _ABBREVIATION.search(before))


def _around_blank(text: str, end: int) -> tuple[int, int]:
    return end, len(text) - len(text[end:].lstrip())
