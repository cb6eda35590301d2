"""The `turn` channel: one citizen message in, the assistant's replies out, in one HTTP exchange.

    POST /webhooks/turn/webhook      Authorization: Bearer <INTERNAL_TOKEN>
    {"sender": "17", "message_id": "m-123", "text": "…", "payload": "", "input_channel": "sms", "after_officer": false,
     "awaiting": "", "dossier": ""}
    200 {"replies": [{"text", "buttons": [{"title", "payload"}], …}], "intent", "confidence", "entities", "repeated"}
        a reply may also have "links": [{"title", "url"}], "card": {"title", "lines": […]}, "ask": "location" | "phone"
    400 malformed · 401 wrong token · 503 this turn did not happen, ask again (nothing of it was kept)

    GET /webhooks/turn/              200 {"status": "ready", "model": "<file>"} or 503 while no model is loaded

Two promises shape it:

* **Asked twice, moved once.** The message id is looked up in the tracker under the conversation's lock, so that a
  repeat (also one that arrives while the first is still working) gets the replies that are already there.
* **A turn happens whole or not at all.** Rasa swallows a failing custom action, answers without it and saves the
  half turn; a failing tracker store makes it go on in memory. Here both raise, before anything is saved.
"""

import hmac
import logging
import re
import unicodedata
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import Any

import rasa.shared.core.events as events
from jsonschema.validators import validator_for
from rasa.core.actions.action import RemoteAction
from rasa.core.agent import Agent
from rasa.core.channels.channel import InputChannel, OutputChannel, UserMessage
from rasa.core.processor import MessageProcessor
from rasa.core.tracker_store import FailSafeTrackerStore
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.shared.data import TrainingType
from rasa.shared.exceptions import RasaException
from rasa.utils.endpoints import ClientResponseError, EndpointConfig
from sanic import Blueprint, response
from sanic.request import Request
from sanic.response import HTTPResponse

logger = logging.getLogger(__name__)

MAX_ID_LENGTH = 255
MAX_TEXT_LENGTH = 20_000
LOCK_POLL_SECONDS = 0.02
ASKS = {"location", "phone"}
"""What a channel may have a button of its own for."""
_CHANNEL_NAME = re.compile(r"[a-z][a-z0-9_]{0,31}")
_PAYLOAD = re.compile(r"/[a-z_][a-z0-9_]*(\{.*\})?", re.DOTALL)
# Everything that is, looks like or (by NFKC) becomes a slash.
_SLASHES = "/／⁄∕╱⧸"


class Malformed(Exception):
    """The request cannot become a turn; asking again would not help (400)."""


class NotReady(Exception):
    """No usable model is loaded (503)."""


class ActionsFailed(BaseException):
    """The action server was down, slow or broken, so the turn must not count (503).

    Derived from BaseException on purpose: Rasa's processor catches every `Exception` of an action, goes on without the
    action and saves the turn.
    """


@dataclass(frozen=True)
class Turn:
    """One valid request. `text` is what Rasa reads: the citizen's neutralised words or the backend's own payload."""

    sender: str
    message_id: str
    text: str
    input_channel: str
    after_officer: bool = False
    """An officer has spoken since the assistant's last words; actions read it in the message's metadata."""
    awaiting: str = ""
    dossier: str = ""
    """What the backend asked meanwhile, and of which dossier a command told; read there, too."""

    @property
    def metadata(self) -> dict[str, Any] | None:
        """What actions are told beside the words; None for nothing, which costs nothing in the tracker."""
        told = {"after_officer": self.after_officer, "awaiting": self.awaiting, "dossier": self.dossier}
        return {name: value for name, value in told.items() if value} or None


def neutralised(text: str) -> str:
    """The citizen's words as NFC, cut to 20,000 characters, that Rasa can never take for `/intent{…}`.

    Leading blanks, invisible characters and slashes of any width are dropped; the rest is kept as it was written.
    """
    text = text[:MAX_TEXT_LENGTH].encode("utf-8", "ignore").decode().replace("\0", "")
    text = unicodedata.normalize("NFC", text)
    start = 0
    while start < len(text) and (text[start] in _SLASHES or _is_blank(text[start])):
        start += 1
    return text[start:].rstrip()


