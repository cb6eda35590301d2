"""Texting the assistant from a terminal: what the README tells people to type must work as Twilio's request does."""

import json
import shlex
import threading
from urllib.parse import parse_qsl

import pytest
from werkzeug.serving import make_server

from backend.settings import settings
from sms_gateway import simulate, web, wsgi
from sms_gateway.providers.console import FILE_NAME, ConsoleProvider
from sms_gateway.settings import sms_settings
from sms_gateway.signature import is_signed, parsed
from tests.builders import sms as make

pytestmark = pytest.mark.usefixtures("database")


@pytest.fixture
def answering(monkeypatch, tmp_path):
    """A gateway on loopback whose worker answers each message at once; gives the texts it got."""
    monkeypatch.setenv("DATA_DIR", str(tmp_path))
    settings.cache_clear()
    client = make.client(monkeypatch, SMS_PUBLIC_URL="", TWILIO_ACCOUNT_SID="")
    outbox, got, receive = ConsoleProvider(tmp_path / FILE_NAME), [], web.service.receive

    def receive_and_answer(inbound):
        received = receive(inbound)
        got.append((inbound.address, inbound.text))
        outbox.try_send("+84900000009", "somebody else's", f"{len(got)}-other")
        if inbound.text != "stay silent":
            outbox.try_send(inbound.address, f"da nghe: {inbound.text}", f"{received.message_id}-answer")
        return received

    outbox.try_send(make.CITIZEN, "an old message", "0-old")
    monkeypatch.setattr(web.service, "receive", receive_and_answer)
    monkeypatch.setattr(simulate, "_QUIET_SECONDS", 0.05)
    server = make_server("127.0.0.1", 0, client.application, threaded=True)
    monkeypatch.setenv("SMS_PORT", str(server.server_port))
    monkeypatch.setenv("HOST", "127.0.0.1")
    settings.cache_clear()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    yield got
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_text_is_posted_and_its_answer_shown(answering, capsys):
    assert simulate.main(["0905 123 456", "làm giấy khai sinh & hộ tịch"]) == 0
    assert answering == [(make.CITIZEN, "làm giấy khai sinh & hộ tịch")]
    printed = capsys.readouterr().out
    assert "[1 SMS]\nda nghe: làm giấy khai sinh & hộ tịch\n" in printed
    assert "[1 SMS]\nan old message" not in printed
    assert "[1 SMS]\nsomebody else's" not in printed


def test_no_answer_is_told_apart_from_a_refusal(answering, capsys):
    assert simulate.main([make.CITIZEN, "stay silent", "--wait", "0.1"]) == 3
    assert "no answer" in capsys.readouterr().err


def test_a_refusal_is_shown(answering, capsys, monkeypatch):
    monkeypatch.setattr(simulate, "sign", lambda *_: "forged")
    assert simulate.main([make.CITIZEN, "xin chao"]) == 1
    assert "403" in capsys.readouterr().err
    assert answering == []


def test_a_gateway_that_is_not_there_is_told(monkeypatch, capsys):
    make.configure(monkeypatch)
    monkeypatch.setenv("SMS_PORT", "1")
    monkeypatch.setenv("HOST", "127.0.0.1")
    settings.cache_clear()
    assert simulate.main([make.CITIZEN, "xin chao"]) == 1
    assert "make run" in capsys.readouterr().err


def test_the_curl_command_is_the_same_signed_request(monkeypatch, capsys):
    make.configure(monkeypatch)
    assert simulate.main(["0905123456", "it's 5 & 6\n'quoted'", "--curl", "--sid", "SM1"]) == 0
    words = shlex.split(capsys.readouterr().out.replace("\\\n", " "))
    assert words[:2] == ["curl", "-sS"]
    body, header = words[words.index("--data") + 1], words[words.index("-H") + 1]
    form = parsed(body.encode())
    assert dict(parse_qsl(body))["Body"] == "it's 5 & 6\n'quoted'"
    assert form.first("MessageSid") == "SM1"
    assert is_signed([make.TOKEN], make.PUBLIC_URL + simulate.PATH, form, header.removeprefix("X-Twilio-Signature: "))


@pytest.mark.parametrize(
    ("arguments", "changes", "code"),
    [(["VIETTEL", "x"], {}, 2), ([make.CITIZEN, "x"], {"TWILIO_AUTH_TOKEN": ""}, 1)],
)
def test_what_cannot_be_sent_says_why(monkeypatch, capsys, arguments, changes, code):
    make.configure(monkeypatch, **changes)
    assert simulate.main(arguments) == code
    assert capsys.readouterr().err


def test_a_half_written_line_is_read_when_it_is_whole(tmp_path):
    outbox = tmp_path / FILE_NAME
    assert simulate._records(outbox, 0) == ([], 0)
    line = json.dumps({"to": make.CITIZEN}).encode() + b"\n"
    outbox.write_bytes(line + line[:7])
    records, offset = simulate._records(outbox, 0)
    assert (records, offset) == ([{"to": make.CITIZEN}], len(line))
    outbox.write_bytes(line + line + b"broken\n")
    assert simulate._records(outbox, offset) == ([{"to": make.CITIZEN}, {}], 2 * len(line) + 7)


def test_the_public_url_falls_back_to_this_machine(monkeypatch):
    make.configure(monkeypatch, SMS_PUBLIC_URL="")
    monkeypatch.setenv("SMS_PORT", "8123")
    settings.cache_clear()
    assert sms_settings().public_url == f"http://{settings().host}:8123"
    assert wsgi.MAX_BODY == 65_536
