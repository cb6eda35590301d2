"""One-time codes: turned on with the first code, asked after the password, none taken twice, recovered on paper."""

import re
from datetime import UTC, datetime, timedelta

import pyotp
import pytest

from backend import clock
from backend.errors import InvalidInput, NotFound
from backend.organisation import administration, one_time_code, sign_in
from backend.organisation.models import Role
from backend.organisation.sign_in import Outcome
from backend.wsgi import build
from tests.builders.organisation import PASSWORD, make_officer, sign_in_with, signed_in, token_of

NOW = datetime(2026, 11, 23, 2, tzinfo=UTC)
LATER = NOW + timedelta(minutes=2)
ME = "/officers/me"


@pytest.fixture
def app(database):
    return build()


@pytest.fixture
def officer(database):
    return make_officer(username="an", role=Role.RECEPTIONIST)


def code_at(secret, moment):
    return pyotp.TOTP(secret).at(moment)


def turned_on(officer):
    """The secret and the recovery codes of an officer who has turned it on at `NOW`."""
    nonce = one_time_code.new_nonce()
    secret = one_time_code.secret_of(officer, nonce)
    with clock.stopped_at(NOW):
        return secret, one_time_code.turn_on(officer, nonce, code_at(secret, NOW))


def attempt(code, *, moment=LATER, address="10.0.0.1"):
    with clock.stopped_at(moment):
        ticket = sign_in.sign_in("an", PASSWORD, address).ticket
        return sign_in.finish(ticket, code, address).outcome


def post(browser, path, **fields):
    return browser.post(path, data={"csrf_token": token_of(browser.get(ME).text), **fields})


def test_it_is_turned_on_by_scanning_and_typing_the_first_code(app, officer):
    with clock.stopped_at(NOW):
        browser = signed_in(app, officer)
        page = browser.get(f"{ME}/code").text
        assert "<svg" in page
        secret = re.search(r"((?:[A-Z2-7]{4} ){7}[A-Z2-7]{4})", page)[1].replace(" ", "")
        assert post(browser, f"{ME}/code", code="000000").status_code == 422
        assert not one_time_code.is_on(officer)
        shown = post(browser, f"{ME}/code", code=code_at(secret, NOW)).text
        assert len(set(re.findall(r"(?:[a-z2-7]{4}-){3}[a-z2-7]{4}", shown))) == one_time_code.RECOVERY_CODES
        assert one_time_code.is_on(officer)
        assert browser.get(f"{ME}/code").location == ME
        assert browser.get(ME).text.count(shown) == 0


def test_a_second_secret_cannot_replace_the_first_while_it_is_on(app, officer):
    browser = signed_in(app, officer)
    browser.get(f"{ME}/code")  # a page left open
    secret, _ = turned_on(officer)
    assert post(browser, f"{ME}/code", code="123456").status_code == 303
    assert attempt(code_at(secret, LATER)) is Outcome.SIGNED_IN


def test_it_is_asked_after_the_password(app, officer):
    secret, _ = turned_on(officer)
    with clock.stopped_at(LATER):
        browser = app.test_client()
        assert "/sign-in/code" in sign_in_with(browser, "an", next="/officers/notices").location
        assert "/sign-in" in browser.get("/officers/").location
        page = browser.get("/officers/sign-in/code?next=/officers/notices").text
        fields = {"csrf_token": token_of(page), "next": "/officers/notices"}
        assert browser.post("/officers/sign-in/code", data=fields | {"code": "000000"}).status_code == 401
        code = " ".join(code_at(secret, LATER))
        answer = browser.post("/officers/sign-in/code", data=fields | {"code": code})
        assert (answer.status_code, answer.location) == (303, "/officers/notices")
        assert browser.get("/officers/").status_code == 200


def test_the_code_page_without_a_password_leads_back(app, database):
    assert "/sign-in" in app.test_client().get("/officers/sign-in/code").location


def test_the_same_code_is_refused_the_second_time(officer):
    secret, _ = turned_on(officer)
    assert attempt(code_at(secret, NOW), moment=NOW) is Outcome.REFUSED, "it turned the codes on"
    assert attempt(code_at(secret, LATER)) is Outcome.SIGNED_IN
    assert attempt(code_at(secret, LATER)) is Outcome.REFUSED
    assert attempt(code_at(secret, LATER - timedelta(seconds=30))) is Outcome.REFUSED, "nor an older one"


