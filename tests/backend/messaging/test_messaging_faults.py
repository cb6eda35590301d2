"""Faults of ours, of the queue and of timing: none of them may lose, double or block messages."""

import threading
from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from backend import clock, database
from backend.errors import InvalidInput, Unavailable
from backend.messaging import assistant, delivery, housekeeping, ledger, policy, receipts, service, turn, wording
from backend.messaging.channels import Choice, Rejected, Reply, TryLater
from backend.messaging.models import TITLE_LENGTH, ChoiceToken, Message, Owner, Status
from tests.builders import messaging as make

pytestmark = pytest.mark.usefixtures("database")
assert housekeeping  # registers TRO GIUP


@pytest.fixture
def house(monkeypatch):
    return make.install(monkeypatch)


@pytest.fixture
def two_at_once(request):
    """SQLite lets one write at a time, so that what is tried here cannot happen there."""
    if request.getfixturevalue("database").dialect.name == "sqlite":
        pytest.skip("only where two transactions write at the same time")


def outbound() -> list[Message]:
    with database.reading() as session:
        return list(session.scalars(select(Message).where(Message.direction == "out").order_by(Message.id)))


def later(minutes: float = 2):
    return clock.stopped_at(clock.now() + timedelta(minutes=minutes))


def meanwhile(act: Callable[[], object]) -> None:
    """What another process does right now, from beginning to end."""
    thread = threading.Thread(target=act)
    thread.start()
    thread.join()


def test_a_queue_that_is_down_does_not_refuse_a_message(house, monkeypatch):
    channel, _ = house

    def down(_task):
        raise ConnectionError("redis is down")

    with monkeypatch.context() as outage:
        outage.setattr(make.queue(), "enqueue", down)
        received = make.text("a")
    assert make.row(received.message_id).status == Status.RECEIVED
    with later():
        make.sweep()
        make.work()
    assert channel.bodies == ["đã nghe: a"]


@pytest.mark.parametrize("error", [TryLater("at last"), Rejected("at last", "1"), ValueError("at last")])
def test_a_worker_that_was_too_slow_does_not_undo_what_the_next_one_did(house, error):
    channel, _ = house
    quick = channel.send

    def slow(outgoing):
        channel.send = quick
        with later():
            delivery.deliver(outgoing.id)  # our lease is over: another worker takes the message and sends it
        raise error

    channel.send = slow
    make.text("a")
    make.work()
    assert [m.status for m in outbound()] == [Status.SENT]
    with later(10):
        make.sweep()
        make.work()
    assert channel.bodies == ["đã nghe: a"]


def test_a_fault_in_a_channel_is_tried_again_and_given_up_in_the_end(house):
    channel, _ = house
    channel.fails = [ValueError("bug")] * 100
    make.text("a")
    make.work()
    message = outbound()[0]
    assert (message.status, message.error_code) == (Status.SENDING, "Undecided")
    moment = clock.now()
    for _ in range(60):
        moment += timedelta(minutes=6)
        with clock.stopped_at(moment):
            delivery.deliver(message.id)
    assert (make.row(message.id).status, make.row(message.id).attempts) == (Status.FAILED, 48)


def test_a_fault_in_a_turn_is_told_and_blocks_nothing(house):
    channel, _ = house
    render = channel.render

    def broken(reply, *, accents):
        if "độc" in reply.text:
            raise ValueError("bug")
        return render(reply, accents=accents)

    channel.render = broken
    for words in "thuốc độc", "TRO GIUP", "sau đó":
        make.text(words)
    make.work()
    assert channel.bodies == [wording.FAULT, wording.HELP, "đã nghe: sau đó"]


def test_a_question_that_the_assistant_calls_malformed_blocks_nothing(house, monkeypatch):
    channel, scripted = house

    def ask(*, text, **question):
        if text == "hỏng":
            raise InvalidInput
        return scripted.ask(text=text, **question)

    monkeypatch.setattr(assistant, "ask", ask)
    make.text("hỏng")
    make.text("lành")
    make.work()
    assert channel.bodies == [wording.FAULT, "đã nghe: lành"]


def test_an_outage_is_told_once_whatever_else_is_answered_meanwhile(house):
    channel, scripted = house
    scripted.down = True
    for words in "câu một", "TRO GIUP", "\u200b", "câu hai":
        make.text(words)
        make.work()
    assert channel.bodies == [wording.ASSISTANT_DOWN, wording.HELP, wording.UNREADABLE]


def test_a_long_title_is_no_reason_not_to_answer(house):
    channel, scripted = house
    scripted.answer = lambda _: [Reply("Việc nào ạ?", (Choice("x" * 250, "/a"),))]
    make.text("a")
    make.work()
    assert len(channel.bodies) == 1
    with database.reading() as session:
        assert [len(title) for title in session.scalars(select(ChoiceToken.title))] == [TITLE_LENGTH]


