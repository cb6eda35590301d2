"""Sending by Twilio: what each of its answers means, and how a message without an answer is found again."""

import socket
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from unittest.mock import ANY, Mock

import pytest
from pydantic import ValidationError

from backend import clock
from backend.messaging import channels, service, tasks
from backend.messaging.channels import Rejected, TryLater, Undecided
from backend.messaging.models import Status
from backend.queue import queue
from sms_gateway.channel import SmsChannel
from sms_gateway.providers.base import Unclassified
from sms_gateway.providers.twilio import TwilioProvider
from sms_gateway.settings import SmsSettings
from tests.builders import fake_twilio, messaging, sms
from tests.builders.fake_twilio import Fault

BODY = "Da, can to khai & giay chung sinh {mau}."


@pytest.fixture
def fake():
    with fake_twilio.running(sms.ACCOUNT, sms.TOKEN) as running:
        yield running


def provider(monkeypatch, url: str, **changes: str) -> TwilioProvider:
    settings = {"SMS_PROVIDER": "twilio", "TWILIO_BASE_URL": url, "TWILIO_READ_TIMEOUT_SECONDS": "2"}
    return TwilioProvider(sms.configure(monkeypatch, **(settings | changes)))


@pytest.fixture
def twilio(monkeypatch, fake):
    return provider(monkeypatch, fake.url)


def test_a_message_is_posted_with_sender_and_callback(fake, twilio):
    sid = twilio.try_send(sms.CITIZEN, BODY, "1-x")
    assert sid == fake.messages[0]["sid"]
    assert fake.posts == [
        {
            "To": sms.CITIZEN,
            "Body": BODY,
            "From": "+15005550006",
            "StatusCallback": f"{sms.PUBLIC_URL}/sms/twilio/status",
        }
    ]


def test_a_messaging_service_goes_before_a_number(monkeypatch, fake):
    service = "MG" + "b" * 32
    provider(monkeypatch, fake.url, TWILIO_MESSAGING_SERVICE_SID=service).try_send(sms.CITIZEN, BODY, "1-x")
    assert fake.posts[0]["MessagingServiceSid"] == service
    assert "From" not in fake.posts[0]


@pytest.mark.parametrize(
    ("fault", "after"),
    [
        (Fault(429, 20429, {"Retry-After": "7"}), 7.0),
        (Fault(429, 20429), None),
        (Fault(503, headers={"Retry-After": "Mon, 23 Nov 2026 02:01:30 GMT"}), 90.0),
        (Fault(503, headers={"Retry-After": "Mon, 23 Nov 2020 02:01:30 GMT"}), 0.0),
        (Fault(503, headers={"Retry-After": "999999"}), 3600.0),
        (Fault(503, headers={"Retry-After": "soon"}), None),
        (Fault(400, 30001), None),
        (Fault(400, 21611), None),
    ],
)
def test_passing_faults(fake, twilio, fault, after):
    fake.faults = [fault]
    with clock.stopped_at(datetime(2026, 11, 23, 2, 0, tzinfo=UTC)), pytest.raises(TryLater) as raised:
        twilio.try_send(sms.CITIZEN, BODY, "1-x")
    assert raised.value.after_seconds == after
    assert len(fake.posts) == 1, "retrying is not the client's business"


@pytest.mark.parametrize("code", [21211, 21408, 21610, 21614, 21617, 30005, 30006, 30007])
def test_refusals_of_this_message(fake, twilio, code):
    fake.faults = [Fault(400, code)]
    with pytest.raises(Rejected) as raised:
        twilio.try_send(sms.CITIZEN, BODY, "1-x")
    assert raised.value.code == str(code)
    assert sms.CITIZEN not in str(raised.value), "personal data in an error"


def test_a_region_that_is_not_enabled_comes_with_403_and_is_about_the_message(fake, twilio):
    fake.faults = [Fault(403, 21408)]
    with pytest.raises(Rejected):
        twilio.try_send(sms.CITIZEN, BODY, "1-x")


