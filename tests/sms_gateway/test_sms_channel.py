"""The sender above the providers: rate limit, unknown refusals, references."""

import threading
from datetime import timedelta

import pytest

from backend.messaging.channels import Rejected, Sent, TryLater
from sms_gateway.channel import SmsChannel
from sms_gateway.providers.base import Provider, Unclassified
from sms_gateway.providers.console import ConsoleProvider
from sms_gateway.rate import TokenBucket
from tests.builders import sms as make

pytestmark = pytest.mark.usefixtures("database")


class Remembering(Provider):
    name = "remembering"

    def __init__(self) -> None:
        self.references: list[str] = []
        self.fails: Exception | None = None

    def try_send(self, to, body, reference):
        self.references.append(reference)
        if self.fails:
            raise self.fails
        return f"id-{len(self.references)}"


class Time:
    """A clock that only sleeping moves."""

    def __init__(self) -> None:
        self.now = 100.0
        self.slept: list[float] = []

    def sleep(self, seconds: float) -> None:
        self.slept.append(round(seconds, 6))
        self.now += seconds

    def bucket(self, per_second: float) -> TokenBucket:
        return TokenBucket(per_second, clock=lambda: self.now, sleep=self.sleep)


@pytest.fixture
def settings(monkeypatch):
    return make.configure(monkeypatch)


def test_the_console_is_the_provider_of_a_machine_without_account(settings):
    assert SmsChannel()._pool.names == [ConsoleProvider.name]


def test_a_message_goes_to_the_provider(settings):
    assert SmsChannel(Remembering()).send(make.outgoing()) == Sent("id-1", "remembering")


def test_a_reference_is_the_same_at_every_try_and_no_other_messages(settings):
    provider = Remembering()
    channel = SmsChannel(provider)
    message = make.outgoing(id=7)
    channel.send(message)
    channel.send(make.outgoing(id=7, attempts=2))
    channel.send(make.outgoing(id=7, queued_at=message.queued_at + timedelta(microseconds=1)))
    first, again, other_database = provider.references
    assert first == again != other_database


def test_an_empty_message_is_refused_here(settings):
    with pytest.raises(Rejected):
        SmsChannel(Remembering()).send(make.outgoing(""))


@pytest.mark.usefixtures("database")
@pytest.mark.parametrize(("attempts", "kind"), [(1, TryLater), (2, TryLater), (3, Rejected)])
def test_an_unknown_refusal_is_permanent_at_the_third_time(settings, attempts, kind):
    provider = Remembering()
    provider.fails = Unclassified("?", "29999")
    with pytest.raises(kind) as raised:
        SmsChannel(provider).send(make.outgoing(attempts=attempts))
    assert kind is TryLater or raised.value.code == "29999"


def test_the_rate_is_kept_after_a_burst_of_one_second(settings):
    time = Time()
    channel = SmsChannel(Remembering(), bucket=time.bucket(4))
    for _ in range(8):
        channel.send(make.outgoing())
    assert time.slept == [0.25] * 4
    time.now += 60
    for _ in range(5):
        channel.send(make.outgoing())
    assert time.slept == [0.25] * 5


def test_a_slow_rate_has_no_burst():
    time = Time()
    bucket = time.bucket(0.5)
    assert [bucket.take(5.0) for _ in range(3)] == [0.0, 0.0, 0.0]
    assert time.slept == [2.0, 2.0]


def test_a_turn_too_far_away_is_given_back(monkeypatch):
    make.configure(monkeypatch, SMS_RATE_WAIT_SECONDS="1")
    time, provider = Time(), Remembering()
    channel = SmsChannel(provider, bucket=time.bucket(0.1))
    channel.send(make.outgoing())
    for _ in range(2):
        with pytest.raises(TryLater) as raised:
            channel.send(make.outgoing())
        assert raised.value.after_seconds == pytest.approx(10.0)
    assert (len(provider.references), time.slept) == (1, [])


def test_threads_share_the_rate():
    waits: list[float] = []
    bucket = TokenBucket(2, clock=lambda: 0.0, sleep=waits.append)
    threads = [threading.Thread(target=bucket.take, args=(100.0,)) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(waits) == [0.5, 1.0, 1.5, 2.0]


@pytest.mark.usefixtures("database")
def test_several_at_once_wait_once_and_each_has_its_own_result(settings):
    time, provider = Time(), Remembering()
    channel = SmsChannel(provider, bucket=time.bucket(4))
    results = channel.send_all([make.outgoing() for _ in range(4)])
    assert results == [Sent(f"id-{n}", "remembering") for n in range(1, 5)]
    channel.send(make.outgoing())
    assert time.slept == [0.25], "four turns were taken"
    provider.fails = Unclassified("?", "29999")
    assert [type(each) for each in channel.send_all([make.outgoing(), make.outgoing(attempts=3)])] == [
        TryLater,
        Rejected,
    ]
    provider.fails = None
    assert [type(each) for each in channel.send_all([make.outgoing(), make.outgoing("")])] == [Sent, Rejected]


def test_no_more_go_at_once_than_the_rate_allows_in_a_tenth_of_a_second(monkeypatch):
    provider = Remembering()
    provider.at_once = 50
    for rate, at_once in (("5", 1), ("100", 10), ("10000", 50)):
        make.configure(monkeypatch, SMS_RATE_PER_SECOND=rate)
        assert SmsChannel(provider).at_once == at_once
