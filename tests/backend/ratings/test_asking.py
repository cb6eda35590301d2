"""Asked once, some working hours after the result, where the citizen wrote last; what they pick in answer."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

import backend.inbox.keywords
import backend.ratings.keywords  # noqa: F401
from backend import clock, database
from backend.citizens import service as citizens
from backend.citizens.models import ChannelIdentity
from backend.dossiers.policy import State
from backend.inbox import service as inbox
from backend.messaging import channels
from backend.messaging import service as messaging
from backend.messaging.channels import Channel, Window
from backend.ratings import asking, tasks
from backend.ratings.models import Rating, RatingRequest
from tests.builders import messaging as make
from tests.builders.dossiers import OWNER, make_dossier

MORNING = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)  # Monday 08:00
LATER = MORNING + timedelta(hours=6, minutes=30)  # 14:30: four working hours and more


@pytest.fixture
def sms(database, monkeypatch):
    monkeypatch.setattr(channels, "_channels", {})
    return make.install(monkeypatch, make.RecordingChannel(max_choices=6))[0]


def returned(at: datetime = MORNING, **values) -> str:
    with clock.stopped_at(at):
        return make_dossier(State.RETURNED, **values)


def sweep(at: datetime = LATER) -> None:
    with clock.stopped_at(at):
        tasks.ask.call_local()
        make.work()


def request() -> RatingRequest:
    with database.reading() as session:
        return session.scalars(select(RatingRequest)).one()


def rating() -> Rating:
    with database.reading() as session:
        return session.scalars(select(Rating)).one()


def writes(words: str, at: datetime = LATER, **values) -> None:
    with clock.stopped_at(at):
        make.text(words, address=OWNER, **values)
        make.work()


def add_zalo(monkeypatch, *, closes_after: timedelta | None = None, linked: bool = True) -> Channel:
    zalo = make.RecordingChannel("zalo", 10)
    if closes_after is not None:
        zalo.window = lambda heard: Window(closes_at=heard + closes_after if heard else MORNING)  # type: ignore[method-assign]
    monkeypatch.setitem(channels._channels, "zalo", zalo)
    if linked:
        with database.transaction() as session:
            session.add(
                ChannelIdentity(channel="zalo", address="z1", phone=OWNER, verified_at=MORNING, verified_by="code")
            )
    return zalo


def test_asked_once_some_working_hours_later(sms):
    code = returned()
    sweep(MORNING + timedelta(hours=2))
    assert sms.bodies == []
    for day in range(3):
        sweep(LATER + timedelta(days=day))
    assert len(sms.bodies) == 1
    assert code in sms.bodies[0]
    assert "5. Rất hài lòng\n6. Bỏ qua" in sms.bodies[0]


def test_the_question_fits_into_two_texts(sms, monkeypatch):
    from sms_gateway.channel import SmsChannel

    row = RatingRequest(id=1, dossier_code="000.00.10.H15-171120-0001")
    reply = asking._question(row, "Đăng ký " + "thay đổi, cải chính hộ tịch " * 8, "sms")
    rendered = SmsChannel.render(SmsChannel.__new__(SmsChannel), reply, accents=False)
    assert (rendered.segments <= 2, rendered.rest) == (True, "")
    assert "5. Rat hai long" in rendered.body


def test_numbers_answer_service_officer_and_reasons(sms):
    from tests.builders.dossiers import make_crew

    crew = make_crew()
    code = returned()
    with database.transaction() as session:
        from backend.dossiers.models import DossierStep

        for step in session.scalars(select(DossierStep)):
            step.officer_id = next(o.id for role, o in crew.items() if role == "specialist")
    sweep()
    for words in ("2", "3", "1", "4", "xong"):
        writes(words)
    given = rating()
    assert (given.dossier_code, given.score, given.officer_score) == (code, 2, 3)
    assert given.reasons == ["late", "manner"]  # "4" picks from what was left
    assert "cán bộ giải quyết" in sms.bodies[1]
    assert "ghi nhận" in sms.bodies[-1]
    assert [line.reason for line in inbox.waiting()] == ["low_rating"]
    assert request().state == "answered"


def test_bo_qua_is_skipped_and_never_asked_again(sms):
    returned()
    sweep()
    writes("bỏ qua")
    assert sms.bodies[-1] == asking.SKIPPED
    sweep(LATER + timedelta(days=1))
    assert (len(sms.bodies), request().state) == (2, "skipped")


def test_who_has_rated_already_is_not_asked(sms):
    returned()
    writes("DG 5", MORNING + timedelta(minutes=5))
    sweep()
    assert len(sms.bodies) == 1
    assert request().state == "answered"


def test_not_after_opting_out(sms):
    returned()
    with clock.stopped_at(MORNING):
        citizens.set_notices(messaging.conversation_with("sms", OWNER), wanted=False)
    sweep()
    assert (sms.bodies, request().why) == ([], "opted_out")


def test_never_inside_a_handoff_but_after_it(sms):
    returned()
    with clock.stopped_at(MORNING):
        conversation = messaging.conversation_with("sms", OWNER)
        messaging.hand_over(conversation, "officer")
    sweep()
    sweep(LATER + timedelta(days=1))
    assert (sms.bodies, request().state) == ([], "waiting")
    messaging.hand_over(conversation, "assistant")
    sweep(LATER + timedelta(days=2))
    assert len(sms.bodies) == 1


def test_on_the_channel_used_last(sms, monkeypatch):
    zalo = add_zalo(monkeypatch)
    returned()
    writes("xin chào", MORNING)
    with clock.stopped_at(MORNING + timedelta(minutes=1)):
        make.text("xin chào", address="z1", channel="zalo")
        make.work()
    sweep()
    assert len(sms.bodies) == 1  # the greeting's answer
    assert "/danh-gia/" in zalo.bodies[-1]


def test_not_on_a_channel_that_is_closed_or_was_left(sms, monkeypatch):
    zalo = add_zalo(monkeypatch, closes_after=timedelta(hours=1))
    returned()
    with clock.stopped_at(MORNING):
        make.text("xin chào", address="z1", channel="zalo")
        make.work()
    sweep()
    assert len(zalo.bodies) == 1
    assert len(sms.bodies) == 1


def test_not_in_the_evening_nor_what_was_undone(sms):
    code = returned()
    sweep(MORNING + timedelta(hours=12))
    assert sms.bodies == []
    with database.transaction() as session:
        from backend.dossiers.models import Dossier

        session.scalars(select(Dossier).where(Dossier.code == code)).one().state = State.RESULT_READY
    sweep(LATER + timedelta(days=2))  # the day between is a holiday
    assert (sms.bodies, request().why) == ([], "undone")


def test_what_zalo_reports_as_text_is_read_like_a_keyword(sms, monkeypatch):
    add_zalo(monkeypatch)
    returned()
    with clock.stopped_at(LATER):
        make.text("DG 4 Nhân viên nhiệt tình; nhanh", address="z1", channel="zalo")
        make.work()
    assert (rating().score, rating().way) == (4, "zalo")
