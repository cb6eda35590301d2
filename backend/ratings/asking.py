"""Asking for a rating: once a dossier, some working hours after its result, where the citizen wrote last.

Never inside a handoff, and not where they asked for no notices. What they pick in answer comes back here: the service
first, then the officer, then reasons; each step is written down at once, so stopping early loses nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from itsdangerous import BadData, URLSafeSerializer
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from backend import calendar, clock
from backend.citizens import service as citizens
from backend.database import insert_for, reading, transaction
from backend.dossiers import service as dossiers
from backend.errors import NotFound
from backend.logs import logger
from backend.messaging import channels
from backend.messaging import service as messaging
from backend.messaging.attachments import choice
from backend.messaging.channels import Choice, Link, Reply
from backend.messaging.keywords import Context
from backend.messaging.models import Owner
from backend.ratings import policy, service
from backend.ratings.models import Asked, Rating, RatingRequest
from backend.ratings.service import Given, Source
from backend.ratings.settings import rating_settings
from backend.settings import settings

log = logger(__name__)

LOOK_BACK = timedelta(days=4)
"""Results handed over longer ago are not asked about any more, should the worker have stood still."""
OVERLAP = timedelta(hours=1)
GIVE_UP = timedelta(days=10)
LINK_LASTS = timedelta(days=30)
AFTER_HANDOFF_HOURS = 4
AT_A_TIME = 200
_PROCEDURE_LENGTH = 60

SKIPPED = "Dạ, em cảm ơn anh/chị. Em không hỏi lại việc này nữa."
_ASK = "Hồ sơ {code} ({procedure}) đã trả kết quả. Anh/chị hài lòng đến mức nào về việc phục vụ?"
_ASK_OFFICER = "Dạ, em cảm ơn anh/chị. Còn cán bộ giải quyết hồ sơ, anh/chị hài lòng đến mức nào ạ?"
_ASK_LOW = "Dạ, em rất tiếc. Điều gì làm anh/chị chưa hài lòng ạ? Anh/chị chọn từng điều rồi chọn Xong."
_ASK_HIGH = "Dạ, em cảm ơn anh/chị. Anh/chị hài lòng về điều gì ạ? Anh/chị chọn từng điều rồi chọn Xong."
_ASK_WHY = "Dạ, em cảm ơn anh/chị. Điều gì có thể làm tốt hơn ạ? Anh/chị chọn từng điều rồi chọn Xong."
_MORE = "Dạ, em đã ghi. Còn điều gì nữa không ạ?"
_DONE = "Dạ, em đã ghi nhận đánh giá của anh/chị. Muốn sửa hoặc góp ý thêm, anh/chị nhắn DG, điểm và lời góp ý."
_NO_ONE_MORE = "Xong"
_SKIP = "Bỏ qua"


# --- who is to be asked ----------------------------------------------------------------------------------------


def collect() -> int:
    """Write down whose results have been handed over since the last look; how many."""
    now = clock.now()
    with transaction() as session:
        last = session.scalar(select(func.max(RatingRequest.returned_at)))
        since = max(last - OVERLAP if last else now - LOOK_BACK, now - LOOK_BACK)
        rows = [
            {"dossier_code": code, "phone": phone, "returned_at": at, "state": Asked.WAITING, "look_at": _when(at)}
            for at, code, phone in dossiers.returned_between(since, now, AT_A_TIME)
        ]
        if not rows:
            return 0
        new = insert_for(session, RatingRequest).on_conflict_do_nothing().returning(RatingRequest.id)
        return len(session.scalars(new, rows).all())


def _when(returned_at: datetime) -> datetime:
    return calendar.add_working_hours(returned_at, rating_settings().rating_after_hours)


def due() -> Sequence[int]:
    """The requests that are to be looked at by now, in office hours: somebody should be there to answer."""
    if not calendar.is_open(clock.now()):
        return ()
    with reading() as session:
        query = select(RatingRequest.id).where(RatingRequest.look_at <= clock.now()).order_by(RatingRequest.look_at)
        return session.scalars(query.limit(AT_A_TIME)).all()


class _OfficerIsThere(Exception):
    """An officer has taken the conversation: nothing may be said into it."""


def ask(request_id: int) -> None:
    """Ask, or settle why not; nothing where another worker has it or it has been settled."""
    try:
        with transaction() as session:
            row = _waiting(session, request_id)
            if row is not None:
                _ask(session, row)
    except _OfficerIsThere:
        with transaction() as session:
            row = _waiting(session, request_id)
            if row is not None:
                _put_off(row)


def _waiting(session: Session, request_id: int) -> RatingRequest | None:
    query = select(RatingRequest).where(
        RatingRequest.id == request_id, RatingRequest.state == Asked.WAITING, RatingRequest.look_at <= clock.now()
    )
    return session.scalar(query.with_for_update(skip_locked=True))


def _ask(session: Session, row: RatingRequest) -> None:
    dossier = dossiers.handled(row.dossier_code)
    if dossier is None or not dossier.returned:
        _settle(row, Asked.NOT_ASKED, "undone")
    elif session.scalar(select(Rating.id).where(Rating.dossier_code == row.dossier_code, Rating.proved)) is not None:
        _settle(row, Asked.ANSWERED)
    elif (way := _way(row.phone)) is None:
        _settle(row, Asked.NOT_ASKED, "no_channel")
    elif not citizens.wants_notices(way.channel, way.address):
        _settle(row, Asked.NOT_ASKED, "opted_out")
    else:
        _say(row, way, _question(row, dossier.procedure_name, way.channel))


def _settle(row: RatingRequest, state: str, why: str = "") -> None:
    row.state, row.why, row.look_at = state, why, None


def _put_off(row: RatingRequest) -> None:
    if clock.now() - row.returned_at > GIVE_UP:
        _settle(row, Asked.NOT_ASKED, "handoff")
    else:
        row.look_at = calendar.add_working_hours(clock.now(), AFTER_HANDOFF_HOURS)


@dataclass(frozen=True)
class _Way:
    """A conversation to ask in."""

    channel: str
    address: str
    heard_at: datetime


_NEVER = datetime(1970, 1, 1, tzinfo=UTC)


def _way(phone: str) -> _Way | None:
    """The channel the citizen used last, of those on which they can be written to now; SMS where they used none."""
    open_ways = []
    for channel, address in ({"sms": phone} | citizens.addresses(phone)).items():
        conversation_id = messaging.conversation_of(channel, address)
        view = messaging.view(conversation_id) if conversation_id is not None else None
        heard_at = view.heard_at if view else None
        if not channels.offers(channel) or (view is not None and view.unreachable_since is not None):
            continue
        closes_at = channels.get(channel).window(heard_at).closes_at
        if closes_at is None or closes_at > clock.now():
            open_ways.append(_Way(channel, address, heard_at or _NEVER))
    return max(open_ways, key=lambda way: way.heard_at, default=None)  # of equals the first: SMS


def _question(row: RatingRequest, procedure: str, channel: str) -> Reply:
    short = procedure if len(procedure) <= _PROCEDURE_LENGTH else procedure[: _PROCEDURE_LENGTH - 1].rstrip() + "…"
    text = _ASK.format(code=row.dossier_code, procedure=short)
    link = () if channel == "sms" else (Link("Đánh giá trên trang web", link_of(row.id)),)
    return Reply(text, _scores(row.id, "s"), link)


def _say(row: RatingRequest, way: _Way, reply: Reply) -> None:
    conversation_id = messaging.conversation_with(way.channel, way.address)
    row.message_id = messaging.say(conversation_id, reply, about=row.dossier_code)  # locks the conversation
    if messaging.view(conversation_id).owner != Owner.ASSISTANT:
        raise _OfficerIsThere
    row.conversation_id, row.asked_at, row.state, row.look_at = conversation_id, clock.now(), Asked.ASKED, None


# --- the link --------------------------------------------------------------------------------------------------


def _signer() -> URLSafeSerializer:
    return URLSafeSerializer(settings().secret_key.get_secret_value(), salt="rating-link")


def link_of(request_id: int) -> str:
    """The page where this request can be answered; whoever holds it is the applicant."""
    return f"{settings().public_url.rstrip('/')}/danh-gia/{_signer().dumps(request_id)}"


def _by_token(token: str) -> RatingRequest:
    try:
        request_id = _signer().loads(token)
    except BadData:
        request_id = None
    with reading() as session:
        row = session.get(RatingRequest, request_id) if isinstance(request_id, int) else None
        if row is None or row.state == Asked.WAITING or clock.now() - row.returned_at > LINK_LASTS:
            raise NotFound("Liên kết này không dùng được: có thể đã quá hạn, hoặc chưa được chép đủ.")
        return row


def opened(token: str) -> service.Current:
    """What the page of a link shows. Raises NotFound."""
    return service.current(_by_token(token).dossier_code)


def answer_link(token: str, given: Given) -> service.Outcome:
    """Record what was said on the page of a link. Raises NotFound, InvalidInput."""
    row = _by_token(token)
    dossier = dossiers.handled(row.dossier_code)
    if dossier is None or not dossier.returned:
        raise NotFound("Không có hồ sơ này.")
    return service.record(dossier, given, Source("link", row.conversation_id, row.message_id))


def skip_link(token: str) -> None:
    """The page's "no thanks". Raises NotFound."""
    row = _by_token(token)
    assert row.conversation_id is not None
    service.skip(row.conversation_id, row.dossier_code)


