"""Taking a rating, whichever way it comes.

In a conversation and by the link sent into it, who may rate what follows from the conversation's verified number. At
the desk anybody may rate the desk; whose dossier it was is only believed with the code of the receipt.
"""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from backend import clock
from backend.citizens import service as citizens
from backend.database import insert_for, reading, transaction
from backend.dossiers import service as dossiers
from backend.dossiers.service import Handled
from backend.errors import InvalidInput, NotFound
from backend.inbox import service as inbox
from backend.messaging import service as messaging
from backend.messaging.channels import Reply
from backend.messaging.models import Owner
from backend.organisation import service as organisation
from backend.ratings import policy
from backend.ratings.models import Asked, Rating, RatingRequest, Way
from backend.screening import screened

CORRECTABLE = policy.CORRECTABLE
LOW_RATING = "low_rating"
_SORRY = (
    "Dạ, em đã nhận đánh giá của anh/chị tại quầy về hồ sơ {code}. Em rất tiếc; cán bộ phụ trách sẽ xem lại và liên hệ"
    " anh/chị. Muốn nói thêm, anh/chị nhắn lại tại đây."
)


@dataclass(frozen=True)
class Outcome:
    """`outcome`: recorded | nothing_to_rate | too_late."""

    outcome: str
    text: str


@dataclass(frozen=True)
class Given:
    """What somebody says; None leaves what was said before as it is. `score` comes with the first word."""

    score: int | None = None
    officer_score: int | None = None
    reasons: Collection[str] | None = None
    words: str | None = None


@dataclass(frozen=True)
class Source:
    """Where it comes from. `message_id` is what a low score becomes a case on."""

    way: str
    conversation_id: int | None = None
    message_id: int | None = None
    proved: bool = True
    kiosk_id: int | None = None


@dataclass(frozen=True)
class Current:
    """A rating as its giver sees it; `open` while it can be corrected."""

    dossier_code: str
    procedure_name: str
    has_officer: bool
    open: bool
    score: int | None = None
    officer_score: int | None = None
    reasons: list[str] = field(default_factory=list)


def rate(
    conversation_id: int,
    score: int,
    words: str = "",
    dossier_code: str | None = None,
    *,
    officer_score: int | None = None,
    message_id: int | None = None,
) -> Outcome:
    """Record or correct the rating of the named, the last asked, or else the last returned dossier.

    Raises InvalidInput.
    """
    conversation = messaging.view(conversation_id)
    phone = citizens.verified_phone(conversation.channel, conversation.address)
    wanted = dossier_code or _last_asked(conversation_id)
    found = dossiers.returned_to(phone, wanted) if phone else None
    dossier = dossiers.handled(found.code) if found else None
    if dossier is None:
        _check(Given(score, officer_score))
        return Outcome("nothing_to_rate", _nothing_to_rate(dossier_code))
    source = Source(conversation.channel, conversation_id, message_id)
    return record(dossier, Given(score, officer_score, words=words or None), source)


def record(dossier: Handled, given: Given, source: Source) -> Outcome:
    """Write down or correct the rating of a dossier by somebody who may give it. Raises InvalidInput."""
    _check(given)
    with transaction() as session:
        _let_go_of_unproved(session, dossier, source)
        rating = _row(session, dossier, given, source)
        if rating is None or clock.now() - rating.created_at > CORRECTABLE:
            return Outcome("too_late", f"Dạ, hồ sơ {dossier.code} đã được đánh giá trước đó. Em cảm ơn anh/chị.")
        _apply(rating, given, _names(dossier))
        _settle_request(session, dossier.code, Asked.ANSWERED)
        looked_into = _open_case(rating, dossier, source)
        return Outcome("recorded", _recorded(rating, dossier, looked_into))


def current(dossier_code: str) -> Current:
    """What was said of a returned dossier so far. Raises NotFound."""
    dossier = dossiers.handled(dossier_code)
    if dossier is None or not dossier.returned:
        raise NotFound("Không có hồ sơ này.")
    known = {"has_officer": dossier.officer_id is not None, "procedure_name": dossier.procedure_name}
    with reading() as session:
        rating = session.scalar(select(Rating).where(Rating.dossier_code == dossier.code, Rating.proved))
        if rating is None:
            return Current(dossier.code, open=True, **known)  # type: ignore[arg-type]
        return Current(
            dossier.code,
            open=clock.now() - rating.created_at <= CORRECTABLE,
            score=rating.score,
            officer_score=rating.officer_score,
            reasons=rating.reasons,
            **known,  # type: ignore[arg-type]
        )


