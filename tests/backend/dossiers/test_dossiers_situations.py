"""The situations of the domain page, brought about by what people really do: each is told in its own words."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from backend import calendar, clock
from backend.database import reading, transaction
from backend.dossiers import acts, deadlines, payments, postal, service
from backend.dossiers.acts import APPLICANT, Facts, by
from backend.dossiers.models import Dossier
from backend.dossiers.policy import Action, PaperState, State, StopReason
from backend.dossiers.sweep import sweep
from backend.notifications import policy
from backend.notifications.events import Audience, Event
from backend.notifications.models import Notification
from backend.organisation.models import Role
from tests.builders.dossiers import dossier_id, get, make_crew, make_dossier, make_filing, make_procedure

FEE = 8000
HOME = {"return_by": "post", "applicant_address": "12 Y Ngông"}

pytestmark = pytest.mark.usefixtures("database")


def told(of: int) -> list[tuple[str, str]]:
    """(event, variant) of what the applicant of a dossier was told, the oldest first."""
    mine = (Notification.subject == f"dossier:{of}") & (Notification.audience == Audience.APPLICANT)
    with reading() as session:
        return [
            (r.event, r.variant) for r in session.scalars(select(Notification).where(mine).order_by(Notification.id))
        ]


def filed(via: str, level: int = 3, fee: int = 0, **values: str) -> int:
    fees = [{"amount": fee, "text": "Lệ phí"}] if fee else []
    code = make_procedure(f"9.0004{level}{min(fee, 1)}", "Cấp phép", service_level=level, fees=fees)
    make_crew()
    tracked = {"tracking_code": "EV123456789VN"} if via == "post" else {}
    return service.file(make_filing(procedure_code=code, filed_via=via, **values, **tracked), APPLICANT).id


def acted(state: State, action: Action, role: Role, facts: Facts | None = None, **values: str) -> int:
    crew = make_crew()
    of = dossier_id(make_dossier(state, **values))
    with transaction() as session:
        missing = action == Action.REQUEST_SUPPLEMENT
        for paper in session.get_one(Dossier, of).papers:
            paper.state = PaperState.MISSING if missing else PaperState.PRESENT
    acts.act(of, action, by(crew[role]), facts)
    return of


def stopped(reason: StopReason) -> int:
    crew = make_crew()
    of = dossier_id(make_dossier(State.PROCESSING))
    if reason == StopReason.FEE:
        payments.set_fee(of, FEE, "Lệ phí", by(crew[Role.SPECIALIST]))
    acts.act(of, Action.STOP_CLOCK, by(crew[Role.SPECIALIST]), Facts(reason="chờ", stop_for=reason))
    return of


def late() -> int:
    make_crew()
    of = dossier_id(make_dossier(State.PROCESSING))
    with clock.stopped_at(deadlines.late_at(get(of)) + timedelta(seconds=1)):
        sweep()
    return of


def ready(fee: int = 0, **values: str) -> int:
    crew = make_crew()
    of = dossier_id(make_dossier(State.APPROVED, **values))
    if fee:
        payments.set_fee(of, fee, "Lệ phí", by(crew[Role.RECEPTIONIST]))
    acts.act(of, Action.ISSUE_RESULT, by(crew[Role.RECEPTIONIST]))
    return of


def posted() -> int:
    of = ready(**HOME)
    for parcel in postal.to_order():
        postal.order(parcel)
    return of


def asked() -> int:
    ahead = calendar.add_working_days(clock.now(), 5)
    return acted(State.RECEIVED, Action.REQUEST_SUPPLEMENT, Role.RECEPTIONIST, Facts(deadline=ahead))


def refused() -> int:
    return acted(State.SUBMITTED, Action.REFUSE, Role.RECEPTIONIST, Facts(reason="sai", legal_ground="Điều 9"))


def received(**values: str) -> int:
    return acted(State.SUBMITTED, Action.RECEIVE, Role.RECEPTIONIST, **values)


SITUATIONS = {
    "filed online": (lambda: filed("online"), Event.FILED, "online"),
    "filed by post, with its postal code": (lambda: filed("post"), Event.FILED, "post"),
    "received, result at the desk": (received, Event.RECEIVED, "desk"),
    "received, result by post": (lambda: received(**HOME), Event.RECEIVED, "post"),
    "received, result online": (lambda: received(return_by="online"), Event.RECEIVED, "online"),
    "stopped for a supplement": (asked, Event.SUPPLEMENT_REQUESTED, ""),
    "stopped for the fee": (lambda: stopped(StopReason.FEE), Event.STOPPED, "fee"),
    "stopped for a check elsewhere": (lambda: stopped(StopReason.CHECK_ELSEWHERE), Event.STOPPED, "check_elsewhere"),
    "stopped at the applicant's request": (lambda: stopped(StopReason.OWN_REQUEST), Event.STOPPED, "own_request"),
    "result at the desk": (ready, Event.RESULT_READY, "desk"),
    "result by post": (lambda: ready(**HOME), Event.RESULT_READY, "post"),
    "result online": (lambda: ready(return_by="online"), Event.RESULT_READY, "online"),
    "refused": (refused, Event.REFUSED, ""),
    "late": (late, Event.LATE, ""),
    "to be paid online before filing": (lambda: filed("online", 4, FEE), Event.FEE_NOTICE, "before_filing"),
    "to be paid online before collecting": (
        lambda: ready(FEE, return_by="online"), Event.FEE_NOTICE, "before_collecting"
    ),
    "posted, with its postal code": (posted, Event.POSTED, "out"),
    "fee at the desk": (lambda: filed("online", 3, FEE), Event.FEE_NOTICE, "desk"),
    "fee before the result is posted": (lambda: ready(FEE, **HOME), Event.FEE_NOTICE, "post"),
}  # fmt: skip


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
@pytest.mark.parametrize("situation", SITUATIONS)
def test_each_situation_is_told_in_its_own_words(database, situation):
    happens, event, variant = SITUATIONS[situation]
    assert (event, variant) in told(happens())


def test_no_wording_is_kept_for_what_never_happens():
    worded = {
        (event, variant)
        for event, rule in policy.RULES.items()
        if rule.audience == Audience.APPLICANT
        for variant in rule.variants
    }
    assert worded <= {(event, variant) for _, event, variant in SITUATIONS.values()}