@pytest.mark.parametrize(
    ("seconds", "outcome"), [(-30, "signed_in"), (30, "signed_in"), (-90, "refused"), (90, "refused")]
)
def test_a_phone_may_be_half_a_minute_off(officer, seconds, outcome):
    secret, _ = turned_on(officer)
    assert attempt(code_at(secret, LATER + timedelta(seconds=seconds))) == outcome


@pytest.mark.parametrize("code", ["", "abc", "０１２３４５", "1" * 40, "\x00", "🙂"])
def test_odd_codes_are_refused(officer, code):
    turned_on(officer)
    assert attempt(code) is Outcome.REFUSED


def test_guessing_is_slowed_down(officer):
    secret, _ = turned_on(officer)
    assert [attempt("000000") for _ in range(6)] == [Outcome.REFUSED] * 5 + [Outcome.THROTTLED]
    assert attempt(code_at(secret, LATER)) is Outcome.THROTTLED, "the right one neither"
    after = LATER + timedelta(minutes=11)
    assert attempt(code_at(secret, after), moment=after) is Outcome.SIGNED_IN


def test_a_recovery_code_works_once(officer):
    _, codes = turned_on(officer)
    assert attempt(codes[0].upper().replace("-", " ")) is Outcome.SIGNED_IN
    assert attempt(codes[0]) is Outcome.REFUSED
    assert attempt(codes[1]) is Outcome.SIGNED_IN


def test_somebody_elses_recovery_code_is_refused(officer):
    turned_on(officer)
    _, theirs = turned_on(make_officer(username="binh"))
    assert attempt(theirs[0]) is Outcome.REFUSED


def test_a_ticket_is_void_after_five_minutes_or_a_change(officer):
    secret, _ = turned_on(officer)
    with clock.stopped_at(LATER):
        ticket = sign_in.sign_in("an", PASSWORD, "10.0.0.1").ticket
    late = LATER + timedelta(minutes=6)
    with clock.stopped_at(late), pytest.raises(NotFound):
        sign_in.finish(ticket, code_at(secret, late), "10.0.0.1")
    sign_in.set_password("an", "mat-khau-khac-2026")
    with clock.stopped_at(LATER), pytest.raises(NotFound):
        sign_in.finish(ticket, code_at(secret, LATER), "10.0.0.1")
    for forged in ("", "1", f"{officer}:0:x", "x:y:z", f"{officer}:9999999999:"):
        with pytest.raises(NotFound):
            sign_in.finish(forged, "000000", "10.0.0.1")


def test_an_administrator_turns_it_off_for_who_lost_the_phone(app, officer):
    _, codes = turned_on(officer)
    administrator = signed_in(app, make_officer(role=Role.ADMINISTRATOR))
    assert post(administrator, f"/officers/admin/officers/{officer}/code-off").status_code == 303
    assert sign_in.sign_in("an", PASSWORD, "10.0.0.1").outcome is Outcome.SIGNED_IN
    turned_on(officer)
    assert attempt(codes[0]) is Outcome.REFUSED, "the old paper is void"


def test_its_owner_turns_it_off_with_the_password(app, officer):
    browser = signed_in(app, officer)
    turned_on(officer)
    assert post(browser, f"{ME}/code/off", password="sai-mat-khau").status_code == 422
    assert one_time_code.is_on(officer)
    assert post(browser, f"{ME}/code/off", password=PASSWORD).status_code == 303
    assert not one_time_code.is_on(officer)


def test_the_password_is_not_guessed_in_a_browser_left_open(app, officer):
    browser = signed_in(app, officer)
    turned_on(officer)
    for _ in range(5):
        post(browser, f"{ME}/code/off", password="sai-mat-khau")
    refused = post(browser, f"{ME}/code/off", password=PASSWORD)
    assert "chờ 10 phút" in refused.text
    assert one_time_code.is_on(officer)
    with pytest.raises(InvalidInput, match="10 phút"):
        sign_in.change_password(officer, PASSWORD, "mat-khau-khac-2026", key="")


def test_a_copy_of_the_database_alone_makes_no_codes(officer, monkeypatch):
    from backend.settings import settings

    nonce = one_time_code.new_nonce()
    ours = one_time_code.secret_of(officer, nonce)
    monkeypatch.setenv("SECRET_KEY", "another-secret-key")
    settings.cache_clear()
    assert one_time_code.secret_of(officer, nonce) != ours
    settings.cache_clear()


def test_only_administrators_turn_it_off_for_others(app, officer):
    turned_on(officer)
    browser = signed_in(app, make_officer(role=Role.LEADER))
    assert post(browser, f"/officers/admin/officers/{officer}/code-off").status_code == 403
    administration.turn_code_off(officer, actor="officer:1")
    assert not one_time_code.is_on(officer)
