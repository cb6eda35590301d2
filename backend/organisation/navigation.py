"""The pages in the officers' header. A feature adds its own in its `web.py`, once, at import."""

from dataclasses import dataclass

from flask import current_app, url_for

from backend.organisation.access import signed_in_officer
from backend.organisation.models import Role


@dataclass(frozen=True)
class Entry:
    """`endpoint` is the page's Flask endpoint; `roles` are those who see the entry."""

    title: str
    endpoint: str
    roles: frozenset[Role] = frozenset(Role)


_entries: dict[str, Entry] = {}


def add(entry: Entry) -> None:
    """Show `entry` in the header, in the order of adding; adding an endpoint twice keeps the last."""
    _entries[entry.endpoint] = entry


def entries_for() -> list[tuple[str, str]]:
    """Title and address of the pages that the officer of this request may open."""
    officer = signed_in_officer()
    if officer is None:
        return []
    known = current_app.view_functions
    shown = (entry for entry in _entries.values() if officer.role in entry.roles and entry.endpoint in known)
    return [(entry.title, url_for(entry.endpoint)) for entry in shown]
