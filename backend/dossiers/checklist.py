"""Seeing to the papers of a dossier: what is there, what is missing or wrong, what was compared with the original."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from sqlalchemy.orm import Session

from backend import audit, clock
from backend.audit import Audit
from backend.database import reading, transaction
from backend.dossiers import access, acts, meanwhile, offers, supplements
from backend.dossiers.acts import Actor
from backend.dossiers.models import Dossier, DossierPaper, PaperFile
from backend.dossiers.policy import FileState, PaperState
from backend.errors import Conflict, Forbidden, InvalidInput
from backend.i18n import N_, gettext
from backend.organisation.service import OfficerInfo
from backend.text import normalise

LONGEST_NAME = 500
LONGEST_REMARK = 500
MOST_PAPERS = 60
MOST_FILES = 40
"""Of one paper."""
MOST_SHEETS = 1000
_NOT_SAVED = N_("Danh mục giấy tờ chưa lưu được.")


@dataclass(frozen=True)
class Tick:
    """How one line of the checklist should stand."""

    state: PaperState
    compared: bool = False
    remark: str = ""
    originals: int = 0
    copies: int = 0


@dataclass(frozen=True)
class Scan:
    """A file of `backend.storage` and the name it is shown by."""

    file_id: str
    name: str


@dataclass(frozen=True)
class Decision:
    """Yes or no to a photo that the applicant sent."""

    paper_file_id: int
    state: FileState
    remark: str = ""


@dataclass(frozen=True)
class Checked:
    """What an officer saves at once: lines by paper id, new lines, and what they say to the applicant's photos."""

    ticks: dict[int, Tick] = field(default_factory=dict)
    added: Sequence[tuple[str, Tick]] = ()
    decisions: Sequence[Decision] = ()


def save(dossier_id: int, officer: OfficerInfo, checked: Checked, *, version: int) -> None:
    """Write the checklist as the officer left it.

    Raises NotFound, Forbidden, Conflict when somebody changed the dossier meanwhile or the papers are no longer
    checked, InvalidInput with `paper-<id>` or `added` as fields.
    """
    with transaction() as session:
        dossier = _to_check(session, dossier_id, officer)
        meanwhile.check(session, dossier, version)
        apply(dossier, checked)
        _decide(dossier, checked.decisions, acts.by(officer))
        meanwhile.changed(dossier)
        audit.record(
            session, Audit.DOSSIER_CHECKLIST_SAVED, actor=officer.actor, subject=f"dossier:{dossier_id}",
            missing=len(dossier.missing),
        )  # fmt: skip


def apply(dossier: Dossier, checked: Checked) -> None:
    """Write the lines into a loaded dossier. Raises InvalidInput."""
    wrong = []
    by_id = {paper.id: paper for paper in dossier.papers}
    for paper_id, tick in checked.ticks.items():
        paper = by_id.get(paper_id)
        if paper is None:
            continue
        wrong += _tick(paper, tick)
    for name, tick in checked.added:
        wrong += _add(dossier, normalise(name), tick)
    if wrong:
        raise InvalidInput(gettext(_NOT_SAVED), fields=wrong)


def _tick(paper: DossierPaper, tick: Tick) -> list[dict[str, str]]:
    remark = normalise(tick.remark)
    if len(remark) > LONGEST_REMARK:
        return [{"field": f"paper-{paper.id}", "message": gettext("Ghi chú dài quá %(n)s ký tự.", n=LONGEST_REMARK)}]
    if not (0 <= tick.originals <= MOST_SHEETS and 0 <= tick.copies <= MOST_SHEETS):
        return [{"field": f"paper-{paper.id}", "message": gettext("Số bản chưa đúng.")}]
    if paper.state == PaperState.MISSING != tick.state and remark == paper.remark:
        remark = ""  # it said what was wrong
    paper.state, paper.remark = tick.state, remark
    paper.compared = tick.compared and tick.state == PaperState.PRESENT
    paper.originals, paper.copies = tick.originals, tick.copies
    return []


def _add(dossier: Dossier, name: str, tick: Tick) -> list[dict[str, str]]:
    if not name:
        return []
    if len(name) > LONGEST_NAME:
        return [{"field": "added", "message": gettext("Tên giấy tờ dài quá %(n)s ký tự.", n=LONGEST_NAME)}]
    if len(dossier.papers) >= MOST_PAPERS:
        return [
            {"field": "added", "message": gettext("Danh mục đã có %(n)s giấy tờ, không thêm được nữa.", n=MOST_PAPERS)}
        ]
    paper = DossierPaper(position=len(dossier.papers) + 1, name=name, required=False, files=[])
    dossier.papers.append(paper)
    return _tick(paper, tick)


def _decide(dossier: Dossier, decisions: Iterable[Decision], actor: Actor) -> None:
    mine = {file.id for paper in dossier.papers for file in paper.files}
    for decision in decisions:
        if decision.paper_file_id not in mine:
            continue
        try:
            if decision.state == FileState.ACCEPTED:
                supplements.accept(decision.paper_file_id, actor)
            else:
                supplements.return_(decision.paper_file_id, decision.remark, actor)
        except InvalidInput as error:
            entry = {"field": f"file-{decision.paper_file_id}", "message": error.message}
            raise InvalidInput(gettext(_NOT_SAVED), fields=[entry]) from error


def may_save(dossier_id: int, officer: OfficerInfo) -> None:
    """Raises what `save` would raise for somebody who may not; before files are taken in."""
    with reading() as session:
        _to_check(session, dossier_id, officer)


def add_scans(dossier_id: int, officer: OfficerInfo, scans: dict[int, list[Scan]]) -> None:
    """Put files to their papers; they count as accepted, the officer has seen them. Nothing is overwritten by it.

    Raises NotFound, Forbidden, Conflict, InvalidInput when a paper has too many.
    """
    with transaction() as session:
        dossier = _to_check(session, dossier_id, officer)
        attach(dossier, scans, officer.actor)


def attach(dossier: Dossier, scans: dict[int, list[Scan]], actor: str) -> None:
    """Put files to the papers of a loaded dossier. Raises InvalidInput."""
    for paper in dossier.papers:
        new = scans.get(paper.id, [])
        if len(paper.files) + len(new) > MOST_FILES:
            raise InvalidInput(gettext("Mỗi giấy tờ chỉ đính kèm được %(n)s tệp.", n=MOST_FILES))
        paper.files += list(_files(new, actor))


def _files(scans: Iterable[Scan], actor: str) -> Iterable[PaperFile]:
    for scan in scans:
        yield PaperFile(
            file_id=scan.file_id, name=scan.name[:200], state=FileState.ACCEPTED, at=clock.now(), actor=actor
        )


def _to_check(session: Session, dossier_id: int, officer: OfficerInfo) -> Dossier:
    dossier = access.load(session, dossier_id, officer)
    actor = acts.by(officer)
    if not offers.may_check(dossier, actor):
        if acts.parties_of(actor, dossier):
            raise Conflict(gettext("Giấy tờ của hồ sơ này không sửa được nữa ở bước hiện tại."))
        raise Forbidden(gettext("Việc kiểm tra giấy tờ không thuộc quyền của anh/chị đối với hồ sơ này."))
    return dossier
