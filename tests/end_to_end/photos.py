"""What a photo has become that somebody sent over a channel, in a running system."""

from sqlalchemy import select

from backend.citizens import service as citizens
from backend.messaging.models import Conversation, Message
from backend.storage import StoredFile
from tests.builders.files import make_photo
from tests.end_to_end.stack import Stack, wait_for

PHOTO = make_photo()
"""As a phone takes it, with the place where it was."""


def linked_phone(stack: Stack, channel: str, address: str) -> str | None:
    """The number that this address has proved, in the running system."""
    with stack.database():
        return citizens.verified_phone(channel, address)


def kept_photo(stack: Stack, channel: str, address: str) -> bytes:
    """The bytes of the photo that came last from this address, once they are in the storage."""

    def kept() -> bytes:
        query = (
            select(Message.attachments)
            .join(Conversation)
            .where(Conversation.channel == channel, Conversation.address == address, Message.direction == "in")
            .order_by(Message.id.desc())
        )
        with stack.database() as session:
            last = session.scalars(query.limit(1)).first() or []
            if not last or last[0]["kind"] != "file":
                return b""
            sha256 = session.get_one(StoredFile, last[0]["file_id"]).sha256
        return next(path for path in stack.folder.rglob(sha256) if path.is_file()).read_bytes()

    data: bytes = wait_for(kept, 30, f"the photo from {channel} was not kept")
    return data
