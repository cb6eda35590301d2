"""Takes rows of any reader into the catalogue: one transaction, the same file twice changes nothing.

Every source keeps its own line of versions of a procedure. A row is compared with the version of its source in force on
the row's date; other content makes a new version from that date on, and what was in force of that source ends there.
Versions already scheduled for later stay scheduled.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend import clock
from backend.audit import Audit
from backend.audit import record as audit
from backend.database import insert_for, insert_new, transaction
from backend.errors import InvalidInput
from backend.procedures.models import (
    CatalogueState,
    Fee,
    FilingMethod,
    Procedure,
    ProcedureVersion,
    RequiredDocument,
    Source,
)
from backend.procedures.readers.rows import Row
from backend.procedures.schemas import ProcedureIn


@dataclass(frozen=True)
class Skipped:
    """A row that was not taken, and why."""

    line: int
    code: str
    reason: str


@dataclass
class Report:
    """What an import did, or would do. `outranked`: taken, but citizens hear a higher-ranked source first."""

    added: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    unchanged: int = 0
    outranked: int = 0
    skipped: list[Skipped] = field(default_factory=list)

    @property
    def changes(self) -> bool:
        """Whether anything is different afterwards."""
        return bool(self.added or self.changed)


class _DryRun(Exception):
    """Rolls the transaction back after everything was tried."""


def run(
    rows: Iterable[Row],
    source: Source,
    *,
    effective_from: date | None = None,
    dry_run: bool = False,
    strict: bool = False,
    advance: Callable[[], object] = lambda: None,
) -> Report:
    """Import `rows` as `source`. `effective_from` dates what is new or changed; without it a row's own date or today.

    `strict`: a row that cannot be taken raises InvalidInput and nothing is imported. `advance` is called once a row.
    """
    report = Report()
    records = list(_valid(rows, report, strict, advance))  # before the transaction: reading is slow, others must write
    try:
        with transaction() as session:
            _Import(session, source, effective_from, report).take(records)
            if dry_run:
                raise _DryRun
    except _DryRun:
        pass
    return report


def _valid(rows: Iterable[Row], report: Report, strict: bool, advance: Callable[[], object]) -> Iterable[ProcedureIn]:
    lines: dict[str, int] = {}
    for row in rows:
        advance()
        problem = row.problem
        if row.record and row.record.code in lines:
            problem = f"same code as line {lines[row.record.code]}"
        if row.record is None or problem:
            if strict:
                raise InvalidInput(f"Dòng {row.line} ({row.code or '?'}): {problem}")
            report.skipped.append(Skipped(row.line, row.code, problem))
            continue
        lines[row.record.code] = row.line
        yield row.record


class _Import:
    def __init__(self, session: Session, source: Source, effective_from: date | None, report: Report) -> None:
        self.session, self.source, self.report = session, source, report
        self.effective_from, self.today = effective_from, clock.today()

    def take(self, records: Sequence[ProcedureIn]) -> None:
        """Plan and write all records; the state row stays locked until the transaction ends."""
        state = _locked_state(self.session)
        self._load()
        self._add_unknown(records)
        for record in records:
            self._take_one(record)
        self.session.flush()  # all at once, also in a dry run
        if self.report.changes:
            state.revision += 1
            state.changed_at = clock.now()
            counts = {"added": len(self.report.added), "changed": len(self.report.changed)}
            audit(
                self.session,
                Audit.CATALOGUE_IMPORTED,
                actor="system",
                subject=f"catalogue:{self.source}",
                skipped=len(self.report.skipped),
                **counts,
            )

    def _add_unknown(self, records: Sequence[ProcedureIn]) -> None:
        """At once, so that the versions, which need their ids, can be written at once, too."""
        new = [{"code": one.code, "created_at": clock.now()} for one in records if one.code not in self.ids]
        insert_new(self.session, Procedure, new)
        self.ids |= self._known_ids() if new else {}

    def _known_ids(self) -> dict[str, int]:
        return {code: id_ for id_, code in self.session.execute(select(Procedure.id, Procedure.code))}

    def _load(self) -> None:
        self.ids = self._known_ids()
        self.versions: dict[int, list[ProcedureVersion]] = {}
        own = select(ProcedureVersion).where(ProcedureVersion.source == self.source).order_by(ProcedureVersion.number)
        for version in self.session.scalars(own):
            self.versions.setdefault(version.procedure_id, []).append(version)
        ranks = list(Source)
        above = select(ProcedureVersion.procedure_id).where(
            ProcedureVersion.source.in_(ranks[: ranks.index(self.source)])
        )
        self.outranked = set(self.session.scalars(above))

    def _take_one(self, record: ProcedureIn) -> None:
        digest = record.content_hash()
        procedure_id = self.ids[record.code]
        earlier = self.versions.get(procedure_id, [])
        start = self.effective_from or record.effective_from or self._dated(record, earlier)
        in_force = next((v for v in reversed(earlier) if _in_force(v, max(start, self._last_start(earlier)))), None)
        if in_force and in_force.content_hash == digest:
            self.report.unchanged += 1
            return
        (self.report.changed if earlier else self.report.added).append(record.code)
        self.report.outranked += procedure_id in self.outranked
        version = _version(record, digest)
        version.procedure_id, version.source, version.effective_from = procedure_id, self.source, start
        version.number = earlier[-1].number + 1 if earlier else 1
        version.effective_to = self._make_room(earlier, start)
        self.session.add(version)

    def _dated(self, record: ProcedureIn, earlier: list[ProcedureVersion]) -> date:
        """The source's own date where that is news, else today."""
        own = record.updated_on
        return own if own and self._last_start(earlier) < own < self.today else self.today

    def _last_start(self, earlier: list[ProcedureVersion]) -> date:
        """The start of the newest version already in force: a row dated earlier is compared with it."""
        return max((v.effective_from for v in earlier if v.effective_from <= self.today), default=date.min)

    def _make_room(self, earlier: list[ProcedureVersion], start: date) -> date | None:
        """End what the new version replaces; the start of the next scheduled version, if any."""
        scheduled = [v for v in earlier if v.effective_from > max(start, self.today) and not _is_void(v)]
        for version in earlier:
            if version in scheduled or _is_void(version):
                continue
            if version.effective_from >= start:
                version.effective_to = version.effective_from  # void: never in force, kept as history
            elif version.effective_to is None or version.effective_to > start:
                version.effective_to = start
        return min((v.effective_from for v in scheduled), default=None)


