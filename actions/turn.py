"""One message of a citizen with all that an action may need, and what the action says and remembers."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from typing import Any, Literal

from rasa_sdk import Tracker
from rasa_sdk.events import SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions.backend_api import BackendApi, Said

FALLBACK = "nlu_fallback"
_ANSWERS_TO_OFFERS = {"affirm", "deny", "cancel"}

Awaited = Literal[
    "complaint",
    "complaint_photo",
    "complaint_place",
    "complaint_name",
    "complaint_check",
    "complaint_publish",
    "complaint_sent",
    "score",
]


@dataclass(frozen=True)
class Button:
    """Something to pick: a title the citizen sees and the intent, with entities, it stands for."""

    title: str
    intent: str
    entities: Mapping[str, str] = field(default_factory=dict)

    @property
    def payload(self) -> str:
        """The button as Rasa reads it: `/ask_fee{"procedure_code": "1.001193"}`."""
        return f"/{self.intent}{json.dumps(dict(self.entities), ensure_ascii=False) if self.entities else ''}"


@dataclass(frozen=True)
class Pick:
    """Something to pick that the backend offers and answers itself."""

    title: str
    payload: str


@dataclass
class Memory:
    """The slots. Set by actions only, never by what a citizen typed; nothing in here says who somebody is.

    The first four outlive a session, so that "còn lệ phí?" is understood the day after. The others end with it, most
    of them with the very next message: see `Turn.begin`.
    """

    procedure_code: str | None = None
    procedure_name: str | None = None
    previous_procedure_code: str | None = None
    aspect: str | None = None
    dossier_code: str | None = None
    pending_aspect: str | None = None
    awaiting: Awaited | None = None
    suggestions: list[dict[str, Any]] | None = None
    misunderstood: int | None = None

    @classmethod
    def of(cls, slots: Mapping[str, Any]) -> "Memory":
        """The memory that a tracker's slots hold."""
        return cls(**{f.name: slots.get(f.name) for f in fields(cls)})

    def events(self, slots: Mapping[str, Any]) -> list[dict[str, Any]]:
        """The slot events that turn `slots` into this memory; unchanged slots cost no event."""
        return [SlotSet(name, value) for name, value in asdict(self).items() if value != slots.get(name)]

    def focus(self, code: str, name: str) -> bool:
        """Speak of this procedure from now on. Returns whether that is a change of subject."""
        changed = code != self.procedure_code
        if changed and self.procedure_code:
            self.previous_procedure_code = self.procedure_code
        self.procedure_code, self.procedure_name, self.dossier_code = code, name, None
        return changed


