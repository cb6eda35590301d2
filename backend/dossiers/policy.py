"""Pure rules of dossiers: codes, states, and the one table of what may be done, by whom, with what.

The table is `TRANSITIONS`. A *party* is what somebody is to one dossier (the desk that took it in, the specialist who
holds it, …), worked out by `parties`; a role alone never allows anything.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from backend.notifications.events import Event
from backend.organisation.models import Role

CODE = re.compile(r"(?:(\d{3}\.\d{2}\.\d{2})\.)?([GH]\d{2})((?:\.\d{2,3}){0,3})-(\d{6})-(\d{4,6})")
TAIL = re.compile(r"\d{3,6}")
UNDO_WITHIN = timedelta(seconds=10)


class State(StrEnum):
    """Where a dossier stands."""

    SUBMITTED = "submitted"
    RECEIVED = "received"
    REFUSED = "refused"
    ASSIGNED = "assigned"
    PROCESSING = "processing"
    APPROVING = "approving"
    APPROVED = "approved"
    RESULT_READY = "result_ready"
    RETURNED = "returned"
    SUPPLEMENT_REQUESTED = "supplement_requested"
    CANCELLED = "cancelled"
    WITHDRAWN = "withdrawn"


FINISHED = frozenset({State.RETURNED, State.REFUSED, State.CANCELLED, State.WITHDRAWN})
IN_WORK = frozenset({State.RECEIVED, State.ASSIGNED, State.PROCESSING, State.APPROVING})
CLOCK_RUNS = IN_WORK | {State.APPROVED}
"""The states in which the agency's time runs, unless it has been stopped: from receipt until the result is there."""
NOT_YET_APPROVED = frozenset({State.SUBMITTED, State.SUPPLEMENT_REQUESTED}) | IN_WORK


class StepState(StrEnum):
    """Where one agency's share of a dossier stands. Steps of the same sequence number run side by side."""

    WAITING = "waiting"  # for the steps before it
    OPEN = "open"  # for a head to assign it
    ASSIGNED = "assigned"
    PROCESSING = "processing"
    DONE = "done"


class PaperState(StrEnum):
    """Where one paper of the checklist stands."""

    UNCHECKED = "unchecked"
    PRESENT = "present"
    MISSING = "missing"  # or not right: what a supplement request asks for
    NOT_NEEDED = "not_needed"


class FileState(StrEnum):
    """A photo or scan of a paper that the applicant sent."""

    SENT = "sent"
    ACCEPTED = "accepted"
    RETURNED = "returned"


class FiledVia(StrEnum):
    """How a dossier came in."""

    DESK = "desk"
    ONLINE = "online"
    POST = "post"


class ReturnBy(StrEnum):
    """How its result goes out."""

    DESK = "desk"
    POST = "post"
    ONLINE = "online"


class StopReason(StrEnum):
    """Why the clock stands still."""

    SUPPLEMENT = "supplement"
    FEE = "fee"
    CHECK_ELSEWHERE = "check_elsewhere"
    OWN_REQUEST = "own_request"


class Action(StrEnum):
    """Everything that is done to a dossier and leaves a row in its history."""

    FILE = "file"
    RECEIVE = "receive"
    REQUEST_SUPPLEMENT = "request_supplement"
    TAKE_SUPPLEMENT = "take_supplement"
    CANCEL = "cancel"
    REFUSE = "refuse"
    WITHDRAW = "withdraw"
    ASSIGN = "assign"
    START = "start"
    STOP_CLOCK = "stop_clock"
    RESUME_CLOCK = "resume_clock"
    RETURN_TO_DESK = "return_to_desk"
    FINISH_STEP = "finish_step"
    SUBMIT = "submit"
    APPROVE = "approve"
    SEND_BACK = "send_back"
    ISSUE_RESULT = "issue_result"
    HAND_OVER = "hand_over"
    APOLOGISE = "apologise"
    MOVE_APPOINTMENT = "move_appointment"
    UNDO = "undo"


class Party(StrEnum):
    """What somebody is to one dossier."""

    DESK = "desk"  # a receptionist of the agency where it was filed
    HEAD = "head"  # a head of the department that holds, or should assign, an unfinished step
    ASSIGNEE = "assignee"  # the specialist who holds an unfinished step
    LEADER = "leader"  # a leader of the agency that decides
    APPLICANT = "applicant"
    SYSTEM = "system"