def test_a_takeover_suppresses_the_replies_that_still_wait(house):
    channel, _ = house
    received = make.text("a")
    turn.run(received.conversation_id)
    service.say(received.conversation_id, Reply("tin báo"))
    service.hand_over(received.conversation_id, Owner.OFFICER)
    make.work()
    assert channel.bodies == ["tin báo"]
    assert [m.status for m in outbound()] == [Status.SUPPRESSED, Status.SENT]


@pytest.mark.usefixtures("two_at_once")
def test_a_receipt_written_while_its_message_is_counts(house, monkeypatch):
    look = receipts.take_early

    def look_too_early(session, channel, provider_message_ids):
        found = look(session, channel, provider_message_ids)
        meanwhile(lambda: service.record_receipt(channel, provider_message_ids[0], Status.DELIVERED))
        return found

    monkeypatch.setattr(receipts, "take_early", look_too_early)
    make.text("a")
    make.work()
    assert [m.status for m in outbound()] == [Status.SENT]
    make.sweep()
    assert [m.status for m in outbound()] == [Status.DELIVERED]


@pytest.mark.usefixtures("two_at_once")
def test_a_message_queued_while_the_one_before_is_being_noted_does_not_wait_for_the_sweep(house, monkeypatch):
    channel, _ = house
    received = make.text("a")
    look = ledger.next_in_line
    in_between = [lambda: delivery.deliver(service.say(received.conversation_id, Reply("tin báo")))]

    def look_too_early(session, conversation_ids):
        found = look(session, conversation_ids)
        if in_between:
            meanwhile(in_between.pop())
        return found

    monkeypatch.setattr(ledger, "next_in_line", look_too_early)
    make.work()
    assert channel.bodies == ["đã nghe: a", "tin báo"]


def test_a_message_the_assistant_never_manages_does_not_silence_its_conversation(database, monkeypatch):
    channel, scripted = make.install(monkeypatch)
    normal = scripted.ask

    def ask(**question):
        if question["text"] == "câu hỏng":
            raise Unavailable
        return normal(**question)

    monkeypatch.setattr(assistant, "ask", ask)
    make.text("câu hỏng")
    make.work()
    moment = clock.now()
    for _ in range(policy.HOPELESS_ATTEMPTS + 1):
        moment += timedelta(minutes=1)
        with clock.stopped_at(moment):
            make.sweep()
            make.work()
    assert wording.FAULT not in channel.bodies, "nobody else was answered: it may be an outage"
    with clock.stopped_at(moment + timedelta(minutes=1)):
        make.text("câu lành", address="+84900000009")
        make.work()
    with clock.stopped_at(moment + timedelta(minutes=3)):
        make.sweep()
        make.work()
    assert channel.bodies[-1] == wording.FAULT


def test_a_provider_that_is_down_does_not_keep_the_sweep_from_what_is_lost_elsewhere(house):
    """What waits behind a message that waits itself needs no wake-up, and there may be a thousand of them."""
    channel, _ = house
    stuck, other = (service.conversation_with("sms", address) for address in ("+84900000001", "+84900000002"))
    channel.fails = [TryLater("down", 3_600)]
    for words in ("a", "b", "c"):
        service.say(stuck, Reply(words))
    make.work()
    lost = service.say(other, Reply("tin báo"))
    make.queue().storage.flush_all()
    with later(), database.reading() as session:
        assert ledger.forgotten_deliveries(session, clock.now(), limit=2) == [lost]


def test_of_a_database_that_was_away_for_a_moment_the_citizen_hears_nothing(house, monkeypatch):
    channel, _ = house
    complete, faults = turn._complete, [OperationalError("COMMIT", None, Exception("connection lost"))]

    def away_once(*args):
        if faults:
            raise faults.pop()
        return complete(*args)

    monkeypatch.setattr(turn, "_complete", away_once)
    make.text("TRO GIUP")
    make.work()
    with later():
        make.sweep()
        make.work()
    assert channel.bodies == [wording.HELP]


@pytest.mark.parametrize("moment", ["before", "after"])
@pytest.mark.usefixtures("two_at_once")
def test_a_message_survives_a_connection_that_breaks_before_or_after_its_commit(house, monkeypatch, moment):
    """Twilio tells us once, whatever we answer."""
    channel, _ = house
    commit, faults = Session.commit, [moment]

    def breaking(session):
        if not faults:
            return commit(session)
        if faults.pop() == "after":
            commit(session)
        return session.execute(text("SELECT pg_terminate_backend(pg_backend_pid())"))

    monkeypatch.setattr(Session, "commit", breaking)
    received = make.text("a", id="SM1")
    assert (received.duplicate, faults) == (moment == "after", [])
    with later():
        make.sweep()
        make.work()
    assert channel.bodies == ["đã nghe: a"]
