"""The ten conversations by SMS through Twilio: real processes, real sockets.

Each message is held by Prism against Twilio's own OpenAPI document before a small Twilio of ours keeps it and reports.
"""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from twilio.request_validator import RequestValidator

from backend.messaging.models import Message, Status
from tests.builders import fake_twilio
from tests.builders.fake_twilio import FakeTwilio
from tests.end_to_end import conversations, dialogue
from tests.end_to_end.dialogue import FOLDER
from tests.end_to_end.stack import TWILIO_ACCOUNT, TWILIO_TOKEN, Stack, from_template, wait_for
from tests.peers import prism

pytestmark = pytest.mark.end_to_end


class TwilioStack(Stack):
    """As `Stack`; what is sent is what Twilio took."""

    twilio: FakeTwilio

    def sent_sms(self, phone: str) -> list[str]:
        return [message["body"] for message in self.twilio.messages if message["to"] == phone]

    def report(self, status: str) -> None:
        """A signed status callback for every message, as Twilio sends them."""
        url = f"http://127.0.0.1:{self.ports['sms']}/sms/twilio/status"
        for message in self.twilio.messages:
            form = {"MessageSid": message["sid"], "MessageStatus": status, "AccountSid": TWILIO_ACCOUNT}
            signature = RequestValidator(TWILIO_TOKEN).compute_signature(url, form)
            headers = {"X-Twilio-Signature": signature}
            httpx.post(url, data=form, headers=headers, trust_env=False).raise_for_status()


@pytest.fixture(scope="module")
def connected(assistant: None, template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TwilioStack]:
    with prism.running() as checker, fake_twilio.running(TWILIO_ACCOUNT, TWILIO_TOKEN, checker) as twilio:
        folder = from_template(template, tmp_path_factory.mktemp("twilio") / "data").folder
        extra = {"SMS_PROVIDER": "twilio", "TWILIO_BASE_URL": twilio.url, "TWILIO_FROM": "+15005550006"}
        running = TwilioStack(folder, extra=extra)
        running.twilio = twilio
        try:
            running.start("web", "sms", "worker", "actions", "rasa")
            running.wait_until_ready(240)
            yield running
        finally:
            running.stop()


def test_the_ten_conversations(connected: TwilioStack) -> None:
    for name in conversations.TEN:
        script = dialogue.load(FOLDER / f"{name}.yml") | {"channel": "sms"}
        for exchange, expected in dialogue.play(connected, script):
            assert not dialogue.mistakes(exchange, expected), (name, exchange)
    assert connected.twilio.refused == [], "a message that Twilio's document does not allow"
    assert len(connected.twilio.messages) >= len(conversations.TEN)


def test_every_answer_was_delivered(connected: TwilioStack) -> None:
    connected.text("+84900955502", "TRO GIUP")
    connected.report("delivered")

    def delivered() -> bool:
        with connected.database() as session:
            rows = session.query(Message.status).filter(Message.direction == "out").all()
        return bool(rows) and {status for (status,) in rows} == {Status.DELIVERED}

    wait_for(delivered, 20, "receipts are missing")