class Need(StrEnum):
    """What a transition cannot be made without."""

    REASON = "reason"
    LEGAL_GROUND = "legal_ground"
    MISSING = "missing"  # at least one paper marked as missing
    DEADLINE = "deadline"
    CHECKED = "checked"  # every required paper checked, none missing
    OFFICER = "officer"
    FEE_SETTLED = "fee_settled"
    FIRST_REQUEST = "first_request"  # no supplement was requested before
    CLOCK_RUNNING = "clock_running"
    CLOCK_STOPPED = "clock_stopped"
    STEPS_LEFT = "steps_left"  # another step follows
    LAST_STEP = "last_step"  # this is the only unfinished one


@dataclass(frozen=True)
class Transition:
    """A row of the table. `target` None: the state stays, or (take_supplement) goes back to where it came from.

    `tells` is the event of the applicant, `tells_officers` that of whoever has to act next.
    """

    sources: frozenset[State]
    target: State | None
    by: frozenset[Party]
    needs: frozenset[Need] = frozenset()
    tells: Event | None = None
    tells_officers: Event | None = None
    undoable: bool = False


def _row(
    sources: Iterable[State],
    target: State | None,
    by: Iterable[Party],
    needs: Iterable[Need] = (),
    *,
    tells: Event | None = None,
    officers: Event | None = None,
    undoable: bool = False,
) -> Transition:
    return Transition(frozenset(sources), target, frozenset(by), frozenset(needs), tells, officers, undoable)


_S, _P, _N = State, Party, Need

TRANSITIONS: Mapping[Action, Transition] = {
    Action.RECEIVE: _row(
        [_S.SUBMITTED], _S.RECEIVED, [_P.DESK], [_N.CHECKED],
        tells=Event.RECEIVED, officers=Event.TO_ASSIGN, undoable=True,
    ),
    Action.REQUEST_SUPPLEMENT: _row(
        [_S.SUBMITTED, _S.RECEIVED, _S.PROCESSING], _S.SUPPLEMENT_REQUESTED, [_P.DESK, _P.ASSIGNEE],
        [_N.MISSING, _N.DEADLINE, _N.FIRST_REQUEST], tells=Event.SUPPLEMENT_REQUESTED, undoable=True,
    ),
    Action.TAKE_SUPPLEMENT: _row(
        [_S.SUPPLEMENT_REQUESTED], None, [_P.DESK, _P.ASSIGNEE], [_N.CHECKED],
        tells=Event.SUPPLEMENT_TAKEN, officers=Event.SUPPLEMENT_ARRIVED,
    ),
    Action.CANCEL: _row([_S.SUPPLEMENT_REQUESTED], _S.CANCELLED, [_P.SYSTEM], [_N.REASON], tells=Event.CANCELLED),
    Action.REFUSE: _row(
        [_S.SUBMITTED, _S.RECEIVED, _S.PROCESSING], _S.REFUSED, [_P.DESK, _P.ASSIGNEE],
        [_N.REASON, _N.LEGAL_GROUND], tells=Event.REFUSED, undoable=True,
    ),
    Action.WITHDRAW: _row(NOT_YET_APPROVED, _S.WITHDRAWN, [_P.APPLICANT, _P.DESK], [_N.REASON], tells=Event.WITHDRAWN),
    Action.ASSIGN: _row(
        [_S.RECEIVED, _S.ASSIGNED, _S.PROCESSING], None, [_P.HEAD], [_N.OFFICER],
        officers=Event.ASSIGNED_TO_YOU, undoable=True,
    ),
    Action.START: _row([_S.ASSIGNED, _S.PROCESSING], _S.PROCESSING, [_P.ASSIGNEE], undoable=True),
    Action.STOP_CLOCK: _row(
        [_S.PROCESSING], None, [_P.ASSIGNEE], [_N.REASON, _N.CLOCK_RUNNING], tells=Event.STOPPED, undoable=True
    ),
    Action.RESUME_CLOCK: _row(  # the system: the fee that was waited for is settled
        [_S.PROCESSING], None, [_P.ASSIGNEE, _P.SYSTEM], [_N.CLOCK_STOPPED], tells=Event.RESUMED
    ),
    Action.RETURN_TO_DESK: _row(
        [_S.ASSIGNED, _S.PROCESSING], _S.RECEIVED, [_P.ASSIGNEE, _P.HEAD], [_N.REASON],
        officers=Event.BACK_AT_DESK, undoable=True,
    ),
    Action.FINISH_STEP: _row(
        [_S.PROCESSING], None, [_P.ASSIGNEE], [_N.STEPS_LEFT, _N.CLOCK_RUNNING],
        officers=Event.TO_ASSIGN, undoable=True,
    ),
    Action.SUBMIT: _row(
        [_S.PROCESSING], _S.APPROVING, [_P.ASSIGNEE], [_N.LAST_STEP, _N.CLOCK_RUNNING],
        officers=Event.TO_APPROVE, undoable=True,
    ),
    Action.APPROVE: _row([_S.APPROVING], _S.APPROVED, [_P.LEADER], officers=Event.APPROVED),
    Action.SEND_BACK: _row(
        [_S.APPROVING], _S.PROCESSING, [_P.LEADER], [_N.REASON], officers=Event.SENT_BACK, undoable=True
    ),
    Action.ISSUE_RESULT: _row([_S.APPROVED], _S.RESULT_READY, [_P.DESK], tells=Event.RESULT_READY),
    Action.HAND_OVER: _row(  # the system: what the post delivered, or what was downloaded
        [_S.RESULT_READY], _S.RETURNED, [_P.DESK, _P.SYSTEM], [_N.FEE_SETTLED], tells=Event.RETURNED, undoable=True
    ),
    Action.APOLOGISE: _row(
        CLOCK_RUNS, None, [_P.LEADER], [_N.REASON, _N.DEADLINE, _N.CLOCK_RUNNING], tells=Event.APOLOGY
    ),
    Action.MOVE_APPOINTMENT: _row(
        CLOCK_RUNS | {_S.SUPPLEMENT_REQUESTED}, None, [_P.SYSTEM], [_N.REASON], tells=Event.APPOINTMENT_MOVED
    ),
}  # fmt: skip


