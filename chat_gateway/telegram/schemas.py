"""The parts of Telegram's updates that we read. What else is in them is let be: new fields come without notice."""

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

LARGEST_UPDATE_ID = 2**63 - 1
Id = Annotated[int, Field(gt=-(2**53), lt=2**53)]
"""Of persons and chats: up to 52 bits, groups negative."""


class _Part(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)


class Person(_Part):
    """Who does something."""

    id: Id
    is_bot: bool = False


class ChatType:
    """Kinds of chats."""

    PRIVATE = "private"
    GROUPS = frozenset({"group", "supergroup"})


class Chat(_Part):
    """Where something is done; in a private chat the id is the person's."""

    id: Id
    type: str


class File(_Part):
    """A document, voice message, video and the like; `file_size` in bytes."""

    file_id: str
    file_size: int = 0
    file_name: str = ""
    mime_type: str = ""


class PhotoSize(File):
    """One of the sizes in which a photo is there."""

    width: int
    height: int


class Location(_Part):
    """Degrees, WGS 84."""

    latitude: Annotated[float, Field(ge=-90, le=90, allow_inf_nan=False)]
    longitude: Annotated[float, Field(ge=-180, le=180, allow_inf_nan=False)]


class Venue(_Part):
    """A place with a name."""

    location: Location
    title: str = ""
    address: str = ""


class Contact(_Part):
    """A card of the address book; `user_id` where its person is on Telegram."""

    phone_number: str
    user_id: Id | None = None


class Message(_Part):
    """Something written. Its other kinds of content stay unparsed in `model_extra`."""

    model_config = ConfigDict(extra="allow", frozen=True)

    chat: Chat
    sender: Person | None = Field(default=None, alias="from")
    text: str = ""
    caption: str = ""
    photo: tuple[PhotoSize, ...] = ()
    document: File | None = None
    voice: File | None = None
    audio: File | None = None
    video: File | None = None
    video_note: File | None = None
    location: Location | None = None
    venue: Venue | None = None
    contact: Contact | None = None

    def has(self, kinds: frozenset[str]) -> bool:
        """Whether it has any of these unparsed kinds of content."""
        return not kinds.isdisjoint(self.model_extra or {})


class PressedMessage(_Part):
    """The message under whose buttons one was pressed; of an old one Telegram tells no more."""

    chat: Chat


class CallbackQuery(_Part):
    """A pressed button."""

    id: Annotated[str, Field(pattern=r"^[!-~]{1,64}$")]
    sender: Person = Field(alias="from")
    message: PressedMessage | None = None
    data: str = ""


class Member(_Part):
    """What somebody is in a chat now."""

    status: str


class MemberUpdate(_Part):
    """The bot was blocked, unblocked, added or removed."""

    chat: Chat
    new_chat_member: Member


class Update(_Part):
    """One update; at most one of its parts is there, none where it is of a kind we have no use for."""

    update_id: Annotated[int, Field(ge=0, le=LARGEST_UPDATE_ID)]
    message: Message | None = None
    callback_query: CallbackQuery | None = None
    my_chat_member: MemberUpdate | None = None


ALLOWED = ("message", "edited_message", "callback_query", "my_chat_member")
"""The kinds that we let Telegram send. Edited messages only so that the log shows them: they are nothing new."""


class Known(_Part):
    """What every update has, whatever the rest looks like."""

    update_id: Annotated[int, Field(ge=0, le=LARGEST_UPDATE_ID, strict=True)]


Raw = dict[str, Any]
