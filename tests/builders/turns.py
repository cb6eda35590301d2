"""A conversation with the custom actions as Rasa would lead it, against a backend that answers what it is told to."""

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import httpx
import yaml
from rasa_sdk import Tracker
from rasa_sdk.executor import CollectingDispatcher

import actions.__main__ as server
from actions import dialogue
from actions.text import fold

ROOT = Path(__file__).resolve().parents[2]
BIRTH, BIRTH_AGAIN, MARRIAGE = "1.001193", "1.004884", "1.000894"
NAMES = {BIRTH: "Đăng ký khai sinh", BIRTH_AGAIN: "Đăng ký lại khai sinh", MARRIAGE: "Đăng ký kết hôn"}


def hit(code: str, score: float = 10.0, **changes: Any) -> dict[str, Any]:
    """A search hit."""
    name = NAMES.get(code, f"Thủ tục {code}")
    found = {
        "code": code,
        "name": name,
        "short_name": name,
        "title": name,
        "field": "Hộ tịch",
        "level": "commune",
        "agency": "UBND xã",
    }
    return found | {"score": score} | changes


def found(decision: str, *hits: dict[str, Any], residual: str = "khai sinh") -> dict[str, Any]:
    """A search answer."""
    return {"decision": decision, "residual": residual, "hits": list(hits)}


NOTHING_NAMED: dict[str, Any] = {"decision": "none", "residual": "", "hits": []}


@dataclass
class FakeBackend:
    """Answers by path; `searches` maps a folded part of the question to the answer, first match wins."""

    searches: dict[str, dict[str, Any]] = field(default_factory=dict)
    current: str | None = None
    officer_said: str = ""
    answers: dict[str, Any] = field(default_factory=dict)
    """Last part of a path → its JSON, or a status to fail with, or a function of the request's JSON."""
    calls: list[tuple[str, str, Any]] = field(default_factory=list)
    headers: list[httpx.Headers] = field(default_factory=list)

    def handle(self, request: httpx.Request) -> httpx.Response:
        """One request."""
        body = json.loads(request.content) if request.content else dict(request.url.params)
        path = request.url.path.removeprefix("/api/v1")
        self.calls.append((request.method, path, body))
        self.headers.append(request.headers)
        answer = self.answers.get(path.rsplit("/", 1)[-1], None)
        if answer is None:
            answer = self._usual(path, body)
        if callable(answer):
            answer = answer(body)
        return httpx.Response(answer) if isinstance(answer, int) else httpx.Response(200, json=answer)

    def _usual(self, path: str, body: dict[str, Any]) -> Any:
        match path.split("/")[1:]:
            case ["procedures", "search"]:
                asked = fold(body["q"])
                return next((answer for part, answer in self.searches.items() if part in asked), NOTHING_NAMED)
            case ["conversations", _]:
                return {"id": 7, "procedure_code": self.current, "officer_said": self.officer_said}
            case ["conversations", _, "procedure-answers"]:
                self.current = body["code"]
                name = NAMES.get(body["code"], body["code"])
                return {"text": f"{name}: {body['aspect']}.", "code": body["code"], "short_name": name}
            case ["conversations", _, "escalations"]:
                return {"text": "Dạ, em đã chuyển cho cán bộ.", "within_office_hours": True}
            case ["conversations", _, "complaint-drafts"]:
                asked = {"outcome": "asking", "question": "confirm", "text": f"Dạ, em ghi: {body['text']}."}
                return asked | {"choices": [{"title": "Gửi", "payload": "report:send"}]}
            case ["conversations", _, "complaint-draft-drops"]:
                return {"outcome": "dropped", "text": "Dạ, em đã bỏ."}
            case ["conversations", _, "ratings"]:
                return {"outcome": "recorded", "text": f"Dạ, em đã ghi nhận {body['score']} điểm."}
            case ["conversations", _, "link"]:
                return {"text": "Đã gửi mã." if body["phone"] else "Nhắn LK và số."}
            case ["conversations", _, "notices"]:
                return {"text": "Có tin." if body["wanted"] else "Ngừng tin."}
        return 404

    def called(self, last: str) -> list[Any]:
        """The bodies of the calls whose path ends with `last`."""
        return [body for _, path, body in self.calls if path.rsplit("/", 1)[-1] == last]


@dataclass(frozen=True)
class Said:
    """What came back: texts as the channel would show them, names of responses (or "" for the backend's words)."""

    texts: list[str]
    responses: list[str]
    buttons: list[tuple[str, str]]
    more: dict[str, Any]
    """Links, a card, what is asked for: as the last message that had any."""
    events: list[dict[str, Any]]

    @property
    def text(self) -> str:
        """All of it."""
        return "\n".join(self.texts)

    @property
    def titles(self) -> list[str]:
        """Titles of the buttons."""
        return [title for title, _ in self.buttons]

    @property
    def slots(self) -> dict[str, Any]:
        """The slots that changed."""
        return {event["name"]: event["value"] for event in self.events if event["event"] == "slot"}


