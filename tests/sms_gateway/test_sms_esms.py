"""eSMS: what its codes mean, a message handed over twice, its reports behind a secret path."""

import pytest
from pydantic import ValidationError

from backend.messaging import service
from backend.messaging.channels import Rejected, Reply, Sent, TryLater, Undecided
from backend.messaging.models import Status
from sms_gateway import wsgi
from sms_gateway.channel import SmsChannel
from sms_gateway.providers.base import Unclassified
from sms_gateway.providers.esms import EsmsProvider
from tests.builders import messaging, sms
from tests.builders.chat import served
from tests.end_to_end.stack import wait_for
from tests.peers import esms
from tests.peers.peer import process

BODY = "Da, ho so cua anh/chi da co ket qua."
SECRET = "a-secret-path-of-esms"


@pytest.fixture
def peer():
    return esms.Esms("key-of-esms", "secret-of-esms", "MOTCUA")


@pytest.fixture
def provider(monkeypatch, peer):
    with esms.running(peer) as url:
        yield EsmsProvider(sms.configure(monkeypatch, ESMS_BASE_URL=url, ESMS_TIMEOUT_SECONDS="2"))


@pytest.mark.parametrize(("body", "unicode"), [(BODY, "0"), ("Dạ, hồ sơ đã có kết quả.", "1")])
def test_a_message_is_taken_under_our_reference(peer, provider, body, unicode):
    assert provider.try_send(sms.CITIZEN, body, "7-x") == "esms-7-x"
    [sent] = peer.sent
    assert (sent["Phone"], sent["Content"], sent["IsUnicode"], sent["RequestId"]) == (
        "0905123456",
        body,
        unicode,
        "7-x",
    )
    assert sent["CallbackUrl"] == f"{sms.PUBLIC_URL}/sms/esms/{SECRET}/status"


@pytest.mark.parametrize("fault", ["drop", 500, 502])
def test_a_message_without_an_answer_is_handed_over_again_and_sent_once(peer, provider, fault):
    peer.faults = [fault]
    with pytest.raises(Undecided):
        provider.try_send(sms.CITIZEN, BODY, "7-x")
    assert provider.try_send(sms.CITIZEN, BODY, "7-x") == "esms-7-x"
    assert provider.try_send(sms.CITIZEN, BODY, "7-x") == "esms-7-x", "124 means that it has it"
    assert len(peer.sent) == 1


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        ("101", TryLater),
        ("103", TryLater),
        ("104", TryLater),
        ("140", TryLater),
        (429, TryLater),
        (503, TryLater),
        ("108", Rejected),
        ("146", Rejected),
        ("177", Rejected),
        ("99", Unclassified),
        (404, Unclassified),
        ("", Unclassified),
    ],
)
def test_what_its_answers_mean(peer, provider, fault, error):
    peer.faults = [fault]
    with pytest.raises(error) as raised:
        provider.try_send(sms.CITIZEN, BODY, "1-x")
    assert peer.sent == []
    assert sms.CITIZEN[3:] not in str(raised.value)


def test_the_sandbox_sends_nothing(monkeypatch, peer):
    with esms.running(peer) as url:
        provider = EsmsProvider(sms.configure(monkeypatch, ESMS_BASE_URL=url, ESMS_SANDBOX="true"))
        provider.try_send(sms.CITIZEN, BODY, "1-x")
    assert [peer.asked[0]["Sandbox"], peer.sent] == ["1", []]


def test_nobody_listening_means_certainly_not_sent(monkeypatch):
    with pytest.raises(TryLater):
        EsmsProvider(sms.configure(monkeypatch, ESMS_BASE_URL="http://127.0.0.1:9")).try_send(sms.CITIZEN, BODY, "1")


def test_a_short_secret_does_not_start(monkeypatch):
    with pytest.raises(ValidationError, match="ESMS_CALLBACK_SECRET"):
        sms.configure(monkeypatch, ESMS_CALLBACK_SECRET="short")


def test_a_message_goes_out_and_its_report_comes_back_over_real_sockets(monkeypatch, database):
    with process("tests.peers.esms", "--port", "0") as said, served(wsgi.build()) as gateway:
        settings = {"SMS_PROVIDER": "esms", "ESMS_BASE_URL": said.partition("=")[2], "SMS_PUBLIC_URL": gateway}
        sms.configure(monkeypatch, **settings)
        messaging.install(monkeypatch, SmsChannel())
        message_id = service.say(service.conversation_with("sms", sms.CITIZEN), Reply("Dạ, hồ sơ đã có kết quả."))
        messaging.work()
        assert (messaging.row(message_id).status, messaging.row(message_id).provider) == (Status.SENT, "esms")
        wait_for(lambda: messaging.row(message_id).status == Status.DELIVERED, 20, "no report came back")


# --- reports ----------------------------------------------------------------------------------------------


@pytest.fixture
def sent(monkeypatch, database):
    """A client of the gateway, and a message that eSMS has taken: its id and its reference."""
    client = sms.client(monkeypatch)
    references = []

    class Taking(SmsChannel):
        def send(self, outgoing):
            references.append(f"{outgoing.id}-{outgoing.queued_at:%Y%m%d%H%M%S%f}")
            return Sent(f"esms-{references[-1]}", "esms", 500)

    messaging.install(monkeypatch, Taking())
    message_id = service.say(service.conversation_with("sms", sms.CITIZEN), Reply("Dạ."))
    messaging.work()
    return client, message_id, references[0]


def get(client, reference: str, send_status: str, secret: str = SECRET, **fields: str):
    known = {"SMSID": "1", "SendStatus": send_status, "SendSuccess": "1", "SendFailed": "0", "RequestId": reference}
    return client.get(f"/sms/esms/{secret}/status", query_string=known | fields)


def test_reports_move_forward_only(sent):
    client, message_id, reference = sent
    seen = []
    for status in ("1", "7", "5", "2", "7", "4"):
        assert get(client, reference, status).status_code == 204
        seen.append(messaging.row(message_id).status)
    assert seen == [Status.SENT, Status.SENT, Status.DELIVERED, Status.DELIVERED, Status.DELIVERED, Status.DELIVERED]
    assert messaging.row(message_id).cost == 500


@pytest.mark.parametrize("fields", [{"send_status": "4"}, {"send_status": "5", "SendFailed": "1", "SendSuccess": "0"}])
def test_a_failed_message_is_known_as_such(sent, fields):
    client, message_id, reference = sent
    get(client, reference, **fields)
    assert messaging.row(message_id).status == Status.FAILED


@pytest.mark.parametrize("secret", ["", "wrong", SECRET + "x", "ế"])
def test_who_does_not_know_the_path_learns_nothing(sent, secret):
    client, message_id, reference = sent
    assert get(client, reference, "4", secret).status_code == 404
    assert messaging.row(message_id).status == Status.SENT


def test_without_a_secret_nobody_gets_in(monkeypatch, database):
    client = sms.client(monkeypatch, ESMS_CALLBACK_SECRET="")
    assert get(client, "1-1", "5", "x").status_code == 404


@pytest.mark.parametrize("fields", [{}, {"RequestId": "\x00"}, {"RequestId": "9" * 400}, {"SendSuccess": "٣"}])
def test_malformed_reports_change_nothing(sent, fields):
    client, message_id, reference = sent
    known = {"RequestId": "" if not fields else reference, "SendStatus": "5", "SendSuccess": "x"}
    assert client.get(f"/sms/esms/{SECRET}/status", query_string=known | fields).status_code == 204
    assert messaging.row(message_id).status == Status.SENT
