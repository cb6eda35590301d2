"""Runs the scripted dialogues of `tests/dialogue` against the real processes, by SMS or web chat.

A file is one behaviour, its name the sentence:

    channel: sms            # or web
    phone: "0900000001"     # sms: somebody who owns one demo dossier of each kind; each run gets a number of its own
    neighbour: PA đèn hỏng …  # what somebody else had texted before, where it matters
    turns:
      - citizen: làm giấy khai sinh cần gì    # or `pick: 2` / `pick: Lệ phí`, a choice of the last answer
        answer_has: [giấy chứng sinh]         # all of these, compared unaccented and without case
        answer_lacks: [lỗi]
      - officers_answer: Đã thay bóng.          # every open report; then what the citizen is told of it
"""

import itertools
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import yaml
from itsdangerous import URLSafeTimedSerializer
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from backend.complaints.models import Complaint
from backend.complaints.policy import OPEN, State
from backend.dossiers import demo
from backend.dossiers.models import Dossier
from backend.messaging import channels
from backend.text import fold, phone_number
from chat_gateway.web_chat.channel import WebChannel
from chat_gateway.web_chat.visitor import COOKIE, SALT
from sms_gateway.channel import SmsChannel
from tests.builders.complaints import answer_report
from tests.end_to_end.stack import SECRET_KEY, Stack, wait_for

FOLDER = Path(__file__).resolve().parents[1] / "dialogue"
_people = itertools.count(1_000)
ANSWER_SECONDS = 20
TOLD_SECONDS = 40
"""The worker looks for what others have put into its outbox every ten seconds."""


@dataclass
class Exchange:
    """One turn as it went: what the citizen wrote, what came back, what could be picked next."""

    citizen: str
    answer: str
    choices: list[str] = field(default_factory=list)


@dataclass
class SmsCitizen:
    """Texts the hotline. Choices are the numbered lines of the answer."""

    stack: Stack
    phone: str
    last: str = ""

    def say(self, words: str) -> Exchange:
        self.last = self.stack.text(self.phone, words, ANSWER_SECONDS)
        return Exchange(words, self.last)

    def hear(self, why: str) -> Exchange:
        """What is told without being asked for."""
        known = len(self.stack.sent_sms(self.phone))
        self.last = wait_for(lambda: self.stack.sent_sms(self.phone)[known:], TOLD_SECONDS, f"nothing said: {why}")[0]
        return Exchange(why, self.last)

    def pick(self, wanted: str | int) -> Exchange:
        """A number is texted as it is; part of a title is looked up among the numbered lines of the last answer."""
        if isinstance(wanted, str):
            lines = [line.split(". ", 1) for line in self.last.splitlines() if line[:1].isdigit() and ". " in line]
            wanted = next(int(number) for number, title in lines if fold(wanted) in fold(title))
        return self.say(str(wanted))


class WebCitizen:
    """Writes in the web chat with a cookie of its own."""

    def __init__(self, stack: Stack) -> None:
        self.stack = stack
        base = f"http://127.0.0.1:{stack.ports['chat']}"
        self._client = httpx.Client(
            base_url=base, timeout=30, verify=False, headers={"Origin": base, "X-Mot-Cua-Chat": "1"}
        )
        self._client.get("/chat").raise_for_status()
        self._last = 0
        self._offered: list[dict[str, str]] = []

    @property
    def address(self) -> str:
        """As the channel knows them: the key in the cookie that the page gave."""
        signer = URLSafeTimedSerializer(SECRET_KEY, salt=SALT)
        return str(signer.loads(self._client.cookies[COOKIE]))

    def say(self, words: str) -> Exchange:
        return self._send(words, {"text": words})

    def hear(self, why: str) -> Exchange:
        """What is told without being asked for."""
        told = wait_for(self._next_answer, TOLD_SECONDS, f"nothing said: {why}")
        self._offered = told["choices"]
        return Exchange(why, _in_words(told), [choice["title"] for choice in self._offered])

    def pick(self, wanted: str | int) -> Exchange:
        titles = [choice["title"] for choice in self._offered]
        numbers = (n for n, title in enumerate(titles) if fold(str(wanted)) in fold(title))
        index = wanted - 1 if isinstance(wanted, int) else next(numbers)
        return self._send(titles[index], {"token": self._offered[index]["token"]})

    def _send(self, shown: str, body: dict[str, str]) -> Exchange:
        self._client.post("/chat/messages", json={"id": str(uuid.uuid4()), **body}).raise_for_status()
        answer = wait_for(self._next_answer, ANSWER_SECONDS, f"no answer to {shown!r}")
        self._offered = answer["choices"]
        return Exchange(shown, _in_words(answer), [choice["title"] for choice in self._offered])

    def _next_answer(self) -> dict[str, Any] | None:
        page = self._client.get("/chat/messages", params={"after": self._last}).raise_for_status().json()
        for message in page["messages"]:
            self._last = max(self._last, message["id"])
            if message["direction"] == "out":
                return dict(message)
        return None


