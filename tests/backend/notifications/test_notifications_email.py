"""E-mail over a real SMTP server on loopback."""

import email
import smtplib
import socket
import ssl
from datetime import UTC, datetime
from email.policy import default
from pathlib import Path

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword
from pydantic import SecretStr

from backend import clock
from backend.messaging import channels
from backend.messaging.channels import Outgoing, Rejected, TryLater, Undecided
from backend.notifications import email as mails
from backend.notifications.email import ConsoleMailer, EmailChannel, SmtpMailer, compose, is_address
from backend.notifications.models import State
from backend.notifications.settings import NotificationSettings, notification_settings
from tests.builders.messaging import RecordingChannel, work
from tests.builders.notifications import NOON, rows, tell

QUEUED = datetime(2026, 11, 23, 5, 0, tzinfo=UTC)
BODY = "Đã tiếp nhận hồ sơ H15\n\nKính gửi anh/chị,\n\nMột dòng rất dài " + "chữ " * 60 + "\n.\nhttps://x.vn/hs/Zt3k\n"


class Inbox:
    """Answers as it is told to, and keeps what it took."""

    def __init__(self) -> None:
        self.mails: list[email.message.EmailMessage] = []
        self.mail_answer = self.rcpt_answer = self.data_answer = ""
        self.hangs_up = False

    async def handle_MAIL(self, _server, _session, envelope, address, _options):
        envelope.mail_from = address
        return self.mail_answer or "250 OK"

    async def handle_RCPT(self, _server, _session, envelope, address, _options):
        if self.rcpt_answer:
            return self.rcpt_answer
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, _session, envelope):
        self.mails.append(email.message_from_bytes(envelope.content, policy=default))
        if self.hangs_up:
            server.transport.abort()
        return self.data_answer or "250 OK"


@pytest.fixture
def inbox(request):
    box = Inbox()
    controller = Controller(box, hostname="127.0.0.1", port=0, **getattr(request, "param", {}))
    controller.port = _free_port()
    controller.start()
    box.port = controller.port
    yield box
    controller.stop()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def settings_for(port: int, **values) -> NotificationSettings:
    defaults = {"smtp_host": "127.0.0.1", "smtp_port": port, "smtp_starttls": False, "smtp_timeout_seconds": 5}
    return NotificationSettings(**(defaults | values))


def channel_for(inbox: Inbox, **values) -> EmailChannel:
    return EmailChannel(SmtpMailer(settings_for(inbox.port, **values)))


def outgoing(address: str = "hlien@example.vn", body: str = BODY, attempts: int = 1) -> Outgoing:
    return Outgoing(42, 7, address, body, (), QUEUED, attempts)


def test_a_mail_arrives_in_vietnamese_as_plain_text(inbox):
    sent = channel_for(inbox).send(outgoing())
    [mail] = inbox.mails
    assert mail["Subject"] == "Đã tiếp nhận hồ sơ H15"
    assert mail["To"] == "hlien@example.vn"
    assert str(mail["From"]) == "Một Cửa <khong-tra-loi@mot-cua.local>"
    assert mail.get_content_type() == "text/plain"
    assert mail.get_content_charset() == "utf-8"
    assert mail.get_content().split() == BODY.split("\n", 1)[1].split()
    assert "https://x.vn/hs/Zt3k" in mail.get_content().splitlines()
    assert mail["Auto-Submitted"] == "auto-generated"
    assert sent.provider_message_id == mail["Message-ID"].strip("<>")


def test_every_try_of_a_message_has_the_same_id_and_no_other_has_it(inbox):
    channel = channel_for(inbox)
    ids = {channel.send(outgoing(attempts=n)).provider_message_id for n in (1, 2, 3)}
    assert len(ids) == 1
    other = Outgoing(43, 7, "hlien@example.vn", BODY, (), QUEUED, 1)
    assert channel.send(other).provider_message_id not in ids


@pytest.mark.parametrize("injected", ["Chào\r\nBcc: all@example.vn", "Chào\rBcc: a@b.vn\n\nx", "a\x0bBcc: x", ""])
def test_no_value_becomes_a_header(injected):
    mail = compose(outgoing(body=f"{injected}\n\nNội dung"), "Một Cửa <x@y.vn>")
    parsed = email.message_from_bytes(mail.as_bytes(), policy=default)
    assert parsed["Bcc"] is None
    assert set(parsed.keys()) == {
        "From", "To", "Subject", "Message-ID", "Date", "Auto-Submitted", "Content-Type", "Content-Transfer-Encoding",
        "MIME-Version",
    }  # fmt: skip


@pytest.mark.parametrize(
    "address",
    [
        "",
        "không@được.vn",
        "a@b",
        "a b@c.vn",
        "a@c.vn\r\nRCPT TO:<x@y.vn>",
        "a@c.vn,b@c.vn",
        "<a@c.vn>",
        "x" * 120 + "@c.vn",
    ],
)
def test_what_is_not_an_address_is_refused_before_any_connection(address):
    assert not is_address(address)
    channel = EmailChannel(SmtpMailer(settings_for(1)))
    with pytest.raises(Rejected):
        channel.send(outgoing(address))


