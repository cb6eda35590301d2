"""Delivery reports: forward only, in any order, from Twilio only."""

import pytest

from backend.messaging.channels import Sent
from backend.messaging.models import Status
from tests.builders import messaging, sms

pytestmark = pytest.mark.usefixtures("database")

SID = "SM" + "c" * 32


class _Sends(messaging.RecordingChannel):
    def send(self, outgoing) -> Sent:
        return Sent(SID, "twilio")


@pytest.fixture
def gateway(monkeypatch):
    """A gateway after one answer was handed to Twilio."""
    client = sms.client(monkeypatch)
    messaging.install(monkeypatch, _Sends())
    messaging.text("xin chào")
    messaging.work()
    return client


def standing() -> tuple[str, str]:
    [message] = [m for m in sms.messages() if m.direction == "out"]
    return message.status, message.error_code


def report(client, status: str, message_sid: str = SID, **changes: str) -> int:
    return sms.post(client, sms.receipt(message_sid, status, **changes), sms.STATUS).status_code


@pytest.mark.parametrize(
    ("reports", "status"),
    [
        ([], Status.SENT),
        (["queued", "sending", "accepted", "scheduled"], Status.SENT),
        (["sent", "delivered"], Status.DELIVERED),
        (["delivered", "sent", "queued"], Status.DELIVERED),
        (["DELIVERED"], Status.DELIVERED),
        (["read"], Status.DELIVERED),
        (["undelivered"], Status.FAILED),
        (["failed", "sent"], Status.FAILED),
        (["canceled"], Status.FAILED),
        (["something_new"], Status.SENT),
    ],
)
def test_reports_move_a_message_forward_only(gateway, reports, status):
    assert [report(gateway, name) for name in reports] == [204] * len(reports)
    assert standing()[0] == status


def test_the_error_code_is_kept(gateway):
    report(gateway, "undelivered", ErrorCode="30005")
    assert standing() == (Status.FAILED, "30005")


def test_reports_about_unknown_messages_are_acknowledged(gateway):
    assert report(gateway, "delivered", "SM" + "d" * 32) == 204
    assert report(gateway, "delivered", "x" * 500) == 204
    assert standing()[0] == Status.SENT


def test_a_forged_report_is_refused(gateway):
    fields = sms.receipt(SID, "failed")
    assert sms.post(gateway, fields, sms.STATUS, token="other").status_code == 403
    assert sms.post(gateway, fields, sms.STATUS, url=sms.PUBLIC_URL + sms.INBOUND).status_code == 403
    assert standing()[0] == Status.SENT


@pytest.mark.parametrize("field", ["MessageSid", "MessageStatus"])
def test_a_missing_field_is_named(gateway, field):
    answer = sms.post(gateway, sms.receipt(SID, "sent") | {field: ""}, sms.STATUS)
    assert answer.status_code == 400
    assert answer.json["error"]["fields"][0]["field"] == field
