"""The officers' page of channels: who sees it, and what it says of one in trouble."""

from datetime import timedelta

import pytest

from backend import clock
from backend.database import transaction
from backend.messaging import channels, traffic, web
from backend.messaging.channels import Health, HealthState, Window
from backend.messaging.traffic import Windows
from backend.organisation.models import Role
from chat_gateway.zalo import health as zalo_health
from chat_gateway.zalo.models import ZaloAccount
from tests.builders import messaging
from tests.builders import zalo as make
from tests.builders.organisation import make_app, make_officer, signed_in

pytestmark = pytest.mark.usefixtures("database")
PAGE = "/officers/channels/"


class Troubled(messaging.RecordingChannel):
    def health(self):
        return Health(HealthState.ALARM, (("OA", "249"),), ("Quản trị viên chạy lệnh.",))

    def window(self, heard_at):
        if heard_at is None:
            return Window()
        return Window(heard_at + timedelta(hours=48), heard_at + timedelta(days=7))


def page(role, monkeypatch):
    app = make_app()
    app.register_blueprint(web.blueprint)
    monkeypatch.setattr(channels, "_channels", {"sms": messaging.RecordingChannel(), "zalo": Troubled("zalo")})
    return signed_in(app, make_officer(role=role)).get(PAGE)


def test_an_administrator_reads_what_is_to_be_done(monkeypatch):
    response = page(Role.ADMINISTRATOR, monkeypatch)
    assert response.status_code == 200
    for part in ("Cần xử lý ngay", "Quản trị viên chạy lệnh.", "249", "SMS"):
        assert part in response.text
    assert response.text.index("Zalo</th>") < response.text.index("SMS</th>"), "trouble comes first"


def test_in_english_it_speaks_english_also_where_a_gateway_words_it(monkeypatch):
    app = make_app()
    app.register_blueprint(web.blueprint)
    monkeypatch.setenv("ZALO_OA_ID", make.OA_ID)
    with transaction() as session:
        session.add(ZaloAccount(oa_id=make.OA_ID, trouble="-115", quota={"remain": "unlimited"}))
    health = zalo_health.of_account(make.OA_ID)  # worded where no language is chosen yet

    class Troubling(messaging.RecordingChannel):
        def health(self):
            return zalo_health.of_account(make.OA_ID)

    monkeypatch.setattr(channels, "_channels", {"zalo": Troubling("zalo")})
    browser = signed_in(app, make_officer(role=Role.ADMINISTRATOR))
    browser.set_cookie("language", "en")
    said = browser.get(PAGE).text
    for part in (
        "has no money left. (error -115)",
        "Consultation messages left",
        "without limit",
        "administrator runs",
    ):
        assert part in said
    assert all(label not in said for label, _ in health.facts if label != "OA")


def test_a_specialist_does_not_see_it(monkeypatch):
    assert page(Role.SPECIALIST, monkeypatch).status_code == 403


def test_messages_and_windows_are_counted(monkeypatch):
    monkeypatch.setattr(channels, "_channels", {"zalo": Troubled("zalo")})
    for number, hours in enumerate((1, 47, 49, 160, 170)):
        make.conversation(f"8{number}", heard=timedelta(hours=hours))
    messaging.text("xin chào", channel="zalo", address="80")
    with clock.stopped_at(clock.now() - timedelta(days=2)):
        messaging.text("hôm kia", channel="zalo", address="9")
    (line,) = traffic.lines()
    assert (line.came, line.went, line.failed, line.waiting) == (1, 0, 0, 0)
    assert line.windows == Windows(free=2, paid=3, closed=1)
