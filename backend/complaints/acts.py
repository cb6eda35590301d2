"""Doing something to a report: the act, its history row, who is told and when the sweep looks, in one transaction."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from backend import calendar, clock
from backend.complaints import access, policy, telling, wording
from backend.complaints.models import Complaint, ComplaintEvent, ComplaintIdentity, ComplaintSubject
from backend.complaints.policy import Action, Kind, Need, Party, State, Subject, Transition
from backend.database import transaction
from backend.errors import Conflict, Forbidden, InvalidInput, NotFound
from backend.i18n import gettext
from backend.organisation import service as organisation
from backend.organisation.service import OfficerInfo


@dataclass(frozen=True)
class Actor:
    """Who acts; an officer's parties are worked out for each report."""

    label: str
    name: str
    officer: OfficerInfo | None = None
    parties: frozenset[Party] = frozenset()


CITIZEN = Actor("citizen", "", parties=frozenset({Party.CITIZEN}))


def by(officer: OfficerInfo) -> Actor:
    """An officer as the one who acts."""
    return Actor(officer.actor, officer.name, officer)


@dataclass(frozen=True)
class Facts:
    """What goes with an action; each uses its own few. `into`: the code of the report it is merged into."""

    reason: str = ""
    text: str = ""
    kind: Kind | None = None
    category: str | None = None
    agency_code: str = ""
    officer_id: int | None = None
    into: str = ""
    subjects: tuple[Subject, ...] = ()


@dataclass
class Act:
    """One action under way."""

    session: Session
    complaint: Complaint
    action: Action
    row: Transition
    actor: Actor
    facts: Facts
    now: datetime
    to_state: State
    details: dict[str, Any] = field(default_factory=dict)


def act(
    complaint_id: int, action: Action, actor: Actor, facts: Facts | None = None, *, version: int | None = None
) -> int:
    """Do `action`; the new version. `version` is the one the officer saw.

    Raises NotFound (also for what the officer may not see); Forbidden; Conflict when the state does not allow it or
    somebody was faster; InvalidInput when something needed is missing.
    """
    with transaction() as session:
        complaint = session.get(Complaint, complaint_id, with_for_update=True)
        if complaint is None:
            raise NotFound(gettext("Không có phản ánh này."))
        if actor.officer is not None:
            access.load(session, complaint_id, actor.officer)
        row, state = policy.TRANSITIONS[action], State(complaint.state)
        doing = Act(session, complaint, action, row, actor, facts or Facts(), clock.now(), row.target or state)
        _check(doing, version)
        if action in _EFFECTS:
            _EFFECTS[action](doing)
        complaint.state = doing.to_state
        complaint.look_at = next_look(complaint)
        written = write_down(doing, state)
        session.flush()
        telling.tell(session, complaint, row, action, written.id)
        return complaint.version


def parties_of(actor: Actor, complaint: Complaint) -> frozenset[Party]:
    """What the actor is to this report."""
    if actor.officer is None:
        return actor.parties
    return policy.parties(
        access.desk(actor.officer),
        agency_code=complaint.agency_code,
        assignee_id=complaint.officer_id,
        subjects=access.subjects(complaint),
    )


def write_down(doing: Act, from_state: State) -> ComplaintEvent:
    """The row of the history."""
    facts = doing.facts
    written = ComplaintEvent(
        complaint_id=doing.complaint.id, at=doing.now, action=doing.action, actor=doing.actor.label,
        actor_name=doing.actor.name, from_state=from_state, to_state=doing.to_state,
        reason=facts.reason or facts.text, details=doing.details,
    )  # fmt: skip
    doing.session.add(written)
    return written


def next_look(complaint: Complaint) -> datetime | None:
    """When the sweep has to look: at the next rung of the overdue ladder, or to ask whether it has stayed settled."""
    if complaint.state in policy.CLOCK_RUNS and complaint.due_at is not None:
        due, now = complaint.due_at, clock.now()
        rungs = [due if days == 0 else calendar.add_working_days(due, days) for days in policy.LADDER_DAYS]
        return next((at for at in rungs if at > now), None)
    if complaint.state in policy.TOLD and complaint.sent_at is not None:
        at = complaint.sent_at + policy.FOLLOW_UP_AFTER
        return at if at > clock.now() else None
    return None