@pytest.mark.parametrize(("status", "code"), [(401, 20003), (403, None), (404, 20404), (400, 21606), (400, 21705)])
def test_the_operators_faults_blame_no_message_and_are_shouted(fake, twilio, status, code, monkeypatch):
    fake.faults, shouted = [Fault(status, code)], Mock()
    monkeypatch.setattr("sms_gateway.providers.twilio.log", shouted)
    with pytest.raises(TryLater) as raised:
        twilio.try_send(sms.CITIZEN, BODY, "1-x")
    assert raised.value.after_seconds == 60.0
    shouted.error.assert_called_once_with(ANY, status=status, code=code or status)


def test_a_wrong_token_is_the_operators_fault(monkeypatch, fake):
    with pytest.raises(TryLater):
        provider(monkeypatch, fake.url, TWILIO_AUTH_TOKEN="wrong").try_send(sms.CITIZEN, BODY, "1-x")
    assert fake.messages == []


@pytest.mark.parametrize(
    ("fault", "code"), [(Fault(400, 29999), "29999"), (Fault(422), "422"), (Fault(400, body="<"), "400")]
)
def test_refusals_of_unknown_meaning(fake, twilio, fault, code):
    fake.faults = [fault]
    with pytest.raises(Unclassified) as raised:
        twilio.try_send(sms.CITIZEN, BODY, "1-x")
    assert raised.value.code == code


@pytest.mark.parametrize(
    "fault",
    [
        Fault(500, taken=True),
        Fault(502, body="<html>", taken=True),
        Fault(504, body="", taken=True),
        Fault(201, body="{half", taken=True),
        Fault(201, body="{}", taken=True),
        Fault(201, body="null", taken=True),
        Fault(drop=True, taken=True),
    ],
)
def test_what_may_have_got_through_is_undecided_and_found_again(fake, twilio, fault):
    queued_at = clock.now()
    fake.faults = [fault]
    with pytest.raises(Undecided):
        twilio.try_send(sms.CITIZEN, BODY, "1-x")
    assert twilio.find(sms.CITIZEN, BODY, "1-x", queued_at) == fake.messages[0]["sid"]


def test_no_answer_in_time_is_undecided(monkeypatch, fake):
    slow = provider(monkeypatch, fake.url, TWILIO_READ_TIMEOUT_SECONDS="0.1")
    fake.faults = [Fault(hang=True)]
    with pytest.raises(Undecided):
        slow.try_send(sms.CITIZEN, BODY, "1-x")


def test_nobody_listening_means_certainly_not_sent(monkeypatch):
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        unused = provider(monkeypatch, f"http://127.0.0.1:{closed.getsockname()[1]}")
        with pytest.raises(TryLater):
            unused.try_send(sms.CITIZEN, BODY, "1-x")


def test_find_asks_for_the_recipient_since_the_message_was_queued(fake, twilio):
    queued_at = datetime(2026, 11, 23, 2, 0, 10, 500_000, tzinfo=UTC)
    assert twilio.find(sms.CITIZEN, BODY, "1-x", queued_at) is None
    assert fake.gets[0]["To"] == sms.CITIZEN
    assert fake.gets[0]["DateSent>"] == "2026-11-23T02:00:05Z"


def test_find_takes_neither_older_nor_other_messages_for_this_one(fake, twilio):
    queued_at = clock.now()
    fake.keep(sms.CITIZEN, BODY, queued_at - timedelta(minutes=1))
    fake.keep(sms.CITIZEN, BODY + " ")
    fake.keep(sms.CITIZEN, "another text")
    fake.keep("+84900000009", BODY)
    assert twilio.find(sms.CITIZEN, BODY, "1-x", queued_at) == fake.messages[1]["sid"]
    assert twilio.find(sms.CITIZEN, BODY, "1-x", queued_at) is None, "one message stands for one of ours"


