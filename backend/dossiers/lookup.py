"""What a citizen is told of their own dossiers, in a conversation."""

from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from backend import audit
from backend.audit import Audit
from backend.citizens import service as citizens
from backend.database import reading, transaction
from backend.dossiers import policy, wording
from backend.dossiers.models import Dossier
from backend.dossiers.policy import State
from backend.messaging import service as messaging
from backend.messaging.channels import Ask, Card, Link

LISTED = 5


@dataclass(frozen=True)
class Summary:
    """A dossier in a list."""

    code: str
    procedure_name: str
    state: str
    title: str


@dataclass(frozen=True)
class Lookup:
    """What a citizen asked for. `outcome`: found | several | none | not_found | needs_link | unclear."""

    outcome: str
    text: str
    dossiers: tuple[Summary, ...] = ()
    card: Card | None = None
    links: tuple[Link, ...] = ()
    ask: str = ""


def look_up(conversation_id: int, code: str | None, aspect: str = "state") -> Lookup:
    """The dossiers of whoever proved to own this conversation.

    `code` is a code in any spelling, its last digits, or None for all. What is shown follows from the conversation's
    verified number; somebody else's dossier looks like none at all.
    """
    conversation = messaging.view(conversation_id)
    phone = citizens.verified_phone(conversation.channel, conversation.address)
    if phone is None:
        return Lookup("needs_link", wording.needs_link(), ask=Ask.PHONE)
    on_sms = conversation.channel == "sms"
    with transaction() as session:
        if not code or not code.strip():
            found, total = _all_of(session, phone, aspect)
            return _told(session, conversation_id, found, total, aspect, on_sms=on_sms)
        wanted, ending = policy.normalised_code(code), policy.tail(code)
        if wanted is None and ending is None:
            return Lookup("unclear", wording.UNCLEAR_CODE)
        match = Dossier.code == wanted if wanted else Dossier.code.endswith(f"{ending}", autoescape=True)
        query = select(Dossier).where(Dossier.applicant_phone == phone, match).order_by(Dossier.id.desc())
        found = list(session.scalars(query.limit(LISTED)))
        if not found:
            return Lookup("not_found", wording.not_found(wanted or f"có đuôi {ending}", on_sms=on_sms))
        return _told(session, conversation_id, found, len(found), aspect, on_sms=on_sms)


def _all_of(session: Session, phone: str, aspect: str) -> tuple[list[Dossier], int]:
    """The newest dossiers of a number, those that wait for papers where only these are asked for; how many in all."""
    mine = Dossier.applicant_phone == phone
    if aspect == "supplement":
        waiting = select(Dossier).where(mine, Dossier.state == State.SUPPLEMENT_REQUESTED).order_by(Dossier.id.desc())
        found = list(session.scalars(waiting.limit(LISTED)))
        if found:
            return found, len(found)
    total = session.scalar(select(func.count()).select_from(Dossier).where(mine)) or 0
    newest = select(Dossier).where(mine).order_by(Dossier.submitted_at.desc(), Dossier.id.desc()).limit(LISTED)
    return list(session.scalars(newest)), total


def _told(
    session: Session, conversation_id: int, found: list[Dossier], total: int, aspect: str, *, on_sms: bool
) -> Lookup:
    if not found:
        return Lookup("none", wording.none(on_sms=on_sms))
    for dossier in found:
        actor, subject = f"conversation:{conversation_id}", f"dossier:{dossier.id}"
        audit.record(session, Audit.DOSSIER_VIEWED, actor=actor, subject=subject)
    summaries = tuple(_summary(dossier) for dossier in found)
    if total > 1:
        return Lookup("several", wording.several(len(found), total), summaries)
    return _one(found[0], summaries, aspect, on_sms=on_sms)


def _one(dossier: Dossier, summaries: tuple[Summary, ...], aspect: str, *, on_sms: bool) -> Lookup:
    """On SMS the whole in a few sentences; elsewhere as a card, with the dossier's own page to open."""
    page = Link("Xem trang hồ sơ", wording.link(dossier))
    if aspect == "supplement":
        text = wording.supplement(dossier)
        return Lookup("found", text, summaries, links=() if on_sms or page.url in text else (page,))
    if on_sms:
        return Lookup("found", wording.describe(dossier), summaries)
    card = wording.card(dossier)
    is_linked = any(page.url in line for line in card.lines)
    return Lookup("found", wording.FOUND, summaries, card, () if is_linked else (page,))


def _summary(dossier: Dossier) -> Summary:
    return Summary(dossier.code, dossier.procedure_name, dossier.state, wording.title(dossier))


def returned_to(phone: str, code: str | None) -> Summary | None:
    """The dossier a rating is about: the one named, or the last one returned to this number."""
    with reading() as session:
        query = select(Dossier).where(Dossier.applicant_phone == phone, Dossier.state == State.RETURNED)
        if code:
            wanted, ending = policy.normalised_code(code), policy.tail(code)
            query = query.where(Dossier.code == wanted if wanted else Dossier.code.endswith(ending or "-"))
        dossier = session.scalars(query.order_by(Dossier.id.desc()).limit(1)).first()
        return _summary(dossier) if dossier else None
