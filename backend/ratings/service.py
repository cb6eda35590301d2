"""Taking a rating. Who may rate what follows from the conversation's verified phone number."""

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend import clock
from backend.citizens import service as citizens
from backend.database import insert_for, transaction
from backend.dossiers import service as dossiers
from backend.errors import InvalidInput
from backend.messaging import service as messaging
from backend.ratings.models import Rating

SCORES = range(1, 6)
CORRECTABLE = timedelta(days=1)
_NAMES = {1: "rất không hài lòng", 2: "không hài lòng", 3: "bình thường", 4: "hài lòng", 5: "rất hài lòng"}


@dataclass(frozen=True)
class Outcome:
    """`outcome`: recorded | nothing_to_rate | too_late."""

    outcome: str
    text: str


def rate(conversation_id: int, score: int, words: str = "", dossier_code: str | None = None) -> Outcome:
    """Record or correct the rating of the named, or else the last, returned dossier. Raises InvalidInput."""
    if score not in SCORES:
        raise InvalidInput("Điểm đánh giá là số từ 1 đến 5.")
    conversation = messaging.view(conversation_id)
    phone = citizens.verified_phone(conversation.channel, conversation.address)
    dossier = dossiers.returned_to(phone, dossier_code) if phone else None
    if dossier is None:
        return Outcome("nothing_to_rate", _nothing_to_rate(dossier_code))
    with transaction() as session:
        return _record(session, conversation_id, dossier, score, words[:1_000])


def _record(session: Session, conversation_id: int, dossier: dossiers.Summary, score: int, words: str) -> Outcome:
    now = clock.now()
    given = {"conversation_id": conversation_id, "score": score, "words": words, "created_at": now, "updated_at": now}
    new = insert_for(session, Rating).values(dossier_code=dossier.code, **given)
    session.execute(new.on_conflict_do_nothing())
    rating = session.scalars(select(Rating).where(Rating.dossier_code == dossier.code).with_for_update()).one()
    if now - rating.created_at > CORRECTABLE:
        return Outcome("too_late", f"Dạ, hồ sơ {dossier.code} đã được đánh giá trước đó. Em cảm ơn anh/chị.")
    rating.score, rating.words, rating.updated_at = score, words, now
    return Outcome(
        "recorded",
        f"Dạ, em đã ghi nhận {score} điểm ({_NAMES[score]}) cho hồ sơ {dossier.code} ({dossier.procedure_name})."
        " Cảm ơn anh/chị. Muốn sửa, anh/chị nhắn lại DG và điểm mới trong hôm nay.",
    )


def _nothing_to_rate(dossier_code: str | None) -> str:
    if dossier_code:
        return f"Dạ, em không thấy hồ sơ {dossier_code} đã trả kết quả cho số này nên chưa ghi được đánh giá."
    return "Dạ, số điện thoại này chưa có hồ sơ nào đã trả kết quả để đánh giá. Em cảm ơn anh/chị."
