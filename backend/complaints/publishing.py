"""Which answers everybody may read, and in which words: an officer decides, after a screen has looked, too.

What may be shown is decided anew at every look (`shown`), so a report that turns out to be about somebody, or becomes a
denunciation, is gone from the public pages in the same moment.
"""

import re
from dataclasses import dataclass, replace

from sqlalchemy import ColumnElement, and_, exists, select
from sqlalchemy.orm import Session

from backend import audit, clock
from backend.audit import Audit
from backend.complaints import access, acts, consent, identity, policy, wording
from backend.complaints.models import Complaint, ComplaintEvent, ComplaintSubject
from backend.complaints.policy import Action, Party, Protection, State
from backend.complaints.public_models import Publication
from backend.database import reading, transaction
from backend.errors import Conflict, Forbidden, InvalidInput
from backend.i18n import gettext
from backend.organisation import service as organisation
from backend.organisation.models import Level
from backend.organisation.service import OfficerInfo
from backend.screening import names_in, screened
from backend.text import fold, normalise

HIDDEN = frozenset({State.MERGED, State.WITHDRAWN})
LENGTH = 2_000
"""Of the public words, and of the answer."""
_DECIMALS = 3
_MARK_OF_ADDITION = re.compile(r"^\[\d+\] ", re.MULTILINE)


@dataclass(frozen=True)
class Draft:
    """What an officer would publish. `agreed`: the citizen lets it be shown; `no_names`: what looks like names is none.

    `photos` are ids of files of the report; `version` is that of the publication the officer saw, 0 for none.
    """

    words: str = ""
    answer: str = ""
    category: str = ""
    area: str = ""
    with_place: bool = False
    photos: tuple[str, ...] = ()
    agreed: bool = False
    no_names: bool = False
    version: int = 0


@dataclass(frozen=True)
class Desk:
    """Publishing as one officer finds it: `obstacle` says why not, "" where nothing is in the way.

    `is_outdated`: the citizen has got another answer since.
    """

    draft: Draft
    obstacle: str
    is_public: bool
    is_outdated: bool
    has_place: bool
    areas: list[str]


def shown() -> ColumnElement[bool]:
    """The condition, on `Publication` joined with `Complaint`, that everybody may read it now."""
    about = exists(select(ComplaintSubject.id).where(ComplaintSubject.complaint_id == Complaint.id))
    return and_(
        Publication.withdrawn_at.is_(None),
        Complaint.kind.in_(policy.PUBLIC_KINDS),
        Complaint.may_publish.is_(True),
        Complaint.protection == Protection.NAMED,
        Complaint.state.not_in(HIDDEN),
        Complaint.sent_at.is_not(None),
        ~about,
    )


def obstacle(complaint: Complaint) -> str:
    """Why this report cannot be published; "" where nothing is in the way."""
    if complaint.kind not in policy.PUBLIC_KINDS:
        return gettext("Chỉ phản ánh, kiến nghị được công khai.")
    if complaint.protection != Protection.NAMED:
        return gettext("Danh tính người phản ánh được bảo vệ: không công khai.")
    if complaint.subjects:
        return gettext("Phản ánh nói về một đơn vị hay cán bộ: không công khai.")
    if complaint.may_publish is False:
        return gettext("Người phản ánh không cho công khai.")
    if complaint.state not in policy.TOLD:
        return gettext("Công khai được khi đã trả lời công dân.")
    return ""


def desk(officer: OfficerInfo, complaint: Complaint) -> Desk | None:
    """What the officer's page of the report offers; None for those who do not publish."""
    if Party.OPERATOR not in acts.parties_of(acts.by(officer), complaint):
        return None
    why_not, areas = obstacle(complaint), communes()
    with reading() as session:
        row = session.get(Publication, complaint.id)
        if row is not None:
            draft = _kept(row)
        else:  # a look at what cannot be published needs no names of anybody
            draft = Draft() if why_not else _first(complaint, identity.known_names(session, complaint.id), areas)
        public = select(Publication.complaint_id).join(Complaint).where(Complaint.id == complaint.id, shown())
        is_public = session.scalar(public) is not None
    return Desk(
        draft, why_not, is_public, row is not None and is_public and is_outdated(row, complaint),
        complaint.latitude is not None, areas,
    )  # fmt: skip


def communes() -> list[str]:
    """Names of the communes of today."""
    return sorted(one.unit for one in organisation.agencies_at(clock.today(), level=Level.COMMUNE) if one.unit)


def is_outdated(row: Publication, complaint: Complaint) -> bool:
    """Whether the citizen has got another answer since this one was published."""
    return complaint.sent_at is not None and complaint.sent_at > row.published_at


def _kept(row: Publication) -> Draft:
    return Draft(
        words=row.words, answer=row.answer, category=row.category, area=row.area, photos=tuple(row.photos),
        with_place=row.latitude is not None, version=row.version,
    )  # fmt: skip


def _first(complaint: Complaint, names: list[str], areas: list[str]) -> Draft:
    """What is proposed: the citizen's words and the answer as they were, without what says who somebody is."""
    told = _MARK_OF_ADDITION.sub("", complaint.text)
    place = fold(complaint.place)
    return Draft(
        words=screened(told, names)[:LENGTH],
        answer=screened(complaint.answer, names)[:LENGTH],
        category=complaint.category,
        area=next((area for area in areas if fold(area) in place), ""),
        with_place=complaint.latitude is not None,
    )


