"""What features put into the officers' layout: entries of the menu, and parts of the header, once, at import."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from flask import current_app, request, url_for
from jinja2 import Environment

from backend.database import practising
from backend.i18n import N_, gettext
from backend.organisation.access import practises, signed_in_officer
from backend.organisation.models import Role
from backend.organisation.service import OfficerInfo


class Group(StrEnum):
    """Where in the menu an entry stands."""

    WORK = "work"
    ADMINISTRATION = "administration"


GROUP_TITLES = {Group.WORK: N_("Công việc"), Group.ADMINISTRATION: N_("Quản trị")}


@dataclass(frozen=True)
class Entry:
    """`endpoint` is the page's Flask endpoint; `roles` are those who see the entry; `title` is translated where shown.

    `hint` is one line about the page, for the start page.
    """

    title: str
    endpoint: str
    roles: frozenset[Role] = frozenset(Role)
    group: Group = Group.WORK
    hint: str = ""


@dataclass(frozen=True)
class Link:
    """An entry as this officer sees it now. `here`: the page shown is this one, or lies below it."""

    title: str
    address: str
    hint: str
    here: bool


@dataclass(frozen=True)
class Waiting:
    """A list of work that is not empty. `urgent`: it should not have waited."""

    title: str
    count: int
    address: str
    urgent: bool = False


class Place(StrEnum):
    """Where in the layout a part is included: in the header's row, or above the page's content."""

    HEADER = "header"
    BANNER = "banner"


SEARCH = "dossier_lists.lists"
"""The page that takes `?q=`: the header's search box leads there."""

_entries: dict[str, Entry] = {}
_parts: dict[str, Place] = {}
_counters: dict[str, Callable[[OfficerInfo], list[Waiting]]] = {}


def add(entry: Entry) -> None:
    """Show `entry` in the menu, in the order of adding; adding an endpoint twice keeps the last."""
    _entries[entry.endpoint] = entry


def add_part(template: str, place: Place = Place.HEADER) -> None:
    """Include `template` in every officer's page at `place`; it decides itself whether it shows anything."""
    _parts[template] = place


def counted(endpoint: str, counter: Callable[[OfficerInfo], list[Waiting]]) -> None:
    """On the start page of those who see the entry of `endpoint`, say what waits for them there."""
    _counters[endpoint] = counter


def waiting() -> list[tuple[str, list[Waiting]]]:
    """What waits for this request's officer: the title of the entry and its lists; empty lists are left out."""
    officer = signed_in_officer()
    if officer is None:
        return []
    entries = [entry for entry in _shown(officer) if entry.endpoint in _counters]
    found = ((gettext(entry.title), _counters[entry.endpoint](officer)) for entry in entries)
    return [(title, full) for title, lists in found if (full := [one for one in lists if one.count])]


def parts(place: str) -> list[str]:
    """The templates that features include at `place`, as far as this application has them."""
    if place == Place.HEADER and practises() != practising():  # an error page: not the database of who is shown
        return []
    known = _templates(current_app.jinja_env) if _parts else ()
    return [template for template, where in _parts.items() if where == place and template in known]


@lru_cache
def _templates(environment: Environment) -> frozenset[str]:
    """All there are; walking through the folders of all features takes longer than many a page."""
    return frozenset(environment.list_templates())


def may_search() -> bool:
    """True where the header offers the search of dossiers: the page is there, and this officer may open it."""
    entry, officer = _entries.get(SEARCH), signed_in_officer()
    return bool(entry and officer and officer.role in entry.roles and SEARCH in current_app.view_functions)


def groups_for() -> list[tuple[str, list[Link]]]:
    """The menu of this request's officer: title of the group and its links; empty groups are left out."""
    officer = signed_in_officer()
    if officer is None:
        return []
    shown = _shown(officer)
    here = _most_specific({url_for(entry.endpoint) for entry in shown})
    grouped = {group: [_link(entry, here) for entry in shown if entry.group is group] for group in Group}
    return [(gettext(GROUP_TITLES[group]), links) for group, links in grouped.items() if links]


def entries_for() -> list[tuple[str, str]]:
    """Title and address of the pages that the officer of this request may open."""
    return [(link.title, link.address) for _, links in groups_for() for link in links]


def _shown(officer: OfficerInfo) -> list[Entry]:
    known = current_app.view_functions
    return [entry for entry in _entries.values() if officer.role in entry.roles and entry.endpoint in known]


def _link(entry: Entry, here: str) -> Link:
    address = url_for(entry.endpoint)
    return Link(gettext(entry.title), address, gettext(entry.hint), address == here)


def _most_specific(addresses: set[str]) -> str:
    above = [address for address in addresses if request.path.startswith(address)]
    return max(above, key=len, default="")
