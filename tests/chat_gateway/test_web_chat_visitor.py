"""Who a visitor is: what the page gives, what a forged or old cookie gets, and that other sites cannot write."""

import pytest
from flask import Flask
from itsdangerous import URLSafeTimedSerializer

from chat_gateway.settings import chat_settings
from chat_gateway.web_chat import visitor as visitors
from tests.builders.chat import OWN_PAGE, Visitor


def _cookie(app: Flask, path: str = "/chat") -> str:
    return next(value for value in app.test_client().get(path).headers.getlist("Set-Cookie"))


@pytest.mark.parametrize("path", ["/", "/chat"])
def test_the_page_gives_an_identity_that_scripts_and_other_sites_cannot_use(app: Flask, path: str) -> None:
    cookie = _cookie(app, path)
    assert cookie.startswith("mot_cua_chat=")
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert "Path=/" in cookie
    assert "Secure" not in cookie


def test_over_https_the_cookie_stays_there(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHAT_COOKIE_SECURE", "1")
    chat_settings.cache_clear()
    assert "Secure" in _cookie(app)


def test_no_two_visitors_share_a_key(app: Flask) -> None:
    assert len({_cookie(app).split(";")[0] for _ in range(20)}) == 20


def test_coming_back_keeps_the_conversation(visitor: Visitor) -> None:
    visitor.write("xin chào")
    visitor.client.get("/")
    assert visitor.texts() == ["xin chào"]


def _signed(value: object, *, secret: str = "test-secret-key", salt: str = "web chat visitor") -> str:
    return URLSafeTimedSerializer(secret, salt=salt).dumps(value)


FORGED = {
    "no signature": "A" * 22,
    "empty": "",
    "other secret": _signed("A" * 22, secret="guess"),
    "other purpose": _signed("A" * 22, salt="officer"),
    "not a key": _signed({"key": "A" * 22}),
    "a number": _signed(1),
    "somebody's phone": _signed("+84905123456"),
    "cut": _signed("A" * 22)[:-1],
    "bytes": "\xff\xfe.\x00",
}


@pytest.mark.parametrize("cookie", FORGED.values(), ids=FORGED.keys())
def test_a_forged_cookie_gets_a_new_identity_from_the_page_and_nothing_from_the_api(app: Flask, cookie: str) -> None:
    client = app.test_client()
    client.set_cookie(visitors.COOKIE, cookie)
    assert client.get("/chat/messages").status_code == 401
    body = {"id": "11111111-1111-4111-8111-111111111111", "text": "a"}
    assert client.post("/chat/messages", json=body, headers=OWN_PAGE).status_code == 401
    assert client.get("/chat/messages/1/sms").status_code == 401

    assert client.get("/chat").status_code == 200
    assert client.get("/chat/messages").json["messages"] == []
    assert client.post("/chat/messages", json=body, headers=OWN_PAGE).status_code == 202


def test_an_old_cookie_is_like_none(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    client = app.test_client()
    client.get("/chat")
    monkeypatch.setattr(visitors, "_lifetime", lambda: -1)
    assert client.get("/chat/messages").status_code == 401


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {**OWN_PAGE, "Origin": "https://elsewhere.example"},
        {**OWN_PAGE, "Origin": "http://localhost.elsewhere.example"},
        {**OWN_PAGE, "Origin": "http://localhost:9999"},
        {**OWN_PAGE, "Origin": "null"},
        {**OWN_PAGE, "Sec-Fetch-Site": "cross-site"},
    ],
)
@pytest.mark.parametrize("path", ["/chat/messages", "/chat/forget"])
def test_other_sites_cannot_write(visitor: Visitor, headers: dict[str, str], path: str) -> None:
    body = {"id": "11111111-1111-4111-8111-111111111111", "text": "a"}
    assert visitor.client.post(path, json=body, headers=headers).status_code == 403
    assert visitor.texts() == []


@pytest.mark.parametrize("origin", ["http://localhost", "https://localhost", "https://motcua.daklak.gov.vn"])
def test_the_own_page_may_write(visitor: Visitor, monkeypatch: pytest.MonkeyPatch, origin: str) -> None:
    monkeypatch.setenv("CHAT_ORIGINS", "https://motcua.daklak.gov.vn/, https://daklak.gov.vn")
    chat_settings.cache_clear()
    body = {"id": "11111111-1111-4111-8111-111111111111", "text": "a"}
    sent = visitor.client.post("/chat/messages", json=body, headers={**OWN_PAGE, "Origin": origin})
    assert sent.status_code == 202


def test_leaving_makes_a_new_visitor(visitor: Visitor) -> None:
    visitor.write("chuyện riêng")
    assert visitor.client.post("/chat/forget", headers=OWN_PAGE).status_code == 200
    assert visitor.texts() == []


def test_the_page_lets_no_other_script_in_and_is_not_kept(app: Flask) -> None:
    response = app.test_client().get("/")
    policy = response.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "script-src 'self';" in policy
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert response.headers["Cache-Control"] == "no-store"
    assert "onclick" not in response.text
    assert "style=" not in response.text


def test_the_page_speaks_vietnamese_unless_english_is_chosen(app: Flask) -> None:
    client = app.test_client()
    assert '<html lang="vi">' in client.get("/").text
    assert "Một Cửa Đắk Lắk" in client.get("/").text
    assert '<html lang="vi">' in client.get("/?lang=xx").text
    assert '<html lang="en">' in client.get("/?lang=en").text
    assert '<html lang="en">' in client.get("/chat").text
    assert '<html lang="vi">' in client.get("/?lang=vi").text


def test_static_files_may_be_kept_because_their_address_changes_with_them(app: Flask) -> None:
    client = app.test_client()
    address = client.get("/").text.split('<script src="')[1].split('"')[0]
    script = client.get(address)
    assert script.status_code == 200
    assert "immutable" in script.headers["Cache-Control"]
    assert len(script.data) < 24 * 1024
