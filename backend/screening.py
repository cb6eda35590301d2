"""Free words without what says who: numbers of phones, papers and dossiers, addresses, and names.

Names are found after a title ("chị Lan"), by the family name they begin with, and, in any spelling, where we know them
(officers, the applicant). It is a screen, not a proof: what a person is to read or a model to learn is looked at after
it all the same.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import yaml

from backend.text import fold


@dataclass(frozen=True)
class Placeholders:
    """What stands for each kind of thing."""

    phone: str = "[số]"
    id_number: str = "[số]"
    dossier_code: str = "[số]"
    dossier_link: str = "[liên kết]"
    complaint_code: str = "[số]"
    number: str = "[số]"
    email: str = "[địa chỉ thư]"
    name: str = "[tên]"


FOR_READERS = Placeholders()

_SHAPES = {
    "email": re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+"),
    "dossier_code": re.compile(r"(?<!\w)(?:\d{3}\.\d{2}\.\d{2}\.)?[GHgh]\d{2}(?:\.\d{2,3}){0,3}-\d{6}-\d{4,6}(?!\w)"),
    "dossier_link": re.compile(r"https?://\S+/hs/\S+"),
    "complaint_code": re.compile(r"(?<!\w)[Pp][Aa]-\d{6}-\d{4}(?!\w)"),
    "id_number": re.compile(r"(?<![\w+])(?:\d{12}|[1-9]\d{8})(?!\w)"),
    "phone": re.compile(r"(?<!\w)(?:\+?84|0)(?:[ .-]?\d){8,10}(?!\w)"),
    "number": re.compile(r"(?<!\w)\+?\d(?:[ .-]?\d){6,}(?!\w)"),
}
"""In this order. The last: seven digits and more, accounts and the like; sums of money that long are no loss."""
_OF_PERSONS = ("email", "dossier_code", "dossier_link", "id_number", "phone")
_WORD = re.compile(r"[^\W\d_]+")
_LISTS: dict[str, list[str]] = yaml.safe_load(Path(__file__).with_name("screening.yml").read_text("utf-8"))
_TITLES, _FAMILY, _SURE_FAMILY, _MIDDLE, _NOT_A_NAME = (
    frozenset(_LISTS[name]) for name in ("titles", "families", "sure_families", "middles", "no_names")
)
_LONGEST_NAME = 4


def screened(
    text: str,
    known_names: Iterable[str] = (),
    placeholders: Placeholders = FOR_READERS,
    *,
    guess_names: bool = True,
) -> str:
    """`text` with placeholders for what says who somebody is. `known_names` are full names. Doing it twice is once.

    Without `guess_names` only known names go: for a text whose other names somebody has looked at ("đường Nguyễn Du").
    """
    kept = list[str]()

    def keep(placeholder: str) -> str:
        kept.append(placeholder)
        return f"\ue000{chr(0xE100 + len(kept) - 1)}"

    for kind, shape in _SHAPES.items():
        text = shape.sub(lambda _: keep(getattr(placeholders, kind)), text)  # noqa: B023 - called at once
    text = _without_names(text, _Known(known_names, guess=guess_names), placeholders.name)
    return re.sub("\ue000(.)", lambda match: kept[ord(match[1]) - 0xE100], text)


_INTRODUCES = re.compile(
    r"\b(?:(?:ten )?(?:toi|tui|em|minh|chau|con) (?:la|ten|ten la|ho ten|ho ten la)|ten (?:toi|tui|em|minh)(?: la)?"
    r"|ho (?:va )?ten(?: (?:toi|em|minh))?(?: la)?|nguoi (?:bao|gui|phan anh|to cao|khieu nai|lam don)(?: la)?"
    r"|ky ten)[\s:,.]*$"
)


def without_sender(text: str, known_names: Iterable[str] = (), *, numbers: bool = True) -> str:
    """`text` without what its writer tells of themselves: a name after "tôi là", known names and, `numbers`, numbers.

    Other names stay: of somebody denounced, of streets.
    """
    words = list(_WORD.finditer(text))
    for first, last in reversed(list(_introduced(text, words))):
        text = f"{text[: words[first].start()]}{FOR_READERS.name}{text[words[last].end() :]}"
    for kind in _OF_PERSONS if numbers else ():
        text = _SHAPES[kind].sub(getattr(FOR_READERS, kind), text)
    return _without_names(text, _Known(known_names, guess=False), FOR_READERS.name)


def _introduced(text: str, words: list[re.Match[str]]) -> Iterator[tuple[int, int]]:
    """First and last word of each name by which somebody says who they are."""
    folded = [fold(word.group()) for word in words]
    for index, word in enumerate(words):
        if folded[index] not in _FAMILY or not _INTRODUCES.search(fold(text[: word.start()])):
            continue
        length = _capitals(words, folded, index, close=False)
        if length < 2 and folded[index] in _SURE_FAMILY and folded[index + 1 : index + 2] in ([one] for one in _MIDDLE):
            length = min(3, len(words) - index)
        if length > 1:
            yield index, index + length - 1


def names_in(text: str) -> list[str]:
    """What is taken for somebody's name in a text, each once, as it stands there."""
    words = list(_WORD.finditer(text))
    spans = _names_at(words, _Known(()))
    return list(dict.fromkeys(text[words[first].start() : words[last].end()] for first, last in spans))


