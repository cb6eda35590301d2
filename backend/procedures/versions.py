"""Which version speaks: for each source the one in force on a day, then the sources laid over each other by rank.

A source of higher rank (`models.Source`) answers wherever it says something; where it is silent the next one fills in.
So an import of portal records never takes away our plain wording, and our catalogue gains what only the portal knows.
Phrases and look-alikes are joined from all sources. Both stay in the database as they were read.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from sqlalchemy import URL, ColumnElement, Row, Select, and_, or_, select
from sqlalchemy.orm import Session, selectinload

from backend.procedures.index import Entry
from backend.procedures.models import (
    CatalogueState,
    Procedure,
    ProcedureVersion,
    RequiredDocument,
    Source,
)
from backend.procedures.schemas import DocumentIn, DurationIn, FeeIn, LawIn, MethodIn, ProcedureOut

_RANK = {source.value: rank for rank, source in enumerate(Source)}
_TEXTS = ("field", "agency", "place", "url")
_LISTS = ("levels", "target", "steps", "results", "conditions", "notes")
_JOINED = ("phrases", "look_alikes")


def revision(session: Session) -> tuple[int, datetime] | None:
    """What every import that changes something changes; None before the first."""
    state = session.execute(select(CatalogueState.revision, CatalogueState.changed_at)).one_or_none()
    return (state.revision, state.changed_at) if state else None


def in_force(on: date) -> ColumnElement[bool]:
    """Condition for versions in force on a day."""
    return and_(
        ProcedureVersion.effective_from <= on,
        or_(ProcedureVersion.effective_to.is_(None), ProcedureVersion.effective_to > on),
    )


@dataclass(frozen=True)
class _Remembered:
    """Procedures as they were told last, good for one revision of one database."""

    database: URL
    revision: tuple[int, datetime] | None
    procedures: dict[tuple[str, date], ProcedureOut] = field(default_factory=dict)


_MOST_REMEMBERED = 1_000
_remembered: _Remembered | None = None


def remembered(session: Session, code: str, on: date) -> ProcedureOut | None:
    """`current`, read from its four tables once for each revision of the catalogue: most ask for the same few."""
    global _remembered
    database, now = session.get_bind().engine.url, revision(session)
    memory = _remembered
    if memory is None or (memory.database, memory.revision) != (database, now):
        memory = _remembered = _Remembered(database, now)
    found = memory.procedures.get((code, on))
    if found is None:
        found = current(session, code, on)
        if len(memory.procedures) >= _MOST_REMEMBERED:  # days gone by, mostly
            memory.procedures.clear()
        if found is not None:
            memory.procedures[code, on] = found
    return found


def current(session: Session, code: str, on: date) -> ProcedureOut | None:
    """The procedure as it is on a day, None when no source has it."""
    query = (
        select(ProcedureVersion)
        .join(Procedure)
        .where(Procedure.code == code, in_force(on))
        .options(
            selectinload(ProcedureVersion.documents),
            selectinload(ProcedureVersion.methods),
            selectinload(ProcedureVersion.fees),
        )
    )
    versions = sorted(session.scalars(query), key=lambda version: _RANK[version.source])
    return _laid_over(code, versions) if versions else None


def _laid_over(code: str, versions: Sequence[ProcedureVersion]) -> ProcedureOut:
    first = versions[0]

    def said(name: str) -> Any:
        return next(
            (value for v in versions if (value := getattr(v, name)) not in (None, "", [])), getattr(first, name)
        )

    return ProcedureOut(
        code=code,
        name=first.name,
        short_name=first.short_name,
        level=said("level"),
        service_level=said("service_level"),
        online=said("online"),
        documents=[_document(document) for document in said("documents")],
        methods=[
            MethodIn(
                channel=method.channel,
                duration=DurationIn(value=method.duration_value, unit=method.duration_unit)
                if method.duration_value
                else None,
                duration_text=method.duration_text,
            )
            for method in said("methods")
        ],
        fees=[FeeIn(amount=fee.amount, text=fee.text) for fee in said("fees")],
        legal_basis=[LawIn(**law) for law in said("legal_basis")],
        source=Source(first.source),
        sources=[Source(version.source) for version in versions],
        number=first.number,
        effective_from=first.effective_from,
        effective_to=first.effective_to,
        **{name: said(name) for name in (*_TEXTS, *_LISTS)},
        **{name: list(dict.fromkeys(x for v in versions for x in getattr(v, name))) for name in _JOINED},
    )


def _document(document: RequiredDocument) -> DocumentIn:
    return DocumentIn(
        name=document.name,
        original=document.original,
        copy=document.copy,
        present=document.present,
        required=document.required,
        when=document.when,
        form=document.form,
        files=document.files,
    )


def entries(session: Session, on: date) -> list[Entry]:
    """All procedures of a day, for the search index."""
    papers: defaultdict[int, list[str]] = defaultdict(list)
    names = select(RequiredDocument.version_id, RequiredDocument.name).join(
        ProcedureVersion, ProcedureVersion.id == RequiredDocument.version_id
    )
    for version_id, name in session.execute(names.where(in_force(on)).order_by(RequiredDocument.id)):
        papers[version_id].append(name)
    grouped: defaultdict[str, list[Row[Any]]] = defaultdict(list)
    for row in session.execute(_searched(on)):
        grouped[row.code].append(row)
    return [_entry(code, sorted(rows, key=lambda r: _RANK[r.source]), papers) for code, rows in sorted(grouped.items())]


def _searched(on: date) -> Select[*tuple[Any, ...]]:
    v = ProcedureVersion
    return (
        select(
            Procedure.code, v.id, v.source, v.name, v.short_name, v.field, v.level, v.levels, v.agency, v.phrases,
            v.results, v.steps, v.conditions,
        )
        .join(Procedure)
        .where(in_force(on))
    )  # fmt: skip


def _entry(code: str, rows: list[Row[Any]], papers: dict[int, list[str]]) -> Entry:
    first = rows[0]
    return Entry(
        code=code,
        names=tuple(dict.fromkeys(row.name for row in rows)),
        short_name=first.short_name,
        field=next((row.field for row in rows if row.field), ""),
        level=next((row.level for row in rows if row.level), None),
        levels=tuple(dict.fromkeys(level for row in rows for level in row.levels)),
        agency=next((row.agency for row in rows if row.agency), ""),
        phrases=tuple(dict.fromkeys(phrase for row in rows for phrase in row.phrases)),
        documents=" ".join(name for row in rows for name in papers.get(row.id, ())),
        results=" ".join(result for row in rows for result in row.results),
        body=" ".join(text for row in rows for text in (*row.steps, *row.conditions)),
        ours=any(row.source != Source.PORTAL for row in rows),
    )