@cache
def responses() -> dict[str, list[dict[str, str]]]:
    """All responses of nlu_data/responses."""
    found: dict[str, list[dict[str, str]]] = {}
    for path in sorted((ROOT / "nlu_data" / "responses").glob("*.yml")):
        for name, variants in yaml.safe_load(path.read_text(encoding="utf-8"))["responses"].items():
            assert name not in found, f"{name} is written twice"
            found[name] = variants
    return found


def rendered(message: dict[str, Any], channel: str) -> str:
    """A message's text as Rasa would choose and fill it."""
    if not message.get("response"):
        return str(message["text"])
    variants = responses()[message["response"]]
    chosen = next((v for v in variants if v.get("channel") == channel), None)
    chosen = chosen or next(v for v in variants if "channel" not in v)
    return chosen["text"].format(**{k: v for k, v in message.items() if isinstance(v, str)})


@cache
def _by_intent() -> dict[str, str]:
    steps = [
        rule["steps"]
        for path in (ROOT / "nlu_data" / "rules").glob("*.yml")
        for rule in yaml.safe_load(path.read_text(encoding="utf-8"))["rules"]
    ]
    return {intent["intent"]: action["action"] for intent, action in steps}


@cache
def registered() -> dict[str, Callable[..., Any]]:
    """The actions as the action server registers them."""
    executor = server.Executor()
    executor.register_package("actions")
    return dict(executor.actions)


class Citizen:
    """A citizen in conversation 7: slots and events are carried from message to message like Rasa's tracker does."""

    def __init__(self, backend: FakeBackend, channel: str = "sms", slots: dict[str, Any] | None = None) -> None:
        self.backend, self.channel, self.slots = backend, channel, slots or {}
        self.events: list[dict[str, Any]] = [{"event": "action", "name": "action_session_start"}]
        self.message_id = 100

    def writes(
        self,
        text: str,
        intent: str,
        *entities: tuple[str, str],
        ranking: dict[str, float] | None = None,
        confidence: float = 0.9,
        awaiting: str = "",
        dossier: str = "",
    ) -> Said:
        """One message, with what the classifier is supposed to have made of it.

        `awaiting`, `dossier`: what the backend asked and told of meanwhile.
        """
        self.message_id += 1
        message = {
            "text": text,
            "intent": {"name": intent, "confidence": confidence},
            "entities": [{"entity": entity, "value": value} for entity, value in entities],
            "intent_ranking": [{"name": n, "confidence": c} for n, c in (ranking or {intent: 0.9}).items()],
            "message_id": str(self.message_id),
            "metadata": {name: told for name, told in (("awaiting", awaiting), ("dossier", dossier)) if told},
        }
        self.events.append({"event": "user", "text": text, "parse_data": message, "input_channel": self.channel})
        said = self._run(registered()[_by_intent()[intent]], message)
        self.events += said.events
        self.slots |= said.slots
        return said

    def picks(self, payload: str) -> Said:
        """A button, by its payload."""
        intent, _, entities = payload.removeprefix("/").partition("{")
        values = json.loads("{" + entities) if entities else {}
        return self.writes(payload, intent, *values.items())

    def returns_after_a_pause(self) -> None:
        """A new session: Rasa carries the slots over and nothing else."""
        self.events.append({"event": "action", "name": "action_session_start"})
        self.events += [{"event": "slot", "name": name, "value": value} for name, value in self.slots.items()]

    def _run(self, action: Callable[..., Any], message: dict[str, Any]) -> Said:
        dispatcher = CollectingDispatcher()
        tracker = Tracker("7", dict(self.slots), message, list(self.events), False, None, {}, "action_listen")
        events = asyncio.run(self._with_backend(action, dispatcher, tracker))
        buttons = [(b["title"], b["payload"]) for m in dispatcher.messages for b in m.get("buttons") or []]
        more = [m["custom"] for m in dispatcher.messages if m.get("custom")]
        return Said(
            [rendered(m, self.channel) for m in dispatcher.messages],
            [m.get("response") or "" for m in dispatcher.messages],
            buttons,
            more[-1] if more else {},
            events,
        )

    async def _with_backend(self, action: Callable[..., Any], dispatcher: Any, tracker: Tracker) -> Any:
        transport = httpx.MockTransport(self.backend.handle)
        async with httpx.AsyncClient(transport=transport, base_url="http://backend") as client:
            original, dialogue.client = dialogue.client, lambda: client  # type: ignore[assignment]
            try:
                return await action(dispatcher, tracker, {})
            finally:
                dialogue.client = original