class _Known:
    """Names by their folded words: whole names anywhere, and the given name (the last word) after a title.

    `guess`: what only looks like a name is one, too.
    """

    def __init__(self, names: Iterable[str], *, guess: bool = True) -> None:
        self.guess = guess
        self.whole = [tuple(fold(name).split()) for name in names if len(name.split()) > 1]
        self.given = {name[-1] for name in self.whole}


def _without_names(text: str, known: _Known, placeholder: str) -> str:
    words = list(_WORD.finditer(text))
    kept, position = list[str](), 0
    for first, last in _names_at(words, known):
        kept += [text[position : words[first].start()], placeholder]
        position = words[last].end()
    return "".join([*kept, text[position:]])


def _names_at(words: list[re.Match[str]], known: _Known) -> Iterator[tuple[int, int]]:
    """First and last word of each name."""
    folded, index = [fold(word.group()) for word in words], 0
    while index < len(words):
        start, length = _name_at(words, folded, index, known)
        if length:
            yield start, start + length - 1
            index = start + length
        else:
            index += 1


def _name_at(words: list[re.Match[str]], folded: list[str], index: int, known: _Known) -> tuple[int, int]:
    """Where a name begins at or right after this word, and how many words it has; 0 for none."""
    for name in known.whole:
        if tuple(folded[index : index + len(name)]) == name:
            return index, len(name)
    if not known.guess:
        return index, 0
    after = index + _title_length(folded, index)
    if after > index:
        length = _capitals(words, folded, after, close=True)
        if not length and after < len(folded) and folded[after] in known.given and _close(words, after):
            length = 1
        return after, length
    if folded[index] in _SURE_FAMILY and index + 2 < len(words) and folded[index + 1] in _MIDDLE:
        return index, 3  # "tran thi mai", as one writes without accents and capitals
    if folded[index] in _FAMILY and words[index].group()[0].isupper():
        length = _capitals(words, folded, index, close=False)
        return index, length if length > 1 else 0
    return index, 0


def _title_length(folded: list[str], index: int) -> int:
    """How many words the title at this place has."""
    if "_".join(folded[index : index + 2]) in _TITLES:
        return 2
    return int(folded[index] in _TITLES)


def _capitals(words: list[re.Match[str]], folded: list[str], start: int, *, close: bool) -> int:
    """How many capitalised words stand here, blanks apart; `close`: the first also from the word before it."""
    length = 0
    while length < _LONGEST_NAME and start + length < len(words):
        at = start + length
        first = length == 0
        if not words[at].group()[0].isupper() or (first and _is_no_name(folded, at)):
            break
        if (close or not first) and not _close(words, at):
            break
        length += 1
    return length


def _is_no_name(folded: list[str], at: int) -> bool:
    return folded[at] in _NOT_A_NAME or "_".join(folded[at : at + 2]) in _NOT_A_NAME


def _close(words: list[re.Match[str]], at: int) -> bool:
    """Whether only blanks lie between a word and the one before it."""
    between = words[at].string[words[at - 1].end() : words[at].start()]
    return not between.strip() and "\n" not in between
