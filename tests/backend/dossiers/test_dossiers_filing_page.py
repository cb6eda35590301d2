"""Filing at the desk: from the phone number to the receipt, and what is refused comes back filled in."""

import io

import pytest
from sqlalchemy import func, select

from backend import clock
from backend.audit import Audit, AuditEntry
from backend.database import reading
from backend.dossiers import filing
from backend.dossiers.models import Dossier
from backend.dossiers.policy import State
from backend.organisation.models import Role
from tests.builders.dossiers import AGENCY, OWNER, dossier_id, make_dossier, make_house, make_procedure
from tests.builders.files import make_image
from tests.builders.organisation import signed_in
from tests.builders.pages import Page

NEW = "/officers/dossiers/new"
TYPED = {"phone": "0900 000 001", "name": "Trần Thị Mai"}
ALL = {f"paper-{at}-state": "present" for at in (1, 2, 3)}
OTHER = "H15.24.999"


@pytest.fixture
def desk(app, crew):
    return signed_in(app, crew[Role.RECEPTIONIST].id)


def form(client, procedure=None):
    answer = client.get(f"{NEW}?procedure={procedure or make_procedure()}")
    assert answer.status_code == 200
    return Page(answer.get_data(as_text=True)).forms["new"]


def send(client, do="receive", procedure=None, **fields):
    shown = form(client, procedure)
    return client.post(shown.action, data=shown.fields | TYPED | fields | {"do": do})


def again(answer):
    return Page(answer.get_data(as_text=True))


def newest():
    with reading() as session:
        found = session.scalars(select(Dossier).order_by(Dossier.id.desc()).limit(1)).one()
        _ = found.papers, found.shipments, [paper.files for paper in found.papers], found.history
        return found


def count():
    with reading() as session:
        return session.scalar(select(func.count()).select_from(Dossier))


def test_the_procedure_is_found_by_its_name_and_offered_again_next_time(desk):
    make_dossier(State.RECEIVED)
    page = again(desk.get(NEW))
    assert "Đăng ký kết hôn" in page.text
    assert "Không tìm thấy thủ tục nào" in again(desk.get(f"{NEW}?q=zzzzqqq")).text
    assert desk.get(f"{NEW}?procedure=9.999999").status_code == 404


def test_filed_checked_and_received_in_one_go(desk, crew):
    answer = send(desk, **ALL, content="Kết hôn với anh Y", email="mai@example.vn", address="12 Lê Duẩn")
    assert answer.status_code == 303
    assert "print=receipt" in answer.location
    made = newest()
    assert (made.state, made.desk_code, made.agency_code) == (State.RECEIVED, AGENCY, AGENCY)
    assert (made.applicant_phone, made.content) == (OWNER, "Kết hôn với anh Y")
    assert [event.action for event in made.history] == ["file", "receive"]
    assert {event.actor for event in made.history} == {crew[Role.RECEPTIONIST].actor}
    assert made.due_at > clock.now()
    shown = again(desk.get(answer.location))
    assert "In giấy hẹn" in shown.text
    assert "undo" in shown.forms


def test_a_form_sent_again_makes_one_dossier(desk):
    """The answer got lost on its way, and the officer presses the button once more."""
    shown = form(desk)
    refused = again(desk.post(shown.action, data=shown.fields | TYPED | {"name": "", "do": "receive"}))
    sent = refused.forms["new"].fields | TYPED | ALL | {"do": "receive"}
    first, second = desk.post(shown.action, data=sent), desk.post(shown.action, data=sent)
    assert (first.status_code, second.location, count()) == (303, first.location, 1)
    assert send(desk, **ALL).location != first.location
    assert desk.post(shown.action, data=sent | {"name": "Trần Thị Lan"}).location != first.location
    assert count() == 3


def test_a_form_sent_twice_at_the_same_moment_makes_one_dossier(desk, monkeypatch):
    known = filing.filed
    looked = []

    def too_early(key):
        looked.append(key)
        return None if len(looked) < 3 else known(key)

    monkeypatch.setattr(filing, "filed", too_early)
    sent = form(desk).fields | TYPED | ALL | {"do": "receive"}
    first, second = desk.post(NEW, data=sent), desk.post(NEW, data=sent)
    assert (first.status_code, second.location, count()) == (303, first.location, 1)


