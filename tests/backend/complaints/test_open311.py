"""Open311 GeoReport v2 with the client of PyPI over a real server, and what wrong requests are told."""

import threading
from datetime import timedelta

import pytest
import requests
import xmltodict
from georeport import GeoReport
from sqlalchemy import select
from werkzeug.serving import make_server

from backend import clock
from backend.audit import Audit, AuditEntry
from backend.complaints import open311, open311_web
from backend.complaints.models import Complaint, ComplaintEvent, ComplaintIdentity
from backend.complaints.policy import Kind, Protection, State
from backend.database import reading
from backend.wsgi import build
from tests.builders.complaints import make_published, make_report

JURISDICTION = "daklak.gov.vn"
SECRETS = {"text": "anh Tám 0905123456 báo", "name": "Hồ Văn Mười", "phone": "+84905123456"}


@pytest.fixture(scope="module")
def root():
    server = make_server("127.0.0.1", 0, build(), threaded=True)
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    yield f"http://127.0.0.1:{server.port}/open311/v2"
    server.shutdown()
    server.server_close()


@pytest.fixture(autouse=True)
def _unhurried():
    for throttle in (open311_web.READING, open311_web.POSTING, open311_web.GUESSING):
        throttle.forget()


@pytest.fixture
def key(database):
    return open311.add_client("Ứng dụng thử")


def post(root, key, extension="json", **form):
    form = {"api_key": key, "service_code": "light", "lat": "12.68", "long": "108.04", "description": "Đèn tắt"} | form
    return requests.post(f"{root}/requests.{extension}", data=form, timeout=10)


@pytest.mark.parametrize("format_", ["json", "xml"])
def test_the_client_reads_services_and_published_requests_and_nothing_else(root, database, format_):
    code = make_published(
        "Đèn <hỏng> & tắt", category="light", area="Phường Tân An", latitude=12.68, longitude=108.04, report=SECRETS
    )
    make_published(report={"state": State.REOPENED}, category="road")
    make_report("chưa công khai")
    client = GeoReport(root, jurisdiction=JURISDICTION, output_format=format_)
    services = client.get_service_list()
    assert {"light", "road", "other"} <= {one["service_code"] for one in services}
    assert "conduct" not in {one["service_code"] for one in services}
    definition = client.get_service_definition("light")
    assert definition["service_code"] == "light"
    found = client.get_service_requests(service_code="light,rubbish", status="closed")
    found = found if isinstance(found, list) else [found]  # xmltodict: one is no list
    assert [one["service_request_id"] for one in found] == [code]
    one = client.get_service_request(code)
    assert one == found[0]
    assert (one["status"], one["service_code"], one["address"]) == ("closed", "light", "Phường Tân An")
    assert one["description"] == "Đèn <hỏng> & tắt"
    assert (float(one["lat"]), float(one["long"])) == (12.68, 108.04)
    assert not [word for word in ("Tám", "0905", "Mười") if word in str(one)]
    reopened = client.get_service_requests(status="open")
    assert len(reopened) == 1 if format_ == "json" else reopened["status"] == "open"


def test_times_ids_and_the_span_of_ninety_days_narrow(root, database):
    now = clock.now()
    old = make_published(report={"created_at": now - timedelta(days=200)})
    new = make_published(report={"created_at": now - timedelta(days=2)})
    client = GeoReport(root)
    assert [one["service_request_id"] for one in client.get_service_requests()] == [new]
    start = f"{now - timedelta(days=210):%Y-%m-%dT%H:%M:%SZ}"
    assert [one["service_request_id"] for one in client.get_service_requests(start_date=start)] == [old]
    both = client.get_service_requests(service_request_id=f"{old},{new},PA-000000-0000,rác")
    assert {one["service_request_id"] for one in both} == {old, new}
    end = f"{now - timedelta(days=1):%Y-%m-%dT%H:%M:%S+07:00}"  # the plus unquoted, as many send it
    response = requests.get(f"{root}/requests.json?end_date={end}", timeout=10)
    assert [one["service_request_id"] for one in response.json()] == [new]


