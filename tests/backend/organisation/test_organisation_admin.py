"""Administrators' pages: agencies, departments, officers, the calendar, the log; refused to everybody else."""

from datetime import date

import pytest
from sqlalchemy import select

from backend.audit import Audit, AuditEntry
from backend.database import reading
from backend.organisation import administration, audit_log, calendar_days, service, sign_in
from backend.organisation.models import Level, Role
from backend.organisation.sign_in import Outcome
from backend.wsgi import build
from tests.builders.organisation import PASSWORD, make_agency, make_officer, sign_in_with, signed_in, token_of

ADMIN = "/officers/admin"
PAGES = ("agencies", "agencies/new", "officers", "officers/new", "calendar", "audit", "procedures/")
XSS = "<script>alert(1)</script>"


@pytest.fixture
def app(database):
    return build()


@pytest.fixture
def administrator(database):
    return make_officer(role=Role.ADMINISTRATOR, agency_id=make_agency(code="H15.24", name="Sở Nội vụ"))


@pytest.fixture
def browser(app, administrator):
    return signed_in(app, administrator)


def send(browser, path, **fields):
    """Send a form as the page would; the page that follows."""
    token = token_of(browser.get("/officers/me").text)
    return browser.post(f"{ADMIN}/{path}", data={"csrf_token": token, **fields}, follow_redirects=True)


def audits(tag):
    with reading() as session:
        return list(session.scalars(select(AuditEntry.subject).where(AuditEntry.tag == tag)))


@pytest.mark.parametrize("role", sorted(set(Role) - {Role.ADMINISTRATOR}))
def test_other_roles_are_refused(app, role):
    browser = signed_in(app, make_officer(role=role))
    assert [browser.get(f"{ADMIN}/{page}").status_code for page in PAGES] == [403] * len(PAGES)
    refused = send(browser, "officers/new", username="an", name="An", role="administrator", agency="1")
    assert refused.status_code == 403
    assert send(browser, "calendar", day="2026-11-24", kind="off", name="Nghỉ").status_code == 403


def test_an_administrator_opens_every_page_and_a_stranger_is_sent_to_sign_in(app, browser):
    assert [browser.get(f"{ADMIN}/{page}").status_code for page in PAGES] == [200] * len(PAGES)
    assert all("/sign-in" in app.test_client().get(f"{ADMIN}/{page}").location for page in PAGES)


class TestAgencies:
    def test_adding_correcting_and_finding_one(self, browser):
        typed = {
            "code": "h15.950",
            "level": "department",
            "name": XSS,
            "since": "2026-01-01",
            "phone": "0262 3 850 000",
        }
        page = send(browser, "agencies/new", **typed).text
        assert XSS not in page
        assert "Đã thêm cơ quan." in page
        added = service.agency_by_code("H15.950")
        send(browser, f"agencies/{added.id}", name="Sở Thử nghiệm", phone="0262 3 111 222")
        assert service.agency(added.id).name == "Sở Thử nghiệm"
        assert "Sở Thử nghiệm" in browser.get(f"{ADMIN}/agencies?q=so+thu+nghiem").text
        assert audits(Audit.AGENCY_CHANGED) == [f"agency:{added.id}"]

    @pytest.mark.parametrize(
        "wrong",
        [
            {"code": "H16.1"},
            {"code": "H15."},
            {"code": "H15." + "9" * 40},
            {"code": "H15.24"},
            {"name": " "},
            {"since": "32/13/2026"},
            {"phone": "0" * 41},
            {"email": "a" * 121},
            {"parent": "999999"},
        ],
        ids=str,
    )
    def test_what_cannot_be_is_refused_and_what_was_typed_is_kept(self, browser, wrong):
        typed = {"code": "H15.950", "level": "commune", "name": "UBND xã Thử", "since": "2026-01-01"} | wrong
        answer = send(browser, "agencies/new", **typed)
        assert answer.status_code in (404, 409, 422), answer.text
        assert audits(Audit.AGENCY_ADDED) == []
        assert answer.status_code == 404 or f'value="{typed["code"]}"' in answer.text

    def test_a_new_name_begins_a_new_period_and_people_go_along(self, browser):
        old = make_agency(code="H15.950", name="Sở Cũ")
        officer = make_officer(agency_id=old, department="Phòng Tổng hợp")
        send(browser, f"agencies/{old}/rename", name="Sở Mới", since="2026-01-01")
        new = service.agency_by_code("H15.950")
        assert (new.name, sign_in.officer(officer).agency_id) == ("Sở Mới", new.id)
        assert [room.name for room in administration.departments_of(new.id)] == ["Phòng Tổng hợp"]
        assert "đã có ngày kết thúc" in send(browser, f"agencies/{old}/rename", name="Sở Khác", since="2026-02-01").text

    def test_closing_passes_the_work_on_and_is_taken_back(self, browser):
        old, new = make_agency(name="Sở Cũ"), make_agency(name="Sở Kế thừa")
        officer = make_officer(agency_id=old)
        closing = {"last_day": "2026-01-31", "successor": str(new), "move_people": "1"}
        assert "Sở Kế thừa" in send(browser, f"agencies/{old}/close", **closing).text
        assert sign_in.officer(officer).agency_id == new
        assert [one.id for one in administration.successors_of(old)] == [new]
        assert "Cơ quan hoạt động trở lại." in send(browser, f"agencies/{old}/reopen").text
        assert (service.agency(old).valid_to, administration.successors_of(old)) == (None, [])

    def test_an_agency_does_not_end_before_it_begins_nor_pass_to_itself(self, browser):
        agency = make_agency(valid_from=date(2020, 1, 1))
        for wrong in (
            {"last_day": "2019-12-31"},
            {"last_day": "2026-01-31", "successor": str(agency)},
            {"last_day": ""},
        ):
            send(browser, f"agencies/{agency}/close", **wrong)
            assert service.agency(agency).valid_to is None

    def test_departments_have_one_name_each(self, browser):
        agency = make_agency()
        send(browser, f"agencies/{agency}/departments", name="Phòng  Đất đai")
        assert "đã có phòng tên này" in send(browser, f"agencies/{agency}/departments", name="Phòng Đất đai").text
        assert "Thiếu tên phòng" in send(browser, f"agencies/{agency}/departments", name=" ").text
        [room] = administration.departments_of(agency)
        send(browser, f"departments/{room.id}", name="Phòng Môi trường", agency_id=str(agency))
        assert [one.name for one in administration.departments_of(agency)] == ["Phòng Môi trường"]
        assert send(browser, "departments/999999", name="Phòng").status_code == 404


