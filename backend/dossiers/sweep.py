"""Everything that time does to dossiers: warnings, reminders, cancellation, "late", drafts of apologies, lost days.

One indexed column drives it, `Dossier.look_at` (`deadlines.next_look`). A batch is read and thought through without a
lock; then its rows are locked, those that moved on meanwhile are left alone, and the rest is written in a handful of
statements. Nothing here moves a dossier's `version`, except acts. What was told is told once: each telling has a key
of its own, whoever sweeps, twice or at the same time.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select, tuple_, update
from sqlalchemy.orm import Session, selectinload

from backend import calendar, clock
from backend.database import insert_new, reading, transaction, update_by_id
from backend.dossiers import acts, apologies, deadlines, supplements, telling
from backend.dossiers.acts import Facts
from backend.dossiers.fees import PaymentState
from backend.dossiers.models import Apology, Dossier, DossierPaper, DossierStep, Payment
from backend.dossiers.policy import CLOCK_RUNS, Action, PaperState, State, StepState
from backend.errors import Conflict
from backend.logs import logger
from backend.notifications import service as notifications
from backend.notifications.service import Applicant, Event, Telling
from backend.organisation import service as organisation
from backend.organisation.models import Role
from backend.organisation.service import OfficerInfo

log = logger(__name__)

BATCH = 250
"""So many that statements are few, so few that SQLite's write lock is held only for a moment."""
AFTER_A_FAULT = timedelta(minutes=15)
NOT_ANSWERED = "quá thời hạn bổ sung giấy tờ"
DRAFT_AT = 80
"""Per cent of the time at which an apology is drafted, unless the appointment is nearer than that."""


@dataclass
class Swept:
    """What a sweep did. `told`: notifications that are new. `failed`: dossiers put off because of a fault of ours."""

    looked_at: int = 0
    told: int = 0
    drafted: int = 0
    cancelled: int = 0
    failed: int = 0

    def __add__(self, other: "Swept") -> "Swept":
        return Swept(*(getattr(self, name) + getattr(other, name) for name in self.__dataclass_fields__))


@dataclass
class Plan:
    """What is to be done about one dossier. `seen`: its version and `look_at` as they were read."""

    dossier_id: int
    seen: tuple[int, datetime | None]
    warned: int
    late_told: bool
    look_at: datetime | None = None
    tell: list[tuple[Telling, Applicant | Sequence[int]]] = field(default_factory=list)
    draft: dict[str, Any] | None = None
    cancel: bool = False


class Crew:
    """The heads and leaders of all agencies, read once for a sweep."""

    def __init__(self) -> None:
        self._officers: dict[tuple[str, Role], list[OfficerInfo]] = {}
        for one in organisation.officers(roles=[Role.HEAD, Role.LEADER, Role.RECEPTIONIST]):
            self._officers.setdefault((one.agency_code, one.role), []).append(one)

    def desk(self, dossier: Dossier) -> list[int]:
        """Who sits where it was filed."""
        return [one.id for one in self._officers.get((dossier.desk_code, Role.RECEPTIONIST), [])]

    def leaders(self, dossier: Dossier) -> list[int]:
        """Who signs."""
        return [one.id for one in self._officers.get((dossier.agency_code, Role.LEADER), [])]

    def heads(self, steps: Sequence[DossierStep]) -> list[int]:
        """Who assigns these steps."""
        return [
            head.id
            for step in steps
            for head in self._officers.get((step.agency_code, Role.HEAD), [])
            if head.department_id in (None, step.department_id)
        ]

    def warned(self, dossier: Dossier, per_cent: int) -> list[int]:
        """Whom a warning goes to: who has to act, from 80 % on the heads, too, at 100 % the leaders."""
        unfinished = [step for step in dossier.steps if step.state not in (StepState.WAITING, StepState.DONE)]
        found = self._who_has_to_act(dossier, unfinished)
        if per_cent >= 80:
            found += self.heads(unfinished or dossier.steps)
        return found + (self.leaders(dossier) if per_cent >= 100 else [])

    def _who_has_to_act(self, dossier: Dossier, unfinished: Sequence[DossierStep]) -> list[int]:
        if dossier.state == State.APPROVING:
            return self.leaders(dossier)
        if dossier.state == State.APPROVED:
            return self.desk(dossier)
        held = [step.officer_id for step in unfinished if step.officer_id is not None]
        return held + self.heads([step for step in unfinished if step.officer_id is None])


# --- the sweep -------------------------------------------------------------------------------------------------


def waiting() -> int:
    """How many dossiers the sweep has to look at by now."""
    with reading() as session:
        due = select(func.count()).select_from(Dossier).where(Dossier.look_at <= clock.now())
        return session.scalar(due) or 0


