"""Notices by Zalo's templates, and by SMS where they do not arrive: the whole way from the event."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from backend import clock
from backend.citizens import service as citizens
from backend.messaging import channels, service
from backend.notifications.service import Event
from backend.notifications.settings import notification_settings
from chat_gateway.zalo import accounts
from chat_gateway.zalo.channel import ZaloChannel, ZaloTemplateChannel
from tests.builders import zalo as make
from tests.builders.messaging import work
from tests.builders.notifications import NOON, PHONE, Channels, link, tell, worker_looks
from tests.peers.zalo import client as peer
from tests.peers.zalo.client import Zalo

pytestmark = pytest.mark.usefixtures("database")
TEMPLATES = 'received: {template_id: "100", values: {ma: "{code}"}}'
PARAMS = [{"name": "ma", "require": True, "type": "STRING", "maxLength": 30, "minLength": 0}]
NUMBER = PHONE.removeprefix("+")


@pytest.fixture(scope="module")
def running() -> Iterator[Zalo]:
    with peer.running() as started:
        yield started


@pytest.fixture
def zalo(running: Zalo, monkeypatch, tmp_path) -> Iterator[Zalo]:
    monkeypatch.setenv("NOTICE_CHANNELS", "zalo,zns,sms")
    notification_settings.cache_clear()
    running.control("reset")
    running.set(advance=NOON.timestamp() - clock.now().timestamp())
    (tmp_path / "templates.yml").write_text(TEMPLATES)
    make.configure(monkeypatch, **running.environment(), ZALO_TEMPLATES=str(tmp_path / "templates.yml"))
    running.set(templates=[{"id": "100", "params": PARAMS}], phones=[NUMBER], last={make.CITIZEN: 8 * 86_400})
    yield running
    notification_settings.cache_clear()


@pytest.fixture
def sms(zalo: Zalo, monkeypatch):
    ways = Channels(monkeypatch, "sms")
    channels.register(ZaloTemplateChannel())
    channels.register(ZaloChannel())
    with clock.stopped_at(NOON):
        pair = zalo.control("pair")
        accounts.keep_first(make.OA_ID, pair["access_token"], pair["refresh_token"], timedelta(hours=25))
    return ways["sms"]


def test_a_notice_with_a_template_goes_by_phone_and_not_by_sms(zalo, sms):
    with clock.stopped_at(NOON):
        tell(Event.RECEIVED)
        work()
    assert [(one["phone"], one["template_data"]["ma"]) for one in zalo.seen["by_phone"]] == [
        (NUMBER, "H15.24.133-261123-0012")
    ]
    assert sms.bodies == []


def test_a_notice_without_a_template_goes_by_sms_at_once(zalo, sms):
    with clock.stopped_at(NOON):
        tell(Event.RESULT_READY)
        work()
    assert (len(sms.bodies), zalo.seen["by_phone"]) == (1, [])


@pytest.mark.parametrize("code", [-118, -114])
def test_a_number_that_zalo_does_not_reach_gets_an_sms(zalo, sms, code):
    zalo.set(faults=[{"path": "/message/template", "times": 1, "code": code}])
    with clock.stopped_at(NOON):
        tell(Event.RECEIVED)
        work()
    with clock.stopped_at(NOON + timedelta(minutes=2)):
        worker_looks()
    assert (len(sms.bodies), zalo.seen["by_phone"]) == (1, [])


@pytest.mark.parametrize(("event", "by"), [(Event.RECEIVED, "template"), (Event.RESULT_READY, "sms")])
def test_somebody_not_heard_of_for_eight_days_is_told_by_template_or_sms(zalo, sms, event, by):
    link("zalo", make.CITIZEN)
    with clock.stopped_at(NOON):
        make.conversation(heard=timedelta(days=8))
        tell(event)
        work()
    with clock.stopped_at(NOON + timedelta(minutes=2)):
        worker_looks()
    inbox = zalo.inbox(make.CITIZEN)
    assert (len(inbox), len(sms.bodies)) == ((1, 0) if by == "template" else (0, 1))


def test_somebody_heard_of_lately_is_told_in_words(zalo, sms):
    link("zalo", make.CITIZEN)
    zalo.set(last={make.CITIZEN: 60})
    with clock.stopped_at(NOON):
        make.conversation(heard=timedelta(hours=1))
        tell(Event.RECEIVED)
        work()
    assert "đã tiếp nhận" in zalo.texts(make.CITIZEN)[0]
    assert sms.bodies == []


def test_who_stopped_notices_by_sms_gets_none_by_template(zalo, sms):
    with clock.stopped_at(NOON):
        citizens.set_notices(service.conversation_with("sms", PHONE), False)
        tell(Event.RECEIVED)
        work()
    assert (zalo.seen["by_phone"], sms.bodies) == ([], [])
