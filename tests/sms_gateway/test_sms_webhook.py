"""The inbound webhook: only Twilio gets in, each message once, whatever it holds."""

import threading
from urllib.parse import urlencode

import pytest

from backend.http import route_auth
from backend.messaging import keywords, service
from backend.messaging.models import Status
from backend.messaging.policy import MAX_TEXT
from backend.queue import queue
from sms_gateway.signature import sign
from tests.builders import sms as make

pytestmark = pytest.mark.usefixtures("database")


@pytest.fixture
def gateway(monkeypatch):
    return make.client(monkeypatch)


def kept() -> list[tuple[str, str]]:
    return [(m.text, m.status) for m in make.messages()]


def test_a_signed_message_is_in_the_ledger_and_wakes_a_worker(gateway):
    fields = make.inbound(Body="Làm giấy khai sinh")
    answer = make.post(gateway, fields)
    assert (answer.status_code, answer.mimetype, answer.data) == (200, "text/xml", b"<Response/>")
    [message] = make.messages()
    assert (message.text, message.provider_message_id) == ("Làm giấy khai sinh", fields["MessageSid"])
    assert queue().pending_count() == 1


def test_blank_fields_are_part_of_what_is_signed(gateway):
    raw = urlencode(make.inbound(FromCity="", Future="")).encode()
    assert make.post(gateway, raw).status_code == 200
    without_blanks = sign(make.TOKEN, make.PUBLIC_URL + make.INBOUND, {k: v for k, v in make.inbound().items() if v})
    assert make.post(gateway, raw, signature=without_blanks).status_code == 403


def test_blanks_around_a_text_are_not_trimmed_before_the_check(gateway):
    assert make.post(gateway, make.inbound(Body="  HS 1 \r\n ")).status_code == 200
    assert kept() == [("HS 1", Status.RECEIVED)]


def test_repeated_fields_are_signed_as_twilio_does(gateway):
    raw = urlencode([*make.inbound().items(), ("Extra", "b"), ("Extra", "a"), ("Extra", "b")]).encode()
    form = dict(make.inbound())
    assert make.post(gateway, raw, signature=sign(make.TOKEN, make.PUBLIC_URL + make.INBOUND, form)).status_code == 403
    signature = _signed_with_repeats(raw)
    assert make.post(gateway, raw, signature=signature).status_code == 200


def _signed_with_repeats(raw: bytes) -> str:
    """Twilio's documented way by hand: URL, then each sorted name with each of its sorted, distinct values."""
    import base64
    import hashlib
    import hmac
    from urllib.parse import parse_qsl

    pairs = sorted(set(parse_qsl(raw.decode(), keep_blank_values=True)))
    said = make.PUBLIC_URL + make.INBOUND + "".join(name + value for name, value in pairs)
    return base64.b64encode(hmac.new(make.TOKEN.encode(), said.encode(), hashlib.sha1).digest()).decode()


@pytest.mark.parametrize(
    "signing",
    [
        {"signature": ""},
        {"signature": "forged"},
        {"signature": "ký ẩu".encode().decode("latin-1")},
        {"token": "another token"},
        {"url": "https://evil.example.vn" + make.INBOUND},
        {"url": "http://sms.example.vn" + make.INBOUND},
        {"url": "http://localhost" + make.INBOUND},
        {"url": make.PUBLIC_URL + make.STATUS},
        {"url": make.PUBLIC_URL + make.INBOUND + "?a=1"},
    ],
)
def test_what_twilio_did_not_sign_is_refused(gateway, signing):
    answer = make.post(gateway, make.inbound(), **signing)
    assert (answer.status_code, answer.json["error"]["code"]) == (403, "forbidden")
    assert kept() == []


def test_one_flipped_byte_is_refused(gateway):
    raw = urlencode(make.inbound(Body="DG 5")).encode()
    signature = make.signature_of(raw, make.PUBLIC_URL + make.INBOUND)
    assert make.post(gateway, raw.replace(b"DG+5", b"DG+4"), signature=signature).status_code == 403
    flipped = ("B" if signature[0] == "A" else "A") + signature[1:]
    assert make.post(gateway, raw, signature=flipped).status_code == 403
    assert kept() == []


