"""Two officers on one dossier: the second is told who changed what, and nothing is overwritten unseen.

The history knows the acts; what changes papers without moving the dossier (`checklist`) leaves an audit entry only.
"""

from sqlalchemy import select
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import flag_modified

from backend import clock
from backend.audit import Audit, AuditEntry
from backend.dossiers import wording
from backend.dossiers.models import Dossier
from backend.errors import Conflict
from backend.i18n import gettext
from backend.organisation import service as organisation


def check(session: Session, dossier: Dossier, version: int | None) -> None:
    """Raises Conflict when the dossier is no longer as the officer saw it; the sentence says who changed what."""
    if version is not None and version != dossier.version:
        raise Conflict(_sentence(session, dossier))


def changed(dossier: Dossier) -> None:
    """Something of the dossier outside its own row changed: whoever looks at the old version must look again."""
    flag_modified(dossier, "state")


def _sentence(session: Session, dossier: Dossier) -> str:
    query = select(AuditEntry).where(
        AuditEntry.subject == f"dossier:{dossier.id}", AuditEntry.tag == Audit.DOSSIER_CHECKLIST_SAVED
    )
    saved = session.scalars(query.order_by(AuditEntry.id.desc()).limit(1)).first()
    if saved is None or saved.at < dossier.history[-1].at:
        return wording.changed_meanwhile(dossier)
    who = organisation.officer(int(saved.actor.removeprefix("officer:"))).name
    return gettext(
        "%(who)s vừa lưu danh mục giấy tờ lúc %(at)s. Anh/chị xem lại rồi làm tiếp; nội dung đã nhập vẫn còn.",
        who=who,
        at=f"{clock.local(saved.at):%H:%M:%S}",
    )