def _is_blank(character: str) -> bool:
    return character.isspace() or unicodedata.category(character) in {"Cc", "Cf", "Cn", "Co", "Cs", "Zs", "Mn"}


def parse_request(body: Any) -> Turn:
    """The turn asked for by a decoded JSON `body`; Malformed when it is not one."""
    if not isinstance(body, dict):
        raise Malformed("a JSON object is expected")
    payload = _string(body, "payload", default="")
    text = _string(body, "text", default="" if payload else None)
    input_channel = _string(body, "input_channel")
    if not _CHANNEL_NAME.fullmatch(input_channel):
        raise Malformed("input_channel is not a channel's name")
    if payload and not _PAYLOAD.fullmatch(payload):
        raise Malformed("payload must be /intent or /intent{…}")
    return Turn(
        _identifier(body, "sender"),
        _identifier(body, "message_id"),
        payload or neutralised(text),
        input_channel,
        after_officer=body.get("after_officer") is True,
        awaiting=_string(body, "awaiting", default="")[:32],
        dossier=_string(body, "dossier", default="")[:64],
    )


def _string(body: dict[str, Any], name: str, default: str | None = None) -> str:
    value = body.get(name, default)
    if value is None and default is not None:
        return default
    if not isinstance(value, str):
        raise Malformed(f"{name} must be a string")
    return value


def _identifier(body: dict[str, Any], name: str) -> str:
    value = _string(body, name).strip()
    if not value or len(value) > MAX_ID_LENGTH or "\0" in value:
        raise Malformed(f"{name} must have 1 to {MAX_ID_LENGTH} characters")
    return value


class Collector(OutputChannel):
    """Swallows what Rasa sends; the replies are read from the tracker, where a repeat finds them too.

    It carries the name of the citizen's channel, by which Rasa picks channel-specific responses.
    """

    def __init__(self, channel: str) -> None:
        self._channel = channel

    def name(self) -> str:  # type: ignore[override]  # a class method upstream, always called on the instance
        return self._channel

    async def send_response(self, recipient_id: str, message: dict[str, Any]) -> None:
        """Nothing to send: see the class."""


class StrictEndpoint(EndpointConfig):
    """The action server as Rasa calls it, except that a failure ends the turn (ActionsFailed).

    Status 400 passes: it is how an action says "I reject to run", which forms rely on.
    """

    def __init__(self, endpoint: EndpointConfig) -> None:
        self.__dict__.update(endpoint.__dict__)

    async def request(self, *args: Any, **kwargs: Any) -> Any:
        """The decoded answer; ActionsFailed on anything but an object, ClientResponseError on 400."""
        try:
            answer = await super().request(*args, **kwargs)
        except ClientResponseError as error:
            if error.status == 400:
                raise
            raise ActionsFailed(f"action server answered {error.status}") from error
        except Exception as error:
            raise ActionsFailed(f"action server not reached: {type(error).__name__}") from error
        if not isinstance(answer, dict) or not isinstance(answer.get("events", []), list):
            raise ActionsFailed("action server answered something else than events")
        return answer


_ANSWER_SCHEMA = RemoteAction.action_response_format_spec()
_ANSWERS = validator_for(_ANSWER_SCHEMA)(_ANSWER_SCHEMA)


def _validate_action_result(action: RemoteAction, result: dict[str, Any]) -> bool:
    """Rasa's own check of an answer, without checking the schema of answers each time (4 of 20 ms of a turn)."""
    if next(_ANSWERS.iter_errors(result), None) is not None:
        raise ActionsFailed(f"{action.name()} answered events that Rasa does not know")
    return True


RemoteAction._validate_action_result = _validate_action_result


def _refuse_memory(error: Exception) -> None:
    """A tracker kept in this process's memory would be lost for the other servers and the next start."""
    raise RasaException("tracker store failed") from error


