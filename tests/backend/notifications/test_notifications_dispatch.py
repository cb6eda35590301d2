"""One message a channel, the next channel when it has to be, and nobody is told what did not happen."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import func, select
from structlog.testing import capture_logs

from backend import clock
from backend.citizens import service as citizens
from backend.database import reading, transaction
from backend.dossiers import acts, telling
from backend.dossiers.acts import Facts
from backend.dossiers.models import Dossier
from backend.dossiers.policy import Action
from backend.dossiers.policy import State as DossierState
from backend.messaging import service as messaging
from backend.messaging import tasks as messaging_tasks
from backend.messaging.channels import Rejected, TryLater
from backend.messaging.models import Message
from backend.notifications import dispatch, policy, service, tasks
from backend.notifications.models import State
from backend.notifications.service import Event
from backend.notifications.settings import notification_settings
from tests.builders.dossiers import dossier_id, make_crew, make_dossier
from tests.builders.messaging import work
from tests.builders.notifications import (
    NIGHT,
    NOON,
    PHONE,
    Channels,
    link,
    make_telling,
    provider_reports,
    rows,
    states,
    tell,
    worker_looks,
)

MAIL = "hlien@example.vn"


@pytest.fixture
def ways(monkeypatch, database) -> Channels:
    return Channels(monkeypatch, "sms", "zalo", "telegram", "email")


@pytest.fixture
def channel_order(monkeypatch):
    """Sets `NOTICE_CHANNELS` for one test."""

    def order(names: str) -> None:
        monkeypatch.setenv("NOTICE_CHANNELS", names)
        notification_settings.cache_clear()

    yield order
    notification_settings.cache_clear()


def later(**values: float):
    return clock.stopped_at(NOON + timedelta(**values))


def ledger_size() -> int:
    with reading() as session:
        return session.scalar(select(func.count()).select_from(Message)) or 0


def test_a_notice_goes_out_by_sms_in_two_segments_with_its_link(ways):
    with later():
        tell()
        work()
    [body] = ways["sms"].bodies
    assert body.startswith("UBND phuong Buon Ma Thuot da tiep nhan ho so H15.24.133-261123-0012")
    assert "https://motcua.daklak.gov.vn/hs/Zt3kQ9vXw2LmBa7c" in body
    assert states() == [State.SENT]


def test_a_rolled_back_transaction_tells_nobody(ways):
    with pytest.raises(ZeroDivisionError), transaction() as session:
        service.tell_applicant(session, make_telling(), service.Applicant("A", PHONE))
        raise ZeroDivisionError
    worker_looks()
    assert (rows(), ways.sent()) == ([], {})


def test_the_same_event_is_told_once_however_often_it_is_asked_for(ways):
    with later():
        for _ in range(3):
            tell(key="7")
        tell(key="8")
        worker_looks()
        worker_looks()
    assert len(ways["sms"].bodies) == 2


def test_what_is_undone_is_never_sent(ways):
    with later():
        tell(key="5", not_before=NOON + timedelta(seconds=10))
        tell(key="6", not_before=NOON + timedelta(seconds=10))
        worker_looks()
        assert ways.sent() == {}
        with transaction() as session:
            service.take_back(session, "dossier:1", "5")
    with later(seconds=11):
        worker_looks()
    assert states() == [State.SUPPRESSED, State.SENT]
    assert len(ways["sms"].bodies) == 1


def test_taking_back_comes_too_late_for_what_is_sent(ways):
    with later():
        tell(key="5")
        work()
        with transaction() as session:
            service.take_back(session, "dossier:1", "5")
    assert states() == [State.SENT]


def test_made_up_dossiers_tell_nobody(ways):
    with later(), service.silently():
        tell()
    assert rows() == []


def test_the_linked_channel_comes_before_the_sms(ways):
    link("telegram", "tg-1")
    link("zalo", "zalo-1")
    with later():
        tell()
        work()
    assert list(ways.sent()) == ["zalo"]
    assert ways["zalo"].sent[0].address == "zalo-1"


def test_an_address_proved_for_another_number_is_not_used(ways):
    link("zalo", "zalo-2", phone="+84900000002")
    with later():
        tell()
        work()
    assert list(ways.sent()) == ["sms"]


def test_a_channel_this_worker_does_not_know_is_passed_over(monkeypatch, database):
    ways = Channels(monkeypatch, "sms")
    link("zalo", "zalo-1")
    with later():
        tell()
        work()
    assert list(ways.sent()) == ["sms"]


def test_a_failed_message_goes_on_to_the_next_channel(ways):
    link("zalo", "zalo-1")
    ways["zalo"].fails = [Rejected("blocked", "-213")]
    with later():
        tell(email=MAIL)
        work()
        assert ways.sent() == {}
    with later(minutes=2):
        worker_looks()
        provider_reports(ways["sms"], "failed")
    with later(minutes=4):
        worker_looks()
    assert list(ways.sent()) == ["sms", "email"]
    assert ways["email"].sent[0].address == MAIL


def test_what_is_not_delivered_in_time_is_tried_on_the_next_channel(ways):
    link("zalo", "zalo-1")
    with later():
        tell(email=MAIL)
        work()
    with later(hours=1, minutes=59):
        worker_looks()
        assert list(ways.sent()) == ["zalo"]
    with later(hours=2, minutes=1):
        worker_looks()
    assert list(ways.sent()) == ["sms", "zalo"]
    with later(hours=25):
        worker_looks()
        assert "email" not in ways.sent()
    with later(hours=26, minutes=2):
        worker_looks()
    assert len(ways["email"].bodies) == 1
    assert [len(bodies) for bodies in ways.sent().values()] == [1, 1, 1]


def test_a_delivered_message_ends_it(ways):
    with later():
        tell(email=MAIL)
        work()
        provider_reports(ways["sms"], "delivered")
    with later(minutes=2):
        worker_looks()
    assert states() == [State.DELIVERED]
    with later(days=3):
        worker_looks()
    assert list(ways.sent()) == ["sms"]


def test_a_message_that_no_provider_took_in_time_does_not_follow_the_next_one(ways):
    link("zalo", "zalo-1")
    ways["zalo"].fails = [TryLater("down")] * 100
    with later():
        tell()
        work()
    with later(hours=3):
        worker_looks()
        ways["zalo"].fails = []
    with later(hours=4):
        messaging_tasks.sweep.call_local()
        work()
    assert list(ways.sent()) == ["sms"]


def test_without_a_receipt_the_last_channel_counts_as_sent(ways):
    with later():
        tell()
        work()
    with later(hours=25):
        worker_looks()
    assert states() == [State.SENT]
    assert rows()[0].next_at is None


def test_when_every_channel_fails_the_row_says_so(ways):
    ways["sms"].fails = [Rejected("no such number", "30003")]
    with later():
        tell()
        work()
    with later(minutes=2):
        worker_looks()
    assert states() == [State.FAILED]
    assert [line.status for line in service.told("dossier:1")] == ["không gửi được"]


@pytest.mark.parametrize("event", [event for event, rule in policy.RULES.items() if rule.audience == "applicant"])
def test_who_asked_for_no_notices_is_only_told_what_the_law_requires(ways, event):
    citizens.set_notices(messaging.conversation_with("sms", PHONE), wanted=False)
    with later():
        tell(event)
        worker_looks()
    by_law = policy.RULES[event].by_law
    assert bool(ways.sent()) is by_law
    assert (rows()[0].state, rows()[0].why) == ((State.SENT, "") if by_law else (State.SUPPRESSED, "opted_out"))


LAWFUL, OTHER = Event.SUPPLEMENT_REQUESTED, Event.RECEIVED


@pytest.mark.parametrize("event", [LAWFUL, OTHER])
@pytest.mark.parametrize("chat", ["zalo", "telegram"])
def test_a_chat_that_was_blocked_or_left_is_over_and_the_next_channel_is_taken(ways, chat, event):
    link(chat, "chat-1")
    messaging.set_reachable(chat, "chat-1", False)
    with later():
        tell(event)
        work()
    assert list(ways.sent()) == ["sms"]
    messaging.set_reachable(chat, "chat-1", True)
    with later(minutes=1):
        tell(event, key="2")
        work()
    assert len(ways[chat].bodies) == 1


@pytest.mark.parametrize("event", [LAWFUL, OTHER])
def test_who_opted_out_at_the_provider_is_texted_what_the_law_requires(ways, event):
    messaging.set_reachable("sms", PHONE, False)
    with later():
        tell(event)
        work()
    assert bool(ways.sent()) is (event == LAWFUL)


@pytest.mark.parametrize("event", [LAWFUL, OTHER])
@pytest.mark.parametrize("opted_out", ["by sms", "left zalo"])
def test_who_opted_out_gets_no_template_at_the_number_but_what_the_law_requires(
    monkeypatch, database, channel_order, event, opted_out
):
    channel_order("zalo,zns,sms")
    ways = Channels(monkeypatch, "zalo", "zns", "sms")
    link("zalo", "zalo-1")
    messaging.set_reachable("zalo", "zalo-1", False)
    if opted_out == "by sms":
        citizens.set_notices(messaging.conversation_with("sms", PHONE), wanted=False)
    with later():
        tell(event)
        work()
    expected = {"by sms": [], "left zalo": ["sms"]}[opted_out] if event == OTHER else ["zns"]
    assert list(ways.sent()) == expected


@pytest.mark.parametrize(
    ("setting", "registered", "warned"),
    [
        ("zalo,telegram,sms,email", ("zalo", "zns", "sms"), ["zns"]),
        ("zalo,telegram,sms,email", ("zalo", "sms"), None),
        ("zalo,telegram,zns,sms,email", ("zalo", "zns", "sms"), None),
        ("sms", ("zalo", "zns", "sms"), ["zalo", "zns"]),
    ],
)
def test_an_older_setting_that_leaves_a_channel_out_is_told_at_start(
    monkeypatch, database, channel_order, setting, registered, warned
):
    channel_order(setting)
    Channels(monkeypatch, *registered)
    with capture_logs() as lines:
        dispatch.warn_of_left_out()
    assert [line["channels"] for line in lines] == ([warned] if warned else [])


def test_the_law_requires_what_a_citizen_could_lose_rights_by():
    by_law = {event for event, rule in policy.RULES.items() if rule.by_law}
    asked = {Event.SUPPLEMENT_REQUESTED, Event.REFUSED, Event.CANCELLED, Event.APOLOGY, Event.RESULT_READY}
    assert asked <= by_law
    assert Event.RETURNED not in by_law


def test_an_opted_out_channel_is_passed_over_for_the_next(ways):
    link("zalo", "zalo-1")
    citizens.set_notices(messaging.conversation_with("zalo", "zalo-1"), wanted=False)
    with later():
        tell()
        work()
    assert list(ways.sent()) == ["sms"]


def test_at_night_only_answers_to_what_was_just_done_are_sent(ways):
    with clock.stopped_at(NIGHT):
        tell(Event.RECEIVED)
        tell(Event.FILED, variant="online")
        worker_looks()
        [body] = ways["sms"].bodies
    assert "nop xong" in body
    with clock.stopped_at(NIGHT + timedelta(hours=7, minutes=59)):
        worker_looks()
        assert len(ways["sms"].bodies) == 1
    with clock.stopped_at(NIGHT + timedelta(hours=8)):
        worker_looks()
    assert len(ways["sms"].bodies) == 2


def test_a_fallback_waits_for_the_morning_too(ways):
    link("zalo", "zalo-1")
    with clock.stopped_at(NIGHT - timedelta(hours=3)):
        tell()
        work()
    with clock.stopped_at(NIGHT):
        worker_looks()
        assert list(ways.sent()) == ["zalo"]
    with clock.stopped_at(NIGHT + timedelta(hours=8)):
        worker_looks()
    assert list(ways.sent()) == ["sms", "zalo"]


def test_the_sweep_finds_what_a_killed_worker_left_and_sends_it_once(ways, monkeypatch):
    with later():
        monkeypatch.setattr(tasks, "wake", lambda *_: None)  # the wake-up is lost with the worker
        tell()
        assert ways.sent() == {}
    with later(minutes=1):
        for _ in range(3):
            worker_looks()
    assert (len(ways["sms"].bodies), ledger_size()) == (1, 1)


def test_a_worker_that_dies_in_the_middle_of_a_step_leaves_nothing_half_done(ways, monkeypatch):
    with later():
        tell()
        with monkeypatch.context() as dying:
            dying.setattr(messaging, "say", lambda *_, **__: (_ for _ in ()).throw(KeyboardInterrupt))
            with pytest.raises(KeyboardInterrupt):
                dispatch.run(rows()[0].id)
        assert (states(), ledger_size()) == ([State.WAITING], 0)
        worker_looks()
    assert (len(ways["sms"].bodies), ledger_size()) == (1, 1)


def test_many_workers_at_once_send_one_message(ways):
    with later():
        for key in "abcde":
            tell(key=key)
        ids = [row.id for row in rows()]
        with ThreadPoolExecutor(6) as workers:
            list(workers.map(dispatch.run, ids * 6))
        assert ledger_size() == len(ids)
        worker_looks()
    assert len(ways["sms"].bodies) == len(ids)
    assert states() == [State.SENT] * len(ids)


def test_an_act_that_fails_in_the_end_has_told_nobody(ways):
    """The row is written in the transaction of the transition: both are there, or neither."""
    make_crew()
    dossier = dossier_id(make_dossier(state=DossierState.SUBMITTED))
    with pytest.raises(ZeroDivisionError), transaction():
        acts.act(dossier, Action.WITHDRAW, acts.APPLICANT, Facts(reason="đổi ý"))
        assert [row.event for row in rows()] == [Event.WITHDRAWN]
        raise ZeroDivisionError
    assert rows() == []
    with later():
        acts.act(dossier, Action.WITHDRAW, acts.APPLICANT, Facts(reason="đổi ý"))
        work()
    [body] = ways["sms"].bodies
    assert "da duoc rut theo yeu cau" in body


def test_every_fact_that_templates_may_use_is_told_by_dossiers(ways):
    with transaction() as session:
        told = telling.facts(session.get_one(Dossier, dossier_id(make_dossier())))
    assert set(told) == set(policy.FACTS)


def test_a_fault_of_ours_is_tried_again_and_does_not_stop_the_others(ways, monkeypatch):
    right = dispatch.worded

    def breaks_for_one(template, kind, facts):
        if facts["name"] == "Lỗi":
            raise RuntimeError
        return right(template, kind, facts)

    with later():
        tell(key="1", facts={"name": "Lỗi"})
        tell(key="2")
        with monkeypatch.context() as broken:
            broken.setattr(dispatch, "worded", breaks_for_one)
            worker_looks()
        assert states() == [State.WAITING, State.SENT]
    with later(minutes=6):
        worker_looks()
    assert states() == [State.SENT, State.SENT]
    assert len(ways["sms"].bodies) == 2


def test_an_applicant_without_any_working_channel_is_noted(monkeypatch, database):
    Channels(monkeypatch, "zalo")
    with later():
        tell()
        work()
    assert (rows()[0].state, rows()[0].why) == (State.SUPPRESSED, "no_channel")


def test_after_a_notice_the_conversation_is_about_its_dossier(ways):
    with later():
        conversation = messaging.conversation_with("sms", PHONE)
        assert messaging.about(conversation) is None
        tell()
        work()
        assert messaging.about(conversation) == "H15.24.133-261123-0012"
    with later(days=6):
        assert messaging.about(conversation) == "H15.24.133-261123-0012"
    with later(days=8):
        assert messaging.about(conversation) is None
    assert messaging.about(999_999) is None


def test_what_an_applicant_was_told_is_listed_newest_first(ways):
    with later():
        tell(Event.RECEIVED, key="1")
        work()
    with later(minutes=5):
        tell(Event.STOPPED, key="2", variant="fee", not_before=NOON + timedelta(minutes=6))
        tell(Event.RECEIVED, key="3", subject="dossier:2")
        lines = service.told("dossier:1")
    assert [(line.event, line.channel, line.status) for line in lines] == [
        ("Tạm dừng tính thời gian", "", "chờ gửi"),
        ("Đã tiếp nhận", "SMS", "đã gửi"),
    ]
    assert lines[1].text.startswith("UBND phường Buôn Ma Thuột đã tiếp nhận hồ sơ")
    assert lines[0].at > lines[1].at