def skip(conversation_id: int, dossier_code: str | None = None) -> bool:
    """The citizen would rather not say; False where nothing was asked in this conversation."""
    with transaction() as session:
        code = dossier_code or _last_asked(conversation_id)
        return bool(code) and _settle_request(session, code, Asked.SKIPPED)


# --- at the desk -----------------------------------------------------------------------------------------------


def begin_at_desk(agency: tuple[str, str], kiosk_id: int, score: int) -> int:
    """Write down a tap on a kiosk's first page; the id, for what may follow. `agency` is code and name."""
    _check(Given(score))
    with transaction() as session:
        now = clock.now()
        rating = Rating(
            kiosk_id=kiosk_id, way=Way.KIOSK, proved=False, agency_code=agency[0], agency_name=agency[1], score=score,
            reasons=[], created_at=now, updated_at=now,
        )  # fmt: skip
        session.add(rating)
        session.flush()
        return rating.id


def complete_at_desk(rating_id: int, kiosk_id: int, given: Given, named: str = "") -> None:
    """Add what was said after the tap. `named`: a dossier code, or the applicant's link as a scanner types it.

    Raises InvalidInput where no dossier of this house with a result is named, NotFound for another device's rating or
    an old one.
    """
    _check(given)
    with transaction() as session:
        rating = session.get(Rating, rating_id, with_for_update=True)
        if rating is None or rating.kiosk_id != kiosk_id or rating.sum_id or _is_old(rating.created_at):
            raise NotFound("Lượt đánh giá này đã kết thúc.")
        dossier, proved = _named_at_desk(named.strip(), rating.agency_code) if named.strip() else (None, False)
        _apply(rating, given, _names(dossier) if dossier else _officers_of(rating.agency_code))
        if dossier is not None and _attach(session, rating, dossier, proved=proved) and proved:
            _open_case(rating, dossier, _told_of_case(rating, dossier))


def _told_of_case(rating: Rating, dossier: Handled) -> Source:
    """A case needs a message to stand on: the applicant is told that somebody will look into it, where that may be."""
    conversation_id = messaging.conversation_with("sms", dossier.phone)
    owner = messaging.view(conversation_id).owner
    if worst(rating) > policy.LOW or owner != Owner.ASSISTANT or not citizens.wants_notices("sms", dossier.phone):
        return Source(Way.KIOSK)
    told = Reply(_SORRY.format(code=dossier.code))
    return Source(Way.KIOSK, conversation_id, messaging.say(conversation_id, told, about=dossier.code))


def _is_old(created_at: datetime) -> bool:
    return clock.now() - created_at > CORRECTABLE / 24


def _named_at_desk(named: str, agency_code: str) -> tuple[Handled, bool]:
    key = named.rpartition("/hs/")[2].split("/")[0].split("?")[0] if "/hs/" in named else ""
    dossier = dossiers.handled_by_key(key) if key else dossiers.handled(named)
    if dossier is None or not dossier.ended_well or agency_code not in (dossier.agency_code, dossier.desk_code):
        raise InvalidInput("Không thấy hồ sơ này đã có kết quả ở đây. Anh/chị xem lại mã, hoặc để trống rồi bấm Gửi.")
    return dossier, bool(key)


def _attach(session: Session, rating: Rating, dossier: Handled, *, proved: bool) -> bool:
    """Make a desk's rating that of a dossier; False where that has one which is as good."""
    known = session.scalar(select(Rating).where(Rating.dossier_code == dossier.code, Rating.id != rating.id))
    if known is not None and (known.proved or not proved):
        return False
    if known is not None:
        known.dossier_code = None
        session.flush()
    rating.dossier_code, rating.proved = dossier.code, proved
    rating.agency_code, rating.agency_name = dossier.agency_code, dossier.agency_name
    rating.procedure_code, rating.procedure_name = dossier.procedure_code, dossier.procedure_name
    rating.officer_id = dossier.officer_id
    if proved:
        _settle_request(session, dossier.code, Asked.ANSWERED)
    return True


# --- inside ----------------------------------------------------------------------------------------------------


def _check(given: Given) -> None:
    for score in (given.score, given.officer_score):
        if score is not None and score not in policy.SCORES:
            raise InvalidInput("Điểm đánh giá là số từ 1 đến 5.")


def _last_asked(conversation_id: int) -> str | None:
    with reading() as session:
        query = select(RatingRequest.dossier_code).where(
            RatingRequest.conversation_id == conversation_id, RatingRequest.state != Asked.WAITING
        )
        return session.scalar(query.order_by(RatingRequest.asked_at.desc()).limit(1))