def make_strict(agent: Agent) -> MessageProcessor:
    """The agent's processor, with failures made visible (see the module); NotReady without a full model.

    Done at each turn, because Rasa builds a new processor when it loads another model.
    """
    processor = agent.processor
    if processor is None or not agent.is_ready() or processor.model_metadata.training_type is TrainingType.NLU:
        raise NotReady("no full model is loaded")
    if processor.action_endpoint is not None and not isinstance(processor.action_endpoint, StrictEndpoint):
        processor.action_endpoint = StrictEndpoint(processor.action_endpoint)
    store: Any = processor.tracker_store
    while isinstance(store, FailSafeTrackerStore):  # Rasa wraps whatever it is given, wrapped or not
        store._on_tracker_store_error = _refuse_memory
        store = store._tracker_store
    return processor


async def take(agent: Agent, turn: Turn) -> dict[str, Any]:
    """Move the dialogue by one message, or find what it was answered before. Returns the answer of the contract."""
    processor = make_strict(agent)
    output = Collector(turn.input_channel)
    async with agent.lock_store.lock(turn.sender, wait_time_in_seconds=LOCK_POLL_SECONDS):
        # The same steps as MessageProcessor.handle_message, on one read of the tracker instead of two.
        tracker = await processor.fetch_tracker_and_update_session(turn.sender, output, None)
        if _uttered(tracker, turn.message_id) is not None:
            return answer(tracker, turn.message_id, repeated=True)
        message = UserMessage(
            turn.text,
            output,
            turn.sender,
            input_channel=turn.input_channel,
            message_id=turn.message_id,
            metadata=turn.metadata,
        )
        await processor._handle_message_with_tracker(message, tracker)
        tracker = await processor.run_action_extract_slots(output, tracker)
        await processor._run_prediction_loop(output, tracker)
        await processor.save_tracker(tracker)
    return answer(tracker, turn.message_id, repeated=False)


def _uttered(tracker: DialogueStateTracker, message_id: str) -> events.UserUttered | None:
    return next((e for e in tracker.events if isinstance(e, events.UserUttered) and e.message_id == message_id), None)


def answer(tracker: DialogueStateTracker, message_id: str, *, repeated: bool) -> dict[str, Any]:
    """What the tracker holds about the message: its understanding, and the bot messages up to the next citizen's."""
    heard = _uttered(tracker, message_id)
    assert heard is not None
    return {
        "replies": replies(_following(tracker.events, heard)),
        "intent": heard.intent_name or "",
        "confidence": round(float(heard.intent.get("confidence") or 0.0), 4),
        "entities": heard.entities,
        "repeated": repeated,
    }


def _following(history: Iterable[events.Event], heard: events.UserUttered) -> list[events.Event]:
    """The events after `heard` up to the next message of the citizen.

    An action may write a UserUttered of its own (Rasa's fallback replays an old one, with its old id or none): that is
    not the next message, so only an id not met before ends the turn.
    """
    known: set[str | None] = {None}
    following: list[events.Event] = []
    inside = False
    for event in history:
        if isinstance(event, events.UserUttered):
            if inside and event.message_id not in known:
                break
            known.add(event.message_id)
        if inside:
            following.append(event)
        inside = inside or event is heard
    return following


def replies(following: Iterable[events.Event]) -> list[dict[str, Any]]:
    """The bot messages among the events as `{"text", "buttons": [{"title", "payload"}], …}`, without empty ones.

    Pictures and files become their address on a line of its own. Of custom JSON only links, a card and what is asked
    for are taken; any other is for machines, and Rasa's own default would show it to the citizen.
    """
    found = [_reply(event) for event in following if isinstance(event, events.BotUttered)]
    return [reply for reply in found if reply["text"] or reply["buttons"] or reply.keys() & {"links", "card"}]


def _reply(uttered: events.BotUttered) -> dict[str, Any]:
    data = uttered.data or {}
    lines = [uttered.text, data.get("image"), data.get("attachment")]
    buttons = [*(data.get("buttons") or []), *(data.get("quick_replies") or [])]
    return {
        "text": "\n".join(line.strip() for line in lines if isinstance(line, str) and line.strip()),
        "buttons": [
            {"title": str(b["title"]), "payload": str(b.get("payload") or "")}
            for b in buttons
            if isinstance(b, dict) and b.get("title")
        ],
        **_more(data.get("custom")),
    }


