"""Builders of notifications: telling somebody, channels that remember, and a worker that looks at what is due."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select, update

from backend import clock
from backend.citizens.models import ChannelIdentity
from backend.database import reading, transaction
from backend.messaging import channels
from backend.messaging.channels import Rendered, Reply, in_words
from backend.messaging.models import Message
from backend.notifications import service, tasks
from backend.notifications.models import Notification
from backend.notifications.service import Applicant, Event, Telling
from backend.notifications.wording import SAMPLE
from sms_gateway import rendering
from tests.builders.messaging import RecordingChannel, install, work

PHONE = "+84900000001"
NOON = datetime(2026, 11, 23, 12, 0, tzinfo=clock.VIETNAM)
NIGHT = datetime(2026, 11, 23, 23, 0, tzinfo=clock.VIETNAM)


class RecordingSms(RecordingChannel):
    """Remembers, and renders as the real SMS channel does."""

    def render(self, reply: Reply, *, accents: bool) -> Rendered:
        return rendering.render(in_words(reply), [choice.title for choice in reply.choices], accents=accents)


class Channels:
    """The recording channels of one test."""

    def __init__(self, monkeypatch, *names: str) -> None:
        monkeypatch.setattr(channels, "_channels", {})
        self.by_name = {name: RecordingSms(name) if name == "sms" else RecordingChannel(name) for name in names}
        for channel in self.by_name.values():
            install(monkeypatch, channel)

    def __getitem__(self, name: str) -> RecordingChannel:
        return self.by_name[name]

    def sent(self) -> dict[str, list[str]]:
        """What was sent, by channel, without channels that sent nothing."""
        return {name: channel.bodies for name, channel in self.by_name.items() if channel.bodies}


def make_telling(event: Event = Event.RECEIVED, key: str = "1", **values: Any) -> Telling:
    """Something that happened to the sample dossier."""
    facts = {**SAMPLE, **values.pop("facts", {})}
    return Telling(event, values.pop("subject", "dossier:1"), SAMPLE["code"], key, facts, **values)


def tell(event: Event = Event.RECEIVED, key: str = "1", *, email: str = "", phone: str = PHONE, **values: Any) -> None:
    """Tell the applicant, in a transaction of its own."""
    with transaction() as session:
        service.tell_applicant(session, make_telling(event, key, **values), Applicant("H'Liên Niê", phone, email))


def tell_officers(officer_ids: Sequence[int], event: Event = Event.TO_CHECK, key: str = "1", **values: Any) -> None:
    """Tell officers, in a transaction of its own."""
    with transaction() as session:
        service.tell_officers(session, make_telling(event, key, **values), officer_ids)


def worker_looks() -> None:
    """The queue is emptied, then the sweep looks, then what that queued is sent."""
    work()
    tasks.sweep.call_local()
    work()


def rows() -> list[Notification]:
    """All notifications, oldest first."""
    with reading() as session:
        return list(session.scalars(select(Notification).order_by(Notification.id)))


def states() -> list[str]:
    """Where they stand."""
    return [row.state for row in rows()]


def link(channel: str, address: str, phone: str = PHONE) -> None:
    """The owner of the phone has proved this address."""
    with transaction() as session:
        proof = {"verified_at": clock.now(), "verified_by": "code"}
        session.add(ChannelIdentity(channel=channel, address=address, phone=phone, **proof))


def provider_reports(channel: RecordingChannel, status: str) -> None:
    """A receipt for the last message of a channel."""
    from backend.messaging.service import record_receipt

    record_receipt(channel.name, f"provider-{channel.sent[-1].id}", status)


def set_statuses(status: str) -> None:
    """All outgoing messages of the ledger, at once."""
    with transaction() as session:
        session.execute(update(Message).values(status=status))
