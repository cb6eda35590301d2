"""E-mail as a channel of messaging: plain text over SMTP, one mail a message, known again by its Message-ID.

The first line of a message's text is the subject of its mail. Where SMTP_HOST is empty, mails are only noted.
"""

import re
import smtplib
import ssl
from abc import ABC, abstractmethod
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr

from backend import clock
from backend.logs import logger
from backend.messaging.channels import Channel, Outgoing, Rejected, Rendered, Reply, Sent, TryLater, Undecided, in_words
from backend.notifications.settings import NotificationSettings, notification_settings

log = logger(__name__)

_ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+")
_LONGEST_ADDRESS = 120
_NO_SUBJECT = "Thông báo"


def is_address(text: str) -> bool:
    """Whether mail can be sent there: one plain ASCII address, nothing a header could be broken with."""
    return len(text) <= _LONGEST_ADDRESS and _ADDRESS.fullmatch(text) is not None


class Mailer(ABC):
    """Whatever takes mails: a real server, or the log."""

    name: str

    @abstractmethod
    def hand_over(self, mail: EmailMessage, sender: str, recipient: str) -> None:
        """One try. Raises TryLater, Rejected or Undecided."""


class ConsoleMailer(Mailer):
    """Sends nothing; the mail is known by its id."""

    name = "console"

    def hand_over(self, mail: EmailMessage, sender: str, recipient: str) -> None:
        """Note that there was one."""
        log.info("mail not sent, SMTP_HOST is empty", mail=str(mail["Message-ID"]))


class SmtpMailer(Mailer):
    """A mail server. A connection a mail: notices are few, and a connection kept open is a connection to lose."""

    name = "smtp"

    def __init__(self, settings: NotificationSettings) -> None:
        self._settings = settings

    def hand_over(self, mail: EmailMessage, sender: str, recipient: str) -> None:
        """Until the mail's content is on its way nothing is lost by trying again; after that nobody knows."""
        try:
            server = self._connected()
        except (OSError, smtplib.SMTPException) as error:  # a wrong password, too: the mail is not to blame
            raise TryLater(type(error).__name__) from error
        try:
            self._envelope(server, sender, recipient)
            self._content(server, mail)
        finally:
            _hang_up(server)

    def _connected(self) -> smtplib.SMTP:
        mine = self._settings
        server = smtplib.SMTP(mine.smtp_host, mine.smtp_port, timeout=mine.smtp_timeout_seconds)
        try:
            if mine.smtp_starttls:
                server.starttls(context=ssl.create_default_context())
            if mine.smtp_user:
                server.login(mine.smtp_user, mine.smtp_password.get_secret_value())
            server.ehlo_or_helo_if_needed()
        except BaseException:
            server.close()
            raise
        return server

    def _envelope(self, server: smtplib.SMTP, sender: str, recipient: str) -> None:
        try:
            code, _ = server.mail(sender)
            if code >= 400:  # our own address or quota, not this mail's fault
                raise TryLater(str(code))
            code, _ = server.rcpt(recipient)
        except (OSError, smtplib.SMTPException) as error:
            raise TryLater(type(error).__name__) from error
        _judge(code)

    def _content(self, server: smtplib.SMTP, mail: EmailMessage) -> None:
        try:
            code, _ = server.data(mail.as_bytes())
        except smtplib.SMTPDataError as error:  # refused before the content
            code = error.smtp_code
        except (OSError, smtplib.SMTPException) as error:
            raise Undecided(type(error).__name__) from error
        _judge(code)


def _judge(code: int) -> None:
    """4xx passes, 5xx never will. What the server says may hold the address, so only the code is kept."""
    if code < 400:
        return
    if code < 500:
        raise TryLater(str(code))
    raise Rejected(str(code), str(code))


def _hang_up(server: smtplib.SMTP) -> None:
    try:
        server.quit()
    except (OSError, smtplib.SMTPException):
        server.close()


class EmailChannel(Channel):
    """Mail to applicants and officers."""

    name = "email"
    max_choices = 0

    def __init__(self, mailer: Mailer | None = None) -> None:
        mine = notification_settings()
        self._mailer = mailer or (SmtpMailer(mine) if mine.smtp_host else ConsoleMailer())

    def render(self, reply: Reply, *, accents: bool) -> Rendered:
        """The text itself."""
        return Rendered(body=in_words(reply))

    def send(self, outgoing: Outgoing) -> Sent:
        """One mail. An address that is none is refused for good."""
        if not is_address(outgoing.address):
            raise Rejected("not an address", "address")
        mail = compose(outgoing, notification_settings().smtp_from)
        sender = parseaddr(notification_settings().smtp_from)[1]
        self._mailer.hand_over(mail, sender, outgoing.address)
        return Sent(str(mail["Message-ID"]).strip("<>"), self._mailer.name)


def compose(outgoing: Outgoing, sent_from: str) -> EmailMessage:
    """The mail of a message: the same at every try, Message-ID included, so that a second copy is known as one."""
    subject, _, text = outgoing.body.partition("\n")
    domain = parseaddr(sent_from)[1].rpartition("@")[2] or "localhost"
    mail = EmailMessage(policy=SMTP)
    mail["From"] = sent_from
    mail["To"] = outgoing.address
    mail["Subject"] = " ".join(subject.split()) or _NO_SUBJECT  # no line of a value can become a header
    mail["Message-ID"] = f"<{outgoing.id}.{outgoing.queued_at:%Y%m%d%H%M%S%f}@{domain}>"
    mail["Date"] = format_datetime(clock.local(outgoing.queued_at))
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(text.strip() or subject, cte="quoted-printable")
    return mail
