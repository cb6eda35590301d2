"""Every act, in every state, by everybody: done, or refused with the right error. And each thing an act needs."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta

import pytest
from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from backend import calendar, clock
from backend.database import reading, transaction
from backend.dossiers import acts, policy
from backend.dossiers.acts import APPLICANT, SYSTEM, Actor, Facts
from backend.dossiers.models import Dossier, DossierEvent, DossierStep, Payment
from backend.dossiers.policy import TRANSITIONS, Action, Need, PaperState, Party, State, StepState
from backend.dossiers.walking import HOUSE
from backend.errors import Conflict, Forbidden, InvalidInput, MotCuaError, NotFound
from backend.organisation.models import Role
from backend.organisation.service import OfficerInfo, officer
from tests.builders.dossiers import dossier_id, get, make_dossier, make_house
from tests.builders.organisation import make_officer

ELSEWHERE = "H15.24.999"

# --- the table, once more, as the regulation reads ------------------------------------------------------------------

_EVERYWHERE_BEFORE_APPROVAL = "submitted supplement_requested received assigned processing approving"
_RUNNING = "received assigned processing approving approved"

ALLOWED: dict[Action, tuple[str, str]] = {
    Action.RECEIVE: ("submitted", "desk"),
    Action.REQUEST_SUPPLEMENT: ("submitted received processing", "desk assignee"),
    Action.TAKE_SUPPLEMENT: ("supplement_requested", "desk assignee"),
    Action.CANCEL: ("supplement_requested", "system"),
    Action.REFUSE: ("submitted received processing", "desk assignee"),
    Action.WITHDRAW: (_EVERYWHERE_BEFORE_APPROVAL, "applicant desk"),
    Action.ASSIGN: ("received assigned processing", "head"),
    Action.START: ("assigned processing", "assignee"),
    Action.STOP_CLOCK: ("processing", "assignee"),
    Action.RESUME_CLOCK: ("processing", "assignee system"),  # the system: the fee that was waited for is settled
    Action.RETURN_TO_DESK: ("assigned processing", "assignee head"),
    Action.FINISH_STEP: ("processing", "assignee"),
    Action.SUBMIT: ("processing", "assignee"),
    Action.APPROVE: ("approving", "leader"),
    Action.SEND_BACK: ("approving", "leader"),
    Action.ISSUE_RESULT: ("approved", "desk"),
    Action.HAND_OVER: ("result_ready", "desk system"),  # the system: the carrier has delivered it
    Action.APOLOGISE: (_RUNNING, "leader"),
    Action.MOVE_APPOINTMENT: (f"{_RUNNING} supplement_requested", "system"),
}

_LEADS_TO = {
    Action.RECEIVE: "received",
    Action.REQUEST_SUPPLEMENT: "supplement_requested",
    Action.TAKE_SUPPLEMENT: "received",  # where the dossiers of these tests were asked
    Action.CANCEL: "cancelled",
    Action.REFUSE: "refused",
    Action.WITHDRAW: "withdrawn",
    Action.RETURN_TO_DESK: "received",
    Action.SUBMIT: "approving",
    Action.APPROVE: "approved",
    Action.SEND_BACK: "processing",
    Action.ISSUE_RESULT: "result_ready",
    Action.HAND_OVER: "returned",
    Action.START: "processing",
}


def test_the_table_is_what_the_regulation_says() -> None:
    table = {action: (row.sources, row.by) for action, row in TRANSITIONS.items()}
    assert table == {
        action: (frozenset(map(State, states.split())), frozenset(map(Party, who.split())))
        for action, (states, who) in ALLOWED.items()
    }


def test_every_act_leads_where_it_should() -> None:
    fixed = {action: row.target for action, row in TRANSITIONS.items() if row.target}
    assert fixed == {action: state for action, state in _LEADS_TO.items() if action in fixed}


def test_no_unfinished_state_is_without_a_way_out() -> None:
    for state in set(State) - policy.FINISHED:
        ways = {a for a, row in TRANSITIONS.items() if state in row.sources} - {
            Action.APOLOGISE,
            Action.MOVE_APPOINTMENT,
        }
        assert ways, state
    for state in policy.FINISHED:
        assert not [action for action, row in TRANSITIONS.items() if state in row.sources]


# --- the real act ------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class People:
    """Everybody who could try: the crew of the house, the same roles elsewhere, roles without a part in it."""

    actors: dict[str, Actor]
    specialist: OfficerInfo


def _people() -> People:
    here, there = make_house(), make_house(ELSEWHERE, "UBND xã Ea Tul")
    actors = {"applicant": APPLICANT, "system": SYSTEM, **{str(role): _officer(role, here) for role in Role}}
    actors |= {f"{role} elsewhere": _officer(role, there) for role in _IN_THE_WORKFLOW}
    actors["colleague"] = _officer(Role.SPECIALIST, here, "Trần Văn Út")
    specialist = actors["specialist"].officer
    assert specialist
    return People(actors, specialist)


_IN_THE_WORKFLOW = (Role.RECEPTIONIST, Role.SPECIALIST, Role.HEAD, Role.LEADER)


def _officer(role: Role, agency_id: int, name: str = "Nguyễn Văn An") -> Actor:
    return acts.by(officer(make_officer(role=role, agency_id=agency_id, name=name, password=None)))


WHO = [
    *(str(role) for role in Role),
    *(f"{role} elsewhere" for role in _IN_THE_WORKFLOW),
    "colleague", "applicant", "system",
]  # fmt: skip

_STEP_IS_HELD = {State.ASSIGNED, State.PROCESSING, State.REFUSED}  # as the builder walks there
_STEP_IS_DONE = {State.APPROVING, State.APPROVED, State.RESULT_READY, State.RETURNED}


def _is(who: str, state: State) -> set[str]:
    """What somebody is to a dossier of `make_dossier(state)`."""
    found = {"receptionist": "desk", "leader": "leader", "applicant": "applicant", "system": "system"}.get(who, "")
    if who == "head" and state not in _STEP_IS_DONE:
        found = "head"
    if who == "specialist" and state in _STEP_IS_HELD:
        found = "assignee"
    return {found} - {""}


def _expected(action: Action, who: str, state: State) -> type[MotCuaError] | None:
    states, parties = ALLOWED[action]
    if not _is(who, state) & set(parties.split()):
        return Forbidden
    return None if state in states.split() else Conflict


def _facts(dossier: Dossier, action: Action, people: People) -> Facts:
    """Everything the act could ask for."""
    ahead = calendar.add_working_days(max(clock.now(), dossier.due_at or clock.now()), 2)
    lost = calendar.next_working_day(clock.today()) if action == Action.MOVE_APPOINTMENT else None
    return Facts(
        reason="có lý do", legal_ground="Điều 9", deadline=ahead, due_at=None, officer_id=people.specialist.id,
        lost_day=lost,
    )  # fmt: skip


def _make_ready(session: Session, dossier: Dossier, action: Action) -> None:
    """So that nothing is in the way of the act but state and role."""
    for paper in dossier.papers:
        paper.state = PaperState.PRESENT
    dossier.clock_stopped_at = None
    match action:
        case Action.REQUEST_SUPPLEMENT:
            dossier.papers[0].state = PaperState.MISSING
            dossier.supplement_from = ""
        case Action.RESUME_CLOCK:
            dossier.clock_stopped_at = clock.now()
        case Action.FINISH_STEP:
            first = dossier.steps[0]
            dossier.steps.append(
                DossierStep(
                    sequence=2, title="Cho ý kiến", agency_code=first.agency_code, agency_name=first.agency_name,
                    share=0.5, state=StepState.WAITING,
                )
            )  # fmt: skip
    session.flush()


class _Undone(Exception):
    """Takes back what a test did."""


@contextmanager
def _and_back() -> Iterator[Session]:
    try:
        with transaction() as session:
            yield session
            raise _Undone
    except _Undone:
        pass


def _try(of: int, action: Action, actor: Actor, people: People) -> tuple[type[Exception] | None, str]:
    """The error and the state after it."""
    with _and_back() as session:
        dossier = session.get_one(Dossier, of)
        _make_ready(session, dossier, action)
        try:
            acts.act(of, action, actor, _facts(dossier, action, people))
        except MotCuaError as error:
            return type(error), dossier.state
        return None, dossier.state
    raise AssertionError


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)  # what the database is does not matter to the rules
@pytest.mark.parametrize("who", WHO)
@pytest.mark.parametrize("state", State)
def test_each_act_is_done_or_refused(database: Engine, state: State, who: str) -> None:
    people = _people()
    of = dossier_id(make_dossier(state))
    found, expected = {}, {}
    for action in TRANSITIONS:
        error, after = _try(of, action, people.actors[who], people)
        refused = _expected(action, who, state)
        found[action] = error, after
        if refused:
            expected[action] = refused, state
        else:
            same = "processing" if action == Action.ASSIGN and state == State.PROCESSING else state
            after_it = {Action.ASSIGN: "assigned" if state != State.PROCESSING else same}.get(action, same)
            expected[action] = None, _LEADS_TO.get(action, after_it)
    assert found == expected


# --- what each act needs -----------------------------------------------------------------------------------------

_WITHOUT: dict[Need, dict[str, object]] = {
    Need.REASON: {"reason": "  "},
    Need.LEGAL_GROUND: {"legal_ground": ""},
    Need.DEADLINE: {"deadline": None},
    Need.OFFICER: {"officer_id": None},
}


def _spoil(dossier: Dossier, need: Need) -> None:
    match need:
        case Need.MISSING:
            dossier.papers[0].state = PaperState.PRESENT
        case Need.CHECKED:
            dossier.papers[0].state = PaperState.UNCHECKED
        case Need.FEE_SETTLED:
            dossier.payments.append(Payment(reference="r", amount=8000, state="due", created_at=clock.now()))
        case Need.FIRST_REQUEST:
            dossier.supplement_from = "submitted"
        case Need.CLOCK_RUNNING:
            dossier.clock_stopped_at = clock.now()
        case Need.CLOCK_STOPPED:
            dossier.clock_stopped_at = None
        case Need.STEPS_LEFT:
            dossier.steps[1:] = []
        case Need.LAST_STEP:
            first = dossier.steps[0]
            dossier.steps.append(
                DossierStep(
                    sequence=2, title="Cho ý kiến", agency_code=first.agency_code, agency_name=first.agency_name,
                    share=0.5, state=StepState.WAITING,
                )
            )  # fmt: skip


NEEDS = [(action, need) for action, row in TRANSITIONS.items() for need in sorted(row.needs)]


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
@pytest.mark.parametrize(("action", "need"), NEEDS)
def test_an_act_is_refused_while_something_it_needs_is_missing(database: Engine, action: Action, need: Need) -> None:
    people = _people()
    state = State(ALLOWED[action][0].split()[-1])
    of = dossier_id(make_dossier(state))
    with _and_back() as session:
        dossier = session.get_one(Dossier, of)
        _make_ready(session, dossier, action)
        if need == Need.STEPS_LEFT:
            session.delete(dossier.steps[-1])
        _spoil(dossier, need)
        session.flush()
        facts = replace(_facts(dossier, action, people), **_WITHOUT.get(need, {}))  # type: ignore[arg-type]
        version = dossier.version
        with pytest.raises(InvalidInput) as refused:
            acts.act(of, action, HOUSE, replace(facts, step_id=_under_way(dossier)))
        assert [entry["field"] for entry in refused.value.fields] == [need]
        assert (dossier.version, dossier.state) == (version, state)


def _under_way(dossier: Dossier) -> int | None:
    return next((s.id for s in dossier.steps if s.state not in (StepState.DONE, StepState.WAITING)), None)


@pytest.mark.usefixtures("database")
def test_history_is_neither_changed_nor_removed() -> None:
    of = dossier_id(make_dossier(State.RECEIVED))
    with pytest.raises(RuntimeError), transaction() as session:
        session.get_one(Dossier, of).history[0].reason = "khác"
    with pytest.raises(RuntimeError), transaction() as session:
        session.delete(session.get_one(Dossier, of).history[0])


@pytest.mark.usefixtures("database")
class TestWho:
    """Beyond the role: the right step, the right person."""

    def test_nobody_is_given_a_step_of_another_agency_or_without_an_account(self) -> None:
        people = _people()
        of = dossier_id(make_dossier(State.RECEIVED))
        wrong = ["receptionist", "leader", "administrator", "specialist elsewhere"]
        ids = [people.actors[who].officer.id for who in wrong if people.actors[who].officer]  # type: ignore[union-attr]
        for officer_id in [*ids, 999_999]:
            with pytest.raises(InvalidInput):
                acts.act(of, Action.ASSIGN, people.actors["head"], Facts(officer_id=officer_id))
        acts.act(of, Action.ASSIGN, people.actors["head"], Facts(officer_id=people.specialist.id))

    def test_a_specialist_does_not_act_on_the_step_of_another_agency(self) -> None:
        people = _people()
        of = dossier_id(make_dossier(State.PROCESSING))
        theirs = people.actors["specialist elsewhere"].officer
        assert theirs
        with transaction() as session:
            dossier = session.get_one(Dossier, of)
            other = DossierStep(
                sequence=1, title="Cho ý kiến", agency_code=ELSEWHERE, agency_name="UBND xã Ea Tul", share=0.5,
                state=StepState.PROCESSING, officer_id=theirs.id,
            )  # fmt: skip
            dossier.steps.append(other)
            session.flush()
            step_id = other.id
        for action, who in (
            (Action.FINISH_STEP, "specialist"),
            (Action.RETURN_TO_DESK, "head"),
            (Action.ASSIGN, "head"),
        ):
            with pytest.raises(Forbidden):
                acts.act(
                    of, action, people.actors[who],
                    Facts(reason="x", step_id=step_id, officer_id=people.specialist.id),
                )  # fmt: skip
        acts.act(of, Action.FINISH_STEP, people.actors["specialist elsewhere"], Facts(step_id=step_id))
        with reading() as session:
            assert [step.state for step in session.get_one(Dossier, of).steps] == ["processing", "done"]

    def test_a_head_who_returns_it_frees_the_step(self) -> None:
        people = _people()
        of = dossier_id(make_dossier(State.PROCESSING))
        acts.act(of, Action.RETURN_TO_DESK, people.actors["head"], Facts(reason="thiếu thành phần"))
        with reading() as session:
            step = session.get_one(Dossier, of).steps[0]
        assert (step.state, step.officer_id) == (StepState.OPEN, None)

    def test_a_dossier_that_is_not_there_is_not_found(self) -> None:
        with pytest.raises(NotFound):
            acts.act(12345, Action.RECEIVE, SYSTEM)


@pytest.mark.usefixtures("database")
class TestTwoOfficers:
    """The second of two officers is told who changed what, and nothing is changed by them."""

    def test_the_second_is_told_who_changed_what(self) -> None:
        people = _people()
        of = dossier_id(make_dossier(State.PROCESSING))
        seen = get(of).version
        acts.act(of, Action.SUBMIT, people.actors["specialist"], version=seen)
        with pytest.raises(Conflict) as told:
            acts.act(of, Action.WITHDRAW, people.actors["receptionist"], Facts(reason="công dân xin rút"), version=seen)
        assert people.specialist.name in told.value.message
        assert "Chờ lãnh đạo ký" in told.value.message
        assert "nội dung đã nhập vẫn còn" in told.value.message
        assert get(of).state == State.APPROVING

    def test_of_two_at_once_one_wins(self) -> None:
        people = _people()
        of = dossier_id(make_dossier(State.APPROVING))
        seen = get(of).version
        acts.act(of, Action.APPROVE, people.actors["leader"], version=seen)
        with pytest.raises(Conflict):
            acts.act(of, Action.SEND_BACK, people.actors["leader"], Facts(reason="sửa lại"), version=seen)
        with reading() as session:
            rows = select(func.count()).select_from(DossierEvent).where(DossierEvent.action == Action.SEND_BACK)
            assert session.scalar(rows) == 0


@pytest.mark.usefixtures("database")
class TestUndo:
    """Within ten seconds, by whoever did it, and nothing after it."""

    def test_it_is_taken_back_by_the_one_who_did_it(self) -> None:
        people = _people()
        of = dossier_id(make_dossier(State.PROCESSING))
        done = acts.act(of, Action.SUBMIT, people.actors["specialist"])
        with pytest.raises(Forbidden):
            acts.undo(of, done.event_id, people.actors["head"])
        acts.undo(of, done.event_id, people.actors["specialist"])
        assert get(of).state == State.PROCESSING
        with pytest.raises(Conflict):
            acts.undo(of, done.event_id, people.actors["specialist"])

    def test_not_after_ten_seconds(self) -> None:
        people = _people()
        of = dossier_id(make_dossier(State.PROCESSING))
        done = acts.act(of, Action.SUBMIT, people.actors["specialist"])
        with clock.stopped_at(clock.now() + timedelta(seconds=11)), pytest.raises(Conflict):
            acts.undo(of, done.event_id, people.actors["specialist"])

    def test_not_what_the_law_makes_final(self) -> None:
        people = _people()
        of = dossier_id(make_dossier(State.APPROVING))
        done = acts.act(of, Action.APPROVE, people.actors["leader"])
        assert done.undo_until is None
        with pytest.raises(Conflict):
            acts.undo(of, done.event_id, people.actors["leader"])
