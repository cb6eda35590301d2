"""The officers' search: dossiers by code, name or phone number, among those the officer may see, newest first.

SQLite scans the terms of what is visible. PostgreSQL looks among the newest dossiers first: a word that many have in
common ("nguyen", in the whole province the "0001" that ends the first codes of each day) fills the page there, without
sorting all that have it. What is rarer comes from the GIN index, and numbers, of which few share the end, at once.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Select, and_, cast, false, literal, or_, select
from sqlalchemy.dialects.postgresql import TSQUERY
from sqlalchemy.orm import QueryableAttribute, Session

from backend import clock
from backend.database import reading
from backend.dossiers import access, terms, worklists
from backend.dossiers.models import Dossier, DossierPlace, DossierStep
from backend.dossiers.terms import Term
from backend.dossiers.worklists import Line
from backend.organisation.models import Role
from backend.organisation.service import OfficerInfo
from backend.text import fold

MOST = 50
LONGEST = 100
WINDOWS = (2_000, 12_000)
"""How many of the newest dossiers are looked through before the index is asked, which then has few to sort: what more
than 1 in 40 have in common was found among them. In the whole province 1 in 40 is still many: there it is 1 in 250."""

Piece = tuple[str, bool]
"""A part of a text, and whether it is what was looked for."""


@dataclass(frozen=True)
class Hit:
    """A dossier found; code, name and phone in pieces, for the match to be marked."""

    line: Line
    code: tuple[Piece, ...]
    name: tuple[Piece, ...]
    phone: tuple[Piece, ...]


@dataclass(frozen=True)
class Results:
    """What was found. `unclear`: too little to search for. `more`: there are more than are shown."""

    hits: list[Hit]
    more: bool = False
    unclear: bool = False


def search(officer: OfficerInfo, query: str) -> Results:
    """The newest dossiers that hold everything in `query`."""
    wanted = terms.wanted(query[:LONGEST])
    if not wanted:
        return Results([], unclear=True)
    with reading() as session:
        rows = session.execute(select(*worklists.shown_columns()).where(Dossier.id.in_(_ids(session, officer, wanted))))
        lines = worklists.lines_of(session, rows.all(), clock.now())
    lines.sort(key=lambda line: (line.submitted_at, line.id), reverse=True)
    return Results([_hit(line, wanted) for line in lines[:MOST]], more=len(lines) > MOST)


def _ids(session: Session, officer: OfficerInfo, wanted: Sequence[Term]) -> list[int]:
    """With all words but the last as whole words, which few dossiers have in common; only else as beginnings."""
    finished = terms.finished(wanted)
    return _found(session, officer, finished) or (_found(session, officer, wanted) if finished != wanted else [])


def _found(session: Session, officer: OfficerInfo, wanted: Sequence[Term]) -> list[int]:
    if session.get_bind().dialect.name == "sqlite":
        like = and_(*(_like(term) for term in wanted))
        return list(session.scalars(_newest(select(Dossier.id).where(like, access.visible(officer)))))
    if officer.role == Role.SPECIALIST:
        return list(session.scalars(_newest(_of_specialist(officer).where(_matches(wanted, Dossier.search_text)))))
    windows = WINDOWS if officer.role == Role.PROVINCE_LEADER else WINDOWS[:1]
    for window in () if any(_is_rare(term, officer) for term in wanted) else windows:
        found = list(session.scalars(_among_newest(officer, wanted, window)))
        if len(found) > MOST:
            return found
    return list(session.scalars(_by_index(officer, wanted)))


def _is_rare(term: Term, officer: OfficerInfo) -> bool:
    """A number; in the whole province one that is longer than the part of a code that begins anew each day."""
    is_long = min(map(len, term.beginnings)) > len(terms.CODE) + 4
    return term.is_number and (is_long or officer.role != Role.PROVINCE_LEADER)


def _newest(query: Select[int]) -> Select[int]:
    return query.order_by(Dossier.submitted_at.desc(), Dossier.id.desc()).limit(MOST + 1)


def _of_specialist(officer: OfficerInfo) -> Select[int]:
    """What `access.visible` says of specialists, from their few steps instead of from all dossiers."""
    held = select(DossierStep.dossier_id).where(DossierStep.officer_id == officer.id)
    waiting = select(DossierStep.dossier_id).where(access.unassigned(officer))
    steps = held.union(waiting).cte("steps").prefix_with("MATERIALIZED")
    return select(Dossier.id).join(steps, steps.c.dossier_id == Dossier.id)


def _among_newest(officer: OfficerInfo, wanted: Sequence[Term], size: int) -> Select[int]:
    if officer.role == Role.PROVINCE_LEADER:
        # The terms come out of the subquery, or PostgreSQL would ask the index first, for more than the window holds.
        columns = (Dossier.id, Dossier.submitted_at, Dossier.search_text)
        newest = select(*columns).order_by(Dossier.submitted_at.desc(), Dossier.id.desc()).limit(size).subquery()
        query = select(newest.c.id).where(_matches(wanted, newest.c.search_text))
        return query.order_by(newest.c.submitted_at.desc(), newest.c.id.desc()).limit(MOST + 1)
    placed = select(DossierPlace.dossier_id.label("id")).where(DossierPlace.agency_code == officer.agency_code)
    window = placed.order_by(DossierPlace.submitted_at.desc(), DossierPlace.dossier_id.desc()).limit(size).subquery()
    found = select(Dossier.id).join(window, window.c.id == Dossier.id)
    return _newest(found.where(_matches(wanted, Dossier.search_text), access.visible(officer)))


def _by_index(officer: OfficerInfo, wanted: Sequence[Term]) -> Select[int]:
    if officer.role != Role.PROVINCE_LEADER:
        wanted = [*wanted, Term((terms.place(officer.agency_code),), whole=True)]
    # Materialised, or the planner may walk all dossiers by date in the hope of meeting enough of them early.
    hits = select(Dossier.id).where(_matches(wanted, Dossier.search_text)).cte("hits").prefix_with("MATERIALIZED")
    return _newest(select(Dossier.id).join(hits, hits.c.id == Dossier.id).where(access.visible(officer)))


def _matches(wanted: Sequence[Term], text: ColumnElement[str] | QueryableAttribute[str]) -> ColumnElement[bool]:
    """All terms, as PostgreSQL asks for them; terms are letters, digits and their marks, so quoting is enough."""
    query = " & ".join(f"({' | '.join(_lexemes(term))})" for term in wanted)
    return text.bool_op("@@")(cast(literal(query), TSQUERY))


def _lexemes(term: Term) -> list[str]:
    return [f"'{text}'" if term.whole else f"'{text}':*" for text in term.beginnings]


def _like(term: Term) -> ColumnElement[bool]:
    """One term, as SQLite asks for it: at the beginning of a word, or all of one."""
    padded, end = literal(" ").concat(Dossier.search_text).concat(" "), " " if term.whole else ""
    return or_(false(), *(padded.contains(f" {text}{end}", autoescape=True) for text in term.beginnings))


# --- what was found, marked ------------------------------------------------------------------------------------


def _hit(line: Line, wanted: Sequence[Term]) -> Hit:
    beginnings = [text for term in wanted for text in term.beginnings]
    national = "0" + line.applicant_phone.removeprefix("+84")
    return Hit(
        line,
        _end_marked(line.code, [text[1:][::-1] for text in beginnings if text.startswith(terms.CODE)]),
        _words_marked(line.applicant_name, [text for text in beginnings if text[0].isalnum()]),
        _end_marked(national, [text[1:][::-1] for text in beginnings if text.startswith(terms.PHONE)]),
    )


def _end_marked(text: str, endings: Sequence[str]) -> tuple[Piece, ...]:
    """`text` with its last digits marked where they are one of `endings`; what stands between digits is passed over."""
    digits = re.sub(r"\D", "", text)
    fitting = max((len(ending) for ending in endings if digits.endswith(ending)), default=0)
    if not fitting:
        return ((text, False),)
    places = [place for place, character in enumerate(text) if character.isdigit()]
    begin = places[-fitting]
    return tuple(piece for piece in ((text[:begin], False), (text[begin:], True)) if piece[0])


def _words_marked(text: str, beginnings: Sequence[str]) -> tuple[Piece, ...]:
    """`text` with the beginnings of its words marked; folding keeps the length, so the places fit."""
    folded = fold(text)
    if len(folded) != len(text):
        return ((text, False),)
    marked = [False] * len(text)
    for beginning in beginnings:
        spelled = r"['’ʼ`´]?".join(map(re.escape, beginning))
        for match in re.finditer(rf"(?<![a-z0-9]){spelled}", folded):
            marked[match.start() : match.end()] = [True] * (match.end() - match.start())
    return _runs(text, marked)


def _runs(text: str, marked: Sequence[bool]) -> tuple[Piece, ...]:
    found: list[Piece] = []
    for character, is_marked in zip(text, marked, strict=True):
        if found and found[-1][1] == is_marked:
            found[-1] = (found[-1][0] + character, is_marked)
        else:
            found.append((character, is_marked))
    return tuple(found)