class TestOfficers:
    def typed(self, agency, **changes):
        return {"username": "binh.tran", "name": "Trần Bình", "role": "head", "agency": str(agency)} | changes

    def test_a_new_officer_signs_in_with_the_password_shown_once_and_chooses_another(self, app, browser):
        page = send(browser, "officers/new", **self.typed(make_agency(), email="binh@daklak.gov.vn")).text
        [binh] = [one for one in sign_in.officers() if one.username == "binh.tran"]
        made = administration.reset_password(binh.id, actor="officer:1")
        assert binh.must_change
        assert made not in page
        theirs = app.test_client()
        assert sign_in_with(theirs, "binh.tran", made).status_code == 303
        assert theirs.get("/officers/").location == "/officers/me"
        fields = {"old": made, "new": "mat-khau-moi-cua-toi", "again": "mat-khau-moi-cua-toi"}
        theirs.post("/officers/me/password", data={"csrf_token": token_of(theirs.get("/officers/me").text), **fields})
        assert theirs.get("/officers/").status_code == 200

    @pytest.mark.parametrize(
        "wrong",
        [
            {"role": "king"},
            {"agency": ""},
            {"name": " "},
            {"name": "A" * 121},
            {"username": "có dấu"},
            {"username": "TAKEN"},
            {"email": "khong-phai-thu"},
        ],
        ids=str,
    )
    def test_bad_input_is_refused_and_kept(self, browser, wrong):
        make_officer(username="taken")
        answer = send(browser, "officers/new", **self.typed(make_agency()) | wrong)
        assert answer.status_code in (409, 422)
        assert [one for one in sign_in.officers() if one.name == "Trần Bình"] == []

    def test_nobody_is_added_to_an_agency_that_ended_or_never_was(self, browser):
        ended = make_agency(valid_to=date(2025, 6, 30))
        assert send(browser, "officers/new", **self.typed(ended)).status_code == 409
        assert send(browser, "officers/new", **self.typed(999999)).status_code == 404

    def test_a_closed_account_is_out_at_once_and_in_again_when_reopened(self, app, browser):
        officer = make_officer(username="an")
        theirs = signed_in(app, officer)
        send(browser, f"officers/{officer}/close")
        assert theirs.get("/officers/").status_code == 303
        assert sign_in.sign_in("an", PASSWORD, "10.0.0.1").outcome is Outcome.REFUSED
        send(browser, f"officers/{officer}/reopen")
        assert sign_in.sign_in("an", PASSWORD, "10.0.0.2").outcome is Outcome.SIGNED_IN

    def test_a_reset_password_ends_sessions_and_is_shown(self, app, browser):
        officer = make_officer(username="an")
        theirs = signed_in(app, officer)
        page = send(browser, f"officers/{officer}/password").text
        assert theirs.get("/officers/").status_code == 303
        assert sign_in.sign_in("an", PASSWORD, "10.0.0.1").outcome is Outcome.REFUSED
        assert sign_in.officer(officer).must_change
        assert "an" in page
        assert audits(Audit.OFFICER_PASSWORD_SET) == [f"officer:{officer}"]

    def test_administrators_neither_close_nor_demote_themselves(self, browser, administrator):
        assert "không tự khóa" in send(browser, f"officers/{administrator}/close").text
        mine = sign_in.officer(administrator)
        answer = send(browser, f"officers/{administrator}", **self.typed(mine.agency_id, role="leader"))
        assert answer.status_code == 403
        assert sign_in.officer(administrator).role is Role.ADMINISTRATOR

    def test_a_change_is_saved_and_says_which_fields_in_the_log_never_their_words(self, browser):
        officer = make_officer(name="Tên Cũ")
        send(browser, f"officers/{officer}", **self.typed(make_agency(), department="Phòng Mới"))
        assert (sign_in.officer(officer).name, sign_in.officer(officer).role) == ("Trần Bình", Role.HEAD)
        with reading() as session:
            entry = session.scalars(select(AuditEntry).where(AuditEntry.tag == Audit.OFFICER_CHANGED)).one()
        assert set(entry.details["fields"]) == {"name", "role", "agency_id", "department_id"}
        assert "Trần Bình" not in str(entry.details)

    def test_a_page_about_an_officer_is_about_them_and_not_about_who_looks(self, browser, administrator):
        officer = make_officer(name="Trần Bình", username="binh")
        page = browser.get(f"{ADMIN}/officers/{officer}").text
        assert "<h1>Trần Bình</h1>" in page
        assert f'action="{ADMIN}/officers/{officer}/close"' in page
        assert f"officers/{administrator}/" not in page
        assert "/close" not in browser.get(f"{ADMIN}/officers/new").text
        assert "Trần Bình" in send(browser, f"officers/{officer}/password").text

    def test_an_unknown_officer_is_not_found(self, browser):
        assert browser.get(f"{ADMIN}/officers/999999").status_code == 404
        assert send(browser, "officers/999999/password").status_code == 404
        assert send(browser, "officers/999999/close").status_code == 404