def sweep(progress: Callable[[int], object] = lambda _: None) -> Swept:
    """Do what is due by now, batch by batch; `progress` hears how many dossiers each batch had."""
    calendar.look_again()
    now, done = clock.now(), Swept()
    crew: Crew | None = None
    after: tuple[datetime, int] | None = None
    while batch := _due(now, after):
        after = (batch[-1].look_at or now, batch[-1].id)
        crew = crew or Crew()
        done += _one_batch(batch, crew, now)
        progress(len(batch))
    return done


def _due(now: datetime, after: tuple[datetime, int] | None) -> Sequence[Dossier]:
    """The next dossiers to look at, detached, with as much of them as is spoken of in a telling."""
    query = select(Dossier).where(Dossier.look_at <= now).order_by(Dossier.look_at, Dossier.id).limit(BATCH)
    if after is not None:  # what could not be done does not come again in this sweep
        query = query.where(tuple_(Dossier.look_at, Dossier.id) > after)
    query = query.options(
        selectinload(Dossier.steps),
        selectinload(Dossier.papers.and_(DossierPaper.state == PaperState.MISSING)).selectinload(DossierPaper.files),
        selectinload(Dossier.payments.and_(Payment.state == PaymentState.DUE)),
        selectinload(Dossier.shipments),
        selectinload(Dossier.apology),
    )
    with reading() as session:
        found = session.scalars(query).all()
        session.expunge_all()
        return found


def _one_batch(batch: Sequence[Dossier], crew: Crew, now: datetime) -> Swept:
    plans: list[Plan] = []
    done = Swept(looked_at=len(batch))
    for dossier in batch:
        try:
            plans.append(plan(dossier, crew, now))
        except Exception:  # one that cannot be thought through must not stop the others
            log.exception("sweep failed", dossier=dossier.id)
            done += _put_off(dossier.id, now)
    done += _carried_out([one for one in plans if not one.cancel], now)
    for one in plans:
        if one.cancel:
            done += _cancelled(one, now)
    return done


def _carried_out(plans: Sequence[Plan], now: datetime) -> Swept:
    """Write them all at once; where that fails, one by one."""
    if not plans:
        return Swept()
    try:
        return _write(plans)
    except Exception:
        if len(plans) == 1:
            log.exception("sweep failed", dossier=plans[0].dossier_id)
            return _put_off(plans[0].dossier_id, now)
    done = Swept()
    for one in plans:
        done += _carried_out([one], now)
    return done


def _write(plans: Sequence[Plan]) -> Swept:
    with transaction() as session:
        still = list(_locked(session, plans))
        if not still:
            return Swept()
        told = notifications.tell_many(session, [telling for one in still for telling in one.tell])
        drafted = insert_new(session, Apology, [one.draft for one in still if one.draft])
        _remember(session, still)
        return Swept(told=told, drafted=len(drafted))


def _locked(session: Session, plans: Sequence[Plan]) -> Iterator[Plan]:
    """Those that are as they were read. What somebody else holds at the moment is theirs to look at again."""
    ids = [one.dossier_id for one in plans]
    query = select(Dossier.id, Dossier.version, Dossier.look_at).where(Dossier.id.in_(ids))
    as_is = {row.id: (row.version, row.look_at) for row in session.execute(query.with_for_update(skip_locked=True))}
    return (one for one in plans if as_is.get(one.dossier_id) == one.seen)


def _remember(session: Session, plans: Sequence[Plan]) -> None:
    columns = ("warned", "late_told", "look_at")
    rows = [{"id": one.dossier_id} | {name: getattr(one, name) for name in columns} for one in plans]
    update_by_id(session, Dossier, rows)


def _cancelled(one: Plan, now: datetime) -> Swept:
    try:
        acts.act(one.dossier_id, Action.CANCEL, acts.SYSTEM, Facts(reason=NOT_ANSWERED), version=one.seen[0])
    except Conflict:
        return Swept()  # somebody was faster
    except Exception:
        log.exception("cancellation failed", dossier=one.dossier_id)
        return _put_off(one.dossier_id, now)
    return Swept(cancelled=1)


def _put_off(dossier_id: int, now: datetime) -> Swept:
    with transaction() as session:
        table = Dossier.__table__
        session.execute(update(table).where(table.c.id == dossier_id).values(look_at=now + AFTER_A_FAULT))  # type: ignore[arg-type]
    return Swept(failed=1)


# --- what is due for one dossier -------------------------------------------------------------------------------


def plan(dossier: Dossier, crew: Crew, now: datetime) -> Plan:
    """What is to be done by `now` about a detached dossier, which is changed to what it will be."""
    made = Plan(dossier.id, (dossier.version, dossier.look_at), dossier.warned, dossier.late_told)
    if dossier.state == State.SUPPLEMENT_REQUESTED:
        return _of_supplement(made, dossier, crew, now)
    if State(dossier.state) in CLOCK_RUNS and dossier.clock_stopped_at is None and dossier.due_at is not None:
        _of_running_clock(made, dossier, crew, now)
    dossier.warned, dossier.late_told = made.warned, made.late_told
    made.look_at = deadlines.next_look(dossier)
    return made