def _in_force(version: ProcedureVersion, on: date) -> bool:
    return version.effective_from <= on and (version.effective_to is None or on < version.effective_to)


def _is_void(version: ProcedureVersion) -> bool:
    return version.effective_to is not None and version.effective_to <= version.effective_from


def _locked_state(session: Session) -> CatalogueState:
    """The one row, locked: imports run one after another."""
    values = {"id": 1, "revision": 0, "changed_at": clock.now()}
    session.execute(insert_for(session, CatalogueState).values(**values).on_conflict_do_nothing())
    return session.get_one(CatalogueState, 1, with_for_update=True)


def _version(record: ProcedureIn, digest: str) -> ProcedureVersion:
    return ProcedureVersion(
        content_hash=digest,
        imported_at=clock.now(),
        name=record.name,
        short_name=record.short_name[:160],
        field=record.field,
        level=record.level,
        levels=[level.value for level in record.levels],
        agency=record.agency,
        place=record.place,
        service_level=record.service_level,
        online=record.online,
        target=record.target,
        phrases=record.phrases,
        look_alikes=record.look_alikes,
        steps=record.steps,
        results=record.results,
        conditions=record.conditions,
        legal_basis=[law.model_dump() for law in record.legal_basis],
        notes=record.notes,
        url=record.url,
        documents=[
            RequiredDocument(
                position=position,
                name=document.name,
                original=document.original,
                copy=document.copy_,
                present=document.present,
                required=document.required,
                when=document.when,
                form=document.form,
                files=document.files,
            )
            for position, document in enumerate(record.documents)
        ],
        methods=[
            FilingMethod(
                position=position,
                channel=method.channel,
                duration_value=method.duration.value if method.duration else None,
                duration_unit=method.duration.unit if method.duration else None,
                duration_text=method.duration_text,
            )
            for position, method in enumerate(record.methods)
        ],
        fees=[Fee(position=p, amount=fee.amount, text=fee.text) for p, fee in enumerate(record.fees)],
    )