def _check(doing: Act, version: int | None) -> None:
    complaint, row = doing.complaint, doing.row
    if not parties_of(doing.actor, complaint) & row.by:
        raise Forbidden(gettext("Việc này không thuộc quyền của anh/chị đối với phản ánh này."))
    if version is not None and version != complaint.version:
        raise Conflict(gettext("Phản ánh vừa được người khác xử lý. Anh/chị xem lại rồi làm tiếp."))
    if State(complaint.state) not in row.sources:
        name = gettext(wording.STATES[State(complaint.state)])
        raise Conflict(gettext("Phản ánh đang ở bước “%(state)s”, không làm việc này được.", state=name))
    for need in Need:
        if need in row.needs:
            _NEEDS[need](doing)


# --- what each action cannot be made without ---------------------------------------------------------------------


def _wrong(name: str, message: str) -> InvalidInput:
    return InvalidInput(message, fields=[{"field": name, "message": message}])


def _kind(doing: Act) -> None:
    if doing.facts.kind is None:
        raise _wrong("kind", gettext("Anh/chị chọn loại phản ánh."))


def _reason(doing: Act) -> None:
    if not doing.facts.reason.strip():
        raise _wrong("reason", gettext("Anh/chị ghi lý do."))


def _text(doing: Act) -> None:
    if not doing.facts.text.strip():
        raise _wrong("text", gettext("Anh/chị viết câu trả lời."))


def _agency(doing: Act) -> None:
    code = doing.facts.agency_code
    try:
        agency = organisation.agency_by_code(code)
        above = organisation.agency(agency.parent_id).code if agency.parent_id else ""
    except NotFound as error:
        raise _wrong("agency_code", gettext("Anh/chị chọn cơ quan xử lý.")) from error
    units = {subject.agency_code for subject in doing.complaint.subjects}
    if {code, above} & units:
        raise _wrong("agency_code", gettext("Phản ánh này nói về chính đơn vị đó; phải chuyển lên cấp trên."))


def _officer(doing: Act) -> None:
    complaint, officer_id = doing.complaint, doing.facts.officer_id
    fits = {o.id for o in access.officers_for(complaint, tuple(policy.LADDER), agency_code=complaint.agency_code)}
    if officer_id not in fits:
        raise _wrong("officer_id", gettext("Anh/chị chọn một cán bộ của cơ quan, không phải người bị phản ánh."))


def _into(doing: Act) -> None:
    into = _other(doing)
    if into is None or into.id == doing.complaint.id or into.state in (State.MERGED, State.WITHDRAWN):
        raise _wrong("into", gettext("Không có phản ánh mang mã này để gộp vào."))


def _other(doing: Act) -> Complaint | None:
    query = select(Complaint).where(Complaint.code == doing.facts.into.strip().upper())
    if doing.actor.officer is not None:
        query = query.where(access.visible(doing.actor.officer))
    return doing.session.scalars(query).one_or_none()


def _name(doing: Act) -> None:
    if doing.complaint.kind != Kind.FORMAL_COMPLAINT:
        return
    identity = doing.session.get(ComplaintIdentity, doing.complaint.id)
    if identity is None or not identity.name:
        raise _wrong("name", gettext("Khiếu nại cần họ tên người khiếu nại; hãy hỏi lại công dân trước."))


def _first_time(doing: Act) -> None:
    if doing.complaint.reopened:
        raise Conflict(gettext("Phản ánh đã được mở lại một lần; anh/chị gọi tổng đài để được giúp tiếp."))


def _in_time(doing: Act) -> None:
    sent = doing.complaint.sent_at
    if sent is None or doing.now > sent + policy.REOPEN_WITHIN:
        raise Conflict(gettext("Đã quá hạn mở lại; anh/chị gửi phản ánh mới giúp em."))