def checked(complaint: Complaint, draft: Draft, names: list[str]) -> Draft:
    """The draft as it would be read: numbers and known names are masked whatever was typed.

    Raises InvalidInput, also while something looks like a name and nobody has said that it is none.
    """
    for name, text in (("words", draft.words), ("answer", draft.answer)):
        if not normalise(text) or len(text) > LENGTH:
            raise _wrong(name, gettext("Lời công khai cần từ 1 đến %(n)s ký tự.", n=LENGTH))
    if draft.category not in wording.CATEGORIES:
        raise _wrong("category", gettext("Anh/chị chọn lĩnh vực."))
    if draft.area and draft.area not in communes():
        raise _wrong("area", gettext("Anh/chị chọn xã, phường trong danh sách, hoặc bỏ trống."))
    known = {one["file_id"] for one in complaint.files}
    if not set(draft.photos) <= known:
        raise _wrong("photos", gettext("Ảnh không phải của phản ánh này."))
    words, answer = (screened(normalise(t), names, guess_names=False) for t in (draft.words, draft.answer))
    found = names_in(f"{words}\n{answer}")
    if found and not draft.no_names:
        told = ", ".join(f"“{one}”" for one in found[:8])
        raise _wrong(
            "no_names", gettext("Có thể còn tên người: %(names)s. Bỏ đi, hoặc xác nhận không phải.", names=told)
        )
    return replace(draft, words=words, answer=answer)


def _wrong(name: str, message: str) -> InvalidInput:
    return InvalidInput(message, fields=[{"field": name, "message": message}])


def preview(complaint_id: int, officer: OfficerInfo, draft: Draft) -> Draft:
    """The draft as it would be read; nothing is written. Raises as `publish`."""
    with reading() as session:
        complaint = _publishable(session, complaint_id, officer)
        return checked(complaint, draft, identity.known_names(session, complaint_id))


def publish(complaint_id: int, officer: OfficerInfo, draft: Draft) -> None:
    """Let everybody read it, or change how they read it.

    Raises NotFound, Forbidden, InvalidInput, Conflict: not yet answered, or somebody changed the words meanwhile.
    """
    with transaction() as session:
        complaint = _publishable(session, complaint_id, officer)
        session.refresh(complaint, with_for_update=True)  # two who publish it first at once come one after the other
        ready = checked(complaint, draft, identity.known_names(session, complaint_id))
        if not (complaint.may_publish or ready.agreed):
            raise _wrong("agreed", gettext("Công khai khi người phản ánh đồng ý."))
        if not complaint.may_publish:  # they told the officer
            consent.record(session, complaint, True, acts.by(officer))
        row = session.get(Publication, complaint_id, with_for_update=True)
        if (row.version if row else 0) != draft.version:
            raise Conflict(gettext("Lời công khai vừa được người khác sửa. Anh/chị xem lại rồi làm tiếp."))
        if row is None:
            row = Publication(complaint_id=complaint_id, code=complaint.code or "")
            session.add(row)
        row.words, row.answer, row.category, row.area = ready.words, ready.answer, ready.category, ready.area
        row.agency_name = complaint.agency_name
        row.latitude, row.longitude = _about(complaint) if ready.with_place else (None, None)
        row.photos, row.published_at, row.withdrawn_at = list(ready.photos), clock.now(), None
        _leave_trace(session, complaint, officer, Action.PUBLISH, Audit.COMPLAINT_PUBLISHED)


def _publishable(session: Session, complaint_id: int, officer: OfficerInfo) -> Complaint:
    complaint = access.load(session, complaint_id, officer)
    _may_publish(officer, complaint)
    if why := obstacle(complaint):
        raise Conflict(why)
    return complaint


def _may_publish(officer: OfficerInfo, complaint: Complaint) -> None:
    if Party.OPERATOR not in acts.parties_of(acts.by(officer), complaint):
        raise Forbidden(gettext("Việc này không thuộc quyền của anh/chị đối với phản ánh này."))


def _about(complaint: Complaint) -> tuple[float | None, float | None]:
    if complaint.latitude is None or complaint.longitude is None:
        return None, None
    return round(complaint.latitude, _DECIMALS), round(complaint.longitude, _DECIMALS)


def unpublish(complaint_id: int, officer: OfficerInfo, reason: str) -> None:
    """Take it back; a second time changes nothing. Raises NotFound, Forbidden, InvalidInput without a reason."""
    reason = normalise(reason)
    if not reason:
        raise _wrong("reason", gettext("Anh/chị ghi lý do."))
    with transaction() as session:
        complaint = access.load(session, complaint_id, officer)
        _may_publish(officer, complaint)
        row = session.get(Publication, complaint_id, with_for_update=True)
        if row is None or row.withdrawn_at is not None:
            return
        row.withdrawn_at = clock.now()
        _leave_trace(session, complaint, officer, Action.UNPUBLISH, Audit.COMPLAINT_UNPUBLISHED, reason)


def _leave_trace(
    session: Session, complaint: Complaint, officer: OfficerInfo, action: Action, tag: Audit, reason: str = ""
) -> None:
    row = ComplaintEvent(
        complaint_id=complaint.id, at=clock.now(), action=action, actor=officer.actor, actor_name=officer.name,
        from_state=complaint.state, to_state=complaint.state, reason=reason,
    )  # fmt: skip
    session.add(row)
    audit.record(session, tag, actor=officer.actor, subject=f"complaint:{complaint.id}")
