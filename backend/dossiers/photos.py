"""Photos in a conversation as the answer to a supplement request.

The photo goes to the missing paper of the dossier that waits for it; of several papers the citizen picks one. Whose
dossier it may be follows from the verified number of the conversation, again when the choice comes back.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select

from backend.citizens import service as citizens
from backend.database import reading
from backend.dossiers import supplements, wording
from backend.dossiers.acts import Actor
from backend.dossiers.models import Dossier
from backend.dossiers.policy import PaperState, Party, State
from backend.errors import Conflict, NotFound
from backend.messaging import service as messaging
from backend.messaging.attachments import Attachment, Sent, attachments, choice
from backend.messaging.channels import Choice, Reply
from backend.messaging.keywords import Context
from backend.text import fold

WORD = "supplement-photo"
MOST_CHOICES = 8
TITLE_NAME = 60
NOT_PROVED = (
    "Dạ, em chưa biết ảnh này của hồ sơ nào vì cuộc trò chuyện chưa gắn với số điện thoại đã nộp hồ sơ."
    " Anh/chị nhắn LK và số đó để liên kết rồi gửi lại ảnh, hoặc mở đường liên kết trong tin yêu cầu bổ sung."
    " Nếu là ảnh phản ánh, anh/chị nhắn việc gì, ở đâu giúp em."
)
NOTHING_WAITS = (
    "Dạ, em đã thấy ảnh, nhưng số điện thoại này không có hồ sơ nào đang chờ bổ sung giấy tờ."
    " Nếu là ảnh phản ánh, anh/chị nhắn việc gì, ở đâu giúp em."
)
GONE = "Dạ, giấy tờ này không còn chờ bổ sung. Anh/chị nhắn HS để xem hồ sơ."


@dataclass(frozen=True)
class _Missing:
    """A missing paper that the photo may be."""

    dossier_id: int
    code: str
    paper_id: int
    name: str
    sent: bool


@attachments
def take(context: Context, text: str, came: Sequence[Sent]) -> Sequence[Reply] | None:
    """Put the photos to the paper they must be, or ask which."""
    sent = [one for one in came if isinstance(one, Attachment)]
    if not sent:
        return None
    phone = citizens.verified_phone(context.channel, context.address)
    if phone is None:
        return None if text else [Reply(NOT_PROVED)]
    missing = _missing(phone, messaging.about(context.conversation_id))
    if not missing:
        return None if text else [Reply(NOTHING_WAITS)]
    named = [paper for paper in missing if text and fold(paper.name) in fold(text)]
    if len(named or missing) == 1:
        return [Reply(_add((named or missing)[0], sent, context))]
    return [_question(missing, context.message_id, len(sent))]


@choice(WORD)
def pick(context: Context, rest: str) -> Sequence[Reply]:
    """The citizen has said which paper the photos of an earlier message are."""
    paper_id, message_id = (int(part) for part in rest.split("-"))
    phone = citizens.verified_phone(context.channel, context.address)
    missing = _missing(phone, None) if phone else []
    chosen = next((paper for paper in missing if paper.paper_id == paper_id), None)
    if chosen is None:
        return [Reply(GONE)]
    kept = messaging.attachments_of(context.conversation_id, message_id)
    sent = [Attachment(one["file_id"], one["name"], one["media_type"]) for one in kept if one["kind"] == "file"]
    return [Reply(_add(chosen, sent, context))]


def _missing(phone: str, about: str | None) -> list[_Missing]:
    """The missing papers of this number's dossiers; of the dossier last spoken of alone, when it waits for some."""
    with reading() as session:
        waiting = select(Dossier).where(Dossier.applicant_phone == phone, Dossier.state == State.SUPPLEMENT_REQUESTED)
        dossiers = list(session.scalars(waiting.order_by(Dossier.id)))
        dossiers = [dossier for dossier in dossiers if dossier.code == about] or dossiers
        found = [
            _Missing(dossier.id, dossier.code, paper.id, paper.name, wording.is_looked_at(paper))
            for dossier in dossiers
            for paper in dossier.papers
            if paper.state == PaperState.MISSING
        ]
    return sorted(found, key=lambda paper: paper.sent)


def _question(missing: Sequence[_Missing], message_id: int, count: int) -> Reply:
    several = len({paper.dossier_id for paper in missing}) > 1
    choices = tuple(
        Choice(_title(paper, several=several), f"{WORD}:{paper.paper_id}-{message_id}")
        for paper in missing[:MOST_CHOICES]
    )
    photos = "ảnh" if count == 1 else f"{count} ảnh"
    return Reply(f"Dạ, em đã nhận {photos}. Đây là giấy tờ nào ạ?", choices)


def _title(paper: _Missing, *, several: bool) -> str:
    number = f" (hồ sơ số {paper.code.rsplit('-', 1)[-1]})" if several else ""
    return wording.cut(paper.name, TITLE_NAME) + number + (" – đã gửi, thêm trang" if paper.sent else "")


def _add(paper: _Missing, sent: Sequence[Attachment], context: Context) -> str:
    actor = Actor(f"conversation:{context.conversation_id}", "Người nộp hồ sơ", parties=frozenset({Party.APPLICANT}))
    try:
        for one in sent:
            added = supplements.attach(paper.dossier_id, paper.paper_id, one.file_id, one.name, actor)
    except (Conflict, NotFound) as error:
        return f"Dạ, {error.message[:1].lower()}{error.message[1:]}"
    photos = "ảnh" if len(sent) == 1 else f"{len(sent)} ảnh"
    got = f"Dạ, em đã nhận {photos} {wording.cut(paper.name, TITLE_NAME)}, hồ sơ {paper.code}."
    if added.left:
        return f"{got} Còn thiếu: {'; '.join(added.left)}."
    return f"{got} Đã đủ giấy tờ; cán bộ kiểm tra xong em báo ngay."
