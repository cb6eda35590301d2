"""Every route of every web process has an authentication decision, and the refusals work."""

import re

import pytest

from backend.http import public, route_auth
from backend.wsgi import build as build_backend
from chat_gateway.wsgi import build as build_chat
from sms_gateway.wsgi import build as build_sms

BUILDERS = {"backend": build_backend, "sms": build_sms, "chat": build_chat}


@pytest.fixture(scope="module", params=BUILDERS)
def app(request):
    return BUILDERS[request.param]()


def test_every_route_has_an_authentication_decision(app):
    undecided = [rule.rule for rule in app.url_map.iter_rules() if route_auth(app, rule.endpoint) is None]
    assert undecided == []


def test_a_route_without_a_decision_is_refused(database):
    app = build_backend()
    app.add_url_rule("/forgotten", "forgotten", lambda: "secret")
    response = app.test_client().get("/forgotten")
    assert (response.status_code, b"secret" in response.data) == (403, False)


def test_api_refuses_without_and_with_a_wrong_token(database):
    app = build_backend()
    client = app.test_client()
    guarded = [
        rule for rule in app.url_map.iter_rules() if (route_auth(app, rule.endpoint) or ("",))[0] == "internal token"
    ]
    assert len(guarded) >= 12
    for rule in guarded:
        path = rule.rule.replace("<int:cid>", "1").replace("<string:code>", "1.001193").replace("<code>", "1.001193")
        for method in sorted(rule.methods - {"HEAD", "OPTIONS"}):
            for headers in ({}, {"Authorization": "Bearer wrong"}, {"Authorization": "Bearer "}):
                response = client.open(path, method=method, headers=headers)
                assert response.status_code == 401, (method, path, headers)
                assert response.json["error"]["code"] == "unauthenticated"


@pytest.mark.parametrize("number", [2**31, 10**30])
def test_a_number_that_no_row_can_have_is_not_found(database, number):
    client = build_backend().test_client()
    token = {"Authorization": "Bearer test-internal-token"}
    response = client.get(f"/api/v1/conversations/{number}", headers=token)
    assert (response.status_code, response.json["error"]["code"]) == (404, "not_found")


def test_a_wrong_method_is_told_the_right_ones(database):
    response = build_backend().test_client().delete("/healthz")
    assert response.status_code == 405
    assert response.json["error"]["code"] == "method_not_allowed"
    assert "GET" in response.headers["Allow"]


def test_errors_have_one_shape_and_leak_nothing(database):
    app = build_backend()

    @app.get("/broken")
    @public("test")
    def broken():
        raise RuntimeError("secret detail")

    client = app.test_client()
    assert client.get("/nowhere").json["error"]["code"] == "not_found"
    response = client.get("/broken")
    assert response.status_code == 500
    assert response.json["error"]["code"] == "internal"
    assert b"secret detail" not in response.data
    assert response.headers["X-Request-ID"] == response.json["error"]["request_id"]


def test_the_api_of_the_assistant_is_described_from_its_code_and_can_be_browsed(database):
    app = build_backend()
    client = app.test_client()
    described = client.get("/api/openapi.json").json["paths"]
    routes = {
        re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule)
        for rule in app.url_map.iter_rules()
        if rule.rule.startswith("/api/v1/")
    }
    assert routes == set(described)
    page = client.get("/api/swagger")
    assert page.status_code == 200
    assert not re.search(rb"""(?:src|href)=["'](?:https?:)?//""", page.data), "its assets are ours"
