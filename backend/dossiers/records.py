"""What officers add to a dossier without moving it: notes, opinions, drafts, result files."""

from enum import StrEnum

from backend import clock, storage
from backend.database import reading, transaction
from backend.dossiers import access, acts
from backend.dossiers.forms import Sent, wrong
from backend.dossiers.models import Dossier, DossierNote, DossierResult
from backend.dossiers.policy import FINISHED, Party, State
from backend.errors import Conflict, Forbidden, InvalidInput
from backend.i18n import gettext
from backend.organisation.service import OfficerInfo
from backend.storage import StoredInfo
from backend.text import normalise

LONGEST_TEXT = 4000
LONGEST_TITLE = 200
LONGEST_NUMBER = 60
MOST_NOTES = 200
MOST_RESULTS = 20
_WITH_RESULT = frozenset({State.PROCESSING, State.APPROVING, State.APPROVED, State.RESULT_READY})


class NoteKind(StrEnum):
    """What a note is."""

    NOTE = "note"
    OPINION = "opinion"
    DRAFT = "draft"


def may_note(dossier: Dossier, officer: OfficerInfo) -> bool:
    """Whoever is something to the dossier may write for colleagues, while it is open."""
    return bool(acts.parties_of(acts.by(officer), dossier)) and State(dossier.state) not in FINISHED


def may_add_result(dossier: Dossier, officer: OfficerInfo) -> bool:
    """Desk, the one who holds it and the leader attach what was signed."""
    parties = acts.parties_of(acts.by(officer), dossier)
    held = any(step.officer_id == officer.id for step in dossier.steps)
    return State(dossier.state) in _WITH_RESULT and (held or bool(parties & {Party.DESK, Party.LEADER}))


def add_note(dossier_id: int, officer: OfficerInfo, kind: NoteKind, text: str, file: Sent | None = None) -> None:
    """Add a note. Raises NotFound, Forbidden, Conflict, InvalidInput and TooLarge (the file)."""
    text = normalise(text)
    if not text and file is None:
        raise wrong("text", gettext("Anh/chị ghi nội dung hoặc chọn một tệp."))
    if len(text) > LONGEST_TEXT:
        raise wrong("text", f"Nội dung dài quá {LONGEST_TEXT} ký tự.")
    kept = _kept(dossier_id, officer, file)
    with transaction() as session:
        dossier = access.load(session, dossier_id, officer)
        if not may_note(dossier, officer):
            raise Forbidden(gettext("Anh/chị chỉ xem được hồ sơ này."))
        if len(dossier.notes) >= MOST_NOTES:
            raise Conflict(gettext("Hồ sơ đã có %(n)s ghi chú.", n=MOST_NOTES))
        dossier.notes.append(
            DossierNote(
                officer_id=officer.id, officer_name=officer.name, kind=kind, text=text, at=clock.now(),
                file_id=kept.id if kept else "", file_name=kept.name if kept else "",
            )
        )  # fmt: skip


def add_result(dossier_id: int, officer: OfficerInfo, title: str, number: str, file: Sent | None) -> None:
    """Attach a result. Raises NotFound, Forbidden, Conflict, InvalidInput and TooLarge (the file)."""
    title, number = normalise(title), normalise(number)
    if not 0 < len(title) <= LONGEST_TITLE:
        raise wrong("title", f"Cần ghi tên kết quả, không quá {LONGEST_TITLE} ký tự.")
    if len(number) > LONGEST_NUMBER:
        raise wrong("number", f"Số, ký hiệu dài quá {LONGEST_NUMBER} ký tự.")
    if file is None:
        raise wrong("file", gettext("Anh/chị chọn tệp kết quả."))
    kept = _kept(dossier_id, officer, file)
    assert kept is not None
    with transaction() as session:
        dossier = access.load(session, dossier_id, officer)
        if not may_add_result(dossier, officer):
            raise Conflict(gettext("Hồ sơ này không nhận tệp kết quả ở bước hiện tại."))
        if len(dossier.results) >= MOST_RESULTS:
            raise Conflict(gettext("Hồ sơ đã có %(n)s tệp kết quả.", n=MOST_RESULTS))
        dossier.results.append(
            DossierResult(
                title=title, number=number, file_id=kept.id, file_name=kept.name, at=clock.now(), officer_id=officer.id
            )
        )


def _kept(dossier_id: int, officer: OfficerInfo, file: Sent | None) -> StoredInfo | None:
    """The file in the storage: outside the transaction, a photo takes its time."""
    if file is None:
        return None
    with reading() as session:
        access.load(session, dossier_id, officer)
    try:
        return storage.store(file.data, file.name, actor=officer.actor)
    except InvalidInput as error:
        raise wrong("file", error.message) from error
