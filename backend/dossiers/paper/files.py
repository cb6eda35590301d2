"""Files of a dossier: whether a file id that somebody asks for hangs on a dossier they may see."""

from sqlalchemy import exists, or_, select

from backend import audit
from backend.audit import Audit
from backend.database import reading, transaction
from backend.dossiers import access
from backend.dossiers.models import DossierNote, DossierPaper, DossierResult, PaperFile
from backend.errors import NotFound
from backend.organisation.service import OfficerInfo


def check(dossier_id: int, file_id: str, officer: OfficerInfo, *, glance: bool) -> None:
    """Raises NotFound unless the file hangs on this dossier and the officer may see it.

    Each look is audited, except a `glance`: the thumbnails of a page, whose own look is.
    """
    paper = exists().where(
        PaperFile.file_id == file_id, PaperFile.paper_id == DossierPaper.id, DossierPaper.dossier_id == dossier_id
    )
    note = exists().where(DossierNote.file_id == file_id, DossierNote.dossier_id == dossier_id)
    result = exists().where(DossierResult.file_id == file_id, DossierResult.dossier_id == dossier_id)
    with reading() as session:
        access.load(session, dossier_id, officer)
        if not session.scalar(select(or_(paper, note, result))):
            raise NotFound("Không tìm thấy tệp này.")
    if glance:
        return
    with transaction() as session:
        audit.record(
            session, Audit.DOSSIER_FILE_VIEWED, actor=officer.actor, subject=f"dossier:{dossier_id}", file=file_id
        )
