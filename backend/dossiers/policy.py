"""Pure rules of dossiers: codes, states, the transition table, lateness."""

import re
from datetime import datetime
from enum import StrEnum

CODE = re.compile(r"(?:(\d{3}\.\d{2}\.\d{2})\.)?([GH]\d{2})((?:\.\d{2,3}){0,3})-(\d{6})-(\d{4,6})")
TAIL = re.compile(r"\d{3,6}")


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
CLOCK_STOPPED = FINISHED | {State.SUBMITTED, State.SUPPLEMENT_REQUESTED, State.APPROVED, State.RESULT_READY}

TRANSITIONS: dict[State, frozenset[State]] = {
    State.SUBMITTED: frozenset({State.RECEIVED, State.REFUSED, State.SUPPLEMENT_REQUESTED, State.WITHDRAWN}),
    State.RECEIVED: frozenset({State.ASSIGNED, State.SUPPLEMENT_REQUESTED, State.REFUSED, State.WITHDRAWN}),
    State.ASSIGNED: frozenset({State.PROCESSING, State.WITHDRAWN}),
    State.PROCESSING: frozenset({State.APPROVING, State.SUPPLEMENT_REQUESTED, State.REFUSED, State.WITHDRAWN}),
    State.APPROVING: frozenset({State.APPROVED, State.PROCESSING, State.WITHDRAWN}),
    State.APPROVED: frozenset({State.RESULT_READY}),
    State.RESULT_READY: frozenset({State.RETURNED}),
    State.SUPPLEMENT_REQUESTED: frozenset({State.SUBMITTED, State.RECEIVED, State.PROCESSING, State.CANCELLED}),
    State.RETURNED: frozenset(),
    State.REFUSED: frozenset(),
    State.CANCELLED: frozenset(),
    State.WITHDRAWN: frozenset(),
}


def normalised_code(text: str) -> str | None:
    """The dossier code in `text` (any case, blanks that a phone keyboard adds), None when it is not one."""
    compact = re.sub(r"\s+", "", text).upper().strip(".,;:!?")
    return compact if CODE.fullmatch(compact) else None


def tail(text: str) -> str | None:
    """The last part of a code given alone (`0012`, `12` is too little), None when `text` is not one."""
    compact = re.sub(r"\s+", "", text)
    return compact if TAIL.fullmatch(compact) else None


def is_late(state: State, due_at: datetime | None, now: datetime) -> bool:
    """Late is computed, never stored: the clock runs and the appointment has passed."""
    return due_at is not None and state not in CLOCK_STOPPED and now > due_at
