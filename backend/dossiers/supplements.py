"""Papers that the applicant adds as photos or scans, and the officer's yes or no to each.

A file is `sent`, then `accepted` or `returned` with a remark. Accepting the files of a missing paper makes the paper
present; when nothing is missing any more, TAKE_SUPPLEMENT (the table's own act) lets the clock go on.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import Row, Select, select
from sqlalchemy.orm import Session

from backend import audit, clock, storage
from backend.audit import Audit
from backend.database import reading, transaction
from backend.dossiers import acts, telling, wording
from backend.dossiers.acts import Actor
from backend.dossiers.models import Dossier, DossierPaper, PaperFile
from backend.dossiers.policy import Action, FiledVia, FileState, PaperState, Party, State
from backend.errors import Conflict, Forbidden, InvalidInput, NotFound
from backend.i18n import gettext
from backend.notifications import service as notifications
from backend.notifications.service import Event
from backend.text import fold

MOST_FILES = 10
"""Of one paper, those sent back not counted: a household book has that many pages."""
REMARK_LENGTH = 500
_OPEN = frozenset({State.SUBMITTED, State.SUPPLEMENT_REQUESTED})
_CHECKERS = frozenset({Party.DESK, Party.ASSIGNEE})


@dataclass(frozen=True)
class Added:
    """What came of a file that was sent. `left`: names of the papers that still lack one."""

    paper_file_id: int
    paper_name: str
    left: tuple[str, ...]


@dataclass(frozen=True)
class Reusable:
    """An accepted file of an earlier dossier, offered for a paper of the same name."""

    paper_file_id: int
    paper_name: str
    file_id: str
    name: str
    dossier_code: str
    at: datetime


# --- the applicant ---------------------------------------------------------------------------------------------


def send(key_or_dossier: str | int, paper_id: int, data: bytes, name: str, actor: Actor) -> Added:
    """Check, keep and add an uploaded file to a paper. A text is the key of the applicant's link, a number the id.

    Raises NotFound (key, paper), Conflict (nothing is awaited for this paper), InvalidInput and TooLarge (the file),
    each with a sentence for the applicant.
    """
    with reading() as session:
        dossier = _dossier(session, key_or_dossier)
        _awaited(dossier, paper_id)
    kept = storage.store(data, name, actor=actor.label)
    return attach(dossier.id, paper_id, kept.id, kept.name, actor)


def attach(dossier_id: int, paper_id: int, file_id: str, name: str, actor: Actor) -> Added:
    """Add a file that `backend.storage` has already to a paper; sent twice it is there once. Raises as `send`."""
    with transaction() as session:
        dossier = session.get(Dossier, dossier_id, with_for_update=True)
        if dossier is None:
            raise NotFound("Không có hồ sơ này.")
        known = next((f for paper in dossier.papers for f in paper.files if f.file_id == file_id), None)
        if known is not None and known.paper_id == paper_id:
            return Added(known.id, _paper(dossier, paper_id).name, still_lacking(dossier))
        paper = _awaited(dossier, paper_id)
        sent = PaperFile(
            paper_id=paper.id, file_id=file_id, name=name[:200], state=FileState.SENT, at=clock.now(), actor=actor.label
        )
        paper.files.append(sent)
        session.flush()
        left = still_lacking(dossier)
        if dossier.state == State.SUPPLEMENT_REQUESTED and not left:
            _tell_checkers(session, dossier, sent)
        return Added(sent.id, paper.name, left)


def still_lacking(dossier: Dossier) -> tuple[str, ...]:
    """The missing papers for which nothing waits to be looked at."""
    return tuple(wording.lacking(dossier))


def asked_for(dossier: Dossier) -> list[DossierPaper]:
    """The papers of the supplement request, those accepted meanwhile included; empty when none was requested."""
    requests = [row for row in dossier.history if row.action == Action.REQUEST_SUPPLEMENT]
    names = set(requests[-1].details.get("missing", ())) if requests else set()
    return [paper for paper in dossier.papers if paper.name in names or paper.state == PaperState.MISSING]


def _dossier(session: Session, key_or_dossier: str | int) -> Dossier:
    by_key = isinstance(key_or_dossier, str)
    mine = Dossier.key == str(key_or_dossier).replace("\0", "") if by_key else Dossier.id == key_or_dossier
    dossier = session.scalar(select(Dossier).where(mine))
    if dossier is None:
        raise NotFound("Không có hồ sơ này.")
    return dossier


def _paper(dossier: Dossier, paper_id: int) -> DossierPaper:
    paper = next((paper for paper in dossier.papers if paper.id == paper_id), None)
    if paper is None:
        raise NotFound("Hồ sơ không có giấy tờ này.")
    return paper


def is_awaited(dossier: Dossier, paper: DossierPaper) -> bool:
    """Whether the applicant may add files to this paper now, the number of files aside."""
    if dossier.state == State.SUPPLEMENT_REQUESTED:
        return paper.state == PaperState.MISSING
    return dossier.state == State.SUBMITTED and paper.state in (PaperState.UNCHECKED, PaperState.MISSING)


def _awaited(dossier: Dossier, paper_id: int) -> DossierPaper:
    paper = _paper(dossier, paper_id)
    if not is_awaited(dossier, paper):
        raise Conflict("Hồ sơ không chờ bổ sung giấy tờ này nữa.")
    if sum(file.state != FileState.RETURNED for file in paper.files) >= MOST_FILES:
        raise Conflict(f"Mỗi giấy tờ nhận tối đa {MOST_FILES} tệp.")
    return paper


def _tell_checkers(session: Session, dossier: Dossier, last: PaperFile) -> None:
    """Nothing is lacking any more: whoever asked for it has something to look at."""
    told = telling.telling(dossier, Event.SUPPLEMENT_ARRIVED, f"file:{last.id}")
    notifications.tell_officers(session, told, telling.recipients(dossier, Event.SUPPLEMENT_ARRIVED))


# --- the officer -----------------------------------------------------------------------------------------------


def accept(paper_file_id: int, actor: Actor) -> None:
    """Take a file for its paper, which is present from now on; done twice it changes nothing.

    Raises NotFound, Forbidden (neither desk nor assignee), Conflict (returned already, or the dossier moved on).
    """
    with transaction() as session:
        dossier, file = _to_check(session, paper_file_id, actor)
        if file.state == FileState.ACCEPTED:
            return
        if file.state == FileState.RETURNED:
            raise Conflict(gettext("Tệp này đã được trả lại cho người nộp."))
        file.state, file.remark = FileState.ACCEPTED, ""
        paper = _paper(dossier, file.paper_id)
        paper.state, paper.remark = PaperState.PRESENT, ""
        audit.record(
            session, Audit.PAPER_FILE_ACCEPTED, actor=actor.label, subject=f"dossier:{dossier.id}", file=paper_file_id
        )


def return_(paper_file_id: int, remark: str, actor: Actor) -> bool:
    """Send a file back with a remark; whether the applicant is told at once.

    They are while a supplement is awaited. Before, the paper is marked as missing with the remark, and the one
    supplement request tells of it. Raises as `accept`, and InvalidInput without a remark.
    """
    remark = remark.strip()
    if not remark or len(remark) > REMARK_LENGTH:
        raise InvalidInput(gettext("Cần ghi vì sao trả lại, không quá %(n)s ký tự.", n=REMARK_LENGTH))
    with transaction() as session:
        dossier, file = _to_check(session, paper_file_id, actor)
        if file.state == FileState.RETURNED:
            return False
        file.state, file.remark = FileState.RETURNED, remark
        paper = _paper(dossier, file.paper_id)
        if not any(other.state == FileState.ACCEPTED for other in paper.files):
            paper.state, paper.remark = PaperState.MISSING, remark
        audit.record(
            session, Audit.PAPER_FILE_RETURNED, actor=actor.label, subject=f"dossier:{dossier.id}", file=paper_file_id
        )
        if dossier.state != State.SUPPLEMENT_REQUESTED:
            return False
        _tell_returned(session, dossier, paper, file)
        return True


def _to_check(session: Session, paper_file_id: int, actor: Actor) -> tuple[Dossier, PaperFile]:
    file = session.get(PaperFile, paper_file_id)
    if file is None:
        raise NotFound(gettext("Không có tệp này."))
    dossier_id = session.get_one(DossierPaper, file.paper_id).dossier_id
    dossier = session.get_one(Dossier, dossier_id, with_for_update=True)
    session.refresh(file)  # somebody else may have decided while we waited for the lock
    if not acts.parties_of(actor, dossier) & _CHECKERS:
        raise Forbidden(gettext("Việc này không thuộc quyền của anh/chị đối với hồ sơ này."))
    if dossier.state not in _OPEN:
        raise Conflict(gettext("Hồ sơ đã sang bước khác, không còn kiểm tra tệp bổ sung."))
    return dossier, file


def _tell_returned(session: Session, dossier: Dossier, paper: DossierPaper, file: PaperFile) -> None:
    told = telling.telling(dossier, Event.SUPPLEMENT_ITEM_RETURNED, f"file:{file.id}")
    facts = {**told.facts, "missing": paper.name, "reason": file.remark.rstrip(".")}
    notifications.tell_applicant(session, replace(told, facts=facts), telling.applicant(dossier))


# --- papers that can be used again -----------------------------------------------------------------------------


def reusable(citizen_id: int) -> list[Reusable]:
    """Accepted files of a citizen's earlier dossiers, one paper name once, the newest; for the desk, which sees whom.

    A citizen is known by their phone number alone, so online only `reusable_for` may be offered.
    """
    with reading() as session:
        return _newest(session.execute(_accepted().where(Dossier.citizen_id == citizen_id)))


def reusable_for(dossier_id: int) -> list[Reusable]:
    """The same for whoever has shown the link of a dossier.

    Anybody can file online with somebody else's number, so such a dossier opens only its own papers. One that was
    filed at the desk, where the person was seen, opens those of the same person's other dossiers, too.
    """
    with reading() as session:
        proof = session.get(Dossier, dossier_id)
        if proof is None:
            return []
        rows = session.execute(_accepted().where(Dossier.citizen_id == proof.citizen_id)).all()
        return _newest(row for row in rows if _same_person(proof, row[2]))


def _same_person(proof: Dossier, other: Dossier) -> bool:
    seen = proof.filed_via == FiledVia.DESK and fold(proof.applicant_name) == fold(other.applicant_name)
    return seen or proof.id == other.id


def _accepted() -> Select[PaperFile, DossierPaper, Dossier]:
    return (
        select(PaperFile, DossierPaper, Dossier)
        .join(DossierPaper, DossierPaper.id == PaperFile.paper_id)
        .join(Dossier, Dossier.id == DossierPaper.dossier_id)
        .where(PaperFile.state == FileState.ACCEPTED)
        .order_by(PaperFile.id.desc())
    )


def _newest(rows: Iterable[Row[PaperFile, DossierPaper, Dossier]]) -> list[Reusable]:
    found: dict[str, Reusable] = {}
    for file, paper, dossier in rows:
        found.setdefault(
            fold(paper.name), Reusable(file.id, paper.name, file.file_id, file.name, dossier.code, file.at)
        )
    return list(found.values())
