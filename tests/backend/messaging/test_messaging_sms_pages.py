"""The officers' pages about SMS, with the real gateway behind them: preview of a text, providers and their weights."""

import threading

import pytest
from sqlalchemy import select
from werkzeug.serving import make_server

from backend import database
from backend.audit import Audit, AuditEntry
from backend.messaging import sms_web
from backend.organisation.models import Role
from backend.settings import settings
from sms_gateway import wsgi
from sms_gateway.settings import sms_settings
from tests.builders import sms
from tests.builders.organisation import make_app, make_officer, signed_in, token_of

PREVIEW, PROVIDERS = "/officers/sms-preview", "/officers/sms-providers"


@pytest.fixture
def app(database, monkeypatch):
    sms.client(monkeypatch, SMS_PROVIDERS="smpp:80,esms:20", SMS_COSTS="smpp:350")
    server = make_server("127.0.0.1", 0, wsgi.build(), threaded=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    monkeypatch.setenv("SMS_URL", f"http://127.0.0.1:{server.port}")
    settings.cache_clear()
    app = make_app()
    app.register_blueprint(sms_web.blueprint)
    yield app
    server.shutdown()
    server.server_close()
    sms_settings.cache_clear()


@pytest.fixture
def officer(app):
    return signed_in(app, make_officer(role=Role.RECEPTIONIST))


@pytest.fixture
def administrator(app):
    return signed_in(app, make_officer(role=Role.ADMINISTRATOR))


def seen(client, text: str, **headers: str):
    token = token_of(client.get(PREVIEW).get_data(as_text=True))
    return client.post(PREVIEW, data={"csrf_token": token, "text": text}, headers=headers)


def test_a_text_shows_its_segments_its_cost_and_what_makes_it_dear(officer):
    page = seen(officer, "Đường ngập " * 10).get_data(as_text=True)
    assert "Gửi nguyên văn: 2 SMS" in page
    assert "Bỏ dấu: 1 SMS, bớt 1" in page
    assert "700 đ" in page
    assert "350 đ" in page
    assert "LATIN CAPITAL LETTER D WITH STROKE" in page
    assert "chưa khai giá" in page, "eSMS's price is not known"


def test_decomposed_letters_are_counted_as_what_the_phone_gets(officer):
    assert "Gửi nguyên văn: 1 SMS" in seen(officer, "ế" * 70).get_data(as_text=True)


def test_the_script_gets_the_part_alone(officer):
    part = seen(officer, "<b>Da</b>", **{"X-Part": "seen"}).get_data(as_text=True)
    assert "<html" not in part
    assert "&lt;b&gt;" not in part, "a text of one SMS is not repeated"
    assert "Gửi nguyên văn: 1 SMS" in part


@pytest.mark.parametrize("text", ["", "   ", "\x00", "ế" * 2_001, "\ud83d\ude00", "{{ 7*7 }}"])
def test_any_text_gets_a_page(officer, text):
    response = seen(officer, text.encode("utf-8", "replace").decode())
    assert response.status_code == (422 if len(text) > 2_000 else 200)


def test_a_gateway_that_does_not_answer_is_said(officer, monkeypatch):
    monkeypatch.setenv("SMS_URL", "http://127.0.0.1:9")
    settings.cache_clear()
    response = seen(officer, "Da")
    assert response.status_code == 503
    assert "Cổng SMS chưa trả lời" in response.get_data(as_text=True)


def test_only_administrators_see_the_providers(officer, app):
    assert officer.get(PROVIDERS).status_code == 403
    assert officer.post(f"{PROVIDERS}/smpp", data={"what": "drain"}).status_code in (400, 403)
    assert app.test_client().get(PREVIEW).status_code in (302, 303)


def change(client, name: str, **form: str):
    token = token_of(client.get(PROVIDERS).get_data(as_text=True))
    answer = client.post(f"{PROVIDERS}/{name}", data={"csrf_token": token, **form}, follow_redirects=True)
    return answer.get_data(as_text=True)


def test_an_administrator_weighs_drains_and_takes_back(administrator):
    assert 'value="60"' in change(administrator, "smpp", what="weight", weight="60")
    assert "đang ngừng giao tin mới" in change(administrator, "smpp", what="drain")
    assert "đang ngừng giao tin mới" not in change(administrator, "smpp", what="take_back")
    with database.reading() as session:
        changes = select(AuditEntry).where(AuditEntry.tag == Audit.SMS_PROVIDER_CHANGED.value).order_by(AuditEntry.id)
        entries = session.scalars(changes).all()
    assert [entry.details for entry in entries] == [{"weight": 60}, {"draining": True}, {"draining": False}]


@pytest.mark.parametrize(
    ("name", "form", "said"),
    [
        ("smpp", {"what": "weight", "weight": "101"}, "Tỷ trọng là số từ 0 đến 100."),
        ("smpp", {"what": "weight", "weight": "٥"}, "Tỷ trọng là số từ 0 đến 100."),
        ("smpp", {"what": "weight"}, "Tỷ trọng là số từ 0 đến 100."),
        ("smpp", {"what": "burn"}, "chưa đúng"),
        ("twilio", {"what": "drain"}, "Không có nhà cung cấp SMS này."),
        ("..%2Fpreview", {"what": "drain"}, "Không"),
    ],
)
def test_wrong_changes_change_nothing(administrator, name, form, said):
    assert said in change(administrator, name, **form)
    assert "đang ngừng giao tin mới" not in administrator.get(PROVIDERS).get_data(as_text=True)
