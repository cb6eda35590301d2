"""Officers signing in and out: in the browser as it is built, and the service below it."""

import threading
from datetime import UTC, datetime, timedelta

import pytest
from flask import Blueprint, Flask
from sqlalchemy import func, select

from backend import clock
from backend.audit import Audit, AuditEntry
from backend.database import reading, transaction
from backend.errors import Conflict, InvalidInput, NotFound
from backend.organisation import demo, navigation, seeding, sign_in
from backend.organisation.access import current_officer, officer_required, role_required
from backend.organisation.models import Agency, Officer, OfficerSession, Role, SignInThrottle
from backend.organisation.sign_in import Outcome
from tests.builders.organisation import (
    PASSWORD,
    make_agency,
    make_app,
    make_officer,
    sign_in_with,
    signed_in,
    token_of,
)

NOW = datetime(2026, 11, 23, 2, tzinfo=UTC)


@pytest.fixture
def app(database) -> Flask:
    app = make_app()
    pages = Blueprint("pages", __name__)

    @pages.get("/who")
    @officer_required
    def who() -> str:
        return current_officer().username

    @pages.post("/change")
    @officer_required
    def change() -> str:
        return "changed"

    @pages.get("/administration")
    @role_required(Role.ADMINISTRATOR)
    def administration() -> str:
        return "secret"

    app.register_blueprint(pages)
    return app


def audits() -> list[str]:
    with reading() as session:
        return list(session.scalars(select(AuditEntry.tag).order_by(AuditEntry.id)))


def test_signing_in_leads_to_the_start_page_and_out_again(app: Flask) -> None:
    make_officer(username="an.nguyen", name="Nguyễn Văn An", role=Role.RECEPTIONIST)
    client = app.test_client()
    response = sign_in_with(client, " An.Nguyen ")
    assert (response.status_code, response.location) == (303, "/officers/")
    page = client.get("/officers/").get_data(as_text=True)
    assert "Nguyễn Văn An" in page
    assert "Cán bộ một cửa" in page
    response = client.post("/officers/sign-out", data={"csrf_token": token_of(page)})
    assert (response.status_code, response.location) == (303, "/officers/sign-in")
    assert client.get("/who").status_code == 303
    assert audits() == [Audit.OFFICER_ADDED, Audit.OFFICER_SIGNED_IN, Audit.OFFICER_SIGNED_OUT]


def test_signing_out_ends_a_copied_cookie_too(app: Flask) -> None:
    client = signed_in(app, make_officer(username="an"))
    thief = app.test_client()
    thief.set_cookie("officer", client.get_cookie("officer").value)
    assert thief.get("/who").text == "an"
    client.post("/officers/sign-out", data={"csrf_token": token_of(client.get("/officers/").text)})
    assert thief.get("/who").status_code == 303


@pytest.mark.parametrize(("username", "password"), [("an", "sai-mat-khau"), ("nobody", PASSWORD), ("", ""), ("an", "")])
def test_wrong_name_and_wrong_password_look_alike(app: Flask, username: str, password: str) -> None:
    make_officer(username="an")
    response = sign_in_with(app.test_client(), username, password)
    assert response.status_code == 401
    assert "Tên đăng nhập hoặc mật khẩu không đúng." in response.text
    assert audits()[-1] == Audit.OFFICER_SIGN_IN_FAILED


def test_an_unknown_name_costs_as_much_work_as_a_known_one(database, monkeypatch: pytest.MonkeyPatch) -> None:
    make_officer(username="an")
    compared: list[str] = []
    verified = sign_in._verified
    monkeypatch.setattr(sign_in, "_verified", lambda known, given: compared.append(known) or verified(known, given))
    sign_in.sign_in("an", "sai", "10.0.0.1")
    sign_in.sign_in("nobody", "sai", "10.0.0.1")
    parameters = {password_hash.rsplit("$", 2)[0] for password_hash in compared}
    assert len(compared) == 2
    assert len(parameters) == 1
    assert parameters.pop().startswith("$argon2id$")


def test_a_closed_account_cannot_sign_in_and_loses_its_session(app: Flask) -> None:
    officer_id = make_officer(username="an")
    client = signed_in(app, officer_id)
    with transaction() as session:
        session.get_one(Officer, officer_id).active = False
    assert client.get("/who").status_code == 303
    assert sign_in_with(app.test_client(), "an").status_code == 401