def test_a_program_posts_sees_the_state_and_asks_again_without_a_second_report(root, key):
    answer = post(root, key, first_name="Lan", last_name="Trần Thị", phone="0905 123 456", jurisdiction_id=JURISDICTION)
    assert answer.status_code == 200
    code = answer.json()[0]["service_request_id"]
    again = post(root, key, "xml")
    assert xmltodict.parse(again.content)["service_requests"]["request"]["service_request_id"] == code
    with reading() as session:
        row = session.scalars(select(Complaint)).one()
        assert (row.category, row.kind, row.latitude, row.state) == ("light", "report", 12.68, State.RECEIVED)
        person = session.get_one(ComplaintIdentity, row.id)
        assert (person.name, person.phone) == ("Trần Thị Lan", "+84905123456")
        event = session.scalars(select(ComplaintEvent)).one()
        assert (event.actor, event.actor_name) == ("open311:1", "Ứng dụng thử")
    assert requests.get(f"{root}/requests/{code}.json", timeout=10).status_code == 404, "not published"
    shown = requests.get(f"{root}/requests/{code}.json", {"api_key": key}, timeout=10).json()[0]
    assert shown["status"] == "open"
    assert "description" not in shown
    other = open311.add_client("Ứng dụng khác")
    assert requests.get(f"{root}/requests/{code}.json", {"api_key": other}, timeout=10).status_code == 404
    token = requests.get(f"{root}/tokens/{code}.json", {"api_key": key}, timeout=10).json()
    assert token == [{"service_request_id": code, "token": code}]


def test_what_is_posted_is_sorted_by_its_words_and_sealed(root, key):
    post(root, key, description="tố cáo cán bộ ăn chặn tiền")
    post(root, key, description="", media_url="https://x.example/a.jpg", **{"attribute[kind]": "proposal"})
    with reading() as session:
        told, only_a_photo = session.scalars(select(Complaint).order_by(Complaint.id))
    assert (told.kind, told.protection) == (Kind.DENUNCIATION, Protection.PROTECTED)
    assert (only_a_photo.kind, only_a_photo.protection) == (Kind.PROPOSAL, Protection.ANONYMOUS)
    assert only_a_photo.text == "Chiếu sáng\nhttps://x.example/a.jpg"


WRONG_QUERIES = {
    "requests.json?status=maybe": 400,
    "requests.json?status=open,maybe": 400,
    "requests.json?start_date=yesterday": 400,
    "requests.json?end_date=2026-13-45T00:00:00Z": 400,
    "requests.json?start_date=0001-01-01T00:00:00Z": 400,
    "requests.json?start_date=9999-12-31T23:59:59Z": 400,
    "requests.json?start_date=2026-01-01T00:00:00Z&end_date=2026-12-01T00:00:00Z": 400,
    "requests.json?start_date=2026-02-01T00:00:00Z&end_date=2026-01-01T00:00:00Z": 400,
    "requests.json?service_code=nothing": 404,
    "requests.json?service_code=%00": 400,
    "requests.json?jurisdiction_id=elsewhere": 404,
    "services.json?jurisdiction_id=elsewhere": 404,
    "services/nothing.json": 404,
    "services/conduct.json": 404,
    "requests/PA-000000-0000.json": 404,
    "requests/' OR 1=1.json": 404,
    "tokens/x.json": 404,
    "requests.csv": 404,
    "requests": 404,
    "": 404,
}


@pytest.mark.parametrize("extension", ["json", "xml"])
def test_wrong_queries_are_refused_in_the_standards_shape(root, database, extension):
    for path, status in WRONG_QUERIES.items():
        if extension == "xml" and ".json" not in path:
            continue
        response = requests.get(f"{root}/{path.replace('.json', f'.{extension}')}", timeout=10)
        assert response.status_code == status, path
        assert _error(response, extension) == status, path