@dataclass
class Turn:
    """What an action works with."""

    api: BackendApi
    conversation: str
    message_id: int
    channel: str
    text: str
    before: str
    """The citizen's last message, if we answered it with "ý anh/chị là …?": what the choice is about."""
    intent: str
    typed: bool
    """False for a picked button, which has no `text` of its own: it has that of `before`."""
    confidence: float
    entities: list[tuple[str, str]]
    ranking: list[tuple[str, float]]
    heard: list[str]
    """What the citizen typed in this session, oldest first, this message included."""
    memory: Memory
    said: list[dict[str, Any]] = field(default_factory=list)

    # What the last answer left open, taken out of the memory when a turn begins.
    offered: list[Button] = field(default_factory=list)
    awaiting: Awaited | None = None
    pending_aspect: str | None = None
    misunderstood: int = 0

    @classmethod
    def begin(cls, tracker: Tracker, api: BackendApi) -> "Turn":
        """Read a tracker. Open questions leave the memory here: whoever still needs them puts them back."""
        message = tracker.latest_message
        users = _messages_of_this_session(tracker.events)
        earlier = users[:-1]
        told = message.get("metadata") or {}
        goes_on = bool(earlier) and not told.get("after_officer")
        memory = Memory.of(tracker.slots) if goes_on else _after_a_pause(Memory.of(tracker.slots))
        written = str(message.get("text") or "")
        typed = not written.startswith("/")  # the door neutralises a typed slash
        intent = str((message.get("intent") or {}).get("name") or "")
        entities = [(str(e["entity"]), str(e["value"])) for e in message.get("entities") or [] if e.get("value")]
        before = _offered_for(earlier[-1], memory) if goes_on else ""
        turn = cls(
            api=api,
            conversation=tracker.sender_id,
            message_id=_message_id(message),
            channel=tracker.get_latest_input_channel() or "",
            text=written if typed else "" if entities or intent in _ANSWERS_TO_OFFERS else before,
            before=before,
            intent=intent,
            confidence=float((message.get("intent") or {}).get("confidence") or 0),
            typed=typed,
            entities=entities,
            ranking=[(str(r["name"]), float(r.get("confidence") or 0)) for r in message.get("intent_ranking") or []],
            heard=[text for text in (str(u.get("text") or "") for u in users) if text and not text.startswith("/")],
            memory=memory,
            offered=[Button(**suggestion) for suggestion in memory.suggestions or []],
            awaiting=told.get("awaiting") or memory.awaiting,
            pending_aspect=memory.pending_aspect,
            misunderstood=int(memory.misunderstood or 0),
        )
        memory.dossier_code = told.get("dossier") or memory.dossier_code  # a keyword told of it meanwhile
        memory.suggestions = memory.awaiting = memory.pending_aspect = memory.misunderstood = None
        return turn

    @property
    def tells_report(self) -> bool:
        """Whether a report is being told, and not sent yet."""
        return (self.awaiting or "").startswith("complaint") and not self.report_is_in

    @property
    def report_is_in(self) -> bool:
        """Whether a report has just been sent."""
        return self.awaiting in ("complaint_publish", "complaint_sent")

    @property
    def on_sms(self) -> bool:
        """Whether every line costs the province money and the citizen scrolling."""
        return self.channel == "sms"

    def entity(self, name: str) -> str | None:
        """The first value of an entity in the message."""
        return next((value for entity, value in self.entities if entity == name), None)

    def say(self, text: str, buttons: Sequence[Button | Pick] = ()) -> None:
        """Say these words of the backend."""
        self._add(buttons, {}, text=text)

    def tell(self, said: Said, buttons: Sequence[Button | Pick] = ()) -> None:
        """Say all that the backend composed: words, links, a card, what it asks for."""
        self._add(buttons, said.model_dump(include={"links", "card", "ask"}), text=said.text)

    def utter(self, response: str, buttons: Sequence[Button | Pick] = (), *, ask: str = "", **values: Any) -> None:
        """Say a response of nlu_data/responses in its variant for the channel; `values` fill its {blanks}.

        `ask`: "location" or "phone", which some channels have a button for.
        """
        self._add(buttons, {"ask": ask}, response=response, **values)

    def _add(self, buttons: Sequence[Button | Pick], more: Mapping[str, Any], **message: Any) -> None:
        if buttons:
            message["buttons"] = [{"title": button.title, "payload": button.payload} for button in buttons]
        if beside := {name: value for name, value in more.items() if value}:
            message["json_message"] = beside  # read by bot/channels/turn.py
        self.said.append(message)

    def offer(self, question: str, buttons: Sequence[Button], *, ours: bool = True, **values: Any) -> None:
        """Ask which of the buttons is meant; "đúng rồi" takes the first, "không phải" none.

        `question`: the name of a response, or, not `ours`, what the backend composed. Having to ask is no
        understanding yet: misunderstandings before it still count.
        """
        self.memory.misunderstood = self.memory.misunderstood or self.misunderstood or None
        self.memory.suggestions = [asdict(button) for button in buttons if button.intent != "deny"]
        if ours:
            self.utter(question, buttons, **values)
        else:
            self.say(question, buttons)

    def keep_open(self) -> None:
        """Leave the open question open: this message was no answer to it, but did not end it either."""
        self.memory.awaiting, self.memory.pending_aspect = self.awaiting, self.pending_aspect

    def close(self) -> None:
        """Nothing is open any more: the message answered it, or was about something new."""
        self.memory.awaiting = self.memory.pending_aspect = None

    def become(self, button: Button) -> None:
        """Go on as if `button` had been picked."""
        self.intent, self.entities = button.intent, list(button.entities.items())
        self.text, self.typed = "" if button.entities else self.before, False

    def speak(self, dispatcher: CollectingDispatcher) -> None:
        """Hand what was said to Rasa."""
        for message in self.said:
            dispatcher.utter_message(**message)


def _messages_of_this_session(events: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    start = 0
    for index, event in enumerate(events):
        if event.get("event") == "restart" or (
            event.get("event") == "action" and event.get("name") == "action_session_start"
        ):
            start = index + 1
    return [event for event in events[start:] if event.get("event") == "user"]


def _after_a_pause(memory: Memory) -> Memory:
    """A question asked in an earlier session, or before an officer took over, is no longer waited for."""
    memory.pending_aspect = memory.awaiting = memory.suggestions = memory.misunderstood = None
    memory.dossier_code = None
    return memory


def _offered_for(message: Mapping[str, Any], memory: Memory) -> str:
    text = str(message.get("text") or "")
    return "" if not memory.suggestions or text.startswith("/") else text


def _message_id(message: Mapping[str, Any]) -> int:
    """The id of the message in the backend's ledger. Raises ValueError when Rasa was not asked by the backend."""
    given = str(message.get("message_id") or "")
    if not given.isdigit():
        raise ValueError("the message has no id of the backend's ledger: talk through the turn channel")
    return int(given)
