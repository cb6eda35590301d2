"""Whatever happens in whatever order: no reply of the assistant leaves after an officer took over, no message is lost.

Hypothesis chooses the order of citizen's messages, turns (also one that is overtaken in its middle), deliveries that
fail and are tried again, takeovers, answers and hand-backs by two officers. `INTERLEAVINGS` sets how many orders.
"""

import os
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, select

import backend.inbox.listening  # noqa: F401
from backend import clock, database
from backend.errors import Conflict
from backend.inbox import answering, cases, service
from backend.inbox.models import Case, CaseEvent, Draft, Escalation, Presence
from backend.messaging import delivery, ledger, tasks, turn
from backend.messaging import service as messaging
from backend.messaging.channels import Rejected, TryLater, Undecided
from backend.messaging.models import ChoiceToken, Conversation, Direction, Message, Owner, Status
from backend.organisation import service as organisation
from backend.organisation.models import Role
from tests.builders import messaging as make
from tests.builders.dossiers import OWNER, make_house
from tests.builders.organisation import make_officer

ORDERS = int(os.environ.get("INTERLEAVINGS", "200"))
STEPS = st.lists(
    st.sampled_from(
        ["write", "write", "turn", "turn", "overtaken turn", "deliver", "deliver", "fail", "lose", "refuse",
         "down", "take a", "take b", "answer a", "answer b", "give back", "notice"]
    ),
    min_size=6, max_size=16,
)  # fmt: skip


class Watched(make.RecordingChannel):
    """Notes, at each send, whether it was a stale reply of the assistant."""

    def __init__(self) -> None:
        super().__init__()
        self.slipped: list[str] = []

    def send(self, outgoing):
        row = make.row(outgoing.id)
        conversation = messaging.view(outgoing.conversation_id)
        if row.reply_to_id is not None and (row.epoch != conversation.epoch or conversation.owner == Owner.OFFICER):
            self.slipped.append(outgoing.body)
        return super().send(outgoing)


class Play:
    """One order of things, on one conversation."""

    def __init__(self, channel, scripted, crew) -> None:
        self.channel, self.scripted, self.crew = channel, scripted, crew
        received = make.text("xin chào", address=OWNER)
        self.conversation, self.written = received.conversation_id, [received.message_id]
        service.escalate(self.conversation, "asked", "xin chào", received.message_id)
        self.case = service.waiting()[0].id
        self.now = clock.now()
        self.answers = 0

    def step(self, name: str) -> None:
        self.now += timedelta(seconds=400)  # whatever was to be tried again is due
        with clock.stopped_at(self.now):
            getattr(self, "do_" + name.split()[0])(*name.split()[1:])

    def do_write(self) -> None:
        self.written.append(make.text(f"tin {len(self.written)}", address=OWNER).message_id)

    def do_turn(self) -> None:
        turn.run(self.conversation)

    def do_overtaken(self, _turn: str) -> None:
        self.scripted.during = lambda: self._try(cases.take, self.crew[0])
        self.do_turn()
        self.scripted.during = lambda: None

    def do_deliver(self) -> None:
        with database.reading() as session:
            waiting = select(Message.id).where(Message.status.in_(Status.WAITS_FOR_DELIVERY)).order_by(Message.id)
            number = session.scalars(waiting.limit(1)).first()
        if number is not None:
            delivery.deliver(number)

    def do_fail(self) -> None:
        self.channel.fails = [TryLater("busy")]
        self.do_deliver()
        self.channel.fails = []

    def do_lose(self) -> None:
        self.channel.fails = [Undecided("no answer")]
        self.do_deliver()
        self.channel.fails = []

    def do_refuse(self) -> None:
        self.channel.fails = [Rejected("no", "1")]
        self.do_deliver()
        self.channel.fails = []

    def do_down(self) -> None:
        self.scripted.down = True
        self.do_turn()
        self.scripted.down = False

    def do_take(self, who: str) -> None:
        self._try(cases.take, self.crew[who == "b"])

    def do_answer(self, who: str) -> None:
        self.answers += 1
        self._try(answering.answer, self.crew[who == "b"], f"cán bộ {self.answers}", key=f"k{self.answers}")

    def do_give(self, _back: str) -> None:
        for officer in self.crew:
            self._try(cases.give_back, officer, finished=False)

    def do_notice(self) -> None:
        messaging.say(self.conversation, make.Reply("Hồ sơ đã có kết quả"))

    def _try(self, call, officer, *arguments, **options) -> None:
        """What a colleague has already is refused; nothing else may go wrong."""
        try:
            call(self.case, officer, *arguments, **options)
        except Conflict:
            return

    def finish(self) -> None:
        """Everything that waits is worked off, as the sweep would."""
        for _ in range(3):  # a turn that found the assistant down is asked again
            self.step("turn")
        while self._unsent():
            self.step("deliver")

    def _unsent(self) -> bool:
        with clock.stopped_at(self.now + timedelta(hours=1)), database.reading() as session:
            return bool(ledger.forgotten_deliveries(session, self.now + timedelta(hours=1), limit=1))

    def check(self) -> None:
        assert self.channel.slipped == []
        owner = messaging.view(self.conversation).owner
        with database.reading() as session:
            rows = session.scalars(select(Message).where(Message.conversation_id == self.conversation)).all()
        inbound = {row.id: row for row in rows if row.direction == Direction.IN}
        assert sorted(inbound) == self.written, "nothing that came is lost"
        answered = {row.reply_to_id for row in rows if row.direction == Direction.OUT}
        for row in inbound.values():
            assert row.status in (Status.ANSWERED, Status.FOR_OFFICER), f"{row.text} waits for ever ({owner})"
            assert row.status == Status.FOR_OFFICER or row.id in answered
        assert not [row for row in rows if row.status in Status.WAITS_FOR_DELIVERY]
        sent = [one.id for one in self.channel.sent]
        assert len(sent) == len(set(sent)), "nothing is sent twice"
        said = [row for row in rows if row.direction == Direction.OUT and row.reply_to_id is None]
        assert all(row.status in (Status.SENT, Status.FAILED) for row in said), "what was said unasked goes out"


@pytest.fixture
def crew(database):
    agency = make_house("H15.901", "Trung tâm tổng đài")
    roles = {"role": Role.HOTLINE_OPERATOR, "agency_id": agency, "password": None}
    return [organisation.officer(make_officer(name=name, **roles)) for name in ("Lan", "Minh")]


def test_no_reply_slips_through_and_nothing_is_lost(crew, request):
    on_sqlite = request.node.callspec.params["database"] == "sqlite"
    orders = settings(
        max_examples=ORDERS if on_sqlite else ORDERS // 10,  # the rules are the same, locking is tested elsewhere
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    orders(given(order=STEPS)(lambda order: _play(crew, order)))()


def _play(crew, order):
    with pytest.MonkeyPatch.context() as patch:
        channel, scripted = make.install(patch, Watched())
        for wake_up in ("run_turn", "deliver"):  # they come when the order says, not at once
            patch.setattr(tasks, wake_up, lambda _id: None)
        _clear()
        play = Play(channel, scripted, crew)
        for name in order:
            play.step(name)
        play.finish()
        play.check()


def _clear() -> None:
    """The conversation of the order before."""
    with database.transaction() as session:
        for table in (Draft, Presence, CaseEvent, Escalation, Case, ChoiceToken):
            session.execute(delete(table))
        session.execute(Message.__table__.update().values(reply_to_id=None))
        session.execute(delete(Message))
        session.execute(delete(Conversation))