@pytest.mark.parametrize("signed_for", ["https://sms.example.vn", "https://sms.example.vn:443"])
@pytest.mark.parametrize(
    "configured", ["https://sms.example.vn", "https://sms.example.vn:443", "https://sms.example.vn/"]
)
def test_the_port_may_be_named_or_not(monkeypatch, configured, signed_for):
    gateway = make.client(monkeypatch, SMS_PUBLIC_URL=configured)
    assert make.post(gateway, make.inbound(), url=signed_for + make.INBOUND).status_code == 200


def test_the_public_url_counts_not_what_a_proxy_says(monkeypatch):
    gateway = make.client(monkeypatch, SMS_PUBLIC_URL="https://mot-cua.example.vn/tin-nhan")
    fields = make.inbound()
    signature = sign(make.TOKEN, "https://mot-cua.example.vn/tin-nhan" + make.INBOUND, fields)
    headers = {"X-Twilio-Signature": signature, "X-Forwarded-Host": "evil.example.vn", "Host": "10.0.0.7:8001"}
    assert gateway.post(make.INBOUND, data=fields, headers=headers).status_code == 200
    forwarded = sign(make.TOKEN, "https://evil.example.vn" + make.INBOUND, fields)
    assert (
        gateway.post(make.INBOUND, data=fields, headers=headers | {"X-Twilio-Signature": forwarded}).status_code == 403
    )


def test_a_query_belongs_to_the_signed_url(gateway):
    fields = make.inbound()
    signature = sign(make.TOKEN, make.PUBLIC_URL + make.INBOUND + "?gate=1&x=%C3%A9", fields)
    url = make.INBOUND + "?gate=1&x=%C3%A9"
    assert gateway.post(url, data=fields, headers={"X-Twilio-Signature": signature}).status_code == 200
    assert gateway.post(make.INBOUND, data=fields, headers={"X-Twilio-Signature": signature}).status_code == 403


def test_the_secondary_token_is_accepted_too(monkeypatch):
    gateway = make.client(monkeypatch, TWILIO_AUTH_TOKEN_SECONDARY="the-next-token")
    assert make.post(gateway, make.inbound(), token="the-next-token").status_code == 200
    assert make.post(gateway, make.inbound(), token=make.TOKEN).status_code == 200
    assert make.post(gateway, make.inbound(), token="").status_code == 403


@pytest.mark.parametrize("path", [make.INBOUND, make.STATUS])
def test_without_a_configured_token_nothing_gets_in(monkeypatch, path):
    gateway = make.client(monkeypatch, TWILIO_AUTH_TOKEN="")
    assert make.post(gateway, make.inbound(), path, token="").status_code == 403
    assert make.post(gateway, make.inbound(), path, signature="").status_code == 403


def test_another_account_is_refused_even_when_signed(gateway):
    assert make.post(gateway, make.inbound(AccountSid="AC" + "b2" * 16)).status_code == 403
    fields = make.inbound()
    del fields["AccountSid"]
    assert make.post(gateway, fields).status_code == 403


def test_an_unknown_algorithm_is_refused(gateway):
    fields = make.inbound()
    signature = sign(make.TOKEN, make.PUBLIC_URL + make.INBOUND, fields)
    headers = {"X-Twilio-Signature": signature, "X-Twilio-Webhooks-Signature-Settings": "key=1,algorithm=NONE"}
    assert gateway.post(make.INBOUND, data=fields, headers=headers).status_code == 403


@pytest.mark.parametrize("path", [make.INBOUND, make.STATUS])
def test_the_signature_is_the_authentication_of_the_route(gateway, path):
    app = gateway.application
    endpoint, _ = app.url_map.bind("").match(path, method="POST")
    decision = route_auth(app, endpoint)
    assert decision is not None
    assert decision[0] == "Twilio signature"
    assert gateway.get(path).status_code == 405


