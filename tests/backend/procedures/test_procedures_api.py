"""The catalogue over HTTP and by text message."""

import pytest

import backend.procedures.keywords  # noqa: F401
from backend import create_app
from backend.messaging import service as messaging
from backend.procedures import search, titles
from tests.builders import messaging as make
from tests.builders.procedures import import_birth, import_records, make_entry, make_record

HEADERS = {"Authorization": "Bearer test-internal-token"}


@pytest.fixture
def client(database):
    import_birth()
    import_records(
        make_record("1.004884", "Đăng ký lại khai sinh", level="commune"),
        make_record("9.000007", "Đăng ký nuôi ong"),
        make_record("9.000008", "Đăng ký nuôi ong tại vùng đệm"),
    )
    search.forget()
    return create_app().test_client()


def test_search(client):
    answer = client.get("/api/v1/procedures/search?q=làm giấy khai sinh cần gì", headers=HEADERS)
    assert answer.status_code == 200
    assert answer.json["decision"] == "sure"
    assert answer.json["residual"] == "giay khai sinh"
    hit = answer.json["hits"][0]
    assert set(hit) == {"code", "name", "short_name", "title", "field", "level", "agency", "score"}
    assert (hit["code"], hit["level"]) == ("1.001193", "commune")


@pytest.mark.parametrize("query", ["", "q=x&limit=0", "q=x&limit=999", "q=x&level=moon", f"q={'x' * 2001}"])
def test_a_bad_query_is_refused(client, query):
    answer = client.get(f"/api/v1/procedures/search?{query}", headers=HEADERS)
    assert answer.status_code == 422
    assert answer.json["error"]["code"] == "invalid_input"


def test_a_procedure(client):
    answer = client.get("/api/v1/procedures/1.001193", headers=HEADERS).json
    assert (answer["code"], answer["service_level"], answer["online"]) == ("1.001193", 4, "full")
    assert answer["documents"][0]["copy"] == 0
    assert answer["effective_from"] == "2025-07-01"
    missing = client.get("/api/v1/procedures/9.999999", headers=HEADERS)
    assert (missing.status_code, missing.json["error"]["code"]) == (404, "not_found")


def test_an_answer_is_remembered_by_the_conversation(client, monkeypatch):
    make.install(monkeypatch)
    cid = make.text("xin chào").conversation_id
    url = f"/api/v1/conversations/{cid}/procedure-answers"
    answer = client.post(url, json={"code": "1.001193", "aspect": "fee"}, headers=HEADERS)
    assert answer.status_code == 200
    told = {"text", "links", "card", "ask", "code", "name", "short_name", "aspect", "effective_from", "source"}
    assert set(answer.json) == told
    assert "8.000 đồng" in answer.json["text"]
    assert messaging.current_procedure(cid) == "1.001193"
    assert client.post(url, json={"code": "9.999999", "aspect": "fee"}, headers=HEADERS).status_code == 404
    assert client.post(url, json={"code": "1.001193", "aspect": "taste"}, headers=HEADERS).status_code == 422
    lost = "/api/v1/conversations/999/procedure-answers"
    assert client.post(lost, json={"code": "1.001193"}, headers=HEADERS).status_code == 404


def test_the_source_is_told_once_in_a_conversation_about_a_procedure(client, monkeypatch):
    make.install(monkeypatch)
    url = f"/api/v1/conversations/{make.text('xin chào').conversation_id}/procedure-answers"
    told = [
        client.post(url, json={"code": code, "aspect": "place"}, headers=HEADERS).json["text"]
        for code in ("1.001193", "1.001193", "1.004884", "1.001193")
    ]
    assert ["Nguồn: " in text for text in told] == [True, False, True, True]


def test_who_may_be_about_to_file_is_shown_where_that_is_done_online(client, monkeypatch):
    make.install(monkeypatch)
    url = f"/api/v1/conversations/{make.text('xin chào').conversation_id}/procedure-answers"

    def links(aspect):
        return client.post(url, json={"code": "1.001193", "aspect": aspect}, headers=HEADERS).json["links"]

    page = {"title": "Nộp hồ sơ qua mạng", "url": "http://127.0.0.1:8000/nop/1.001193"}
    assert links("online") == links("documents") == [page]
    assert links("fee") == []


def test_a_situation_is_asked_about_in_its_own_words(client):
    answer = client.get("/api/v1/procedures/search?q=vợ em mới sinh", headers=HEADERS).json
    assert (answer["decision"], answer["ask"][:16]) == ("ask", "Dạ, em chúc mừng")
    assert [(hit["code"], hit["title"]) for hit in answer["hits"]] == [("1.001193", "Chỉ đăng ký khai sinh")]


@pytest.mark.parametrize("path", ["/api/v1/procedures/search?q=x", "/api/v1/procedures/1.001193"])
def test_only_our_own_processes_may_ask(client, path):
    assert client.get(path).status_code == 401


def test_texting_tt_and_then_what_is_asked_about_it(client, monkeypatch):
    channel, scripted = make.install(monkeypatch)
    for words, told in (
        ("TT lam giay khai sinh", "Đăng ký khai sinh (1.001193)."),
        ("gt", "Giấy chứng sinh"),
        ("LP", "8.000 đồng"),
        ("tg", "1 ngày làm việc"),
        ("ND", "bộ phận một cửa"),
    ):
        make.text(words)
        make.work()
        assert told in channel.bodies[-1], words
    assert scripted.asked == []


def test_texting_tt_with_several_meanings_offers_choices(client, monkeypatch):
    channel, _ = make.install(monkeypatch)
    received = make.text("TT nuôi ong lấy mật")
    make.work()
    offered = channel.sent[-1].offered
    assert "1. Đăng ký nuôi ong" in channel.bodies[-1]
    assert len(offered) >= 2
    assert messaging.current_procedure(received.conversation_id) is None


def test_texting_without_a_procedure_says_how_to_name_one(client, monkeypatch):
    channel, _ = make.install(monkeypatch)
    for words, told in (("LP", "Nhắn TT"), ("TT", "nhắn TT"), ("TT xyzzy qwerty", "chưa tìm thấy")):
        make.text(words)
        make.work()
        assert told in channel.bodies[-1], words


def test_choices_that_look_alike_get_titles_that_differ():
    long = "Cấp giấy phép sử dụng tạm thời lòng đường vỉa hè vào mục đích khác"
    entries = [
        make_entry("1", f"{long} (đường tỉnh)", short=long),
        make_entry("2", f"{long} (đường xã)", short=long),
        make_entry("3", "Đăng ký khai sinh", level="commune"),
        make_entry("4", "Đăng ký khai sinh", level="province"),
        make_entry("5", "Đăng ký khai sinh", level="province"),
    ]
    shown = titles.distinct(entries)
    assert len(set(shown)) == 5
    assert all(len(title) <= 75 for title in shown)
    assert "tỉnh" in shown[0]
    assert "cấp xã" in shown[2]
