"""Free words without what says who: masked before they are written down, so that nobody ever reads them otherwise.

Numbers of phones, papers and dossiers, e-mail addresses, and names: after a title ("chị Lan"), with a family name
before them, and, in any spelling, those we know (the officers of the agency, the applicant).
"""

import re
from collections.abc import Iterable
from pathlib import Path

import yaml

from backend.text import fold

NUMBER, NAME, ADDRESS = "[số]", "[tên]", "[địa chỉ thư]"

_EMAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_CODE = re.compile(r"(?<!\w)(?:\d{3}\.\d{2}\.\d{2}\.)?[GHgh]\d{2}(?:\.\d{2,3}){0,3}-\d{6}-\d{4,6}(?!\w)")
_LONG_NUMBER = re.compile(r"(?<!\w)\+?\d(?:[ .-]?\d){6,}(?!\w)")
"""Seven digits and more: phones, identity numbers, accounts. Sums of money that long are rare, and no loss."""
_WORD = re.compile(r"[^\W\d_]+")
_LISTS: dict[str, list[str]] = yaml.safe_load(Path(__file__).with_name("screening.yml").read_text("utf-8"))
_TITLES, _FAMILY, _NOT_A_NAME = (frozenset(_LISTS[name]) for name in ("titles", "families", "no_names"))
_LONGEST_NAME = 4


def screened(text: str, known_names: Iterable[str] = ()) -> str:
    """`text` with placeholders for what says who somebody is. `known_names` are full names."""
    text = _LONG_NUMBER.sub(NUMBER, _CODE.sub(NUMBER, _EMAIL.sub(ADDRESS, text)))
    return _without_names(text, _Known(known_names))


class _Known:
    """Names by their folded words: whole names anywhere, and the given name (the last word) after a title."""

    def __init__(self, names: Iterable[str]) -> None:
        self.whole = [tuple(fold(name).split()) for name in names if len(name.split()) > 1]
        self.given = {name[-1] for name in self.whole}


def _without_names(text: str, known: _Known) -> str:
    words = list(_WORD.finditer(text))
    folded = [fold(word.group()) for word in words]
    kept, position, index = list[str](), 0, 0
    while index < len(words):
        start, length = _name_at(words, folded, index, known)
        if length:
            kept += [text[position : words[start].start()], NAME]
            position = words[start + length - 1].end()
            index = start + length
        else:
            index += 1
    return "".join([*kept, text[position:]])


def _name_at(words: list[re.Match[str]], folded: list[str], index: int, known: _Known) -> tuple[int, int]:
    """Where a name begins at or right after this word, and how many words it has; 0 for none."""
    for name in known.whole:
        if tuple(folded[index : index + len(name)]) == name:
            return index, len(name)
    after = index + _title_length(folded, index)
    if after > index:
        length = _capitals(words, folded, after, close=True)
        if not length and after < len(folded) and folded[after] in known.given and _close(words, after):
            length = 1
        return after, length
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