# --- what is picked in answer ----------------------------------------------------------------------------------


def _scores(request_id: int, step: str) -> tuple[Choice, ...]:
    """One to five, in this order, so that the number before a choice is the score; then "no thanks"."""
    named = tuple(
        Choice(name[0].upper() + name[1:], f"rate:{request_id}:{step}:{n}") for n, name in policy.NAMES.items()
    )
    return (*named, Choice(_SKIP, f"rate:{request_id}:{step}:0"))


@choice("rate")
def picked(context: Context, rest: str) -> list[Reply]:
    """A pressed button, or its number: `<request>:s|o:<score>` or `<request>:r:<reason>`; 0 is "no more"."""
    number, step, value = rest.split(":")
    with reading() as session:
        row = session.get_one(RatingRequest, int(number))
    if value == "0":
        return _passed(context, row, step)
    given = {"s": lambda: Given(score=int(value)), "o": lambda: Given(officer_score=int(value))}.get(step)
    said = given() if given else Given(reasons=[*_current(row).reasons, value])
    dossier = dossiers.handled(row.dossier_code)
    if dossier is None or not dossier.returned:
        return [Reply(f"Dạ, hồ sơ {row.dossier_code} nay không đánh giá được. Em cảm ơn anh/chị.")]
    view = messaging.view(context.conversation_id)
    outcome = service.record(dossier, said, Source(view.channel, context.conversation_id, context.message_id))
    if outcome.outcome != "recorded":
        return [Reply(outcome.text)]
    return [_next(row, step)]


def _current(row: RatingRequest) -> service.Current:
    return service.current(row.dossier_code)


def _passed(context: Context, row: RatingRequest, step: str) -> list[Reply]:
    if step == "s":
        service.skip(context.conversation_id, row.dossier_code)
        return [Reply(SKIPPED)]
    return [_next(row, step)] if step == "o" and _current(row).score is not None else [Reply(_DONE)]


def _next(row: RatingRequest, step: str) -> Reply:
    """The question after this step: the officer after the service, then reasons until there are no more."""
    said = _current(row)
    if step == "s" and said.has_officer and said.officer_score is None:
        return Reply(_ASK_OFFICER, _scores(row.id, "o"))
    score = service.worst(said)
    left = [(key, title) for key, title in policy.reasons_for(score).items() if key not in said.reasons]
    if not left:
        return Reply(_DONE)
    first = _ASK_LOW if score <= policy.LOW else _ASK_HIGH if score > policy.LAST_LOW_REASONS else _ASK_WHY
    buttons = [Choice(title, f"rate:{row.id}:r:{key}") for key, title in left]
    return Reply(_MORE if step == "r" else first, (*buttons, Choice(_NO_ONE_MORE, f"rate:{row.id}:r:0")))