class TestCalendar:
    def test_a_day_off_is_shown_and_taken_back(self, browser):
        page = send(browser, "calendar", day="2026-11-25", kind="off", name=f"Nghỉ {XSS}").text
        assert XSS not in page
        assert date(2026, 11, 25) in {day.day for day in calendar_days.days(2026)}
        assert "25/11/2026" in send(browser, "calendar/remove", day="2026-11-25").text
        assert date(2026, 11, 25) not in {day.day for day in calendar_days.days(2026)}

    @pytest.mark.parametrize("wrong", [{"day": "x"}, {"kind": "maybe"}, {"name": ""}, {"day": "2026-11-28"}], ids=str)
    def test_a_wrong_day_is_refused_in_words(self, browser, wrong):
        page = send(browser, "calendar", **({"day": "2026-11-25", "kind": "off", "name": "Nghỉ"} | wrong))
        assert page.status_code == 200
        assert 'class="notice error"' in page.text
        assert not any(day.administered for day in calendar_days.days(2026))

    def test_a_day_nobody_set_cannot_be_removed(self, browser):
        assert send(browser, "calendar/remove", day="2026-09-02").status_code == 404
        assert send(browser, "calendar/remove", day="never").status_code == 422

    @pytest.mark.parametrize("year", ["0", "99999", "abc", "-1"])
    def test_any_year_shows_a_page(self, browser, year):
        assert browser.get(f"{ADMIN}/calendar?year={year}").status_code == 200


class TestLog:
    def test_it_names_who_did_what_and_is_filtered(self, browser, administrator):
        agency = make_agency(name="Sở Thử")
        send(browser, f"agencies/{agency}/departments", name="Phòng Một")
        page = browser.get(f"{ADMIN}/audit?officer={administrator}&subject=department").text
        assert "Thêm phòng" in page
        assert "Nguyễn Văn An" in page
        nobody = browser.get(f"{ADMIN}/audit?officer=999999").text
        assert nobody.count("<td") == 0

    @pytest.mark.parametrize(
        "query",
        [
            "first=2026-02-01&last=2026-01-01",
            "last=9999-12-31",
            "first=0001-01-01",
            "page=999999999",
            "officer=x",
            "first=x",
        ],
    )
    def test_odd_questions_are_answered(self, browser, query):
        assert browser.get(f"{ADMIN}/audit?{query}").status_code == 200


def test_agencies_are_found_by_level(browser):
    make_agency(name="UBND xã Thử", level=Level.COMMUNE)
    assert "UBND xã Thử" in browser.get(f"{ADMIN}/agencies?level=commune").text
    assert "UBND xã Thử" not in browser.get(f"{ADMIN}/agencies?level=department").text


def test_everything_that_leaves_a_trace_has_a_name_in_the_log(database):
    assert set(Audit) <= set(audit_log.TITLES)
