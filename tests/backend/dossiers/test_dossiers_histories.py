"""Random histories over the real acts, the real sweep and a clock that goes on: what holds whatever people do.

An interconnected procedure at two agencies, everybody who may touch a dossier, acts that are allowed and acts that are
not, papers that come and go, undo, apologies. After every step the invariants are asked of the rows themselves.
"""

import random
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from sqlalchemy import select

from backend import calendar, clock
from backend import database as db
from backend.database import reading, transaction
from backend.dossiers import acts, apologies, deadlines, filing, policy
from backend.dossiers.acts import APPLICANT, SYSTEM, Actor, Done, Facts
from backend.dossiers.fees import PaymentState
from backend.dossiers.models import Dossier, DossierEvent, WorkflowStep
from backend.dossiers.policy import TRANSITIONS, Action, PaperState, State, StepState
from backend.dossiers.sweep import sweep
from backend.errors import Conflict, Forbidden, InvalidInput, NotFound
from backend.models import ALL
from backend.notifications.models import Notification
from backend.notifications.models import State as Told
from backend.organisation.models import Role
from backend.organisation.service import officer
from tests.builders.dossiers import AGENCY, make_filing, make_house, make_procedure
from tests.builders.organisation import make_officer

OTHER = "H15.24.999"
PROCEDURE = "9.777777"
BEGIN = datetime(2026, 11, 25, 1, 0, tzinfo=UTC)
"""A Wednesday morning; the Christmas and New Year of the histories lie ahead."""
REFUSALS = (Forbidden, Conflict, InvalidInput)
ONWARD = (
    Action.RESUME_CLOCK,
    Action.RECEIVE,
    Action.TAKE_SUPPLEMENT,
    Action.ASSIGN,
    Action.START,
    Action.FINISH_STEP,
    Action.SUBMIT,
    Action.APPROVE,
    Action.ISSUE_RESULT,
    Action.HAND_OVER,
)


