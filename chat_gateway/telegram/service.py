"""What an update asks for, written down before Telegram is told that we have it. Webhook and polling share this."""

import re

from pydantic import ValidationError
from pydantic_core import from_json

from backend.database import after_commit, transaction
from backend.errors import InvalidInput
from backend.logs import logger
from backend.messaging import service as messaging
from backend.messaging.channels import Reply
from backend.messaging.service import Inbound
from chat_gateway.settings import chat_settings
from chat_gateway.telegram import presses, reading, tasks
from chat_gateway.telegram.schemas import CallbackQuery, ChatType, Known, MemberUpdate, Message, Raw, Update

log = logger(__name__)

CHANNEL = "telegram"
NOT_OFFERED = "Lựa chọn này không còn. Anh/chị gõ câu hỏi giúp em."
ONLY_IN_PRIVATE = (
    "Dạ, để giữ kín hồ sơ của từng người, em chỉ trả lời khi nhắn riêng. Anh/chị bấm vào tên em rồi nhắn cho em ạ."
)
_GONE = frozenset({"kicked", "left"})
_TOKEN = re.compile(r"[A-Za-z0-9_-]{1,24}", re.ASCII)


class Malformed(InvalidInput):
    """No update of Telegram's."""

    status, code = 400, "malformed"


def parsed(body: bytes) -> Raw:
    """An update as it came. Raises Malformed for what has no update id: no repetition would make it one."""
    try:
        raw = from_json(body, allow_inf_nan=False)
        Known.model_validate(raw)
    except ValueError as error:  # pydantic's is one
        raise Malformed from error
    return dict(raw)


def bot_id() -> str:
    """The public half of the token; ids of updates and messages are counted by each bot for itself."""
    return chat_settings().telegram_bot_token.get_secret_value().partition(":")[0]


def take(raw: Raw) -> None:
    """Do what an update asks for, once; one that we cannot read is logged, as it would come again for ever."""
    try:
        update = Update.model_validate(raw)
    except ValidationError as error:
        fields = [".".join(str(part) for part in one["loc"]) for one in error.errors()]
        log.error("update not understood", update=raw.get("update_id"), fields=fields[:5])
        return
    if update.message is not None:
        _message(update.update_id, update.message)
    elif update.callback_query is not None:
        _press(update.update_id, update.callback_query)
    elif update.my_chat_member is not None:
        _membership(update.my_chat_member)
    else:
        log.info("update ignored", update=update.update_id)


def _message(update_id: int, message: Message) -> None:
    if message.chat.type in ChatType.GROUPS:
        _decline(message.chat.id)
    if message.chat.type != ChatType.PRIVATE or message.sender is None or message.sender.is_bot:
        return
    said = reading.read(message)
    if said is None:
        log.info("service message ignored", update=update_id)
        return
    received = messaging.receive(
        Inbound(CHANNEL, _key(update_id), str(message.chat.id), said.text, attachments=said.attachments)
    )
    log.info("message received", message=received.message_id, duplicate=received.duplicate)


def _key(update_id: int) -> str:
    return f"{bot_id()}:{update_id}"


def _press(update_id: int, query: CallbackQuery) -> None:
    """Message and press are written together; a worker tells Telegram, whatever was pressed."""
    address = str(query.sender.id)
    in_private = query.message is None or query.message.chat.type == ChatType.PRIVATE
    offered = in_private and _is_offered(address, query.data)
    with transaction() as session:
        if presses.note(session, query.id, "" if offered else NOT_OFFERED):
            after_commit(session, lambda: tasks.answer_press(query.id))
        if offered:
            messaging.receive(Inbound(CHANNEL, _key(update_id), address, "", token=query.data))


def _is_offered(address: str, token: str) -> bool:
    """Whether this person was offered that choice lately."""
    conversation_id = messaging.conversation_of(CHANNEL, address)
    if conversation_id is None or not _TOKEN.fullmatch(token):
        return False
    return any(token == offered.token for entry in messaging.history(conversation_id) for offered in entry.offered)


def _membership(member: MemberUpdate) -> None:
    here = member.new_chat_member.status not in _GONE
    if member.chat.type == ChatType.PRIVATE:
        messaging.set_reachable(CHANNEL, str(member.chat.id), here)
        log.info("reachable" if here else "unreachable")
    elif member.chat.type in ChatType.GROUPS and here:
        _decline(member.chat.id)


def _decline(chat_id: int) -> None:
    """Tell a group, once, that we answer in private; whatever else is said there is not ours to read."""
    if messaging.conversation_of(CHANNEL, str(chat_id)) is not None:
        return
    with transaction():
        conversation_id = messaging.conversation_with(CHANNEL, str(chat_id))
        if not messaging.history(conversation_id, limit=1):
            messaging.say(conversation_id, Reply(ONLY_IN_PRIVATE))