@dataclass(frozen=True)
class Desk:
    """Who stands before the dossier: what `parties` needs to know of an officer."""

    officer_id: int
    role: Role
    agency_code: str
    department_id: int | None


@dataclass(frozen=True)
class Share:
    """An unfinished step, as far as it decides who may act."""

    agency_code: str
    department_id: int | None
    officer_id: int | None
    state: StepState


def parties(officer: Desk, *, desk_code: str, agency_code: str, shares: Iterable[Share]) -> frozenset[Party]:
    """What an officer is to a dossier filed at `desk_code` and decided by `agency_code`."""
    found = set()
    if officer.role == Role.RECEPTIONIST and officer.agency_code == desk_code:
        found.add(Party.DESK)
    if officer.role == Role.LEADER and officer.agency_code == agency_code:
        found.add(Party.LEADER)
    for share in shares:
        if share.state == StepState.DONE or share.agency_code != officer.agency_code:
            continue
        if officer.role == Role.HEAD and officer.department_id in (None, share.department_id):
            found.add(Party.HEAD)
        if share.officer_id == officer.officer_id:
            found.add(Party.ASSIGNEE)
    return frozenset(found)


def actions_for(state: State, who: frozenset[Party]) -> list[Action]:
    """What these parties may do in a state, in the table's order; what each needs is not looked at."""
    return [action for action, row in TRANSITIONS.items() if state in row.sources and who & row.by]


def normalised_code(text: str) -> str | None:
    """The dossier code in `text` (any case, blanks that a phone keyboard adds), None when it is not one."""
    compact = re.sub(r"\s+", "", text).upper().strip(".,;:!?")
    return compact if CODE.fullmatch(compact) else None


def tail(text: str) -> str | None:
    """The last part of a code given alone (`0012`, `12` is too little), None when `text` is not one."""
    compact = re.sub(r"\s+", "", text)
    return compact if TAIL.fullmatch(compact) else None


def is_late(state: State, due_at: datetime | None, now: datetime, *, stopped: bool = False) -> bool:
    """Late is computed, never stored: the clock runs and the appointment has passed."""
    return due_at is not None and state in CLOCK_RUNS and not stopped and now > due_at
