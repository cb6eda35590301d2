"""Builders of dossiers."""

import itertools
from collections.abc import Sequence
from datetime import datetime

from backend import clock
from backend.dossiers import service
from backend.dossiers.policy import State
from backend.dossiers.service import Filing

OWNER = "+84900000001"
STRANGER = "+84900000002"
_numbers = itertools.count(1)
PATHS = {
    State.PROCESSING: (State.RECEIVED, State.ASSIGNED, State.PROCESSING),
    State.RESULT_READY: (
        State.RECEIVED,
        State.ASSIGNED,
        State.PROCESSING,
        State.APPROVING,
        State.APPROVED,
        State.RESULT_READY,
    ),
}
PATHS[State.RETURNED] = (*PATHS[State.RESULT_READY], State.RETURNED)
PATHS[State.SUBMITTED] = ()
PATHS[State.SUPPLEMENT_REQUESTED] = (State.SUPPLEMENT_REQUESTED,)
PATHS[State.REFUSED] = (State.REFUSED,)


def make_dossier(
    state: State = State.PROCESSING,
    *,
    phone: str = OWNER,
    code: str = "",
    due_at: datetime | None = None,
    missing: Sequence[str] = (),
    reason: str = "",
    procedure: str = "Đăng ký kết hôn",
) -> str:
    """A dossier walked to `state`; its code."""
    code = code or f"H15.24.316-260930-{next(_numbers):04d}"
    filing = Filing(
        code=code,
        procedure_code="1.000894",
        procedure_name=procedure,
        agency_code="H15.24.316",
        agency_name="UBND phường Tân Lợi",
        applicant_name="Trần Thị Mai",
        applicant_phone=phone,
        submitted_at=clock.now(),
    )
    dossier_id = service.file(filing, "system")
    for step in PATHS[state]:
        last = step == state
        service.move(
            dossier_id,
            step,
            actor="system",
            reason=reason if last else "",
            due_at=due_at if step == State.RECEIVED else None,
            missing=tuple(missing) if last else (),
        )
    return code
