"""What we send to Twilio, held against Twilio's own OpenAPI document by Prism, which refuses what it does not allow."""

import httpx
import pytest

from backend import clock
from sms_gateway.providers.twilio import TwilioProvider
from tests.builders import sms
from tests.peers import prism as peer


@pytest.fixture(scope="module")
def prism():
    """Base URL of a Prism that mocks Twilio."""
    with peer.running() as url:
        yield url


@pytest.fixture
def twilio(monkeypatch, prism):
    return TwilioProvider(sms.configure(monkeypatch, SMS_PROVIDER="twilio", TWILIO_BASE_URL=prism))


@pytest.mark.parametrize(
    "body", ["Da, em chao anh/chi.", "Dạ, em chào anh/chị 😀", "x" * 306, "1. A\n2. B\nNhan so de chon"]
)
def test_our_messages_are_what_the_interface_allows(twilio, body):
    assert twilio.try_send(sms.CITIZEN, body, "1-x").startswith("SM")


def test_so_are_those_by_a_messaging_service(monkeypatch, prism):
    settings = sms.configure(
        monkeypatch, SMS_PROVIDER="twilio", TWILIO_BASE_URL=prism, TWILIO_MESSAGING_SERVICE_SID="MG" + "b" * 32
    )
    assert TwilioProvider(settings).try_send(sms.CITIZEN, "Da", "1-x").startswith("SM")


def test_the_search_for_a_lost_message_is_allowed_and_readable(twilio):
    assert twilio.find(sms.CITIZEN, "a text that the example does not hold", "1-x", clock.now()) is None


@pytest.mark.parametrize(
    ("form", "status"),
    [
        ({"To": sms.CITIZEN, "Body": "Da"}, 201),
        ({"Body": "nobody to send to"}, 422),
        ({"To": sms.CITIZEN, "SmartEncoded": "True"}, 422),
        ({"To": sms.CITIZEN, "MessagingServiceSid": "not a service"}, 422),
    ],
)
def test_the_peer_does_refuse_what_is_not_allowed(prism, form, status):
    url = f"{prism}/2010-04-01/Accounts/{sms.ACCOUNT}/Messages.json"
    assert httpx.post(url, data=form, auth=(sms.ACCOUNT, sms.TOKEN), trust_env=False).status_code == status


def test_the_peer_wants_credentials(prism):
    url = f"{prism}/2010-04-01/Accounts/{sms.ACCOUNT}/Messages.json"
    assert httpx.post(url, data={"To": sms.CITIZEN, "Body": "Da"}, trust_env=False).status_code == 401