def test_the_same_message_again_changes_nothing(gateway):
    fields = make.inbound()
    answers = [make.post(gateway, fields) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 200]
    assert len(kept()) == 1
    assert queue().pending_count() == 1


def test_the_same_message_at_once_is_kept_once(gateway):
    fields, start, answers = make.inbound(), threading.Barrier(6), []

    def arrive():
        client = gateway.application.test_client()
        start.wait()
        answers.append(make.post(client, fields).status_code)

    threads = [threading.Thread(target=arrive) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [200] * 6
    assert len(kept()) == 1


def test_two_first_messages_at_once_share_a_conversation(gateway):
    start, answers = threading.Barrier(4), []

    def arrive():
        client = gateway.application.test_client()
        fields = make.inbound()
        start.wait()
        answers.append(make.post(client, fields).status_code)

    threads = [threading.Thread(target=arrive) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [200] * 4
    assert [m.conversation_id for m in make.messages()] == [make.messages()[0].conversation_id] * 4


@pytest.mark.parametrize(
    ("sender", "address"),
    [("+84905123456", "+84905123456"), ("0905123456", "+84905123456"), ("+14155550100", "+14155550100")],
)
def test_persons_are_known_by_their_number(gateway, sender, address):
    make.post(gateway, make.inbound(From=sender))
    from backend.messaging import service

    assert service.conversation_of("sms", address) == make.messages()[0].conversation_id


@pytest.mark.parametrize(
    "sender", ["VIETTEL", "9029", "191", "Agribank CN", "whatsapp:+84905123456", "+1", "+8490512345٦"]
)
def test_machines_are_acknowledged_and_never_answered(gateway, sender):
    assert make.post(gateway, make.inbound(From=sender)).status_code == 200
    assert kept() == []
    assert queue().pending_count() == 0


def test_our_own_number_is_not_talked_to(gateway):
    assert make.post(gateway, make.inbound(From="+15005550006", To="+15005550006")).status_code == 200
    assert kept() == []


def test_over_64_kib_is_too_large(gateway):
    answer = make.post(gateway, make.inbound(Body="x" * 65_600))
    assert (answer.status_code, answer.json["error"]["code"]) == (413, "too_large")
    assert kept() == []


def test_what_cannot_be_verified_is_refused_before_its_body_is_read(monkeypatch, gateway):
    oversized = make.inbound(Body="x" * 65_600)
    assert make.post(gateway, oversized, signature="").status_code == 403
    closed = make.client(monkeypatch, TWILIO_AUTH_TOKEN="")
    assert make.post(closed, oversized).status_code == 403


@pytest.mark.parametrize("raw", [b"Body=\xff\xfe", b"Body=%FF%FE", b"Body=%C3", b"&".join([b"a=1"] * 600)])
def test_what_is_not_a_form_in_utf8_is_refused(gateway, raw):
    answer = make.post(gateway, raw)
    assert (answer.status_code, answer.json["error"]["code"]) == (400, "malformed")


@pytest.mark.parametrize("content_type", ["application/json", "text/plain", "multipart/form-data; boundary=x", ""])
def test_another_content_type_is_refused(gateway, content_type):
    assert make.post(gateway, make.inbound(), content_type=content_type).status_code == 415


@pytest.mark.parametrize("field", ["MessageSid", "From"])
@pytest.mark.parametrize("value", [None, "", "  "])
def test_a_missing_field_is_named(gateway, field, value):
    fields = make.inbound() | {field: value}
    answer = make.post(gateway, {name: v for name, v in fields.items() if v is not None})
    assert answer.status_code == 400
    assert answer.json["error"]["fields"] == [{"field": field, "message": "missing"}]


@pytest.mark.parametrize("message_sid", ["SM" + "1" * 200, "SM 1", "SM\x00", "SM/../1", "ế"])
def test_an_impossible_message_id_is_refused(gateway, message_sid):
    assert make.post(gateway, make.inbound(MessageSid=message_sid)).status_code == 400


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ("", ""),
        ("\u200b\ufeff \n", ""),
        ("e\u0302\u0301 a\u0323", "ế ạ"),
        ("HS\u200b 000.00.10.H15-171120-0001", "HS 000.00.10.H15-171120-0001"),
        ("khai\x00 sinh\x07\x1b[2J", "khai sinh[2J"),
        ("👍🏽 cảm ơn 🇻🇳", "👍🏽 cảm ơn 🇻🇳"),
        ("dòng 1\r\ndòng 2\rdòng 3", "dòng 1\ndòng 2\ndòng 3"),
        ("'; DROP TABLE message; --", "'; DROP TABLE message; --"),
        ("/restart", "/restart"),
    ],
)
def test_odd_texts_are_kept_normalised(gateway, body, text):
    assert make.post(gateway, make.inbound(Body=body)).status_code == 200
    assert kept() == [(text, Status.RECEIVED)]