WRONG_FORMS = (
    ({"service_code": ""}, 400),
    ({"service_code": "nothing"}, 404),
    ({"service_code": "conduct"}, 404),
    ({"lat": "north"}, 400),
    ({"lat": "nan"}, 400),
    ({"lat": "1e999"}, 400),
    ({"long": ""}, 400),
    ({"lat": "21.03", "long": "105.85"}, 400),
    ({"lat": "", "long": ""}, 400),
    ({"lat": "", "long": "", "address_id": "12"}, 400),
    ({"description": "x" * 4_001}, 400),
    ({"address_string": "x" * 301}, 400),
    ({"phone": "call me"}, 400),
    ({"email": "nobody"}, 400),
    ({"media_url": "javascript:alert(1)"}, 400),
    ({"media_url": "http://[::1"}, 400),
    ({"attribute[kind]": "denunciation"}, 400),
    ({"jurisdiction_id": "elsewhere"}, 404),
    ({"api_key": ""}, 403),
    ({"api_key": "wrong"}, 403),
    ({"description": "x" * 2_000_000}, 413),
)


@pytest.mark.parametrize("extension", ["json", "xml"])
def test_wrong_posts_are_refused_in_the_standards_shape_and_leave_nothing(root, key, extension):
    for form, status in WRONG_FORMS:
        response = post(root, key, extension, **form)
        assert response.status_code == status, str(form)[:80]
        assert _error(response, extension) == status
    assert requests.post(f"{root}/requests.{extension}", data=b"\xff\xfe{", timeout=10).status_code == 403
    assert requests.delete(f"{root}/requests.{extension}", timeout=10).status_code == 404
    with reading() as session:
        assert session.scalars(select(Complaint)).all() == []


def _error(response, extension):
    """The code that the standard's error tells; there must be one, with words."""
    if extension == "json":
        error = response.json()[0]
    else:
        assert response.headers["Content-Type"] == "text/xml; charset=utf-8"
        error = xmltodict.parse(response.content)["errors"]["error"]
    assert error["description"]
    return int(error["code"])


def test_what_a_database_refuses_is_left_out_of_what_is_posted(root, key):
    assert post(root, key, description="Đèn\0 tắt", first_name="\0", email="a\0@b.example").status_code == 200
    assert post(root, "\0").status_code == 403
    with reading() as session:
        assert session.scalars(select(Complaint.text)).all() == ["Đèn tắt"]


def test_control_characters_do_not_break_the_xml(root, database):
    make_published("Đèn\x0c hỏng")
    answer = requests.get(f"{root}/requests.xml", timeout=10)
    assert xmltodict.parse(answer.content)["service_requests"]["request"]["description"] == "Đèn hỏng"


def test_a_revoked_key_posts_no_more_and_guessing_is_stopped(root, key):
    number = open311.clients()[0].id
    open311.revoke_client(number)
    assert post(root, key).status_code == 403
    for _ in range(9):
        assert post(root, "guess").status_code == 403
    stopped = post(root, "guess", "xml")
    assert (stopped.status_code, _error(stopped, "xml")) == (429, 429)
    with reading() as session:
        tags = session.scalars(select(AuditEntry.tag).order_by(AuditEntry.id)).all()
    assert tags == [Audit.OPEN311_CLIENT_ADDED, Audit.OPEN311_CLIENT_REVOKED]


def test_what_breaks_inside_is_told_in_the_standards_shape(root, database, monkeypatch):
    monkeypatch.setattr(open311, "services", lambda: 1 / 0)
    broken = requests.get(f"{root}/services.xml", timeout=10)
    assert (broken.status_code, _error(broken, "xml")) == (500, 500)
    assert b"division" not in broken.content


def test_a_flood_is_slowed_down(root, database):
    codes = {requests.get(f"{root}/services.json", timeout=10).status_code for _ in range(125)}
    assert codes == {200, 429}
