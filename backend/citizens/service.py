"""Identity and consent. What a conversation may be shown follows from `verified_phone`, never from what was typed."""

from sqlalchemy import select

from backend import audit, clock
from backend.audit import Audit
from backend.citizens.models import ChannelIdentity, Citizen, NoticePreference
from backend.database import insert_for, reading, transaction
from backend.messaging import service as messaging
from backend.text import phone_number

STOPPED = (
    "Dạ, em đã ngừng gửi tin báo ở đây; chỉ việc luật buộc báo (bổ sung giấy tờ, kết quả) em mới nhắn. "
    "Muốn nhận lại, anh/chị nhắn TIEP."
)
RESUMED = "Dạ, từ nay em lại báo tin hồ sơ cho anh/chị. Muốn ngừng, anh/chị nhắn DUNG."


def verified_phone(channel: str, address: str) -> str | None:
    """The phone number (E.164) that this address has proved to own; None when it has not.

    An SMS proves itself: the answer goes to the number it speaks of; so does what is pressed in a Zalo template.
    """
    if channel in ("sms", "zns"):
        return phone_number(address)
    with reading() as session:
        query = select(ChannelIdentity.phone).where(
            ChannelIdentity.channel == channel, ChannelIdentity.address == address
        )
        return session.scalar(query)


def addresses(phone: str) -> dict[str, str]:
    """Where else the owner of this number (E.164) can be reached: address by channel, the one proved last."""
    with reading() as session:
        query = select(ChannelIdentity.channel, ChannelIdentity.address).where(ChannelIdentity.phone == phone)
        return {row.channel: row.address for row in session.execute(query.order_by(ChannelIdentity.verified_at))}


def register(full_name: str, phone: str) -> int:
    """The citizen with this phone number (E.164), made when unknown; the id."""
    with transaction() as session:
        new = insert_for(session, Citizen).values(full_name=full_name, phone=phone, created_at=clock.now())
        session.execute(new.on_conflict_do_nothing())
        return session.scalars(select(Citizen.id).where(Citizen.phone == phone)).one()


def set_notices(conversation_id: int, wanted: bool) -> str:
    """Stop or resume notices to the address of a conversation; the sentence that confirms it."""
    with transaction() as session:
        conversation = messaging.view(conversation_id)
        address = {"channel": conversation.channel, "address": conversation.address}
        change = {"wanted": wanted, "changed_at": clock.now()}
        row = insert_for(session, NoticePreference).values(**address, **change)
        session.execute(row.on_conflict_do_update(index_elements=["channel", "address"], set_=change))
        tag = Audit.NOTICES_RESUMED if wanted else Audit.NOTICES_STOPPED
        actor = f"conversation:{conversation_id}"
        audit.record(session, tag, actor=actor, subject=actor)
    return RESUMED if wanted else STOPPED


def wants_notices(channel: str, address: str) -> bool:
    """Whether notices may be sent there."""
    with reading() as session:
        query = select(NoticePreference.wanted).where(
            NoticePreference.channel == channel, NoticePreference.address == address
        )
        return session.scalar(query) is not False
