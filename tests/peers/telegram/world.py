"""What this Telegram knows: people, messages, buttons, files, updates on their way; and the rules it holds bots to.

Numbers are those of the Bot API: 4,096 characters (UTF-16 units here), captions 1,024, `callback_data` 64 bytes, files
of 20 MB down, 30 messages a second in all and one a second to a chat.
"""

import itertools
import json
import threading
import time
from collections import defaultdict, deque
from dataclasses import dataclass, field
from typing import Any

from tests.peers.telegram.contract import Contract, Violation

MOST_TEXT, MOST_CAPTION, MOST_TOKEN = 4096, 1024, 64
BOT_NAME = "mot_cua_bot"


class Refused(Exception):
    """An error answer of the Bot API."""

    def __init__(self, code: int, description: str, retry_after: int = 0) -> None:
        super().__init__(description)
        self.code, self.description, self.retry_after = code, description, retry_after


@dataclass
class Fault:
    """What happens to one call of `method` instead of the usual. `taken`: it is done all the same."""

    method: str
    status: int = 0
    retry_after: int = 0
    taken: bool = False
    hang: float = 0.0
    drop: bool = False


@dataclass
class World:
    """One bot and everybody who writes to it. `lock` is held by whoever reads or changes it."""

    token: str
    contract: Contract
    per_second: float = 30.0
    chat_seconds: float = 1.0
    limited: bool = False
    messages: list[dict[str, Any]] = field(default_factory=list)
    calls: list[dict[str, Any]] = field(default_factory=list)
    refusals: list[str] = field(default_factory=list)
    updates: list[dict[str, Any]] = field(default_factory=list)
    waiting: deque[dict[str, Any]] = field(default_factory=deque)
    answered: list[dict[str, Any]] = field(default_factory=list)
    pressed: set[str] = field(default_factory=set)
    files: dict[str, dict[str, Any]] = field(default_factory=dict)
    blocked: set[int] = field(default_factory=set)
    faults: list[Fault] = field(default_factory=list)
    webhook: dict[str, Any] = field(default_factory=lambda: {"url": ""})
    webhook_errors: list[str] = field(default_factory=list)
    lock: threading.Condition = field(default_factory=threading.Condition)
    _numbers: Any = field(default_factory=lambda: itertools.count(1))
    _update_ids: int = 700_000_000
    _sent_at: deque[float] = field(default_factory=deque)
    _chat_at: dict[int, float] = field(default_factory=lambda: defaultdict(lambda: float("-inf")))

    # --- what people do ---------------------------------------------------------------------------------------

    def person(self, user: int) -> dict[str, Any]:
        return {"id": user, "is_bot": False, "first_name": f"Người dân {user}", "language_code": "vi"}

    def chat(self, user: int) -> dict[str, Any]:
        return {"id": user, "type": "private", "first_name": f"Người dân {user}"}

    def update(self, content: dict[str, Any], update_id: int | None = None) -> dict[str, Any]:
        """Something has happened: it waits to be told to the bot. Held to the schema, too."""
        self._update_ids = self._update_ids + 1 if update_id is None else update_id
        update = {"update_id": self._update_ids, **content}
        self.contract.value("update", ["Update"], update)
        self.updates.append(update)
        self.waiting.append(update)
        self.lock.notify_all()
        return update

    def says(self, user: int, content: dict[str, Any]) -> dict[str, Any]:
        """A message of a person; `content` is the part of it that differs: text, photo, contact."""
        if user in self.blocked:
            self.member(user, blocked=False)
        message = {
            "message_id": next(self._numbers),
            "date": int(time.time()),
            "chat": self.chat(user),
            "from": self.person(user),
            **content,
        }
        return self.update({"message": message})

    def press(self, user: int, wanted: str, *, with_message: bool = True) -> dict[str, Any]:
        """Press the newest button of that title or data; one of the keyboard writes its words or shares what it asks.

        Raises KeyError where there is none.
        """
        for message in reversed([one for one in self.messages if one["chat"]["id"] == user]):
            markup = message.get("reply_markup") or {}
            for key in itertools.chain.from_iterable(markup.get("keyboard", [])):
                if wanted in key["text"]:
                    return self.says(user, self._of_keyboard(user, key))
            for button in itertools.chain.from_iterable(markup.get("inline_keyboard", [])):
                if wanted == button.get("callback_data") or wanted in button["text"]:
                    query = {
                        "id": f"{user}{next(self._numbers):09d}",
                        "from": self.person(user),
                        "chat_instance": "1",
                        "data": button["callback_data"],
                    }
                    if with_message:
                        query["message"] = {name: value for name, value in message.items() if name != "bot_call"}
                    self.pressed.add(query["id"])
                    return self.update({"callback_query": query})
        raise KeyError(wanted)

    def _of_keyboard(self, user: int, key: dict[str, Any]) -> dict[str, Any]:
        if key.get("request_contact"):
            phone = f"849{user % 10**8:08d}"
            return {"contact": {"phone_number": phone, "first_name": "Tôi", "user_id": user}}
        if key.get("request_location"):
            return {"location": {"latitude": 12.6797, "longitude": 108.0447}}
        return {"text": key["text"]}

    def member(self, user: int, *, blocked: bool) -> dict[str, Any]:
        """A person blocks the bot, or lets it in again."""
        (self.blocked.add if blocked else self.blocked.discard)(user)
        bot = self.bot()
        member, kicked = {"status": "member", "user": bot}, {"status": "kicked", "user": bot, "until_date": 0}
        return self.update(
            {
                "my_chat_member": {
                    "chat": self.chat(user),
                    "from": self.person(user),
                    "date": int(time.time()),
                    "old_chat_member": member if blocked else kicked,
                    "new_chat_member": kicked if blocked else member,
                }
            }
        )

    def keep_file(self, data: bytes, name: str) -> dict[str, Any]:
        """A file that people or the bot sent; a `File` of the API."""
        file_id = f"FILE{next(self._numbers):06d}-{len(data)}"
        self.files[file_id] = {"data": data, "path": f"documents/{name}"}
        return {"file_id": file_id, "file_unique_id": f"u{file_id}"[:16], "file_size": len(data)}

    # --- what the bot does ------------------------------------------------------------------------------------

    def bot(self) -> dict[str, Any]:
        return {"id": int(self.token.split(":")[0]), "is_bot": True, "first_name": "Một Cửa", "username": BOT_NAME}

    def take(self, method: str, sent: dict[str, Any], files: dict[str, bytes], names: dict[str, str]) -> Any:
        """Do a call of the bot's. Raises Refused."""
        known = self.contract.method(method)
        if known is None:
            raise self._refuse(404, "Not Found: method not found")
        try:
            asked = self.contract.call(known, sent, files)
        except Violation as problem:
            raise self._refuse(400, f"Bad Request: {problem}") from problem
        self.calls.append({"method": known, "at": time.time(), **{k: v for k, v in asked.items() if k not in files}})
        handler = getattr(self, f"_{known}", None)
        if handler is None:
            raise self._refuse(501, f"Not Implemented here: {known}")
        return handler(asked, names)

    def _refuse(self, code: int, description: str, retry_after: int = 0) -> Refused:
        self.refusals.append(f"{code} {description}")
        return Refused(code, description, retry_after)

    def _getMe(self, asked: dict[str, Any], _names: dict[str, str]) -> Any:
        return {**self.bot(), "can_join_groups": True, "can_read_all_group_messages": False}

    def _setMyCommands(self, asked: dict[str, Any], _names: dict[str, str]) -> Any:
        return True

    def _sendChatAction(self, asked: dict[str, Any], _names: dict[str, str]) -> Any:
        return True

    def _setWebhook(self, asked: dict[str, Any], _names: dict[str, str]) -> Any:
        secret = asked.get("secret_token", "")
        if len(secret) > 256 or not secret.replace("_", "").replace("-", "").isalnum():
            raise self._refuse(400, "Bad Request: secret token contains unallowed characters")
        if not 1 <= asked.get("max_connections", 40) <= 100:
            raise self._refuse(400, "Bad Request: max_connections")
        self.webhook = asked
        if asked.get("drop_pending_updates"):
            self.waiting.clear()
        self.lock.notify_all()
        return True

    def _deleteWebhook(self, asked: dict[str, Any], _names: dict[str, str]) -> Any:
        self.webhook = {"url": ""}
        return True

    def _getWebhookInfo(self, asked: dict[str, Any], _names: dict[str, str]) -> Any:
        info = {
            "url": self.webhook["url"],
            "has_custom_certificate": False,
            "pending_update_count": len(self.waiting),
        }
        if self.webhook_errors:
            info |= {"last_error_date": int(time.time()), "last_error_message": self.webhook_errors[-1]}
        return info

    def _getUpdates(self, asked: dict[str, Any], _names: dict[str, str]) -> Any:
        if self.webhook["url"]:
            raise self._refuse(409, "Conflict: can't use getUpdates method while webhook is active")
        deadline = time.monotonic() + min(asked.get("timeout", 0), 50)
        while self.waiting and "offset" in asked and self.waiting[0]["update_id"] < asked["offset"]:
            self.waiting.popleft()
        while not self.waiting and (left := deadline - time.monotonic()) > 0:
            self.lock.wait(left)
        return list(itertools.islice(self.waiting, asked.get("limit", 100)))

    def _answerCallbackQuery(self, asked: dict[str, Any], _names: dict[str, str]) -> Any:
        if len(asked.get("text", "")) > 200:
            raise self._refuse(400, "Bad Request: MESSAGE_TOO_LONG")
        if asked["callback_query_id"] not in self.pressed:
            raise self._refuse(400, "Bad Request: query is too old and response timeout expired or query ID is invalid")
        self.pressed.discard(asked["callback_query_id"])
        self.answered.append(asked)
        return True

    def _getFile(self, asked: dict[str, Any], _names: dict[str, str]) -> Any:
        file = self.files.get(asked["file_id"])
        if file is None:
            raise self._refuse(400, "Bad Request: wrong file_id or the file is temporarily unavailable")
        if len(file["data"]) > 20_000_000:
            raise self._refuse(400, "Bad Request: file is too big")
        return {
            "file_id": asked["file_id"],
            "file_unique_id": "u" + asked["file_id"][:12],
            "file_size": len(file["data"]),
            "file_path": file["path"],
        }

    def _sendMessage(self, asked: dict[str, Any], _names: dict[str, str]) -> Any:
        if not asked["text"].strip():
            raise self._refuse(400, "Bad Request: message text is empty")
        if len(asked["text"].encode("utf-16-le")) // 2 > MOST_TEXT:
            raise self._refuse(400, "Bad Request: message is too long")
        return self._sent(asked, {"text": asked["text"]})

    def _sendPhoto(self, asked: dict[str, Any], names: dict[str, str]) -> Any:
        if not isinstance(asked["photo"], bytes):
            raise self._refuse(400, "Bad Request: only uploads here")
        if not asked["photo"].startswith((b"\xff\xd8", b"\x89PNG")):
            raise self._refuse(400, "Bad Request: IMAGE_PROCESS_FAILED")
        kept = self.keep_file(asked["photo"], names.get("photo", "photo.jpg"))
        return self._sent(asked, {"photo": [{**kept, "width": 90, "height": 60}], **self._caption(asked)})

    def _sendDocument(self, asked: dict[str, Any], names: dict[str, str]) -> Any:
        if not isinstance(asked["document"], bytes):
            raise self._refuse(400, "Bad Request: only uploads here")
        name = names.get("document", "")
        kept = self.keep_file(asked["document"], name)
        return self._sent(asked, {"document": {**kept, "file_name": name}, **self._caption(asked)})

    def _caption(self, asked: dict[str, Any]) -> dict[str, str]:
        if len(asked.get("caption", "").encode("utf-16-le")) // 2 > MOST_CAPTION:
            raise self._refuse(400, "Bad Request: message caption is too long")
        return {"caption": asked["caption"]} if "caption" in asked else {}

    def _sent(self, asked: dict[str, Any], content: dict[str, Any]) -> Any:
        chat = int(asked["chat_id"])
        markup = asked.get("reply_markup") or {}
        self._check_buttons(markup)
        if chat in self.blocked:
            raise self._refuse(403, "Forbidden: bot was blocked by the user")
        if not any(
            (u.get("message") or u.get("my_chat_member") or {}).get("chat", {}).get("id") == chat for u in self.updates
        ):
            raise self._refuse(400, "Bad Request: chat not found")
        self._keep_pace(chat)
        message = {
            "message_id": next(self._numbers),
            "date": int(time.time()),
            "chat": self.chat(chat) if chat > 0 else {"id": chat, "type": "group", "title": "Nhóm"},
            "from": self.bot(),
            **content,
        }
        answer = message | ({"reply_markup": markup} if "inline_keyboard" in markup else {})
        self.contract.value("answer", ["Message"], answer)
        self.messages.append(message | ({"reply_markup": markup} if markup else {}))
        self.lock.notify_all()
        return answer

    def _check_buttons(self, markup: dict[str, Any]) -> None:
        buttons = list(itertools.chain.from_iterable(markup.get("inline_keyboard", [])))
        if len(buttons) > 100 or any(len(row) > 8 for row in markup.get("inline_keyboard", [])):
            raise self._refuse(400, "Bad Request: too many buttons")
        for button in buttons:
            if len(button.keys() & {"callback_data", "url"}) != 1 or not button["text"]:
                raise self._refuse(400, "Bad Request: Text buttons are unallowed in the inline keyboard")
            if not 1 <= len(button.get("callback_data", "-").encode()) <= MOST_TOKEN:
                raise self._refuse(400, "Bad Request: BUTTON_DATA_INVALID")
            host = button.get("url", "https://a.vn/").split("://", 1)[-1].split("/", 1)[0].split(":", 1)[0]
            if "." not in host or host == "127.0.0.1":
                raise self._refuse(400, "Bad Request: inline keyboard button URL is invalid: Wrong HTTP URL")

    def _keep_pace(self, chat: int) -> None:
        """As strict as the published numbers, with a tenth for clocks that differ."""
        if not self.limited:
            return
        now = time.monotonic()
        while self._sent_at and now - self._sent_at[0] > 1:
            self._sent_at.popleft()
        if now - self._chat_at[chat] < self.chat_seconds * 0.9 or len(self._sent_at) >= self.per_second * 1.1:
            raise self._refuse(429, "Too Many Requests: retry after 1", retry_after=1)
        self._sent_at.append(now)
        self._chat_at[chat] = now

    def fault(self, method: str) -> Fault | None:
        """The next fault meant for this method, used up."""
        known = self.contract.method(method)
        for fault in self.faults:
            if fault.method in ("*", known):
                self.faults.remove(fault)
                return fault
        return None

    def seen(self) -> dict[str, Any]:
        """All of it as JSON, for tests in another process."""
        return {
            "messages": self.messages,
            "calls": self.calls,
            "refusals": self.refusals,
            "answered": self.answered,
            "unanswered": sorted(self.pressed),
            "waiting": len(self.waiting),
            "webhook": json.loads(json.dumps(self.webhook, default=str)),
            "webhook_errors": self.webhook_errors,
        }
