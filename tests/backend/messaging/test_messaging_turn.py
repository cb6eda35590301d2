"""Receiving, answering and delivering: nothing lost, nothing twice, in order."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import func, select, update

from backend import clock, database
from backend.messaging import delivery, ledger, policy, service, turn, wording
from backend.messaging.channels import Choice, Rejected, Reply, Sent, TryLater, Undecided
from backend.messaging.models import Conversation, Message, Owner, Status
from tests.builders import messaging as make

pytestmark = pytest.mark.usefixtures("database")


@pytest.fixture
def house(monkeypatch):
    return make.install(monkeypatch)


def outbound(status: str | None = None) -> list[Message]:
    with database.reading() as session:
        query = select(Message).where(Message.direction == "out").order_by(Message.id)
        return [m for m in session.scalars(query) if status is None or m.status == status]


def test_a_message_is_answered_once_and_delivered(house):
    channel, _ = house
    received = make.text("xin chào")
    make.work()
    assert channel.bodies == ["đã nghe: xin chào"]
    assert make.row(received.message_id).status == Status.ANSWERED
    assert [m.status for m in outbound()] == [Status.SENT]


def test_the_same_message_twice_changes_nothing(house):
    channel, scripted = house
    first, second = make.text("a", id="SM-same"), make.text("a", id="SM-same")
    make.work()
    assert second == service.Received(first.message_id, first.conversation_id, duplicate=True)
    assert channel.bodies == ["đã nghe: a"]
    assert scripted.asked == ["a"]


def test_the_same_message_many_times_at_once_is_one_row(house):
    with ThreadPoolExecutor(8) as threads:
        received = list(threads.map(lambda _: make.text("a", id="SM-same"), range(16)))
    assert sum(not r.duplicate for r in received) == 1
    assert len({r.message_id for r in received}) == 1


def test_messages_of_one_conversation_are_answered_in_order(house):
    channel, _ = house
    for words in "một", "hai ba", "bốn năm":
        make.text(words)
    make.work()
    assert channel.bodies == ["đã nghe: một", "đã nghe: hai ba", "đã nghe: bốn năm"]


def test_two_workers_on_one_conversation_answer_once(house):
    _channel, scripted = house
    received = make.text("a")
    inner: list[turn.Outcome] = []
    scripted.during = lambda: inner.append(turn.run(received.conversation_id))
    outer = turn.run(received.conversation_id)
    assert inner == [turn.Outcome()]
    assert len(outer.deliver) == 1
    assert len(outbound()) == 1


def test_a_worker_killed_in_the_middle_of_a_turn_loses_nothing(house):
    channel, scripted = house

    class Killed(BaseException):
        pass

    def die():
        scripted.during = lambda: None
        raise Killed

    scripted.during = die
    received = make.text("a")
    with pytest.raises(Killed):
        make.work()
    assert make.row(received.message_id).status == Status.RECEIVED
    with clock.stopped_at(clock.now() + timedelta(minutes=2)):
        make.sweep()
        make.work()
        make.sweep()
        make.work()
    assert channel.bodies == ["đã nghe: a"]
    assert scripted.asked == ["a"]  # the assistant was asked twice but moved once


def test_a_lost_wake_up_is_found_by_the_sweep(house):
    channel, _ = house
    make.text("a")
    make.queue().storage.flush_all()
    make.sweep()
    make.work()
    assert channel.bodies == []  # too young: its wake-up may be on its way
    with clock.stopped_at(clock.now() + timedelta(minutes=1)):
        make.sweep()
        make.work()
    assert channel.bodies == ["đã nghe: a"]


def test_assistant_down_is_told_once_and_answered_when_it_is_back(house):
    channel, scripted = house
    scripted.down = True
    make.text("câu một")
    make.text("câu hai")
    make.work()
    assert channel.bodies == [wording.ASSISTANT_DOWN]
    scripted.down = False
    with clock.stopped_at(clock.now() + timedelta(minutes=2)):
        make.sweep()
        make.work()
    assert channel.bodies == [wording.ASSISTANT_DOWN, "đã nghe: câu một", "đã nghe: câu hai"]
    scripted.down = True
    make.text("câu ba")
    make.work()
    assert channel.bodies[-1] == wording.ASSISTANT_DOWN  # a new outage is told again


def test_commands_are_answered_while_the_assistant_is_down(house):
    import backend.messaging.housekeeping  # noqa: F401

    channel, scripted = house
    scripted.down = True
    make.text("câu hỏi")
    make.text("TRO GIUP")
    make.work()
    assert channel.bodies == [wording.ASSISTANT_DOWN, wording.HELP]


def test_a_reply_made_under_an_older_owner_is_kept_but_never_sent(house):
    channel, scripted = house
    received = make.text("a")
    scripted.during = lambda: service.hand_over(received.conversation_id, Owner.OFFICER)
    make.work()
    assert channel.bodies == []
    assert [m.status for m in outbound()] == [Status.SUPPRESSED]


def test_the_assistant_is_silent_while_an_officer_owns_the_conversation(house):
    channel, scripted = house
    first = make.text("a")
    make.work()
    service.hand_over(first.conversation_id, Owner.OFFICER)
    second = make.text("b")
    make.work()
    assert scripted.asked == ["a"]
    assert make.row(second.message_id).status == Status.FOR_OFFICER
    service.hand_over(first.conversation_id, Owner.ASSISTANT)
    make.text("c")
    make.work()
    assert channel.bodies == ["đã nghe: a", "đã nghe: c"]


@pytest.mark.parametrize("pick", ["2", "hai", "Hai", "số 2", "đổi bằng lái", "DOI BANG LAI", "chọn 2"])
def test_a_number_a_word_or_the_title_picks_a_choice(house, pick):
    _, scripted = house
    choices = (Choice("Cấp lại bằng lái", "/x{1}"), Choice("Đổi bằng lái", "/x{2}"))
    scripted.answer = lambda text: [Reply("Việc nào ạ?", choices)] if text == "bằng lái" else [Reply("ok")]
    make.text("bằng lái")
    make.work()
    make.text(pick)
    make.work()
    assert scripted.asked == ["bằng lái", "/x{2}"]


def test_a_number_without_an_open_offer_is_just_text(house):
    _, scripted = house
    make.text("2")
    make.work()
    assert scripted.asked == ["2"]


def test_only_the_last_message_offers(house):
    _, scripted = house
    scripted.answer = lambda text: [Reply("?", (Choice("A", "/a"),))] if text == "hỏi" else [Reply("ok")]
    make.text("hỏi")
    make.work()
    make.text("chuyện khác")
    make.work()
    make.text("1")
    make.work()
    assert scripted.asked == ["hỏi", "chuyện khác", "1"]


def test_a_button_token_counts_only_in_its_own_conversation(house):
    _, scripted = house
    scripted.answer = lambda text: [Reply("?", (Choice("A", "/secret"),))]
    make.text("hỏi")
    make.work()
    token = outbound()[0].offered[0]["token"]
    make.text("", token=token, address="+84900000002")
    make.work()
    assert scripted.asked == ["hỏi"]  # for the stranger it is an empty message
    make.text("", token=token)
    make.work()
    assert scripted.asked == ["hỏi", "/secret"]


def test_the_payload_never_leaves_the_house(house):
    channel, scripted = house
    scripted.answer = lambda text: [Reply("?", (Choice("A", "/secret_intent"),))]
    received = make.text("hỏi")
    make.work()
    seen = repr(channel.sent) + repr(service.history(received.conversation_id))
    assert "secret_intent" not in seen


def test_an_empty_message_is_answered_without_asking_the_assistant(house):
    channel, scripted = house
    make.text(" \u200b \ufeff ")
    make.work()
    assert channel.bodies == [wording.UNREADABLE]
    assert scripted.asked == []


def test_what_does_not_fit_waits_for_tiep_theo(house):
    import backend.messaging.housekeeping  # noqa: F401

    channel, scripted = house
    channel.page = 10
    scripted.answer = lambda _: [Reply("0123456789abcdefghijXYZ")]
    for words in "dài", "tiep theo", "TIẾP THEO", "tiep theo":
        make.text(words)
        make.work()
    assert channel.bodies[:3] == ["0123456789", "abcdefghij", "XYZ"]
    assert channel.bodies[3].startswith(wording.NO_REST[:10])


def test_a_passing_fault_is_tried_again_later(house):
    channel, _ = house
    channel.fails = [TryLater("busy", after_seconds=40)]
    make.text("a")
    make.work()
    assert channel.bodies == []
    assert outbound(Status.QUEUED)
    with clock.stopped_at(clock.now() + timedelta(seconds=41)):
        delivery.deliver(outbound()[0].id)
    assert channel.bodies == ["đã nghe: a"]


def test_a_rejected_message_fails_and_lets_the_next_one_through(house):
    channel, _ = house
    channel.fails = [Rejected("opted out", "21610")]
    make.text("a")
    make.text("b")
    make.work()
    assert [(m.status, m.error_code) for m in outbound()] == [(Status.FAILED, "21610"), (Status.SENT, "")]


@pytest.mark.parametrize("taken", [True, False])
def test_a_time_out_is_looked_up_before_it_is_sent_again(house, taken):
    channel, _ = house
    channel.fails, channel.takes_before_failing = [Undecided("timeout")], taken
    make.text("a")
    make.work()
    with clock.stopped_at(clock.now() + timedelta(minutes=1)):
        make.sweep()
        make.work()
    assert channel.bodies == ["đã nghe: a"]
    assert [m.status for m in outbound()] == [Status.SENT]


def test_a_later_message_never_overtakes_an_earlier_one(house):
    channel, _ = house
    channel.fails = [TryLater("busy")]
    make.text("a")
    make.text("b")
    make.work()
    assert channel.bodies == []
    with clock.stopped_at(clock.now() + timedelta(minutes=1)):
        make.sweep()
        make.work()
    assert channel.bodies == ["đã nghe: a", "đã nghe: b"]


def test_delivery_gives_up_in_the_end(house):
    channel, _ = house
    make.text("a")
    channel.fails = [TryLater("busy")] * 60
    make.work()
    message = outbound()[0]
    moment = clock.now()
    for _ in range(60):
        moment += timedelta(minutes=6)
        with clock.stopped_at(moment):
            delivery.deliver(message.id)
    assert make.row(message.id).status == Status.FAILED
    assert make.row(message.id).attempts == 48


def test_receipts_only_move_forward(house):
    make.text("a")
    make.work()
    message = outbound()[0]
    assert service.record_receipt("sms", message.provider_message_id, Status.DELIVERED)
    assert not service.record_receipt("sms", message.provider_message_id, Status.SENT)
    assert not service.record_receipt("sms", message.provider_message_id, Status.FAILED)
    assert not service.record_receipt("sms", "unknown", Status.SENT)
    assert make.row(message.id).status == Status.DELIVERED


def test_history_shows_what_the_citizen_saw(house):
    received = make.text("a")
    make.work()
    entries = service.history(received.conversation_id)
    assert [(e.direction, e.text) for e in entries] == [("in", "a"), ("out", "đã nghe: a")]
    assert [e.text for e in service.history(received.conversation_id, after=entries[0].id)] == ["đã nghe: a"]


def test_a_fault_in_a_command_is_told_and_does_not_block(house, monkeypatch):
    from backend.messaging import keywords

    def broken(_context, _text):
        raise RuntimeError("bug")

    channel, _ = house
    monkeypatch.setattr(keywords, "answer", broken)
    make.text("a")
    make.work()
    assert channel.bodies == [wording.FAULT]


def test_an_expired_lease_is_taken_over(house):
    received = make.text("a")
    with database.transaction() as session:
        assert ledger.claim_turn(session, received.conversation_id, "first", 20)
        assert not ledger.claim_turn(session, received.conversation_id, "second", 20)
    with clock.stopped_at(clock.now() + timedelta(seconds=21)), database.transaction() as session:
        assert ledger.claim_turn(session, received.conversation_id, "second", 20)


def test_ten_thousand_characters_are_cut_not_refused(house):
    _channel, scripted = house
    make.text("a" * 10_000)
    make.work()
    assert [len(asked) for asked in scripted.asked] == [policy.MAX_TEXT]


def test_nothing_is_woken_when_the_transaction_rolls_back(house):
    with pytest.raises(RuntimeError), database.transaction() as session:
        make.text("a")
        session.execute(update(Conversation).values(owner="x"))
        raise RuntimeError
    assert make.work() == 0
    with database.reading() as session:
        assert session.scalar(select(func.count()).select_from(Message)) == 0


def test_the_offer_stays_open_while_the_citizen_reads_on(house):
    import backend.messaging.housekeeping  # noqa: F401

    channel, scripted = house
    channel.page = 10
    choices = (Choice("Lệ phí", "/fee"), Choice("Nơi nộp", "/place"))
    scripted.answer = lambda text: [Reply("0123456789abcdefghijXYZ", choices)] if text == "dài" else [Reply("ok")]
    for words in "dài", "tiep theo", "tiep theo", "2":
        make.text(words)
        make.work()
    assert scripted.asked == ["dài", "/place"]


def test_a_receipt_that_is_faster_than_our_note_counts(house):
    channel, _ = house
    original = channel.send

    def send(outgoing):
        sent = original(outgoing)
        assert not service.record_receipt("sms", sent.provider_message_id, Status.DELIVERED)
        return sent

    channel.send = send
    make.text("a")
    make.work()
    assert [m.status for m in outbound()] == [Status.DELIVERED]
    make.sweep()


def test_the_same_words_twice_are_two_messages_at_the_provider(house):
    """The provider's search finds the first of two equal texts; it must not stand for the second, too."""
    channel, scripted = house
    scripted.answer = lambda _: [Reply("cùng một câu")]
    make.text("a")
    make.work()
    first = outbound()[0]
    channel.find = lambda outgoing: Sent(first.provider_message_id, "recording")
    channel.fails = [Undecided("timeout")]
    make.text("b")
    make.work()
    with clock.stopped_at(clock.now() + timedelta(minutes=1)):
        make.sweep()
        make.work()
    assert [m.status for m in outbound()] == [Status.SENT, Status.SENT]
    assert len({m.provider_message_id for m in outbound()}) == 2