def test_find_does_not_take_an_equal_answer_sent_just_before(fake, twilio):
    queued_at = clock.now()
    twilio.try_send(sms.CITIZEN, BODY, "1-x")
    assert twilio.find(sms.CITIZEN, BODY, "2-x", queued_at) is None


def test_find_takes_equal_messages_in_the_order_they_were_made(fake, twilio):
    queued_at = clock.now()
    made = [fake.keep(sms.CITIZEN, BODY)["sid"] for _ in range(2)]
    assert [twilio.find(sms.CITIZEN, BODY, f"{n}-x", queued_at) for n in range(3)] == [*made, None]


def test_find_knows_texts_that_twilio_has_touched(fake, twilio):
    fake.keep(sms.CITIZEN, 'Sent from your Twilio trial account - Da, "mau" - 1')
    assert twilio.find(sms.CITIZEN, "Dạ, “mẫu” – 1", "1-x", clock.now()) == fake.messages[0]["sid"]


SEARCH_FAULTS = [Fault(429, 20429), Fault(503), Fault(500), Fault(401, 20003), Fault(200, body="x"), Fault(drop=True)]


@pytest.mark.parametrize("fault", SEARCH_FAULTS)
def test_a_search_without_an_answer_leaves_the_message_undecided(fake, twilio, fault):
    fake.faults = [fault]
    with pytest.raises(Undecided):
        twilio.find(sms.CITIZEN, BODY, "1-x", clock.now())


@pytest.mark.parametrize("missing", ["TWILIO_ACCOUNT_SID", "TWILIO_AUTH_TOKEN", "TWILIO_FROM", "SMS_PUBLIC_URL"])
def test_half_an_account_does_not_start(monkeypatch, missing):
    with pytest.raises(ValidationError, match=missing):
        sms.configure(monkeypatch, SMS_PROVIDER="twilio", **{missing: ""})


def test_the_token_is_not_in_the_settings_text(monkeypatch):
    assert sms.TOKEN not in repr(sms.configure(monkeypatch))
    assert isinstance(sms.configure(monkeypatch), SmsSettings)


@pytest.mark.usefixtures("database")
def test_an_answer_whose_confirmation_was_lost_is_sent_once(monkeypatch, fake):
    channel = SmsChannel(provider(monkeypatch, fake.url))
    messaging.install(monkeypatch, channel)
    fake.faults = [Fault(504, taken=True)]
    messaging.text("xin chào", address=sms.CITIZEN)
    messaging.work()
    [waiting] = [m for m in sms.messages() if m.direction == "out"]
    assert waiting.status == Status.SENDING
    with clock.stopped_at(clock.now() + timedelta(minutes=1)):
        tasks.deliver(waiting.id)
        messaging.work()
    [sent] = [m for m in sms.messages() if m.direction == "out"]
    assert (sent.status, sent.provider_message_id) == (Status.SENT, fake.messages[0]["sid"])
    assert len(fake.posts) == len(fake.messages) == 1


@pytest.mark.usefixtures("database")
def test_somebody_who_opted_out_is_not_texted_again(monkeypatch, fake):
    messaging.install(monkeypatch, SmsChannel(provider(monkeypatch, fake.url)))
    fake.faults = [Fault(400, 21610)]
    messaging.text("xin chào", address=sms.CITIZEN)
    messaging.work()
    [failed] = [m for m in sms.messages() if m.direction == "out"]
    assert (failed.status, failed.error_code) == (Status.FAILED, "21610")
    assert queue().scheduled_count() == 0
    assert channels.get("sms").find(sms.outgoing()) is None
    assert service.view(failed.conversation_id).unreachable_since is not None


def test_retry_after_dates_are_read_as_http_writes_them():
    assert format_datetime(datetime(2026, 11, 23, 2, 1, 30, tzinfo=UTC), usegmt=True) == "Mon, 23 Nov 2026 02:01:30 GMT"
