"""Messages that go out together: in order for each person, once each, and none suffers from another one."""

from collections import Counter
from datetime import timedelta

import pytest

from backend import clock
from backend.messaging import delivery, service, tasks
from backend.messaging.channels import Receipt, Rejected, Reply, TryLater, Undecided
from backend.messaging.models import Status
from tests.builders import messaging as make

pytestmark = pytest.mark.usefixtures("database")


@pytest.fixture
def channel(monkeypatch):
    channel, _ = make.install(monkeypatch)
    channel.room = 3
    return channel


def notices(people: int, each: int = 1) -> list[int]:
    conversations = [service.conversation_with("sms", f"+8490800{n:04d}") for n in range(people)]
    return [service.say(one, Reply(f"tin {n}")) for n in range(each) for one in conversations]


def statuses(ids: list[int]) -> list[str]:
    return [make.row(each).status for each in ids]


def test_all_go_out_once_and_in_order_for_each_person(channel):
    ids = notices(5, each=2)
    make.work()
    assert Counter(outgoing.id for outgoing in channel.sent) == dict.fromkeys(ids, 1)
    assert max(channel.together) == 3
    for person in {outgoing.address for outgoing in channel.sent}:
        assert [o.body for o in channel.sent if o.address == person] == ["tin 0", "tin 1"]


def test_one_that_is_refused_keeps_no_other_from_going_out(channel):
    ids = notices(3)
    channel.fails = [TryLater("busy"), Rejected("no such number", "108")]
    make.work()
    assert statuses(ids) == [Status.QUEUED, Status.FAILED, Status.SENT]
    with clock.stopped_at(clock.now() + timedelta(minutes=1)):
        tasks.deliver.call_local(ids[0])
    assert statuses(ids) == [Status.SENT, Status.FAILED, Status.SENT]
    assert channel.together == [3], "what was tried before goes by itself"


@pytest.mark.parametrize("error", [ValueError("bug"), Undecided("silence")])
def test_a_fault_in_the_middle_leaves_all_undecided_and_the_provider_is_asked(channel, monkeypatch, error):
    ids = notices(3)

    def broken(outgoing):
        channel.sent.append(outgoing[0])
        raise error

    monkeypatch.setattr(channel, "send_all", broken)
    make.work()
    assert statuses(ids) == [Status.SENDING] * 3
    with clock.stopped_at(clock.now() + timedelta(minutes=1)):
        for each in ids:
            tasks.deliver.call_local(each)
    assert Counter(outgoing.id for outgoing in channel.sent) == dict.fromkeys(ids, 1)


def test_a_reply_does_not_wait_for_notices(channel):
    notices(3)
    make.queue().storage.flush_all()
    make.text("a", address="+84900000009")
    make.work()
    assert channel.bodies == ["đã nghe: a"]
    assert channel.together == []


def test_a_wake_up_of_what_went_out_with_another_one_does_nothing(channel):
    ids = notices(3)
    assert delivery.deliver(ids[1], company=True).again_in == []
    assert delivery.deliver(ids[0], company=True) == delivery.Outcome()
    assert [make.row(each).attempts for each in ids] == [1, 1, 1]


def test_receipts_are_noted_together(channel):
    """Known ones move forward only, in the order in which they came; unknown ones wait for their message."""
    ids = notices(2)
    make.work()
    late = notices(1)
    told = [
        Receipt(f"provider-{ids[0]}", Status.DELIVERED),
        Receipt(f"provider-{ids[0]}", Status.FAILED, "late"),
        Receipt(f"provider-{ids[1]}", Status.SENT),
        Receipt(f"provider-{late[0]}", Status.SENT),
        Receipt(f"provider-{late[0]}", Status.FAILED, "30003"),
    ]
    assert service.record_receipts("sms", told) == 1
    assert statuses(ids) == [Status.DELIVERED, Status.SENT]
    make.work()
    assert (make.row(late[0]).status, make.row(late[0]).error_code) == (Status.FAILED, "30003")