@cache
def _template() -> bytes:
    """An empty database with house and procedure, as bytes."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "template.db"
        with _in(path):
            ALL.create_all(db.engine())
            for code, name in ((AGENCY, "UBND phường Tân Lợi"), (OTHER, "UBND xã Ea Tul")):
                agency_id = make_house(code, name)
                for role in (Role.RECEPTIONIST, Role.SPECIALIST, Role.SPECIALIST, Role.HEAD, Role.LEADER):
                    make_officer(role=role, agency_id=agency_id, password=None)
            make_procedure(PROCEDURE, "Cấp phép liên thông", 8, fees=[{"amount": 50000, "text": "Lệ phí"}])
            with transaction() as session:
                for sequence, agency, share in ((1, "", 0.3), (2, OTHER, 0.4), (2, "", 0.4), (3, "", 0.3)):
                    session.add(
                        WorkflowStep(
                            procedure_code=PROCEDURE, sequence=sequence, title="Bước", agency_code=agency, share=share
                        )
                    )
        return path.read_bytes()


@contextmanager
def _in(path: Path) -> Iterator[None]:
    engine, ours = db.create(f"sqlite:///{path}"), db.engine
    db.engine = lambda: engine  # type: ignore[assignment]
    try:
        yield
        with engine.begin() as connection:
            connection.exec_driver_sql("PRAGMA user_version = 1")
        engine.raw_connection().execute("PRAGMA wal_checkpoint(TRUNCATE)")
    finally:
        engine.dispose()
        db.engine = ours


class Histories(RuleBasedStateMachine):
    """One dossier and everything that can happen to it."""

    def __init__(self) -> None:
        super().__init__()
        template = _template()
        self.folder = tempfile.TemporaryDirectory()
        path = Path(self.folder.name) / "test.db"
        path.write_bytes(template)
        self.engine, self.ours = db.create(f"sqlite:///{path}"), db.engine
        db.engine = lambda: self.engine  # type: ignore[assignment]
        self.now = BEGIN
        self.due: datetime | None = None
        self.granted = 0.0
        self.last: tuple[Done, Actor, dict[str, Any], datetime | None, float] | None = None

    def teardown(self) -> None:
        try:
            self.there_is_a_way_to_the_end()
        finally:
            db.engine = self.ours
            self.engine.dispose()
            self.folder.cleanup()

    # --- what happens ------------------------------------------------------------------------------------------

    @initialize(minutes=st.integers(0, 60 * 24 * 4))
    def is_filed(self, minutes: int) -> None:
        self.now += timedelta(minutes=minutes)
        with clock.stopped_at(self.now):
            self.of = filing.file(make_filing(procedure_code=PROCEDURE, code=""), APPLICANT).id
        self.actors = [SYSTEM, APPLICANT, *(acts.by(officer(number)) for number in range(1, 11))]

    @rule(chance=st.integers(0, 2**32), onward=st.integers(0, 3))
    def somebody_does_what_they_may(self, chance: int, onward: int) -> None:
        """An act that state and role allow; three times out of four one that brings the dossier on."""
        draw = random.Random(chance)
        with reading() as session:
            dossier = session.get_one(Dossier, self.of)
            may = [
                (action, actor)
                for actor in self.actors
                for action in policy.actions_for(State(dossier.state), acts.parties_of(actor, dossier))
                if not onward or action in ONWARD
            ]
        if may:
            action, actor = draw.choice(may)
            self.does(action, actor, self.facts(action, actor, draw))

    @rule(
        action=st.sampled_from(sorted(TRANSITIONS)),
        who=st.integers(0, 11),
        step=st.integers(0, 5),
        reason=st.sampled_from(["", "có lý do"]),
        days=st.integers(-3, 20),
        officer_id=st.integers(0, 12),
        stale=st.booleans(),
    )
    def somebody_tries_anything(
        self, action: Action, who: int, step: int, reason: str, days: int, officer_id: int, stale: bool
    ) -> None:
        facts = Facts(
            reason=reason, legal_ground=reason, deadline=self.now + timedelta(days=days), officer_id=officer_id or None,
            step_id=step or None, lost_day=clock.local(self.now).date() + timedelta(days=days),
        )  # fmt: skip
        self.does(action, self.actors[who], facts, version=0 if stale else None)

    @rule(minutes=st.one_of(st.integers(0, 90), st.integers(60, 60 * 24 * 3)))
    def time_passes(self, minutes: int) -> None:
        self.now += timedelta(minutes=minutes)

    @rule(seconds=st.integers(0, 9))
    def a_moment_passes(self, seconds: int) -> None:
        self.now += timedelta(seconds=seconds)

    @rule()
    def the_sweep_comes(self) -> None:
        with clock.stopped_at(self.now):
            done = sweep()
            again = sweep()
        assert done.failed == 0
        assert again.told == again.cancelled == again.looked_at == 0
        if done.cancelled:
            self.last = None

    @rule(states=st.lists(st.sampled_from(list(PaperState)), min_size=3, max_size=3))
    def papers_are_checked(self, states: list[PaperState]) -> None:
        with transaction() as session:
            for paper, state in zip(session.get_one(Dossier, self.of).papers, states, strict=True):
                paper.state = state
        self.last = None

    @rule()
    def papers_are_complete(self) -> None:
        self.papers_are_checked([PaperState.PRESENT] * 3)

    @rule()
    def the_fee_is_paid(self) -> None:
        with transaction() as session:
            for payment in session.get_one(Dossier, self.of).payments:
                if payment.state == PaymentState.DUE:
                    payment.state, payment.method, payment.paid_at = PaymentState.PAID, "desk", self.now
        self.last = None

    @rule(who=st.integers(2, 11), days=st.integers(-1, 9))
    def an_apology_is_written(self, who: int, days: int) -> None:
        actor = self.actors[who]
        with clock.stopped_at(self.now):
            for step in (
                lambda: apologies.draft(self.of, actor),
                lambda: apologies.edit(
                    self.of, actor, reason="chờ", new_due_at=(self.due or self.now) + timedelta(days=days)
                ),
            ):
                with suppress(*REFUSALS, NotFound):
                    step()

    @precondition(lambda self: self.last is not None)
    @rule()
    def it_is_undone(self) -> None:
        assert self.last
        done, actor, before, due, granted = self.last
        in_time = done.undo_until is not None and self.now <= done.undo_until
        with clock.stopped_at(self.now):
            try:
                acts.undo(self.of, done.event_id, actor)
            except Conflict:
                assert not in_time
            else:
                assert in_time
                assert self.seen() == before
                self.due, self.granted = due, granted
        self.last = None

    # --- how it happens ----------------------------------------------------------------------------------------

    def does(self, action: Action, actor: Actor, facts: Facts, version: int | None = None) -> bool:
        before, due, granted = self.seen(), self.due, self.granted
        with clock.stopped_at(self.now):
            try:
                done = acts.act(self.of, action, actor, facts, version=version)
            except REFUSALS:
                assert self.seen() == before
                return False
            self._account_for(action, before, facts)
        self.last = (done, actor, before, due, granted)
        return True

    def _account_for(self, action: Action, before: dict[str, Any], facts: Facts) -> None:
        """What this does to appointment and granted time, reckoned here without `deadlines`."""
        with reading() as session:
            dossier = session.get_one(Dossier, self.of)
            stopped_at = before["dossier"]["clock_stopped_at"]
            if action == Action.RECEIVE:
                self.due = calendar.add_working_days(self.now, 8)
                self.granted = calendar.working_hours_between(self.now, self.due)
            elif action == Action.APOLOGISE:
                assert self.due
                assert facts.deadline
                self.granted += calendar.working_hours_between(self.due, facts.deadline)
                self.due = facts.deadline
            elif action == Action.MOVE_APPOINTMENT:
                assert dossier.due_at
                assert self.due
                assert dossier.due_at > self.due
                self.granted += calendar.working_hours_between(self.due, dossier.due_at)  # no day was really taken away
                self.due = dossier.due_at
            elif stopped_at and dossier.clock_stopped_at is None:
                assert self.due
                stood = calendar.working_hours_between(datetime.fromisoformat(stopped_at), self.now)
                self.due = calendar.add_working_hours(self.due, stood) if stood else self.due

    def facts(self, action: Action, actor: Actor, draw: random.Random) -> Facts:
        with reading() as session:
            dossier = session.get_one(Dossier, self.of)
            agency = actor.officer.agency_code if actor.officer else AGENCY
            here = [a.officer.id for a in self.actors if a.officer and a.officer.agency_code == agency]
            ahead = calendar.add_working_days(max(self.now, dossier.due_at or self.now), draw.randint(1, 5))
            deadline = ahead if action == Action.APOLOGISE else calendar.add_working_days(self.now, draw.randint(1, 10))
        specialists = [i for i in here if officer(i).role == Role.SPECIALIST]
        day = clock.local(self.now).date() + timedelta(days=draw.randint(0, 9))
        return Facts(
            reason="có lý do", legal_ground="Điều 9", deadline=deadline, officer_id=draw.choice(specialists),
            lost_day=day,
        )  # fmt: skip

    def seen(self) -> dict[str, Any]:
        """All that an undo puts back, and what hangs on it."""
        with reading() as session:
            dossier = session.get_one(Dossier, self.of)
            with clock.stopped_at(self.now):
                look = deadlines.next_look(dossier)
            return acts.snapshot(dossier) | {
                "look": None if dossier.state == State.SUPPLEMENT_REQUESTED else look,
                "payments": [(p.id, p.state) for p in dossier.payments],
                "papers": [(p.id, p.state) for p in dossier.papers],
            }

    # --- what always holds -------------------------------------------------------------------------------------

    @invariant()
    def the_history_is_a_chain(self) -> None:
        with reading() as session:
            dossier = session.get_one(Dossier, self.of)
            rows = dossier.history
            assert (rows[0].action, rows[0].from_state, rows[0].to_state) == (Action.FILE, None, State.SUBMITTED)
            for earlier, later in pairwise(rows):
                assert later.from_state == earlier.to_state
                assert later.at >= earlier.at
            assert dossier.state == rows[-1].to_state

    @invariant()
    def the_clock_is_right(self) -> None:
        with reading() as session:
            dossier = session.get_one(Dossier, self.of)
            assert dossier.due_at == self.due
            if dossier.due_at is None:
                return
            assert dossier.received_at
            assert dossier.working_hours == pytest.approx(self.granted, abs=1e-6) or self._was_moved(dossier)
            stops = deadlines.stops(dossier.history)
            assert bool(stops and stops[-1][1] is None) == (dossier.clock_stopped_at is not None)
            stood = sum(calendar.working_hours_between(a, b) for a, b in stops if b is not None)
            counted = calendar.working_hours_between(dossier.received_at, dossier.due_at) - stood
            assert counted == pytest.approx(self.granted, abs=1e-6)

    @staticmethod
    def _was_moved(dossier: Dossier) -> bool:
        return any(row.action == Action.MOVE_APPOINTMENT for row in dossier.history)

    @invariant()
    def a_supplement_is_asked_for_once_and_an_apology_given_once(self) -> None:
        with reading() as session:
            rows = self._not_undone(session.get_one(Dossier, self.of).history)
        assert sum(row.action == Action.REQUEST_SUPPLEMENT for row in rows) <= 1
        assert sum(row.action == Action.APOLOGISE for row in rows) <= 1

    @invariant()
    def steps_fit_the_state(self) -> None:
        with reading() as session:
            dossier = session.get_one(Dossier, self.of)
            states = {step.state for step in dossier.steps}
            if dossier.state == State.SUBMITTED:
                assert states == {StepState.WAITING}
            if dossier.state in (State.APPROVING, State.APPROVED, State.RESULT_READY, State.RETURNED):
                assert states == {StepState.DONE}
            if dossier.state in (State.RECEIVED, State.ASSIGNED, State.PROCESSING):
                assert states & {StepState.OPEN, StepState.ASSIGNED, StepState.PROCESSING}
            for step in dossier.steps:
                assert (step.done_at is not None) == (step.state == StepState.DONE)
                assert (step.opened_at is None) == (step.state == StepState.WAITING)
                if step.state in (StepState.ASSIGNED, StepState.PROCESSING):
                    assert step.officer_id
            open_now = {s.sequence for s in dossier.steps if s.state not in (StepState.WAITING, StepState.DONE)}
            assert len(open_now) <= 1

    @invariant()
    def only_what_happened_was_told(self) -> None:
        with reading() as session:
            rows = {str(row.id): row for row in session.get_one(Dossier, self.of).history}
            standing = {str(row.id) for row in self._not_undone(rows.values())}
            told = session.scalars(select(Notification)).all()
            dossier = session.get_one(Dossier, self.of)
        for one in told:
            if one.key in rows:
                row = TRANSITIONS.get(Action(rows[one.key].action))
                assert row is None or one.event in (row.tells, row.tells_officers)
                assert one.key in standing or one.state == Told.SUPPRESSED
            elif one.event == "warning":
                assert dossier.received_at or len(rows) > len(standing)
            else:
                assert one.event in ("late", "apology_drafted", "supplement_reminder", "supplement_arrived")

    @invariant()
    def the_sweep_has_nothing_forgotten(self) -> None:
        with reading() as session:
            dossier = session.get_one(Dossier, self.of)
            if dossier.state in policy.FINISHED:
                assert dossier.look_at is None
                assert dossier.finished_at
            if dossier.state == State.SUPPLEMENT_REQUESTED:
                assert dossier.look_at
                assert dossier.supplement_due_at

    @staticmethod
    def _not_undone(history: Any) -> list[DossierEvent]:
        rows = list(history)
        undone = {row.details.get("event_id") for row in rows if row.action == Action.UNDO}
        return [row for row in rows if row.id not in undone]

    # --- and at the end ----------------------------------------------------------------------------------------

    def there_is_a_way_to_the_end(self) -> None:
        """From wherever the history stopped, somebody can bring the dossier to its end, each doing what they may."""
        if not hasattr(self, "of"):
            return
        self.papers_are_complete()
        self.the_fee_is_paid()
        for _ in range(40):
            with reading() as session:
                dossier = session.get_one(Dossier, self.of)
                if dossier.state in policy.FINISHED:
                    return
                parties = [(actor, acts.parties_of(actor, dossier)) for actor in self.actors]
                may = [(a, actor) for a in ONWARD for actor, who in parties if TRANSITIONS[a].by & who]
                may = [(a, actor) for a, actor in may if State(dossier.state) in TRANSITIONS[a].sources]
            self.now += timedelta(minutes=1)
            assert any(self._brings_on(action, actor) for action, actor in may), self.seen()
        raise AssertionError("forty acts and no end")

    def _brings_on(self, action: Action, actor: Actor) -> bool:
        """An act that changes something: starting a step twice or assigning it again is no way out."""
        with reading() as session:
            steps = session.get_one(Dossier, self.of).steps
            fresh = [
                s.id for s in steps if s.state == (StepState.OPEN if action == Action.ASSIGN else StepState.ASSIGNED)
            ]
        facts = self.facts(action, actor, random.Random(0))
        if action not in (Action.ASSIGN, Action.START):
            return self.does(action, actor, facts)
        return any(self.does(action, actor, replace(facts, step_id=step_id)) for step_id in fresh)


TestHistories = Histories.TestCase
TestHistories.settings = settings(
    max_examples=20, stateful_step_count=40, deadline=None, suppress_health_check=list(HealthCheck)
)
