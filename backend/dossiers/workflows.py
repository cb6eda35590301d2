"""How procedures go through the house: the steps an administrator sets, and what they were before."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy import delete, select

from backend import audit
from backend.audit import Audit, AuditEntry
from backend.database import reading, transaction
from backend.dossiers.models import WorkflowStep
from backend.errors import InvalidInput, NotFound
from backend.i18n import gettext
from backend.organisation import service as organisation
from backend.procedures import service as procedures

MOST_STEPS = 20
_WHOLE = 100.0


@dataclass(frozen=True)
class Step:
    """One agency's part. Steps of the same `sequence` run side by side.

    `agency_code` empty: the agency that decides the dossier. `share` of the time limit, in per cent.
    """

    sequence: int
    title: str
    share: float
    agency_code: str = ""
    department: str = ""


@dataclass(frozen=True)
class Change:
    """One earlier saving, from the audit log. `before` is what it replaced."""

    id: int
    at: datetime
    actor: str
    before: list[Step]
    after: list[Step]


def steps_of(procedure_code: str) -> list[Step]:
    """The steps in their order; empty where the procedure has one step at the agency that decides."""
    query = select(WorkflowStep).where(WorkflowStep.procedure_code == procedure_code)
    with reading() as session:
        return [
            Step(row.sequence, row.title, round(row.share * _WHOLE, 2), row.agency_code, row.department_name)
            for row in session.scalars(query.order_by(WorkflowStep.sequence, WorkflowStep.id))
        ]


def with_steps() -> dict[str, int]:
    """The codes of the procedures that have steps, with how many."""
    with reading() as session:
        counted: dict[str, int] = defaultdict(int)
        for code in session.scalars(select(WorkflowStep.procedure_code).order_by(WorkflowStep.procedure_code)):
            counted[code] += 1
        return dict(counted)


def longest_path(steps: Sequence[Step]) -> float:
    """The share of the time that the steps take in all: of those side by side the longest counts. In per cent."""
    longest: dict[int, float] = defaultdict(float)
    for step in steps:
        longest[step.sequence] = max(longest[step.sequence], step.share)
    return round(sum(longest.values()), 2)


def problems(steps: Sequence[Step]) -> list[str]:
    """What is wrong with the steps, in words; empty when nothing is."""
    found = [text for number, step in enumerate(steps, 1) for text in _problems_of(number, step)]
    if len(steps) > MOST_STEPS:
        found.append(gettext("Nhiều nhất %(n)s bước.", n=MOST_STEPS))
    if (total := longest_path(steps)) > _WHOLE:
        found.append(gettext("Tổng thời gian là %(n)s %%, vượt quá 100 %%.", n=f"{total:g}"))
    return found


def _problems_of(number: int, step: Step) -> list[str]:
    found = []
    if not step.title.strip():
        found.append(gettext("Dòng %(n)s: thiếu tên bước.", n=number))
    if not 1 <= step.sequence <= 99:
        found.append(gettext("Dòng %(n)s: thứ tự từ 1 đến 99.", n=number))
    if not 0 < step.share <= _WHOLE:
        found.append(gettext("Dòng %(n)s: phần thời gian lớn hơn 0 và không quá 100.", n=number))
    if step.agency_code:
        try:
            agency = organisation.agency_by_code(step.agency_code)
        except NotFound:
            return [*found, gettext("Dòng %(n)s: không còn cơ quan mang mã %(code)s.", n=number, code=step.agency_code)]
        if step.department and organisation.department_id(agency.id, step.department) is None:
            facts = {"n": number, "agency": agency.name, "room": step.department}
            found.append(gettext("Dòng %(n)s: %(agency)s không có phòng “%(room)s”.", **facts))
    return found


def save(procedure_code: str, steps: Sequence[Step], *, actor: str) -> None:
    """Replace the steps; dossiers filed already keep theirs. Raises NotFound, InvalidInput with what is wrong."""
    procedures.current_version(procedure_code)
    if wrong := problems(steps):
        raise InvalidInput(wrong[0], fields=[{"field": "steps", "message": text} for text in wrong])
    ordered = sorted(steps, key=lambda step: step.sequence)
    with transaction() as session:
        before = steps_of(procedure_code)
        if before == ordered:
            return
        session.execute(delete(WorkflowStep).where(WorkflowStep.procedure_code == procedure_code))
        session.add_all(
            WorkflowStep(
                procedure_code=procedure_code, sequence=step.sequence, title=step.title.strip()[:200],
                agency_code=step.agency_code, department_name=step.department.strip()[:120],
                share=step.share / _WHOLE,
            )
            for step in ordered
        )  # fmt: skip
        audit.record(
            session, Audit.WORKFLOW_CHANGED, actor=actor, subject=f"procedure:{procedure_code}",
            before=[asdict(step) for step in before], after=[asdict(step) for step in ordered],
        )  # fmt: skip


def changes(procedure_code: str) -> list[Change]:
    """The earlier savings, the newest first."""
    query = select(AuditEntry).where(
        AuditEntry.subject == f"procedure:{procedure_code}", AuditEntry.tag == Audit.WORKFLOW_CHANGED
    )
    with reading() as session:
        rows = session.scalars(query.order_by(AuditEntry.id.desc()).limit(20)).all()
    return [
        Change(
            row.id, row.at, _name(row.actor), [Step(**step) for step in row.details["before"]],
            [Step(**step) for step in row.details["after"]],
        )
        for row in rows
    ]  # fmt: skip


def put_back(procedure_code: str, change_id: int, *, actor: str) -> None:
    """Let the steps be what they were before an earlier saving. Raises NotFound, InvalidInput."""
    known = next((change for change in changes(procedure_code) if change.id == change_id), None)
    if known is None:
        raise NotFound(gettext("Không có lần sửa này."))
    save(procedure_code, known.before, actor=actor)


def _name(actor: str) -> str:
    kind, _, number = actor.partition(":")
    return organisation.officer(int(number)).name if kind == "officer" else gettext("Hệ thống")