def _of_running_clock(made: Plan, dossier: Dossier, crew: Crew, now: datetime) -> None:
    reached = max((p for p in deadlines.WARNINGS if deadlines.warning_at(dossier, p) <= now), default=0)
    late = deadlines.late_at(dossier) <= now
    if (reached >= DRAFT_AT or late) and dossier.apology is None:
        made.draft = _draft(dossier, now)
        again = "late" if late else "early"  # one that was dismissed is drafted anew when it gets serious
        made.tell.append((telling.telling(dossier, Event.APOLOGY_DRAFTED, again), crew.leaders(dossier)))
    if reached > dossier.warned:
        made.warned = reached
        told = telling.telling(dossier, Event.WARNING, f"{reached}{_round(dossier)}", variant=str(reached))
        told = replace(told, facts={**told.facts, "per_cent": str(reached)})
        made.tell.append((told, crew.warned(dossier, reached)))
    if late and not dossier.late_told:
        assert dossier.due_at is not None
        made.late_told = True
        told = telling.telling(dossier, Event.LATE, f"late:{dossier.due_at.isoformat()}")
        made.tell.append((told, telling.applicant(dossier)))


def _round(dossier: Dossier) -> str:
    """After an apology the time begins anew, and so do the warnings."""
    return ":again" if dossier.apology is not None and dossier.apology.signed_at is not None else ""


def _draft(dossier: Dossier, now: datetime) -> dict[str, Any]:
    assert dossier.due_at is not None
    return {
        "dossier_id": dossier.id,
        "reason": "",  # for the officer to fill in: we do not know why
        "old_due_at": dossier.due_at,
        "new_due_at": apologies.propose(dossier.due_at, dossier.working_hours),
        "drafted_at": now,
    }


def _of_supplement(made: Plan, dossier: Dossier, crew: Crew, now: datetime) -> Plan:
    deadline = dossier.supplement_due_at
    made.look_at = deadlines.next_look(dossier)
    if deadline is None:
        return made
    if now < deadline:
        left = [days for days in deadlines.REMINDERS if deadline - timedelta(days=days) <= now]
        if left:
            told = telling.telling(dossier, Event.SUPPLEMENT_REMINDER, f"reminder:{min(left)}", variant=str(min(left)))
            made.tell.append((told, telling.applicant(dossier)))
        return made
    if supplements.still_lacking(dossier):
        made.cancel = True
        return made
    # They have answered, and nobody has looked: that must not cost them their dossier.
    made.look_at = calendar.next_opening(now + timedelta(days=1))
    told = telling.telling(dossier, Event.SUPPLEMENT_ARRIVED, f"unread:{clock.local(now):%Y-%m-%d}")
    held = [step.officer_id for step in dossier.steps if step.officer_id and step.state != StepState.DONE]
    made.tell.append((told, held or crew.desk(dossier)))
    return made


# --- days lost after appointments were made --------------------------------------------------------------------


def settle_calendar(progress: Callable[[int], object] = lambda _: None) -> int:
    """Move the appointments of open dossiers whose granted time contains a day that was taken out of the calendar.

    Begun anew after a crash it moves none twice: the history says for which day. Returns how many were moved.
    """
    moved = 0
    calendar.look_again()
    for loss in organisation.calendar_losses():
        reason = f"ngày {loss.day:%d/%m/%Y} được nghỉ ({loss.name})"
        facts = Facts(reason=reason, lost_day=loss.day)
        for dossier_id in [] if calendar.is_working_day(loss.day) else _around(loss):
            moved += _moved(dossier_id, facts)
            progress(1)
        organisation.settle_calendar_loss(loss)
    return moved


def _around(loss: organisation.CalendarLoss) -> Sequence[int]:
    hours = calendar.usual_hours(loss.day)
    with reading() as session:
        query = select(Dossier.id).where(
            Dossier.state.in_([*CLOCK_RUNS, State.SUPPLEMENT_REQUESTED]),
            Dossier.received_at < min(loss.changed_at, hours[-1][1]),
            Dossier.due_at > hours[0][0],
        )
        return session.scalars(query.order_by(Dossier.id)).all()


def _moved(dossier_id: int, facts: Facts) -> int:
    try:
        acts.act(dossier_id, Action.MOVE_APPOINTMENT, acts.SYSTEM, facts)
    except Conflict:
        return 0  # moved already, finished meanwhile, or the clock stood still that day
    except Exception:
        log.exception("moving an appointment failed", dossier=dossier_id)
        return 0
    return 1
