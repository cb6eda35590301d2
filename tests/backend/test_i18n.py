"""Two languages: every text is translated, dates and numbers follow, the choice stays with the browser."""

import re
from datetime import UTC, date, datetime

import pytest

from backend import i18n
from backend.i18n import gettext, ngettext
from backend.translations import collect
from tests.builders.organisation import make_app, make_officer, signed_in

PLACEHOLDER = re.compile(r"%\((\w+)\)s")


@pytest.fixture
def english():
    i18n.speak("en")
    yield
    i18n.speak(None)


def test_every_marked_text_has_an_english_translation():
    assert collect.missing() == [], "run `flask --app backend translations update` and translate these"


def test_no_translation_is_of_a_text_that_is_gone():
    assert collect.stale() == [], "run `flask --app backend translations update`"


def test_translations_keep_the_placeholders():
    for message in collect.read():
        ids = message.id if isinstance(message.id, tuple) else (message.id,)
        said = message.string if isinstance(message.string, tuple) else (message.string,)
        wanted = {name for text in ids for name in PLACEHOLDER.findall(text)}
        for text in said:
            assert set(PLACEHOLDER.findall(text)) <= wanted, text
            assert text.count("%%") <= max(one.count("%%") for one in ids), text


def test_texts_are_found_in_templates_and_in_code():
    places = {place for _, place in collect.texts()}
    assert "backend/templates/officers.html" in places
    assert "backend/organisation/sign_in.py" in places


def test_vietnamese_is_the_language_without_a_choice():
    assert gettext("Đăng nhập") == "Đăng nhập"
    assert ngettext("%(num)s cán bộ", "%(num)s cán bộ", 25000) == "25.000 cán bộ"


def test_english_has_plurals(english):
    assert gettext("Đăng nhập") == "Sign in"
    assert ngettext("%(num)s cán bộ", "%(num)s cán bộ", 1) == "1 officer"
    assert ngettext("%(num)s cán bộ", "%(num)s cán bộ", 25000) == "25,000 officers"


def test_an_unknown_language_is_vietnamese():
    i18n.speak("tlh")
    assert i18n.language() == "vi"


def test_dates_and_numbers_follow_the_language():
    moment = datetime(2026, 11, 23, 6, 5, tzinfo=UTC)
    texts = {}
    for language in i18n.LANGUAGES:
        i18n.speak(language)
        texts[language] = (i18n.moment(moment), i18n.day(date(2026, 3, 1)), i18n.number(1234567), i18n.money(8000))
    i18n.speak(None)
    assert texts["vi"] == ("23/11/2026 13:05", "01/03/2026", "1.234.567", "8.000 đ")
    assert texts["en"] == ("23 Nov 2026, 13:05", "1 Mar 2026", "1,234,567", "8,000 VND")


class TestTheSwitch:
    def test_it_keeps_the_page_and_its_arguments(self, database):
        client = signed_in(make_app(), make_officer())
        page = client.get("/officers/?a=1&b=hai").text
        assert '<html lang="vi">' in page
        link = re.search(r'class="language" href="([^"]+)"', page)[1].replace("&amp;", "&")
        response = client.get(link)
        assert (response.status_code, response.location) == (303, "/officers/?a=1&b=hai")
        page = client.get("/officers/").text
        assert '<html lang="en">' in page
        assert "Sign out" in page

    def test_the_choice_outlives_signing_in(self, database):
        app = make_app()
        officer_id = make_officer(username="an")
        client = app.test_client()
        client.get("/officers/sign-in?lang=en")
        assert "Sign in" in client.get("/officers/sign-in").text
        client = signed_in(app, officer_id)
        assert '<html lang="vi">' in client.get("/officers/").text, "another browser keeps its own"

    @pytest.mark.parametrize(
        ("path", "location"),
        [
            ("/%2F/evil.example", "/evil.example"),
            ("/%09/evil.example", "/%09/evil.example"),
            ("/%0a/evil.example", "/%0A/evil.example"),
            ("/%5Cevil.example", "/%5Cevil.example"),
            ("/officers/%0d%0aSet-Cookie:a=b", "/officers/%0D%0ASet-Cookie%3Aa%3Db"),
        ],
    )
    def test_it_never_leads_elsewhere(self, database, path, location):
        response = make_app().test_client().get(f"{path}?lang=en", headers={"Accept": "text/html"})
        assert (response.status_code, response.location) == (303, location)

    def test_an_unknown_choice_changes_nothing(self, database):
        response = make_app().test_client().get("/officers/sign-in?lang=xx")
        assert response.status_code == 200
        assert "language" not in str(response.headers.getlist("Set-Cookie"))


class TestErrorPages:
    @pytest.mark.parametrize(("language", "title"), [("vi", "Không tìm thấy trang"), ("en", "Page not found")])
    def test_a_page_that_is_not_there_has_the_layout_in_both_languages(self, database, language, title):
        client = signed_in(make_app(), make_officer())
        client.set_cookie("language", language)
        response = client.get("/officers/nowhere", headers={"Accept": "text/html"})
        assert (response.status_code, response.mimetype) == (404, "text/html")
        assert title in response.text

    def test_the_api_keeps_json(self, database):
        response = make_app().test_client().get("/api/v1/nowhere", headers={"Accept": "text/html"})
        assert (response.status_code, response.mimetype) == (404, "application/json")

    def test_scripts_on_officers_pages_are_told_in_json(self, database):
        response = make_app().test_client().get("/officers/nowhere", headers={"Accept": "application/json"})
        assert response.json["error"]["code"] == "not_found"

    def test_an_error_page_comes_without_the_database(self, database, monkeypatch):
        app = make_app()

        def broken():
            raise RuntimeError("database is gone")

        monkeypatch.setattr("backend.organisation.sign_in.reading", broken)
        client = app.test_client()
        with client.session_transaction() as session:
            session["key"] = "something"
        response = client.get("/officers/", headers={"Accept": "text/html"})
        assert (response.status_code, response.mimetype) == (500, "text/html")
        assert "database is gone" not in response.text


def test_pages_may_load_nothing_from_elsewhere_and_run_nothing_inline(database):
    response = make_app().test_client().get("/officers/sign-in")
    policy = response.headers["Content-Security-Policy"]
    assert "default-src 'self'" in policy
    assert "unsafe-inline" not in policy
    assert not re.search(r"<script(?![^>]*\bsrc=)|\bstyle=|\bon\w+=", response.text)