def _more(custom: Any) -> dict[str, Any]:
    """What an action said beside words and buttons, in the forms of the contract; nothing malformed gets out."""
    given = custom if isinstance(custom, dict) else {}
    listed = given.get("links")
    more = {
        "links": [link for one in (listed if isinstance(listed, list) else []) if (link := _link(one))],
        "card": _card(given.get("card")),
        "ask": _ask(given.get("ask")),
    }
    return {name: value for name, value in more.items() if value}


def _ask(given: Any) -> str:
    return given if isinstance(given, str) and given in ASKS else ""


def _link(given: Any) -> dict[str, str] | None:
    title, url = (str(given.get(name) or "").strip() if isinstance(given, dict) else "" for name in ("title", "url"))
    return {"title": title, "url": url} if title and url.startswith(("https://", "http://")) else None


def _card(given: Any) -> dict[str, Any] | None:
    title = str(given.get("title") or "").strip() if isinstance(given, dict) else ""
    lines = given.get("lines") if isinstance(given, dict) else None
    lines = [line for line in lines if isinstance(line, str) and line] if isinstance(lines, list) else []
    return {"title": title, "lines": lines} if title else None


class TurnInput(InputChannel):
    """Registered in credentials.yml as `bot.channels.turn.TurnInput: {token: …}`."""

    def __init__(self, token: str) -> None:
        self._token = token.encode()

    @classmethod
    def name(cls) -> str:
        """The part of the address: /webhooks/turn/…"""
        return "turn"

    @classmethod
    def from_credentials(cls, credentials: dict[str, Any] | None) -> "TurnInput":
        """The channel; refuses to start without a token, because /webhooks/* has no other guard in Rasa."""
        token = str((credentials or {}).get("token") or "").strip()
        if not token:
            raise RasaException("credentials.yml: the turn channel needs a token (INTERNAL_TOKEN)")
        return cls(token)

    def blueprint(self, on_new_message: Callable[[UserMessage], Awaitable[Any]]) -> Blueprint:
        """The two routes. `on_new_message` is not used: it takes the lock after the place where we need it."""
        blueprint = Blueprint("turn")

        @blueprint.get("/")
        async def health(request: Request) -> HTTPResponse:
            return _health(getattr(request.app.ctx, "agent", None))

        @blueprint.post("/webhook")
        async def webhook(request: Request) -> HTTPResponse:
            return await self._webhook(request)

        return blueprint

    async def _webhook(self, request: Request) -> HTTPResponse:
        if not self._allows(request.headers.get("authorization", "")):
            return response.json({"error": "unauthorised"}, status=401)
        try:
            turn = parse_request(_decoded(request))
        except Malformed as error:
            return response.json({"error": str(error)}, status=400)
        try:
            return response.json(await take(request.app.ctx.agent, turn))
        except (ActionsFailed, Exception):  # a cancelled request is neither: it just ends, unsaved
            logger.exception("turn failed: sender=%s message_id=%s", turn.sender, turn.message_id)
            return response.json({"error": "try again"}, status=503)

    def _allows(self, header: str) -> bool:
        scheme, _, given = header.partition(" ")
        return scheme.lower() == "bearer" and hmac.compare_digest(given.strip().encode(), self._token)


def _decoded(request: Request) -> Any:
    try:
        return request.json
    except Exception as error:  # sanic's InvalidUsage, or whatever its JSON library raises on odd bytes
        raise Malformed("the body is not JSON") from error


def _health(agent: Agent | None) -> HTTPResponse:
    try:
        if agent is None:
            raise NotReady("no agent")
        make_strict(agent)
    except NotReady as error:
        return response.json({"status": "loading", "error": str(error)}, status=503)
    return response.json({"status": "ready", "model": agent.processor.model_filename})
