"""Printing papers, for officers and for the applicant, and changing their words."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, delete, func, select
from sqlalchemy.orm import Session

from backend import audit, clock
from backend.audit import Audit
from backend.database import reading, transaction
from backend.dossiers import access
from backend.dossiers.models import Dossier
from backend.dossiers.paper import press, sheets, specimen, texts
from backend.dossiers.paper.kinds import FILE_NAMES, Kind, printable
from backend.dossiers.paper.models import PaperDraft, PaperTemplate
from backend.errors import Conflict, NotFound
from backend.i18n import gettext
from backend.organisation.service import OfficerInfo

SHIPPED_NUMBER = 0
MOST_VERSIONS_SHOWN = 50


@dataclass(frozen=True)
class Printed:
    """A paper ready to be sent. `name` is what it is saved under."""

    data: bytes
    name: str


@dataclass(frozen=True)
class Version:
    """Who changed the words of a paper, and when; number 0 is what we ship. `restored` is where it was taken from."""

    number: int
    at: datetime | None
    officer_name: str
    restored: int | None
    texts: Mapping[str, str]


# --- printing --------------------------------------------------------------------------------------------------


def for_officer(dossier_id: int, kind: Kind, officer: OfficerInfo) -> Printed:
    """A paper of a dossier this officer may see. Raises NotFound, also where the dossier has no such paper yet."""
    with transaction() as session:
        dossier = access.load(session, dossier_id, officer)
        _must_have(dossier, kind)
        audit.record(
            session, Audit.DOSSIER_PRINTED, actor=officer.actor, subject=f"dossier:{dossier.id}", kind=str(kind)
        )
        data = sheets.sheet(kind, dossier, in_force(session, kind).texts)
        name = f"{FILE_NAMES[kind]} {dossier.code}.pdf"
    return Printed(press.pdf(kind, data), name)


def for_applicant(key: str) -> Printed:
    """The receipt of the dossier with this key. Raises NotFound, also while it is not received."""
    with reading() as session:
        query = select(Dossier).where(Dossier.key == key)
        dossier = session.scalars(query).one_or_none() if key.isprintable() else None
        if dossier is None:
            raise NotFound("Không tìm thấy hồ sơ.")
        _must_have(dossier, Kind.RECEIPT)
        data = sheets.sheet(Kind.RECEIPT, dossier, in_force(session, Kind.RECEIPT).texts)
        name = f"{FILE_NAMES[Kind.RECEIPT]} {dossier.code}.pdf"
    return Printed(press.pdf(Kind.RECEIPT, data), name)


def _must_have(dossier: Dossier, kind: Kind) -> None:
    if kind not in printable(dossier):
        raise NotFound("Hồ sơ chưa có giấy này.")


# --- words -----------------------------------------------------------------------------------------------------


def in_force(session: Session, kind: Kind) -> Version:
    """The words of a paper as they are printed today."""
    row = session.scalars(_versions(kind).limit(1)).one_or_none()
    return _version(kind, row) if row else _shipped(kind)


def versions(kind: Kind) -> list[Version]:
    """The versions of a paper's words, the one in force first, what we ship last."""
    with reading() as session:
        rows = session.scalars(_versions(kind).limit(MOST_VERSIONS_SHOWN)).all()
        return [*(_version(kind, row) for row in rows), _shipped(kind)]


def version(kind: Kind, number: int) -> Version:
    """One of them. Raises NotFound."""
    if number == SHIPPED_NUMBER:
        return _shipped(kind)
    with reading() as session:
        row = session.scalars(_versions(kind).where(PaperTemplate.number == number)).one_or_none()
        if row is None:
            raise NotFound("Không có bản này.")
        return _version(kind, row)


def drafted(kind: Kind, officer: OfficerInfo) -> dict[str, str] | None:
    """What this administrator is typing; None while they have changed nothing."""
    with reading() as session:
        row = session.get(PaperDraft, (str(kind), officer.id))
        return _whole(kind, row.texts) if row else None


