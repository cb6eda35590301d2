"""The state behind this Zalo: people, tokens, uploads, templates, and the rules over them."""

import hashlib
import itertools
import json
import re
import secrets
import threading
import time
from base64 import urlsafe_b64encode
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.peers.zalo import rules

VIETNAM = timedelta(hours=7)


class Refusal(Exception):
    """An error as Zalo tells it: HTTP 200 with a code."""

    def __init__(self, code: int, message: str = "") -> None:
        super().__init__(message or str(code))
        self.code, self.message = code, message or f"error {code}"


@dataclass
class Person:
    """Somebody with Zalo. `last` is when the Official Account was last dealt with (seconds), None: never."""

    id: str
    last: float | None = None
    inbox: list[dict[str, Any]] = field(default_factory=list)


@dataclass
class Template:
    """An approved message."""

    id: str
    params: list[dict[str, Any]]
    approved: bool = True
    by_id: bool = True
    daily: int = 1_000


@dataclass
class Fault:
    """What goes wrong next: a code, a status, a silence or a cut connection, so many times on paths with this part."""

    path: str
    times: int
    code: int = 0
    status: int = 0
    seconds: float = 0
    after: bool = False
    cut: bool = False


class World:
    """One Official Account and those who write to it."""

    def __init__(self, oa_id: str, app_id: str, app_secret: str, *, strict_night: bool = False) -> None:
        self.oa_id, self.app_id, self.app_secret = oa_id, app_id, app_secret
        self.strict_night = strict_night
        self.lock = threading.RLock()
        self._ids = itertools.count(int(time.time() * 1000))
        self.reset()

    def reset(self) -> None:
        """As on the first day."""
        self.offset = 0.0
        self.people: dict[str, Person] = {}
        self.phones: dict[str, str] = {}
        self.access: dict[str, float] = {}
        self.refresh: dict[str, float] = {}
        self.codes: dict[str, tuple[float, str]] = {}
        self.uploads: dict[str, tuple[str, float]] = {}
        self.templates: dict[str, Template] = {}
        self.by_phone: list[dict[str, Any]] = []
        self.faults: list[Fault] = []
        self.calls: list[dict[str, Any]] = []
        self.exchanges: list[bool] = []
        self._minute: list[float] = []
        self.calls_a_minute = rules.CALLS_A_MINUTE

    def now(self) -> float:
        return time.time() + self.offset

    def person(self, user: str) -> Person:
        return self.people.setdefault(user, Person(user))

    def new_id(self) -> str:
        """As long as Zalo's: more than a float can hold."""
        return f"{next(self._ids):013d}{secrets.randbelow(10**6):06d}"

    # --- tokens (1.6) -----------------------------------------------------------------------------------------

    def pair(self) -> dict[str, str]:
        """A new pair; whatever refresh token there was is dead."""
        self.refresh.clear()
        access, refresh = secrets.token_urlsafe(60), secrets.token_urlsafe(60)
        self.access[access] = self.now() + rules.ACCESS_LIVES
        self.refresh[refresh] = self.now() + rules.REFRESH_LIVES
        return {"access_token": access, "refresh_token": refresh, "expires_in": str(rules.ACCESS_LIVES)}

    def consent(self, challenge: str) -> str:
        code = secrets.token_urlsafe(30)
        self.codes[code] = (self.now() + rules.CODE_LIVES, challenge)
        return code

    def exchange(self, form: dict[str, str], secret: str) -> dict[str, str]:
        if secret != self.app_secret or form.get("app_id") != self.app_id:
            raise Refusal(-14002, "invalid app")
        if form.get("grant_type") == "refresh_token":
            ends = self.refresh.pop(form.get("refresh_token", ""), None)
            self.exchanges.append(ends is not None)
            if ends is None or ends < self.now():
                raise Refusal(rules.BAD_REFRESH, "Invalid refresh token")
            return self.pair()
        ends, challenge = self.codes.pop(form.get("code", ""), (0.0, ""))
        verifier = form.get("code_verifier", "")
        made = urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
        if ends < self.now() or len(verifier) != rules.VERIFIER_LENGTH or made != challenge:
            raise Refusal(rules.BAD_CODE, "Invalid code")
        return self.pair()

    def check_token(self, token: str, code: int) -> None:
        if self.access.get(token, 0) < self.now():
            raise Refusal(code, "Access token is invalid")

    def check_pace(self) -> int:
        """Calls that are left in this minute."""
        now = time.time()
        self._minute = [moment for moment in self._minute if moment > now - 60]
        if len(self._minute) >= self.calls_a_minute:
            raise Refusal(rules.RATE_LIMIT, "Too many requests")
        self._minute.append(now)
        return self.calls_a_minute - len(self._minute)

    # --- consultation messages (1.4, 1.5) -----------------------------------------------------------------

    def send(self, body: dict[str, Any]) -> dict[str, Any]:
        user = body.get("recipient", {}).get("user_id")
        message = body.get("message")
        if not isinstance(user, str) or user not in self.people or not isinstance(message, dict):
            raise Refusal(rules.BAD_PARAMETER, "recipient or message")
        self._check_message(message)
        person = self.people[user]
        since = self.now() - person.last if person.last is not None else float("inf")
        if since > rules.OPEN_FOR:
            raise Refusal(rules.CLOSED, "no interaction in 7 days")
        price = "free" if since <= rules.FREE_FOR else "paid"
        return self._put(person, message, price)

    def _put(self, person: Person, message: dict[str, Any], price: str) -> dict[str, Any]:
        sent_id = self.new_id()
        person.inbox.append({"message_id": sent_id, "message": message, "price": price, "at": self.now()})
        quota = {"quota_type": "reply" if price == "free" else "purchase", "total": "unlimited"}
        return {"message_id": sent_id, "user_id": person.id, "sent_time": str(self.millis()), "quota": quota}

    def millis(self) -> int:
        return int(self.now() * 1000)

    def _check_message(self, message: dict[str, Any]) -> None:
        text, attachment = message.get("text"), message.get("attachment")
        if text is None and attachment is None:
            raise Refusal(rules.BAD_PARAMETER, "empty message")
        if text is not None and not (isinstance(text, str) and 0 < len(text) <= rules.LONGEST_TEXT):
            raise Refusal(rules.BAD_PARAMETER, "text")
        if attachment is None:
            return
        payload = attachment.get("payload", {})
        if attachment.get("type") == "file":
            self._check_upload(payload.get("token", ""), "file")
        elif attachment.get("type") == "template":
            self._check_template(payload, text)
        else:
            raise Refusal(rules.BAD_PARAMETER, "attachment type")

    def _check_template(self, payload: dict[str, Any], text: str | None) -> None:
        kind = payload.get("template_type")
        elements = payload.get("elements", [])
        if kind is None:
            if text is None:
                raise Refusal(rules.BAD_PARAMETER, "buttons without a text")
            self._check_buttons(payload.get("buttons", []))
        elif kind == "media":
            if len(elements) != 1 or ("url" in elements[0]) == ("attachment_id" in elements[0]):
                raise Refusal(rules.BAD_PARAMETER, "elements")
            self._check_upload(elements[0].get("attachment_id", ""), "image")
        elif kind == "request_user_info":
            one = elements[0] if len(elements) == 1 else {}
            fits = (
                len(one.get("title", "")) <= rules.LONGEST_TITLE
                and len(one.get("subtitle", "")) <= rules.LONGEST_SUBTITLE
            )
            if not (one.get("title") and one.get("image_url") and fits):
                raise Refusal(rules.BAD_PARAMETER, "request_user_info")
        else:
            raise Refusal(-233, f"template type {kind}")

    def _check_buttons(self, buttons: list[dict[str, Any]]) -> None:
        if not 0 < len(buttons) <= rules.MOST_BUTTONS:
            raise Refusal(rules.BAD_PARAMETER, "buttons")
        for button in buttons:
            payload, kind = button.get("payload"), button.get("type")
            if kind not in rules.BUTTON_TYPES or not 0 < len(button.get("title", "")) <= rules.LONGEST_TITLE:
                raise Refusal(rules.BAD_PARAMETER, "button")
            if kind.startswith("oa.query") and not (isinstance(payload, str) and len(payload) <= rules.LONGEST_PAYLOAD):
                raise Refusal(rules.BAD_PARAMETER, "payload")
            if kind == "oa.open.url" and not re.match(r"https?://", payload.get("url", "")):
                raise Refusal(rules.BAD_PARAMETER, "url")

    def _check_upload(self, token: str, kind: str) -> None:
        known, ends = self.uploads.get(token, ("", 0.0))
        if known != kind or ends < self.now():
            raise Refusal(rules.EXPIRED_ATTACHMENT, "attachment expired")

    def upload(self, kind: str, name: str, media_type: str, data: bytes) -> dict[str, str]:
        if len(self.uploads) >= rules.UPLOADS_A_MONTH:
            raise Refusal(rules.OUT_OF_QUOTA, "uploads")
        is_image = kind == "image"
        fits = len(data) <= (rules.LARGEST_IMAGE if is_image else rules.LARGEST_FILE)
        right = media_type in rules.IMAGE_TYPES if is_image else name.lower().endswith(rules.FILE_ENDINGS)
        if not (data and fits and right):
            raise Refusal(rules.BAD_PARAMETER, "file")
        token = secrets.token_urlsafe(24)
        self.uploads[token] = (kind, self.now() + rules.UPLOADS_LIVE)
        return {"attachment_id" if is_image else "token": token}

    # --- templates (1.8) ---------------------------------------------------------------------------------------

    def template(self, template_id: str) -> Template:
        found = self.templates.get(template_id)
        if found is None:
            raise Refusal(rules.BAD_TEMPLATE, "template")
        return found

    def _check_values(self, template: Template, values: Any) -> None:
        if not template.approved:
            raise Refusal(rules.NOT_APPROVED, "not approved")
        if not isinstance(values, dict) or not values:
            raise Refusal(rules.NO_DATA, "template_data")
        for param in template.params:
            value = values.get(param["name"], "")
            if param["require"] and not value:
                raise Refusal(rules.PARAM_MISSING, param["name"])
            if len(value) > param["maxLength"]:
                raise Refusal(rules.PARAM_LONG, param["name"])
        if template.daily <= 0:
            raise Refusal(-147, "daily limit of the template")
        hour = (datetime.fromtimestamp(self.now(), UTC) + VIETNAM).hour
        if self.strict_night and (hour >= rules.NIGHT[0] or hour < rules.NIGHT[1]):
            raise Refusal(rules.NIGHT_TEMPLATE, "night")

    def send_by_id(self, body: dict[str, Any]) -> dict[str, Any]:
        template = self.template(str(body.get("template_id")))
        if not template.by_id:
            raise Refusal(rules.NOT_BY_ID, "not by id")
        self._check_values(template, body.get("template_data"))
        person = self.people.get(str(body.get("user_id")))
        if person is None:
            raise Refusal(rules.BAD_PARAMETER, "user_id")
        template.daily -= 1
        message = {"template_id": template.id, "template_data": body["template_data"]}
        return self._put(person, message, "template")

    def send_by_phone(self, body: dict[str, Any]) -> dict[str, Any]:
        phone = str(body.get("phone", ""))
        if not re.fullmatch(r"\+?84[235789]\d{8,9}", phone):
            raise Refusal(rules.BAD_PHONE, "phone")
        if len(str(body.get("tracking_id", ""))) > rules.LONGEST_TRACKING:
            raise Refusal(rules.BAD_PARAMETER, "tracking_id")
        template = self.template(str(body.get("template_id")))
        self._check_values(template, body.get("template_data"))
        if phone.lstrip("+") not in self.phones:
            raise Refusal(rules.NO_ACCOUNT, "no Zalo account")
        template.daily -= 1
        msg_id = secrets.token_hex(10)
        self.by_phone.append({**body, "msg_id": msg_id})
        quota = {"dailyQuota": "500", "remainingQuota": str(500 - len(self.by_phone))}
        return {"msg_id": msg_id, "sent_time": str(self.millis()), "quota": quota}

    def quota_of(self, user: str) -> dict[str, Any]:
        last = self.person(user).last
        return {"last_interaction": int(last * 1000) if last else 0, "user_id": user}

    # --- faults ---------------------------------------------------------------------------------------------

    def fault(self, path: str) -> Fault | None:
        for one in self.faults:
            if one.times > 0 and one.path in path:
                one.times -= 1
                return one
        return None

    # --- events (1.3) ----------------------------------------------------------------------------------------

    def event(self, name: str, user: str, **rest: Any) -> dict[str, Any]:
        """An event of a person who deals with the Official Account; the window begins anew."""
        stamp = str(self.millis())
        if name in ("follow", "unfollow"):
            who: dict[str, Any] = {"oa_id": self.oa_id, "follower": {"id": user}, "source": "oa_profile"}
        elif name == "user_click_chatnow":
            who = {"user_id": user, "oa_id": self.oa_id}
        elif name in ("user_received_message", "user_seen_message"):
            who = {"sender": {"id": self.oa_id}, "recipient": {"id": user}}
        elif name == "user_feedback":
            who = {"oa_id": self.oa_id}
        else:
            who = {"sender": {"id": user}, "recipient": {"id": self.oa_id}}
        if name not in ("unfollow", "user_received_message", "user_seen_message", "user_feedback"):
            self.person(user).last = self.now()
        return {
            "app_id": self.app_id,
            "user_id_by_app": f"5{user}",
            "event_name": name,
            "timestamp": stamp,
            **who,
            **rest,
        }


def encoded(body: dict[str, Any]) -> bytes:
    """As Zalo writes it: compact, with its accents."""
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()


def signed(app_id: str, raw: bytes, timestamp: str, secret: str) -> str:
    """1.2, in words of this peer's own: SHA-256 over the four, one after the other."""
    digest = hashlib.sha256()
    for part in (app_id.encode(), raw, timestamp.encode(), secret.encode()):
        digest.update(part)
    return f"mac={digest.hexdigest()}"