def test_saved_without_receiving(desk):
    assert send(desk, "keep").status_code == 303
    assert newest().state == State.SUBMITTED


def test_what_lacks_is_asked_for_right_away(desk):
    answer = send(desk, "request_supplement", **ALL | {"paper-2-state": "missing", "paper-2-remark": "hết hạn"})
    assert answer.status_code == 303
    made = newest()
    assert (made.state, made.missing) == (State.SUPPLEMENT_REQUESTED, ["Giấy xác nhận tình trạng hôn nhân"])


def test_filed_by_post_with_its_tracking_code(desk):
    answer = send(desk, "keep", filed_via="post", tracking_code="EA123456789VN", return_by="post", address="12 Lê Duẩn")
    assert answer.status_code == 303
    made = newest()
    assert (made.filed_via, made.return_by) == ("post", "post")
    assert [parcel.tracking_code for parcel in made.shipments] == ["EA123456789VN"]


def test_an_appointment_is_asked_for_where_the_regulation_names_none(desk):
    endless = make_procedure("9.000777", "Việc không có thời hạn", methods=[])
    day = clock.today().replace(year=clock.today().year + 1, month=3, day=2)
    while day.weekday() > 4:
        day = day.replace(day=day.day + 1)
    assert send(desk, procedure=endless, **ALL, due_at="2001-01-01").status_code == 422
    assert send(desk, procedure=endless, **ALL).status_code == 422
    assert send(desk, procedure=endless, **ALL, due_at=day.isoformat()).status_code == 303
    assert clock.local(newest().due_at).date() == day


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"phone": "12"}, "phone"),
        ({"phone": ""}, "phone"),
        ({"phone": "+1 202 555 0100"}, "phone"),
        ({"name": " \u200b"}, "name"),
        ({"name": "x" * 201}, "name"),
        ({"email": "mai@"}, "email"),
        ({"address": "x" * 301}, "address"),
        ({"return_by": "post"}, "address"),
        ({"filed_via": "online"}, "filed_via"),
        ({"return_by": "pigeon"}, "return_by"),
        ({"tracking_code": "x" * 41}, "tracking_code"),
        ({"content": "x" * 2001}, "content"),
    ],
)
def test_what_is_wrong_is_said_beside_its_field_and_nothing_typed_is_lost(desk, fields, field):
    typed = ALL | {"content": "Giữ lại giúp tôi", "paper-1-remark": "ghi chú", "paper-3-state": "not_needed"}
    answer = send(desk, **typed | fields)
    assert answer.status_code == 422
    page = again(answer)
    assert any(values.get("id") == f"{field}-error" for _, values in page.tags)
    kept = page.forms["new"].fields
    for name, value in (TYPED | typed | fields).items():
        if len(value) < 200:
            assert kept[name] == value or name in ("filed_via", "return_by"), name
    assert count() == 0


def test_unchecked_papers_are_not_received_and_the_dossier_is_not_half_written(desk):
    answer = send(desk, **ALL | {"paper-2-state": "unchecked"})
    assert answer.status_code == 422
    assert "Còn giấy tờ bắt buộc" in again(answer).text
    assert send(desk, "request_supplement", **ALL).status_code == 422
    assert count() == 0


@pytest.mark.parametrize(
    "fields",
    [
        {"do": "explode"},
        {"paper-1-state": "eaten"},
        {"procedure": "9.999999"},
        {"agency_code": "H99"},
        {"paper-1-kept": "forged"},
        {"paper-1-reuse": "x"},
    ],
)
def test_what_no_form_of_ours_sends_is_refused(desk, fields):
    shown = form(desk)
    answer = desk.post(shown.action, data=shown.fields | TYPED | ALL | {"do": "receive"} | fields)
    assert answer.status_code in (404, 422)
    assert count() == 0


