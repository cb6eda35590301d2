"""Reports in any state, and published ones."""

import itertools
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from backend import clock
from backend.complaints import acts
from backend.complaints.acts import Facts
from backend.complaints.models import Complaint, ComplaintEvent, ComplaintIdentity, ComplaintSubject
from backend.complaints.policy import AT_AGENCY, TOLD, Action, Kind, State
from backend.complaints.public_models import Publication
from backend.database import transaction
from backend.organisation import service as organisation
from backend.organisation.models import Role

_numbers = itertools.count(1)
_ANSWERED_AGO = timedelta(days=3)


def make_report(
    text: str = "đèn đường hỏng",
    *,
    state: State = State.SENT,
    name: str = "",
    phone: str = "",
    about: Sequence[tuple[str, int | None]] = (),
    **values: Any,
) -> int:
    """A report as it lies in the tables; its id. `about`: agency code and officer id of whom it is about."""
    told = state in TOLD or state == State.REOPENED
    agency = {"agency_code": "H15.02", "agency_name": "Sở Xây dựng"} if told or state in AT_AGENCY else {}
    given = {"sent_at": clock.now() - _ANSWERED_AGO, "answer": "Đã thay bóng đèn."} if told else {}
    with transaction() as session:
        row = Complaint(
            code=values.pop("code", f"PA-260909-{next(_numbers):04d}"), text=text, state=state,
            created_at=values.pop("created_at", clock.now() - 2 * _ANSWERED_AGO), **(agency | given | values),
        )  # fmt: skip
        row.subjects = [ComplaintSubject(agency_code=code, officer_id=officer) for code, officer in about]
        session.add(row)
        session.flush()
        session.add(ComplaintIdentity(complaint_id=row.id, name=name, phone=phone))
        row.history.append(
            ComplaintEvent(at=row.created_at, action=Action.FILE, actor="citizen", to_state=State.RECEIVED)
        )
        return row.id


def answer_report(complaint_id: int, words: str) -> None:
    """Lead a report through the house until its sender has the answer."""
    (operator, *_), (leader, *_) = (organisation.officers(roles=[one]) for one in (Role.HOTLINE_OPERATOR, Role.LEADER))
    head = next(one for one in organisation.officers(roles=[Role.HEAD]) if one.agency_id == leader.agency_id)
    for action, officer, facts in (
        (Action.SORT, operator, Facts(kind=Kind.REPORT)),
        (Action.ROUTE, operator, Facts(agency_code=leader.agency_code)),
        (Action.ANSWER, head, Facts(text=words)),
        (Action.APPROVE, leader, Facts()),
        (Action.SEND, operator, Facts()),
    ):
        acts.act(complaint_id, action, acts.by(officer), facts)


def make_published(words: str = "Đèn đường hỏng cả tuần", **values: Any) -> str:
    """A published report; its code. `report`: what `make_report` is given."""
    complaint_id = make_report(**values.pop("report", {}))
    with transaction() as session:
        report = session.get_one(Complaint, complaint_id)
        report.may_publish = True if report.may_publish is None else report.may_publish
        row = Publication(
            complaint_id=complaint_id, code=report.code, words=words, answer=values.pop("answer", "Đã thay bóng."),
            agency_name=report.agency_name, published_at=values.pop("published_at", clock.now()), **values,
        )  # fmt: skip
        session.add(row)
        return row.code
