"""The SMS form of an answer, asked of the SMS gateway's real preview over loopback."""

import httpx
import pytest

from chat_gateway.settings import chat_settings
from tests.builders.chat import FakeWorker, Visitor, make_reply

LONG = "\n".join(
    f"{n}. Bản chính giấy chứng sinh và giấy tờ tùy thân của người đi nộp, bản thứ {n}" for n in range(1, 13)
)


def _answered(visitor: Visitor, worker: FakeWorker, text: str, *titles: str) -> int:
    visitor.write("khai sinh")
    worker.answer(make_reply(text, *titles))
    return visitor.read()["messages"][-1]["id"]


@pytest.mark.usefixtures("sms_gateway")
def test_an_answer_is_shown_as_the_phone_would_get_it(visitor: Visitor, worker: FakeWorker) -> None:
    answer = _answered(visitor, worker, "Dạ, anh/chị hỏi mục nào?", "Giấy tờ", "Lệ phí")
    form = visitor.client.get(f"/chat/messages/{answer}/sms").json
    assert form["body"].startswith("Da, anh/chi hoi muc nao?\n1. Giay to\n2. Le phi")
    assert (form["segments"], form["encoding"], form["rest"]) == (1, "gsm7", "")
    assert form["pages"] == [{"body": form["body"], "segments": 1, "encoding": "gsm7"}]


@pytest.mark.usefixtures("sms_gateway")
def test_a_long_answer_comes_in_pages_that_lose_nothing(visitor: Visitor, worker: FakeWorker) -> None:
    answer = _answered(visitor, worker, LONG)
    form = visitor.client.get(f"/chat/messages/{answer}/sms").json
    assert len(form["pages"]) > 2
    assert all(1 <= page["segments"] <= 2 for page in form["pages"])
    everything = "\n".join(page["body"] for page in form["pages"])
    assert [f"ban thu {n}" in everything for n in range(1, 13)] == [True] * 12
    assert all("TIEP THEO" in page["body"] for page in form["pages"][:-1])


@pytest.mark.usefixtures("sms_gateway")
def test_what_the_visitor_wrote_has_no_sms_form(visitor: Visitor) -> None:
    question = visitor.write("khai sinh").json["message_id"]
    assert visitor.client.get(f"/chat/messages/{question}/sms").status_code == 404


def test_without_the_sms_gateway_the_visitor_is_told(
    visitor: Visitor, worker: FakeWorker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SMS_URL", "http://127.0.0.1:9")
    chat_settings.cache_clear()
    answer = _answered(visitor, worker, "Dạ.")
    refused = visitor.client.get(f"/chat/messages/{answer}/sms")
    assert refused.status_code == 503
    assert refused.json["error"]["message"].startswith("Chưa xem được dạng SMS")


def test_a_sms_gateway_that_talks_nonsense_is_no_crash(
    visitor: Visitor, worker: FakeWorker, monkeypatch: pytest.MonkeyPatch
) -> None:
    request = httpx.Request("POST", "http://127.0.0.1")
    monkeypatch.setattr(httpx, "post", lambda *_, **__: httpx.Response(200, text="<html>", request=request))
    answer = _answered(visitor, worker, "Dạ.")
    assert visitor.client.get(f"/chat/messages/{answer}/sms").status_code == 503


@pytest.mark.usefixtures("sms_gateway")
@pytest.mark.parametrize(
    ("body", "token", "status"),
    [
        ({"text": "Dạ"}, "test-internal-token", 200),
        ({"text": "Dạ"}, "wrong", 401),
        ({"text": "Dạ"}, "-", 401),
        ({}, "test-internal-token", 422),
        ({"text": "a" * 50_001}, "test-internal-token", 422),
        ({"text": "a", "titles": "bc"}, "test-internal-token", 422),
    ],
)
def test_the_preview_is_for_our_own_processes_only(body: dict, token: str, status: int) -> None:
    url = f"{chat_settings().sms_base}/sms/preview"
    assert httpx.post(url, json=body, headers={"Authorization": f"Bearer {token}"}).status_code == status