def test_scans_survive_a_refused_form(desk):
    scan = {"paper-1-files": (io.BytesIO(make_image()), "tờ khai.jpg")}
    page = again(send(desk, **ALL, **scan, name=""))
    assert "Đã nhận tệp: tờ khai.jpg" in page.text
    kept = page.forms["new"]
    assert desk.post(kept.action, data=kept.fields | {"name": "Trần Thị Mai", "do": "receive"}).status_code == 303
    assert [file.name for file in newest().papers[0].files] == ["tờ khai.jpg"]


def test_a_bad_scan_is_refused_beside_its_paper(desk):
    answer = send(desk, **ALL, **{"paper-2-files": (io.BytesIO(b"<svg/>"), "a.svg")})
    assert answer.status_code == 422
    assert "a.svg:" in again(answer).text
    assert count() == 0


# --- the electronic file ---------------------------------------------------------------------------------------


def test_a_known_number_brings_name_address_and_papers_that_are_used_again(desk):
    scan = {"paper-3-files": (io.BytesIO(make_image()), "can cuoc.jpg")}
    send(desk, **ALL, **scan, address="12 Lê Duẩn")
    first = newest()
    page = again(send(desk, "find", name="", address=""))
    fields = page.forms["new"].fields
    assert (fields["name"], fields["address"]) == ("Trần Thị Mai", "12 Lê Duẩn")
    assert first.code in page.text
    assert "Dùng lại bản đã nộp: can cuoc.jpg" in page.text
    paper_file = str(first.papers[2].files[0].id)
    assert send(desk, **ALL, **{"paper-3-reuse": paper_file}).status_code == 303
    second = newest()
    assert second.id != first.id
    assert second.papers[2].files[0].file_id == first.papers[2].files[0].file_id


def test_papers_of_somebody_else_cannot_be_used(desk):
    send(desk, **ALL, **{"paper-3-files": (io.BytesIO(make_image()), "a.jpg")})
    theirs = str(newest().papers[2].files[0].id)
    assert send(desk, **ALL, **{"phone": "0900 000 002", "paper-3-reuse": theirs}).status_code == 303
    assert newest().papers[2].files == []


def test_an_unknown_number_is_said_to_be_one_and_what_was_typed_stays(desk):
    page = again(send(desk, "find", name="Lê Văn Mới", content="giữ"))
    assert "Chưa có hồ sơ nào của số này" in page.text
    fields = page.forms["new"].fields
    assert (fields["name"], fields["content"]) == ("Lê Văn Mới", "giữ")
    assert send(desk, "find", phone="12").status_code == 422


def test_a_citizens_file_shows_only_what_the_officer_may_see_and_leaves_a_trace(app, desk):
    mine = make_dossier(State.RETURNED)
    make_house(OTHER, "UBND xã Khác")
    theirs = make_dossier(State.RECEIVED, agency_code=OTHER)
    with reading() as session:
        citizen = session.get_one(Dossier, dossier_id(mine)).citizen_id
    page = again(desk.get(f"/officers/citizens/{citizen}"))
    assert mine in page.text
    assert theirs not in page.text
    assert desk.get("/officers/citizens/999999").status_code == 404
    with reading() as session:
        entries = session.scalars(select(AuditEntry).where(AuditEntry.tag == Audit.CITIZEN_VIEWED)).all()
        assert [(entry.subject, entry.details) for entry in entries] == [(f"citizen:{citizen}", {})]


def test_a_number_known_elsewhere_tells_this_desk_nothing(app, desk):
    make_house(OTHER, "UBND xã Khác")
    make_dossier(State.RECEIVED, agency_code=OTHER, applicant_name="Người Của Xã Khác")
    page = again(send(desk, "find", name=""))
    assert "Người Của Xã Khác" not in page.text
    assert "Chưa có hồ sơ nào của số này" in page.text


def test_only_the_desk_files(app, crew, desk):
    shown = form(desk)
    for role in (Role.SPECIALIST, Role.HEAD, Role.LEADER):
        client = signed_in(app, crew[role].id)
        assert client.get(NEW).status_code == 403
        assert client.post(NEW, data=shown.fields | TYPED | ALL | {"do": "receive"}).status_code == 403
    assert app.test_client().get(NEW).status_code == 303
    assert desk.post(NEW, data=shown.fields | TYPED | ALL | {"do": "receive", "csrf_token": "x"}).status_code == 403
    assert count() == 0