def _in_words(answer: dict[str, Any]) -> str:
    """All that the page shows of an answer, but its choices."""
    card = [answer["card"]["title"], *answer["card"]["lines"]] if answer["card"] else []
    links = [f"{link['title']}: {link['url']}" for link in answer["links"]]
    return "\n".join(part for part in (answer["text"], *card, *links) if part)


def scripts() -> list[Path]:
    """All dialogue files, by name."""
    return sorted(FOLDER.glob("*.yml"))


def load(path: Path) -> dict[str, Any]:
    """A dialogue file. The placeholders `{dossier:kind}` are still in it."""
    script: dict[str, Any] = yaml.safe_load(path.read_text("utf-8"))
    return script


def new_citizen(stack: Stack, script: dict[str, Any]) -> tuple[SmsCitizen | WebCitizen, dict[str, str]]:
    """A citizen nobody has talked to yet, and the dossier codes for the placeholders."""
    with stack.database() as session:
        end_reports(session)
        person, other = next(_people), next(_people)
        codes = seeded(session, person) if script.get("phone") else {}
        codes["other"] = demo.seed_person(other)["processing"] if "{dossier:other}" in str(script) else ""
    if script.get("neighbour"):
        SmsCitizen(stack, _number(next(_people))).say(script["neighbour"])
    if script["channel"] == "web":
        return WebCitizen(stack), codes
    return SmsCitizen(stack, _number(person)), codes


def _number(person: int) -> str:
    number = phone_number(demo.phone(person))
    assert number is not None
    return number


def seeded(session: Session, person: int) -> dict[str, str]:
    """One demo dossier of each kind for this person, by kind, of which no notice comes between their words."""
    codes = demo.seed_person(person)
    session.execute(update(Dossier).where(Dossier.code.in_(codes.values())).values(look_at=None))
    return codes


def end_reports(session: Session) -> None:
    """Whatever earlier scripts reported is over; else the next citizen would be asked whether it is the same thing."""
    session.execute(update(Complaint).where(Complaint.state.in_(OPEN)).values(state=State.WITHDRAWN))


def filled(text: str, codes: dict[str, str]) -> str:
    """`text` with its placeholders replaced; `{dossier:late:tail}` is the last part of a code alone."""
    for kind, code in codes.items():
        text = text.replace(f"{{dossier:{kind}}}", code).replace(f"{{dossier:{kind}:tail}}", code.rsplit("-", 1)[-1])
    return text


def play(stack: Stack, script: dict[str, Any]) -> Iterator[tuple[Exchange, dict[str, Any]]]:
    """Run a dialogue, giving each turn with what was expected of it, placeholders filled."""
    citizen, codes = new_citizen(stack, script)
    yield from turns(citizen, script, codes)


def turns(citizen: Any, script: dict[str, Any], codes: dict[str, str]) -> Iterator[tuple[Exchange, dict[str, Any]]]:
    """The same with a citizen of any channel (`conversations.Citizen`)."""
    for turn in script["turns"]:
        exchange = _exchange(citizen, turn, codes)
        expected = {
            key: [filled(str(part), codes) for part in turn.get(key, [])] for key in ("answer_has", "answer_lacks")
        }
        yield exchange, expected


def _exchange(citizen: Any, turn: dict[str, Any], codes: dict[str, str]) -> Exchange:
    if "officers_answer" in turn:
        _answer_reports(citizen.stack, turn["officers_answer"])
        return citizen.hear(f"(officers answer: {turn['officers_answer']})")
    words = turn.get("pick", turn.get("citizen"))
    words = filled(words, codes) if isinstance(words, str) else words
    return citizen.pick(words) if "pick" in turn else citizen.say(words)


def _answer_reports(stack: Stack, words: str) -> None:
    """The house answers every open report, each by those whose work it is."""
    channels.register(SmsChannel())
    channels.register(WebChannel())
    with stack.database() as session:
        for report in session.scalars(select(Complaint.id).where(Complaint.state.in_(OPEN))).all():
            answer_report(report, words)


def mistakes(exchange: Exchange, expected: dict[str, Any]) -> list[str]:
    """What is wrong with an answer, in words; empty when it is as expected."""
    answer = fold(" ".join([exchange.answer, *exchange.choices]))
    return [f"lacks {part!r}" for part in expected["answer_has"] if fold(part) not in answer] + [
        f"has {part!r}" for part in expected["answer_lacks"] if fold(part) in answer
    ]