def test_ten_thousand_characters_are_taken_and_shortened(gateway):
    assert make.post(gateway, make.inbound(Body="xin chao " * 1_111 + "!")).status_code == 200
    [(text, _)] = kept()
    assert len(text) == MAX_TEXT


def test_a_message_without_body_field_is_kept(gateway):
    fields = make.inbound()
    del fields["Body"]
    assert make.post(gateway, fields).status_code == 200
    assert kept() == [("", Status.RECEIVED)]


def test_attachments_are_noted_and_not_fetched(gateway):
    media = {
        "NumMedia": "3",
        "MediaUrl0": "https://api.twilio.com/m/1",
        "MediaContentType0": "image/jpeg",
        "MediaUrl1": "file:///etc/passwd",
        "MediaContentType1": "text/plain",
        "MediaUrl2": "https://api.twilio.com/m/3",
        "MediaContentType2": "<script>",
    }
    assert make.post(gateway, make.inbound(Body="", **media)).status_code == 200
    [message] = make.messages()
    assert message.attachments == [
        {"kind": "remote", "reference": "https://api.twilio.com/m/1", "name": "", "media_type": "image/jpeg"},
        {"kind": "remote", "reference": "https://api.twilio.com/m/3", "name": "", "media_type": ""},
    ]


@pytest.mark.parametrize("number", ["", "-1", "x", "٣", "1e9", "999999"])
def test_an_odd_number_of_media_is_none(gateway, number):
    assert make.post(gateway, make.inbound(NumMedia=number)).status_code == 200
    assert make.messages()[0].attachments == []


def test_the_process_answers_for_its_health(gateway):
    assert gateway.get("/healthz").status_code == 200


def test_no_dialogue_runs_inside_the_webhook(gateway, monkeypatch):
    monkeypatch.setattr(keywords, "answer", lambda *_: pytest.fail("the webhook took a turn"))
    assert make.post(gateway, make.inbound(Body="HS")).status_code == 200


def test_who_opts_out_at_twilio_is_noted_and_comes_back_by_writing(gateway):
    make.post(gateway, make.inbound(OptOutType="STOP", Body="STOP"))
    [stopped] = make.messages()
    assert service.view(stopped.conversation_id).unreachable_since is not None
    make.post(gateway, make.inbound(OptOutType="START", Body="START"))
    assert service.view(stopped.conversation_id).unreachable_since is None
    assert [message.text for message in make.messages()] == ["STOP", "START"], "our own list hears of it, too"


@pytest.mark.parametrize(
    ("body", "taken_for", "text"),
    [("Cancel", "STOP", "STOP"), ("END", "stop", "STOP"), ("YES", "START", "START"), ("INFO", "HELP", "HELP")],
)
def test_what_twilio_took_for_an_opt_out_is_one_for_us(gateway, body, taken_for, text):
    make.post(gateway, make.inbound(OptOutType=taken_for, Body=body))
    assert [message.text for message in make.messages()] == [text]


@pytest.mark.parametrize("odd", ["", "PAUSE", "\x00"])
def test_an_odd_opt_out_type_is_none(gateway, odd):
    make.post(gateway, make.inbound(OptOutType=odd, Body="cancel"))
    [message] = make.messages()
    assert message.text == "cancel"
    assert service.view(message.conversation_id).unreachable_since is None
