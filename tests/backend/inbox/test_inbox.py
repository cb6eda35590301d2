"""Escalations reach officers once; pages show them as text."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import select

import backend.inbox.keywords  # noqa: F401
from backend import clock, database
from backend.audit import AuditEntry
from backend.errors import InvalidInput, NotFound
from backend.inbox import service
from tests.builders import messaging as make
from tests.builders.dossiers import OWNER, STRANGER


@pytest.fixture
def house(database, monkeypatch):
    return make.install(monkeypatch)


def test_cb_puts_the_conversation_before_the_officers(house):
    channel, _ = house
    make.text("CB tôi cần rút hồ sơ")
    make.work()
    assert [(line.reason, line.summary) for line in service.waiting()] == [("asked", "tôi cần rút hồ sơ")]
    assert "cán bộ" in channel.bodies[0]


def test_one_message_escalates_once(house):
    received = make.text("a")
    for _ in range(2):
        service.escalate(received.conversation_id, "asked", "a", received.message_id)
    assert len(service.waiting()) == 1


def test_a_message_of_another_conversation_is_refused(house):
    mine, theirs = make.text("a", address=OWNER), make.text("b", address=STRANGER)
    with pytest.raises(NotFound):
        service.escalate(mine.conversation_id, "asked", "a", theirs.message_id)
    with pytest.raises(InvalidInput):
        service.escalate(mine.conversation_id, "whim", "a", mine.message_id)


@pytest.mark.parametrize(
    ("moment", "open_now"),
    [
        (datetime(2026, 11, 23, 2, 0, tzinfo=UTC), True),  # Monday 09:00
        (datetime(2026, 11, 23, 5, 0, tzinfo=UTC), False),  # Monday 12:00, lunch
        (datetime(2026, 11, 22, 2, 0, tzinfo=UTC), False),  # Sunday
    ],
)
def test_the_citizen_is_told_when_an_officer_will_answer(house, moment, open_now):
    received = make.text("a")
    with clock.stopped_at(moment):
        escalated = service.escalate(received.conversation_id, "asked", "a", received.message_id)
    assert escalated.within_office_hours is open_now
    assert ("ngay tại đây" in escalated.text) is open_now


def test_an_officers_words_reach_the_citizen_and_empty_ones_do_not(house):
    channel, _ = house
    received = make.text("a")
    service.escalate(received.conversation_id, "asked", "a", received.message_id)
    make.work()
    escalation = service.waiting()[0].id
    for words in ("", " \u200b ", "x" * 2_001):
        with pytest.raises(InvalidInput):
            service.answer(escalation, words, actor="officer:1")
    service.answer(escalation, "Mai anh/chị ghé phường nhé.", actor="officer:1")
    make.work()
    assert channel.bodies[-1] == "Mai anh/chị ghé phường nhé."
    with pytest.raises(NotFound):
        service.answer(999, "x", actor="officer:1")


def test_closing_takes_it_off_the_list(house):
    received = make.text("a")
    service.escalate(received.conversation_id, "asked", "a", received.message_id)
    service.close(service.waiting()[0].id)
    assert service.waiting() == []
    with pytest.raises(NotFound):
        service.close(999)


def test_looking_and_closing_leave_a_trace_of_who_it_was(house):
    received = make.text("a")
    service.escalate(received.conversation_id, "asked", "a", received.message_id)
    line = service.waiting()[0]
    service.escalation(line.id, actor="officer:7")
    for officer in 7, 8:
        service.close(line.id, actor=f"officer:{officer}")
    with database.reading() as session:
        traces = session.execute(
            select(AuditEntry.tag, AuditEntry.subject).where(AuditEntry.actor.like("officer:%")).order_by(AuditEntry.id)
        )
        assert [tuple(trace) for trace in traces] == [
            ("conversation:viewed", f"conversation:{received.conversation_id}"),
            ("escalation:closed", f"escalation:{line.id}"),
        ]
