"""Builders for messaging tests: a channel that remembers, an assistant that is scripted, a worker that runs now."""

import itertools
from collections.abc import Callable, Sequence

from sqlalchemy import func, select

from backend import database
from backend.errors import Unavailable
from backend.messaging import assistant, channels, tasks
from backend.messaging.assistant import Answer
from backend.messaging.channels import Channel, Extras, Outgoing, Rendered, Reply, Sent, in_words
from backend.messaging.models import Message
from backend.messaging.service import Inbound, Received, receive
from backend.queue import queue

_numbers = itertools.count(1)


class RecordingChannel(Channel):
    """Keeps what it was handed. `fails` is raised instead, once each, in order. `room` is how many it takes at once."""

    def __init__(self, name: str = "sms", max_choices: int = 5) -> None:
        self.name, self.max_choices = name, max_choices
        self.sent: list[Outgoing] = []
        self.fails: list[Exception] = []
        self.takes_before_failing = False
        self.page = 10_000
        self.room = 1
        self.together: list[int] = []

    @property
    def at_once(self) -> int:
        return self.room

    def send_all(self, outgoing: Sequence[Outgoing]) -> Sequence[Sent | Exception]:
        self.together.append(len(outgoing))
        return super().send_all(outgoing)

    def render(self, reply: Reply, *, accents: bool) -> Rendered:
        text = in_words(reply)
        body = "\n".join([text[: self.page], *(f"{n}. {choice.title}" for n, choice in enumerate(reply.choices, 1))])
        return Rendered(body, text[self.page :], segments=1, encoding="gsm7", extras=Extras(files=reply.files))

    def send(self, outgoing: Outgoing) -> Sent:
        if self.fails:
            if self.takes_before_failing:
                self.sent.append(outgoing)
            raise self.fails.pop(0)
        self.sent.append(outgoing)
        return Sent(f"provider-{outgoing.id}", "recording")

    def find(self, outgoing: Outgoing) -> Sent | None:
        known = any(sent.id == outgoing.id for sent in self.sent)
        return Sent(f"provider-{outgoing.id}", "recording") if known else None

    @property
    def bodies(self) -> list[str]:
        return [sent.body for sent in self.sent]


class ScriptedAssistant:
    """Stands for Rasa: answers each message once, remembers by message id as the turn channel does."""

    def __init__(self, answer: Callable[[str], Sequence[Reply]] | None = None) -> None:
        self.answer = answer or (lambda text: [Reply(f"đã nghe: {text}")])
        self.down = False
        self.asked: list[str] = []
        self.after_officer: list[bool] = []
        self.dossiers: list[str] = []
        self.during: Callable[[], None] = lambda: None
        self._answers: dict[int, Answer] = {}

    def ask(
        self,
        *,
        conversation_id: int,
        message_id: int,
        text: str,
        payload: str,
        channel: str,
        after_officer=False,
        awaiting="",
        dossier="",
    ) -> Answer:
        if self.down:
            raise Unavailable
        if message_id not in self._answers:
            self.asked.append(payload or text)
            self.after_officer.append(after_officer)
            self.dossiers.append(dossier)
            self._answers[message_id] = Answer(self.answer(payload or text), "scripted", 0.9)
        self.during()
        return self._answers[message_id]


def install(monkeypatch, channel: Channel | None = None, scripted: ScriptedAssistant | None = None):
    """Register a recording channel and a scripted assistant for one test, with an empty queue."""
    channel, scripted = channel or RecordingChannel(), scripted or ScriptedAssistant()
    monkeypatch.setitem(channels._channels, channel.name, channel)
    monkeypatch.setattr(assistant, "ask", scripted.ask)
    queue().storage.flush_all()
    return channel, scripted


def text(words: str, *, address: str = "+84900000001", channel: str = "sms", id: str = "", token: str = "") -> Received:
    """A citizen's message arrives."""
    return receive(Inbound(channel, id or f"SM{next(_numbers)}", address, words, token))


def work(rounds: int = 200) -> int:
    """Run the queued tasks, and those they queue, as a worker would; how many. Scheduled ones are left for later."""
    done = 0
    while done < rounds and (task := queue().dequeue()) is not None:
        queue().execute(task)
        done += 1
    return done


def sweep() -> None:
    """What the worker does every minute."""
    tasks.sweep.call_local()


def row(message_id: int) -> Message:
    """A message as it stands."""
    with database.reading() as session:
        return session.get_one(Message, message_id)


def count() -> int:
    """Rows of the ledger."""
    with database.reading() as session:
        return session.scalar(select(func.count()).select_from(Message)) or 0
