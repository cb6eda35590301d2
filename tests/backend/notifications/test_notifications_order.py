"""An applicant hears of things in the order in which they happened, whichever worker comes first."""

import pytest
from sqlalchemy import select

from backend import clock
from backend.database import reading
from backend.notifications import dispatch
from backend.notifications.models import Notification
from backend.notifications.service import Event
from tests.builders.messaging import work
from tests.builders.notifications import NOON, Channels, tell


@pytest.fixture
def ways(monkeypatch, database) -> Channels:
    return Channels(monkeypatch, "sms")


def test_the_notice_that_was_written_first_is_sent_first(ways, monkeypatch):
    monkeypatch.setattr("backend.notifications.tasks.wake", lambda *_: None)
    with clock.stopped_at(NOON):
        tell(Event.FILED, "1", variant="online")
        tell(Event.FEE_NOTICE, "1", variant="before_filing")
        with reading() as session:
            filed, fee = session.scalars(select(Notification.id).order_by(Notification.id)).all()
        dispatch.run(fee)
        dispatch.run(filed)
        work()
    assert ["da nop xong" in body for body in ways["sms"].bodies] == [True, False]


def test_a_notice_that_is_still_held_back_does_not_hold_up_the_next(ways):
    with clock.stopped_at(NOON):
        tell(Event.RECEIVED, "1", not_before=NOON.replace(second=10))
        tell(Event.FEE_PAID, "2")
        work()
    [body] = ways["sms"].bodies
    assert body.startswith("Da nhan")