def _let_go_of_unproved(session: Session, dossier: Handled, source: Source) -> None:
    """What somebody said at the desk with a typed code stays a rating of the desk, no longer of this dossier."""
    if source.proved:
        session.execute(
            update(Rating)
            .where(Rating.dossier_code == dossier.code, Rating.proved.is_(False))
            .values(dossier_code=None, officer_id=None, updated_at=clock.now())
        )


def _row(session: Session, dossier: Handled, given: Given, source: Source) -> Rating | None:
    """The rating of the dossier, locked, made where there is none; None where there is none and no score."""
    if given.score is not None:
        now = clock.now()
        new = insert_for(session, Rating).values(
            dossier_code=dossier.code, conversation_id=source.conversation_id, kiosk_id=source.kiosk_id,
            way=source.way, proved=source.proved, agency_code=dossier.agency_code, agency_name=dossier.agency_name,
            procedure_code=dossier.procedure_code, procedure_name=dossier.procedure_name,
            officer_id=dossier.officer_id, score=given.score, reasons=[], words="", case_opened=False,
            created_at=now, updated_at=now,
        )  # fmt: skip
        session.execute(new.on_conflict_do_nothing())
    return session.scalar(select(Rating).where(Rating.dossier_code == dossier.code).with_for_update())


def _apply(rating: Rating, given: Given, names: Collection[str]) -> None:
    if given.score is not None:
        rating.score = given.score
    if given.officer_score is not None:
        rating.officer_score = given.officer_score
    rating.reasons = policy.fitting(rating.reasons if given.reasons is None else given.reasons, worst(rating))
    if given.words is not None:
        rating.words = screened(given.words.strip()[: policy.WORDS_LENGTH], names)
    rating.updated_at = clock.now()


def worst(rating: Rating | Current) -> int:
    """The lower of both scores: what the reasons are about."""
    return min(score for score in (rating.score, rating.officer_score) if score is not None)


def _names(dossier: Handled) -> list[str]:
    """Names that must not stay in the words."""
    return [dossier.applicant_name, *_officers_of(dossier.agency_code), *_officers_of(dossier.desk_code)]


def _officers_of(agency_code: str) -> list[str]:
    try:
        agency = organisation.agency_by_code(agency_code)
    except NotFound:
        return []
    return [officer.name for officer in organisation.officers(agency_id=agency.id)]


def _settle_request(session: Session, dossier_code: str | None, state: str) -> bool:
    """Not to be asked any more; a rating given after all outdoes a skip."""
    settled = session.execute(
        update(RatingRequest)
        .where(RatingRequest.dossier_code == dossier_code, RatingRequest.state != Asked.ANSWERED)
        .values(state=state, look_at=None)
    )
    return bool(settled.rowcount)  # type: ignore[attr-defined]


def _open_case(rating: Rating, dossier: Handled, source: Source) -> bool:
    """A low score is looked into, once. The case says which dossier, not what was said, nor of whom."""
    if worst(rating) > policy.LOW or source.conversation_id is None or source.message_id is None:
        return rating.case_opened
    if not rating.case_opened:
        summary = f"Công dân chưa hài lòng về hồ sơ {dossier.code} ({dossier.procedure_name}); nên liên hệ hỏi lại."
        inbox.escalate(source.conversation_id, LOW_RATING, summary, source.message_id)
        rating.case_opened = True
    return True


def _recorded(rating: Rating, dossier: Handled, looked_into: bool) -> str:
    officer = f", {rating.officer_score} điểm cho cán bộ giải quyết" if rating.officer_score else ""
    sorry = " Em rất tiếc; cán bộ phụ trách sẽ xem lại và liên hệ anh/chị." if looked_into else ""
    return (
        f"Dạ, em đã ghi nhận {rating.score} điểm ({policy.NAMES[rating.score]}){officer} cho hồ sơ {dossier.code}"
        f" ({dossier.procedure_name}). Cảm ơn anh/chị.{sorry} Muốn sửa, anh/chị nhắn lại DG và điểm mới trong 24 giờ."
    )


def _nothing_to_rate(dossier_code: str | None) -> str:
    if dossier_code:
        return f"Dạ, em không thấy hồ sơ {dossier_code} đã trả kết quả cho số này nên chưa ghi được đánh giá."
    return "Dạ, số điện thoại này chưa có hồ sơ nào đã trả kết quả để đánh giá. Em cảm ơn anh/chị."