def draft(kind: Kind, typed: Mapping[str, str], officer: OfficerInfo) -> None:
    """Keep what is being typed, for the preview. Raises InvalidInput for what could not be printed."""
    words = texts.checked(kind, typed)
    with transaction() as session:
        session.merge(PaperDraft(kind=str(kind), officer_id=officer.id, texts=words, at=clock.now()))


def discard(kind: Kind, officer: OfficerInfo) -> None:
    """Forget what was typed."""
    with transaction() as session:
        _discard(session, kind, officer)


def save(kind: Kind, typed: Mapping[str, str], officer: OfficerInfo, *, seen: int) -> int:
    """Put new words in force; the number of the version. `seen` is the number that was being changed.

    Raises InvalidInput with one entry for each text, Conflict when somebody else has changed them meanwhile.
    """
    words = texts.checked(kind, typed)
    with transaction() as session:
        current = in_force(session, kind)
        if current.number != seen:
            raise Conflict(
                gettext(
                    "%(name)s vừa lưu bản số %(number)s. Anh/chị xem lại rồi lưu tiếp; nội dung đã nhập vẫn còn.",
                    name=current.officer_name, number=current.number,
                )
            )  # fmt: skip
        if words == current.texts:
            _discard(session, kind, officer)
            return current.number
        return _add(session, kind, words, officer)


def restore(kind: Kind, number: int, officer: OfficerInfo) -> int:
    """Put an earlier version in force again, as a new one; its number. Raises NotFound."""
    with transaction() as session:
        old = version(kind, number)
        if old.texts == in_force(session, kind).texts:
            return in_force(session, kind).number
        return _add(session, kind, old.texts, officer, restored=number)


def preview(kind: Kind, words: Mapping[str, str]) -> list[bytes]:
    """How a made-up dossier's paper looks with these words: its pages as PNG."""
    return press.pictures(kind, _specimen(kind, words))


def preview_pdf(kind: Kind, words: Mapping[str, str]) -> bytes:
    """The same as PDF."""
    return press.pdf(kind, _specimen(kind, words))


def _specimen(kind: Kind, words: Mapping[str, str]) -> dict[str, object]:
    return sheets.sheet(kind, specimen.dossier(kind), words) | {"mark": specimen.MARK}


def _add(
    session: Session, kind: Kind, words: Mapping[str, str], officer: OfficerInfo, restored: int | None = None
) -> int:
    query = select(func.max(PaperTemplate.number)).where(PaperTemplate.kind == str(kind))
    number = (session.scalar(query) or SHIPPED_NUMBER) + 1
    row = PaperTemplate(
        kind=str(kind), number=number, texts=dict(words), restored=restored, at=clock.now(),
        officer_id=officer.id, officer_name=officer.name,
    )  # fmt: skip
    session.add(row)
    _discard(session, kind, officer)
    audit.record(
        session, Audit.PAPER_TEMPLATE_SAVED, actor=officer.actor, subject=f"paper_template:{kind}", number=number
    )
    return number


def _discard(session: Session, kind: Kind, officer: OfficerInfo) -> None:
    mine = (PaperDraft.kind == str(kind)) & (PaperDraft.officer_id == officer.id)
    session.execute(delete(PaperDraft).where(mine))


def _versions(kind: Kind) -> Select[PaperTemplate]:
    return select(PaperTemplate).where(PaperTemplate.kind == str(kind)).order_by(PaperTemplate.number.desc())


def _version(kind: Kind, row: PaperTemplate) -> Version:
    return Version(row.number, row.at, row.officer_name, row.restored, _whole(kind, row.texts))


def _shipped(kind: Kind) -> Version:
    return Version(SHIPPED_NUMBER, None, "", None, texts.shipped(kind))


def _whole(kind: Kind, kept: Mapping[str, str]) -> dict[str, str]:
    """A text that a later release of ours added is there, too; one that it dropped is not."""
    return {name: kept.get(name, text) for name, text in texts.shipped(kind).items()}