@pytest.mark.parametrize("when", ["mail_answer", "rcpt_answer", "data_answer"])
def test_a_passing_refusal_is_tried_again(inbox, when):
    setattr(inbox, when, "451 try again")
    with pytest.raises(TryLater):
        channel_for(inbox).send(outgoing())


@pytest.mark.parametrize("when", ["rcpt_answer", "data_answer"])
def test_a_refusal_for_good_is_one_and_its_text_stays_there(inbox, when):
    setattr(inbox, when, "550 no such user hlien@example.vn")
    with pytest.raises(Rejected) as refused:
        channel_for(inbox).send(outgoing())
    assert (refused.value.code, str(refused.value)) == ("550", "550")


def test_a_refused_sender_is_our_fault_not_the_mails(inbox):
    inbox.mail_answer = "553 sender not allowed"
    with pytest.raises(TryLater):
        channel_for(inbox).send(outgoing())


def test_a_server_that_is_not_there_is_tried_again():
    with pytest.raises(TryLater):
        EmailChannel(SmtpMailer(settings_for(_free_port()))).send(outgoing())


def test_a_server_that_hangs_up_after_the_content_may_have_taken_it(inbox):
    inbox.hangs_up = True
    with pytest.raises(Undecided):
        channel_for(inbox).send(outgoing())
    assert len(inbox.mails) == 1


def test_a_server_without_starttls_gets_no_mail(inbox):
    with pytest.raises(TryLater):
        channel_for(inbox, smtp_starttls=True).send(outgoing())
    assert inbox.mails == []


def _only_mot_cua(_server, _session, _envelope, _mechanism, data: LoginPassword) -> AuthResult:
    return AuthResult(success=data == LoginPassword(b"mot-cua", b"dung"))


@pytest.fixture
def tls(tmp_path: Path) -> tuple[ssl.SSLContext, str]:
    """A certificate of our own for 127.0.0.1, and what a client must trust for it."""
    import subprocess

    key, cert = tmp_path / "key.pem", tmp_path / "cert.pem"
    subject = ["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"]
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", *subject]
    subprocess.run([*command, "-keyout", str(key), "-out", str(cert)], check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert, key)
    return context, str(cert)


@pytest.mark.parametrize(("password", "arrives"), [("dung", True), ("sai", False)])
def test_signing_in_over_starttls(tls, password, arrives, monkeypatch):
    context, trusted = tls
    box = Inbox()

    class Guarded(Controller):
        def factory(self):
            return SMTP(
                self.handler,
                tls_context=context,
                require_starttls=True,
                authenticator=_only_mot_cua,
                auth_required=True,
            )

    server = Guarded(box, hostname="127.0.0.1", port=_free_port())
    server.start()
    monkeypatch.setattr(mails.ssl, "create_default_context", lambda: _trusting(trusted))
    secrets = {"smtp_user": "mot-cua", "smtp_password": SecretStr(password), "smtp_starttls": True}
    channel = EmailChannel(SmtpMailer(settings_for(server.port, **secrets)))
    try:
        if arrives:
            channel.send(outgoing())
        else:
            with pytest.raises(TryLater):
                channel.send(outgoing())
    finally:
        server.stop()
    assert len(box.mails) == int(arrives)


def _trusting(path: str) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(path)
    return context


def test_a_server_with_a_certificate_nobody_knows_gets_no_mail(tls):
    context, _ = tls
    box = Inbox()
    server = Controller(box, hostname="127.0.0.1", port=_free_port(), tls_context=context)
    server.start()
    try:
        with pytest.raises(TryLater):
            EmailChannel(SmtpMailer(settings_for(server.port, smtp_starttls=True))).send(outgoing())
    finally:
        server.stop()
    assert box.mails == []


def test_without_a_host_nothing_is_sent_and_nothing_personal_is_logged(capsys, monkeypatch):
    notification_settings.cache_clear()
    channel = EmailChannel()
    assert isinstance(channel._mailer, ConsoleMailer)
    noted = []
    monkeypatch.setattr(mails.log, "info", lambda *args, **values: noted.append((args, values)))
    channel.send(outgoing())
    assert "hlien" not in repr(noted) + "".join(capsys.readouterr())
    assert "Kính gửi" not in repr(noted)


def test_a_notice_without_a_phone_that_works_ends_as_a_mail(inbox, monkeypatch, database):
    monkeypatch.setattr(channels, "_channels", {})
    sms = RecordingChannel("sms")
    sms.fails = [Rejected("dead", "30005")]
    channels.register(sms)
    channels.register(channel_for(inbox))
    from datetime import timedelta

    from tests.builders.notifications import worker_looks

    with clock.stopped_at(NOON):
        tell(email="hlien@example.vn")
        work()
    with clock.stopped_at(NOON + timedelta(minutes=2)):
        worker_looks()
    assert [mail["Subject"] for mail in inbox.mails] == ["Đã tiếp nhận hồ sơ H15.24.133-261123-0012"]
    assert rows()[0].state == State.SENT


def test_smtplib_says_what_we_count_on():
    """`_content` tells a refusal before the content from one after it by this class."""
    assert issubclass(smtplib.SMTPDataError, smtplib.SMTPResponseException)
