"""Who sent a report: sealed, and opened only with a reason that stays in the history and the audit log."""

from dataclasses import dataclass

from sqlalchemy.orm import Session

from backend import audit, clock
from backend.audit import Audit
from backend.complaints import access, acts
from backend.complaints.models import Complaint, ComplaintEvent, ComplaintIdentity
from backend.complaints.policy import Action, Kind, Party, Protection
from backend.database import transaction
from backend.errors import Forbidden, InvalidInput
from backend.i18n import gettext
from backend.organisation import service as organisation
from backend.organisation.service import OfficerInfo
from backend.screening import without_sender


@dataclass(frozen=True)
class Person:
    """Who sent a report; empty where it was never told."""

    name: str
    phone: str


def known_names(session: Session, complaint_id: int) -> list[str]:
    """Full names that must not stand in a public text about this report; for masking it, for nobody's eyes."""
    sender = session.get(ComplaintIdentity, complaint_id)
    return [name for name in (sender.name if sender else "", *(one.name for one in organisation.officers())) if name]


def shown(complaint: Complaint, text: str) -> str:
    """What somebody wrote about a report as officers read it: of who is sealed, without who they say they are.

    Numbers in a report of a fraud are the swindler's.
    """
    if complaint.protection == Protection.NAMED:
        return text
    return without_sender(text, numbers=complaint.kind != Kind.FRAUD)


def reveal(complaint_id: int, officer: OfficerInfo, reason: str) -> Person:
    """Open the seal. Raises NotFound, Forbidden, InvalidInput without a reason.

    A protected person's name is opened by the hotline and the province's leaders only; an anonymous one's by nobody.
    """
    if not reason.strip():
        message = gettext("Anh/chị ghi lý do xem danh tính.")
        raise InvalidInput(message, fields=[{"field": "reason", "message": message}])
    with transaction() as session:
        complaint = access.load(session, complaint_id, officer)
        who = acts.parties_of(acts.by(officer), complaint)
        protected = complaint.protection == Protection.PROTECTED
        if complaint.protection == Protection.ANONYMOUS or (protected and Party.OPERATOR not in who) or not who:
            raise Forbidden(gettext("Danh tính người phản ánh được bảo vệ, anh/chị không xem được."))
        session.add(
            ComplaintEvent(
                complaint_id=complaint.id, at=clock.now(), action=Action.REVEAL, actor=officer.actor,
                actor_name=officer.name, from_state=complaint.state, to_state=complaint.state, reason=reason.strip(),
            )
        )  # fmt: skip
        subject = f"complaint:{complaint.id}"
        audit.record(session, Audit.COMPLAINT_IDENTITY_REVEALED, actor=officer.actor, subject=subject)
        found = session.get(ComplaintIdentity, complaint.id)
        return Person(found.name, found.phone) if found else Person("", "")