class TestThrottle:
    def test_five_failures_close_the_door_for_ten_minutes(self, database) -> None:
        make_officer(username="an")
        with clock.stopped_at(NOW):
            for _ in range(5):
                assert sign_in.sign_in("an", "sai", "10.0.0.1").outcome is Outcome.REFUSED
            assert sign_in.sign_in("an", PASSWORD, "10.0.0.1").outcome is Outcome.THROTTLED
            assert sign_in.sign_in("an", PASSWORD, "10.0.0.2").outcome is Outcome.SIGNED_IN
        with clock.stopped_at(NOW + timedelta(minutes=9)):
            assert sign_in.sign_in("AN ", PASSWORD, "10.0.0.1").outcome is Outcome.THROTTLED
        with clock.stopped_at(NOW + timedelta(minutes=10, seconds=1)):
            assert sign_in.sign_in("an", PASSWORD, "10.0.0.1").outcome is Outcome.SIGNED_IN

    def test_unknown_names_are_throttled_as_well(self, database) -> None:
        outcomes = [sign_in.sign_in("nobody", "sai", "10.0.0.1").outcome for _ in range(6)]
        assert outcomes == [Outcome.REFUSED] * 5 + [Outcome.THROTTLED]

    def test_success_clears_the_count(self, database) -> None:
        make_officer(username="an")
        for _ in range(4):
            sign_in.sign_in("an", "sai", "10.0.0.1")
        assert sign_in.sign_in("an", PASSWORD, "10.0.0.1").outcome is Outcome.SIGNED_IN
        assert sign_in.sign_in("an", "sai", "10.0.0.1").outcome is Outcome.REFUSED
        with reading() as session:
            kept = sorted(session.scalars(select(SignInThrottle.failures)))
        assert kept == [1, 1, 5], "of name and address, of the name, of the address"

    def test_guesses_at_the_same_time_get_no_more_than_five_answers(self, database) -> None:
        make_officer(username="an")
        outcomes: list[Outcome] = []
        start = threading.Barrier(8)

        def guess() -> None:
            start.wait()
            outcomes.append(sign_in.sign_in("an", "sai", "10.0.0.1").outcome)

        threads = [threading.Thread(target=guess) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(outcomes) == [Outcome.REFUSED] * 5 + [Outcome.THROTTLED] * 3

    def test_the_page_says_so(self, app: Flask) -> None:
        client = app.test_client()
        responses = [sign_in_with(client, "nobody", "sai") for _ in range(6)]
        assert [response.status_code for response in responses] == [401] * 5 + [429]
        assert "chờ 10 phút" in responses[-1].text


class TestSession:
    def test_it_ends_when_idle(self, database) -> None:
        make_officer(username="an")
        with clock.stopped_at(NOW):
            key = sign_in.sign_in("an", PASSWORD, "10.0.0.1").key
        with clock.stopped_at(NOW + timedelta(hours=3)):
            assert sign_in.officer_of(key)
        with clock.stopped_at(NOW + timedelta(hours=6)):
            assert sign_in.officer_of(key), "seen three hours ago"
        with clock.stopped_at(NOW + timedelta(hours=10, minutes=1)):
            assert sign_in.officer_of(key) is None

    def test_it_ends_after_twelve_hours_at_the_latest(self, database) -> None:
        make_officer(username="an")
        with clock.stopped_at(NOW):
            key = sign_in.sign_in("an", PASSWORD, "10.0.0.1").key
        for hours in (3, 6, 9, 12):
            with clock.stopped_at(NOW + timedelta(hours=hours)):
                assert sign_in.officer_of(key)
        with clock.stopped_at(NOW + timedelta(hours=12, minutes=1)):
            assert sign_in.officer_of(key) is None

    def test_the_database_does_not_hold_the_key(self, database) -> None:
        make_officer(username="an")
        key = sign_in.sign_in("an", PASSWORD, "10.0.0.1").key
        with reading() as session:
            stored = session.scalars(select(OfficerSession.key_hash)).one()
        assert key not in stored
        assert sign_in.officer_of(stored) is None
        assert sign_in.officer_of("") is None

    def test_a_new_password_ends_it(self, database) -> None:
        make_officer(username="an")
        key = sign_in.sign_in("an", PASSWORD, "10.0.0.1").key
        sign_in.set_password("an", "mat-khau-moi-2026")
        assert sign_in.officer_of(key) is None
        assert sign_in.sign_in("an", "mat-khau-moi-2026", "10.0.0.1").outcome is Outcome.SIGNED_IN

    def test_none_is_opened_with_a_password_that_is_changed_while_it_is_checked(self, database, monkeypatch) -> None:
        make_officer(username="an")
        check = sign_in._verified

        def slowly(password_hash: str, password: str) -> bool:
            correct = check(password_hash, password)
            sign_in.set_password("an", "mat-khau-moi-2026")
            return correct

        monkeypatch.setattr(sign_in, "_verified", slowly)
        assert sign_in.sign_in("an", PASSWORD, "10.0.0.1").outcome is Outcome.REFUSED
        with reading() as session:
            assert session.scalars(select(OfficerSession)).all() == []


class TestCookie:
    def test_flags(self, app: Flask) -> None:
        cookie = app.test_client().get("/officers/sign-in").headers["Set-Cookie"]
        assert "HttpOnly" in cookie
        assert "SameSite=Lax" in cookie
        assert "Secure" not in cookie

    def test_it_is_sent_over_https_only_in_production(self, database, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("ENVIRONMENT", "production")
        assert make_app().config["SESSION_COOKIE_SECURE"] is True

    def test_pages_are_not_kept_nor_framed(self, app: Flask) -> None:
        response = signed_in(app, make_officer()).get("/officers/")
        assert response.headers["Cache-Control"] == "no-store"
        assert "frame-ancestors 'none'" in response.headers["Content-Security-Policy"]


class TestCsrf:
    def test_a_form_without_the_token_is_refused(self, app: Flask) -> None:
        client = signed_in(app, make_officer())
        assert client.post("/change").status_code == 403
        assert client.post("/change", data={"csrf_token": "wrong"}).status_code == 403
        assert "tải lại trang" in client.post("/change").text

    def test_a_form_with_the_token_passes_and_a_script_sends_a_header(self, app: Flask) -> None:
        client = signed_in(app, make_officer())
        token = token_of(client.get("/officers/").text)
        assert client.post("/change", data={"csrf_token": token}).text == "changed"
        assert client.post("/change", headers={"X-CSRF-Token": token}).text == "changed"

    def test_another_browsers_token_is_refused(self, app: Flask) -> None:
        other = token_of(app.test_client().get("/officers/sign-in").text)
        client = signed_in(app, make_officer())
        assert client.post("/change", data={"csrf_token": other}).status_code == 403

    def test_the_sign_in_form_needs_it_and_gets_a_new_one_afterwards(self, app: Flask) -> None:
        officer_id = make_officer(username="an")
        client = app.test_client()
        assert client.post("/officers/sign-in", data={"username": "an", "password": PASSWORD}).status_code == 403
        before = token_of(client.get("/officers/sign-in").text)
        assert sign_in_with(client, "an").status_code == 303
        assert token_of(client.get("/officers/").text) != before
        assert sign_in.officer(officer_id).username == "an"


class TestAccess:
    def test_a_page_leads_to_the_sign_in_page_and_back(self, app: Flask) -> None:
        make_officer(username="an")
        client = app.test_client()
        response = client.get("/who?tab=2")
        assert (response.status_code, response.location) == (303, "/officers/sign-in?next=/who?tab%3D2")
        assert sign_in_with(client, "an", next="/who?tab=2").location == "/who?tab=2"

    @pytest.mark.parametrize(
        "target",
        [
            "https://example.org/",
            "//example.org",
            "/\\example.org",
            "\\\\example.org",
            "javascript:alert(1)",
            "/\t/x.org",
        ],
    )
    def test_signing_in_never_leads_elsewhere(self, app: Flask, target: str) -> None:
        make_officer(username="an")
        assert sign_in_with(app.test_client(), "an", next=target).location == "/officers/"

    def test_a_script_gets_json_instead_of_a_page(self, app: Flask) -> None:
        response = app.test_client().get("/who", headers={"Accept": "application/json"})
        assert response.status_code == 401
        assert response.json["error"]["code"] == "unauthenticated"

    def test_roles(self, app: Flask) -> None:
        assert signed_in(app, make_officer(role=Role.ADMINISTRATOR)).get("/administration").text == "secret"
        refused = signed_in(app, make_officer(role=Role.LEADER)).get("/administration")
        assert refused.status_code == 403
        assert "không có quyền" in refused.text
        assert "secret" not in refused.text

    def test_who_is_signed_in_does_not_see_the_form_again(self, app: Flask) -> None:
        assert signed_in(app, make_officer()).get("/officers/sign-in").location == "/officers/"

    def test_the_navigation_shows_what_the_role_may_open(self, app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(navigation, "_entries", {})
        navigation.add(navigation.Entry("Quản trị", "pages.administration", frozenset({Role.ADMINISTRATOR})))
        navigation.add(navigation.Entry("Chưa có", "pages.missing"))
        shown = signed_in(app, make_officer(role=Role.ADMINISTRATOR)).get("/officers/").text
        assert '<a href="/administration">Quản trị</a>' in shown
        assert "Chưa có" not in shown
        assert "Quản trị" not in signed_in(app, make_officer(role=Role.LEADER)).get("/officers/").text


class TestAccounts:
    def test_officers_are_listed_by_agency_and_role(self, database) -> None:
        agency = make_agency()
        binh = make_officer(agency_id=agency, role=Role.HEAD, name="Bình", department="Phòng Quản lý")
        an = make_officer(agency_id=agency, role=Role.SPECIALIST, name="An", department="Phòng Quản lý")
        elsewhere = make_officer(role=Role.HEAD, name="Chi")
        assert [officer.id for officer in sign_in.officers(agency_id=agency)] == [an, binh]
        assert [officer.id for officer in sign_in.officers(roles=[Role.HEAD])] == [binh, elsewhere]
        assert sign_in.officer(an).department_id == sign_in.officer(binh).department_id

    def test_wrong_input_is_refused(self, database) -> None:
        make_officer(username="an")
        with pytest.raises(Conflict):
            make_officer(username="AN")
        with pytest.raises(InvalidInput, match="Mật khẩu"):
            make_officer(password="ngan")
        with pytest.raises(InvalidInput, match="Tên đăng nhập"):
            make_officer(username="có dấu")
        with pytest.raises(NotFound):
            make_officer(agency_id=999)
        with pytest.raises(NotFound):
            sign_in.officer(999)
        with pytest.raises(NotFound):
            sign_in.set_password("nobody", PASSWORD)

    def test_a_hash_of_weaker_parameters_is_renewed(self, database) -> None:
        from argon2 import PasswordHasher

        officer_id = make_officer(username="an")
        weak = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)
        with transaction() as session:
            session.get_one(Officer, officer_id).password_hash = weak
        assert sign_in.sign_in("an", PASSWORD, "10.0.0.1").outcome is Outcome.SIGNED_IN
        with reading() as session:
            assert session.get_one(Officer, officer_id).password_hash != weak
        assert sign_in.sign_in("an", PASSWORD, "10.0.0.1").outcome is Outcome.SIGNED_IN


class TestCommands:
    def test_adding_an_officer_with_the_password_from_standard_input(self, app: Flask) -> None:
        make_agency(code="H15.16")
        arguments = ["organisation", "add-officer", "an", "--name", "An", "--role", "head", "--agency", "H15.16"]
        runner = app.test_cli_runner()
        result = runner.invoke(args=[*arguments, "--password-stdin"], input=f"{PASSWORD}\n")
        assert result.exit_code == 0, result.output
        assert sign_in.sign_in("an", PASSWORD, "10.0.0.1").outcome is Outcome.SIGNED_IN
        again = runner.invoke(args=arguments, input=f"{PASSWORD}\n{PASSWORD}\n")
        assert again.exit_code == 1
        assert "Error: Tên đăng nhập an đã có người dùng." in again.output

    def test_a_new_password_from_the_prompt(self, app: Flask) -> None:
        make_officer(username="an")
        result = app.test_cli_runner().invoke(
            args=["organisation", "set-password", "an"], input="mat-khau-moi-2026\nmat-khau-moi-2026\n"
        )
        assert result.exit_code == 0, result.output
        assert sign_in.sign_in("an", "mat-khau-moi-2026", "10.0.0.1").outcome is Outcome.SIGNED_IN

    def test_demo_officers_one_of_every_role(self, app: Flask) -> None:
        seeding.seed()
        runner = app.test_cli_runner()
        printed = runner.invoke(args=["organisation", "seed-demo-officers"]).output
        assert {officer.role for officer in sign_in.officers()} == set(Role)
        password = printed.splitlines()[-1].removeprefix("password: ")
        assert sign_in.sign_in("demo-motcua", password, "10.0.0.1").outcome is Outcome.SIGNED_IN
        runner.invoke(args=["organisation", "seed-demo-officers", "--password", PASSWORD])
        assert sign_in.sign_in("demo-motcua", PASSWORD, "10.0.0.1").outcome is Outcome.SIGNED_IN
        with reading() as session:
            assert session.scalar(select(func.count()).select_from(Officer)) == len(demo.OFFICERS)

    def test_demo_officers_need_the_agencies(self, app: Flask) -> None:
        result = app.test_cli_runner().invoke(args=["organisation", "seed-demo-officers"])
        assert result.exit_code == 1
        with reading() as session:
            assert session.scalar(select(func.count()).select_from(Agency)) == 0
