"""Templates: what may stand in one, and how it becomes a text.

`{fact}` is filled in; `[words {fact}]` is left out while one of its facts is empty or 0. Filling goes over the template
once, so nothing in a value (a name, a reason) is ever taken for a placeholder.
"""

import re
from bisect import bisect_right
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

from backend.errors import InvalidInput
from backend.text import normalise

LONGEST = 2_000
LONGEST_SUBJECT = 150

_TOKEN = re.compile(r"\{([^{}\[\]]*)\}|([{}\[\]])|[^{}\[\]]+")
_NOTHING = ("", "0")
_SHORTENED = (("procedure", 24), ("ground", 30), ("reason", 40), ("missing", 60))
"""What gives way on an SMS, in this order, and how many characters stay at the least."""

Facts = Mapping[str, str]


@dataclass(frozen=True)
class Piece:
    """Words, or a fact; `group` numbers the pair of square brackets it stands in, 0 outside."""

    text: str
    is_fact: bool
    group: int


def pieces(template: str) -> list[Piece]:
    """A template taken apart. Raises InvalidInput with a sentence for its author when a bracket is wrong."""
    found: list[Piece] = []
    group, groups = 0, 0
    for match in _TOKEN.finditer(template):
        name, bracket = match[1], match[2]
        if name is not None:
            found.append(Piece(name.strip(), True, group))
        elif bracket is None:
            found.append(Piece(match[0], False, group))
        elif bracket == "[" and not group:
            groups += 1
            group = groups
        elif bracket == "]" and group:
            _has_fact(found, group)
            group = 0
        else:
            raise InvalidInput(_wrong(bracket, template, match.start()))
    if group:
        raise InvalidInput("Thiếu dấu ] ở cuối một đoạn trong ngoặc vuông.")
    return found


def _has_fact(found: list[Piece], group: int) -> None:
    if not any(piece.is_fact for piece in found if piece.group == group):
        raise InvalidInput("Đoạn trong ngoặc vuông phải có một thông tin, ví dụ [Hẹn: {due}].")


def _wrong(bracket: str, template: str, at: int) -> str:
    near = " ".join(template[max(0, at - 12) : at + 12].split())
    if bracket in "{}":
        return f"Dấu {bracket} không có cặp, gần chỗ “{near}”. Viết thông tin như {{code}}."
    return f"Dấu {bracket} không có cặp hoặc lồng nhau, gần chỗ “{near}”."


def check(template: str, known: Collection[str]) -> None:
    """Raises InvalidInput, in words for its author, when the template is empty, too long, malformed or names no fact
    of `known`."""
    if not template.strip():
        raise InvalidInput("Nội dung còn trống.")
    if len(template) > LONGEST:
        raise InvalidInput(f"Nội dung dài quá {LONGEST} ký tự.")
    for piece in pieces(template):
        if piece.is_fact and piece.text not in known:
            usable = ", ".join(f"{{{name}}}" for name in known)
            raise InvalidInput(f"Không có thông tin {{{piece.text}}}. Dùng được: {usable}.")


def check_subject(template: str, known: Collection[str]) -> None:
    """The same for the subject line of an e-mail."""
    check(template, known)
    if len(template) > LONGEST_SUBJECT or "\n" in template:
        raise InvalidInput(f"Tiêu đề chỉ được một dòng, tối đa {LONGEST_SUBJECT} ký tự.")


def fill(template: str, facts: Facts) -> str:
    """The text; a fact that is not known counts as empty."""
    values = {name: " ".join(normalise(str(value)).split()) for name, value in facts.items()}
    parts = pieces(template)
    empty = {part.group for part in parts if part.group and part.is_fact and values.get(part.text, "") in _NOTHING}
    shown = (part for part in parts if part.group not in empty)
    return "".join(values.get(part.text, "") if part.is_fact else part.text for part in shown).strip()


def fill_to_fit(template: str, facts: Facts, fits: Callable[[str], bool]) -> str:
    """The text with its long facts shortened until it fits; links, codes and dates stay whole.

    Where even that does not help, the shortest there is.
    """
    text = fill(template, facts)
    for name, least in _SHORTENED:
        if fits(text):
            break
        facts = _shortened(template, facts, name, least, fits)
        text = fill(template, facts)
    return text.replace("….", "…")


def _shortened(template: str, facts: Facts, name: str, least: int, fits: Callable[[str], bool]) -> Facts:
    """`facts` with this one as long as there is room for, but not shorter than `least`."""
    value = facts.get(name, "")
    lengths = range(least, len(value))

    def too_long(length: int) -> bool:
        return not fits(fill(template, {**facts, name: shorten(value, length)}))

    if len(value) <= least:
        return facts
    length = lengths[max(0, bisect_right(lengths, False, key=too_long) - 1)]
    return {**facts, name: shorten(value, length)}


def shorten(value: str, length: int) -> str:
    """The beginning of `value`, ending with a whole word and "…"."""
    if len(value) <= length:
        return value
    return (value[:length].rsplit(" ", 1)[0] if " " in value[:length] else value[:length]).rstrip(" ,;:.(–-") + "…"