_NEEDS: Mapping[Need, Callable[[Act], None]] = {
    Need.KIND: _kind,
    Need.REASON: _reason,
    Need.TEXT: _text,
    Need.AGENCY: _agency,
    Need.OFFICER: _officer,
    Need.INTO: _into,
    Need.NAME: _name,
    Need.FIRST_TIME: _first_time,
    Need.IN_TIME: _in_time,
}


# --- what each action does beyond changing the state -------------------------------------------------------------


def _sort(doing: Act) -> None:
    assert doing.facts.kind is not None
    complaint = doing.complaint
    complaint.kind, complaint.category = doing.facts.kind, complaint.category
    if doing.facts.category in wording.CATEGORIES:
        complaint.category = doing.facts.category
    if complaint.kind == Kind.DENUNCIATION:
        complaint.protection = policy.Protection.PROTECTED
    doing.details["kind"] = complaint.kind


def _name_subject(doing: Act) -> None:
    """What lies with whom it is about is taken from them at once, back to the hotline."""
    complaint = doing.complaint
    units = {subject.agency_code for subject in doing.facts.subjects}
    known = [row for row in complaint.subjects if row.agency_code in units]  # also whom of the unit it names
    complaint.subjects = known + [
        ComplaintSubject(agency_code=s.agency_code, officer_id=s.officer_id)
        for s in doing.facts.subjects
        if (s.agency_code, s.officer_id) not in {(row.agency_code, row.officer_id) for row in known}
    ]
    doing.details["units"] = sorted({subject.agency_code for subject in doing.facts.subjects})
    take_from_subjects(complaint)
    doing.to_state = State(complaint.state)


def take_from_subjects(complaint: Complaint) -> None:
    """What turns out to be about the unit it lies with goes back to the hotline."""
    if complaint.agency_code and complaint.agency_code in {subject.agency_code for subject in complaint.subjects}:
        _back_to_hotline(complaint)
        complaint.state = State.SORTED


def _back_to_hotline(complaint: Complaint) -> None:
    complaint.agency_code, complaint.agency_name, complaint.officer_id, complaint.due_at = "", "", None, None


def _route(doing: Act) -> None:
    complaint, agency = doing.complaint, organisation.agency_by_code(doing.facts.agency_code)
    complaint.agency_code, complaint.agency_name, complaint.officer_id = agency.code, agency.name, None
    complaint.due_at = calendar.add_working_days(doing.now, policy.WORKING_DAYS[Kind(complaint.kind)])
    doing.details["agency_code"] = agency.code


def _assign(doing: Act) -> None:
    doing.complaint.officer_id = doing.facts.officer_id
    doing.details["officer_id"] = doing.facts.officer_id


def _answer(doing: Act) -> None:
    doing.complaint.answer = doing.facts.text.strip()


def _send(doing: Act) -> None:
    doing.complaint.sent_at = doing.now


def _out_of_competence(doing: Act) -> None:
    _answer(doing)
    _send(doing)


def _merge(doing: Act) -> None:
    into = _other(doing)
    assert into is not None
    doing.complaint.merged_into_id = into.id
    followers = update(Complaint).where(Complaint.merged_into_id == doing.complaint.id)
    doing.session.execute(followers.values(merged_into_id=into.id))
    doing.details["into"] = into.id


def _reopen(doing: Act) -> None:
    doing.complaint.reopened += 1
    _back_to_hotline(doing.complaint)


_EFFECTS: Mapping[Action, Callable[[Act], None]] = {
    Action.SORT: _sort,
    Action.NAME_SUBJECT: _name_subject,
    Action.ROUTE: _route,
    Action.FORWARD: _route,
    Action.ASSIGN: _assign,
    Action.ANSWER: _answer,
    Action.SEND: _send,
    Action.OUT_OF_COMPETENCE: _out_of_competence,
    Action.MERGE: _merge,
    Action.REOPEN: _reopen,
}


def officer(officer_id: int) -> Actor:
    """An officer by id, as the one who acts."""
    return by(organisation.officer(officer_id))
