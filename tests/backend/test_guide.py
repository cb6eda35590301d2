"""What `make run` prints when all is up leads somewhere."""

import re

import httpx

from backend import guide
from backend.settings import settings
from backend.wsgi import build as build_backend
from chat_gateway.wsgi import build as build_chat


def test_every_address_it_prints_is_a_page(database):
    clients = {settings().web_port: build_backend().test_client(), settings().chat_port: build_chat().test_client()}
    printed = re.findall(r"http://[\d.]+:(\d+)(/\S*)", guide.welcome())
    assert len(printed) == 4
    for port, path in printed:
        assert clients[int(port)].get(path, follow_redirects=True).status_code in (200, 401), path


def test_it_waits_for_all_and_names_who_never_came(monkeypatch, capsys):
    def answer(url, timeout):
        return httpx.Response(503 if "webhooks" in url else 200)

    monkeypatch.setattr(httpx, "get", answer)
    assert [part.name for part in guide.wait(0.3)] == ["Rasa"]
    assert capsys.readouterr().out.count("✓") == 4
