"""Finding every text that is marked for translation, and bringing the .po file to it."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from babel.messages import pofile
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir

from backend.i18n import FILES
from backend.settings import ROOT

_METHODS = [("**.py", "python"), ("**/templates/**.html", "jinja2"), ("**/templates/**.txt", "jinja2")]
_ROOMS = tuple(ROOT / room for room in ("backend", "chat_gateway", "sms_gateway"))
_KEYWORDS: dict[str, Any] = {"_": None, "gettext": None, "N_": None, "ngettext": (1, 2)}
Text = str | tuple[str, ...]


def texts(folders: Sequence[Path] = _ROOMS) -> Iterator[tuple[Text, str]]:
    """Every marked text (a tuple where it has a plural) with the file it stands in."""
    for folder in folders:
        found = extract_from_dir(
            str(folder), _METHODS, {"**.html": {"silent": "false"}}, _KEYWORDS, directory_filter=_is_ours
        )
        for filename, _line, text, _comments, _context in found:
            if text and all(text):
                yield text, f"{folder.name}/{filename}"


def _is_ours(folder: Any) -> bool:
    return Path(folder).name not in {"migrations", "__pycache__", "static"}


def read(language: str = "en") -> Catalog:
    """The translations as the file has them."""
    with (FILES / f"{language}.po").open("rb") as file:
        return pofile.read_po(file, locale=language)


def update(language: str = "en") -> tuple[int, int]:
    """Write new texts into the file and drop those no longer used; how many were new and how many were dropped."""
    old = read(language)
    fresh = Catalog(locale=language, fuzzy=False, header_comment="# English of the officers' and the public pages.")
    for text, filename in texts():
        fresh.add(text, locations=[(filename, None)])  # type: ignore[list-item]
    new = 0
    for message in fresh:
        known = old.get(message.id) if message.id else None
        if known is not None:
            message.string = known.string
        new += bool(message.id) and known is None
    dropped = sum(1 for message in old if message.id and fresh.get(message.id) is None)
    with (FILES / f"{language}.po").open("wb") as file:
        pofile.write_po(file, fresh, width=120, sort_output=True, omit_header=False)
    return new, dropped


def missing(language: str = "en") -> list[Text]:
    """Texts without a translation."""
    known = read(language)
    lacking = []
    for text, _ in texts():
        entry = known.get(text)
        said = entry.string if entry else ""
        if not (all(said) if isinstance(said, tuple | list) else said):
            lacking.append(text)
    return list(dict.fromkeys(lacking))


def stale(language: str = "en") -> list[str]:
    """Translations of texts that nobody uses any more."""
    used = {text if isinstance(text, str) else text[0] for text, _ in texts()}
    ids = [message.id if isinstance(message.id, str) else message.id[0] for message in read(language) if message.id]
    return [text for text in ids if text not in used]
