"""The web chat's requests: taken once, seen only by the one who wrote, and polite about everything it refuses."""

from uuid import uuid4

import pytest
from flask import Flask

from backend import storage
from backend.messaging import service as messaging
from backend.messaging.channels import Ask, Card, Link, Reply
from backend.messaging.models import Owner
from backend.settings import settings
from chat_gateway.settings import chat_settings
from chat_gateway.web_chat import service, waiting
from tests.builders.chat import OWN_PAGE, FakeWorker, Visitor, make_reply
from tests.builders.files import make_pdf
from tests.builders.messaging import row
from tests.builders.public import picture


def test_a_message_is_taken_and_its_answer_read(visitor: Visitor, worker: FakeWorker) -> None:
    taken = visitor.write("làm giấy khai sinh cần gì?")
    assert taken.status_code == 202
    assert visitor.read()["answering"] is True

    worker.answer(make_reply("Dạ, anh/chị hỏi mục nào?", "Giấy tờ", "Lệ phí"))

    news = visitor.read()
    question, answer = news["messages"]
    assert news["answering"] is False
    assert question["id"] == taken.json["message_id"]
    assert (question["direction"], question["text"]) == ("in", "làm giấy khai sinh cần gì?")
    assert (answer["direction"], answer["text"]) == ("out", "Dạ, anh/chị hỏi mục nào?")
    assert [choice["title"] for choice in answer["choices"]] == ["Giấy tờ", "Lệ phí"]
    assert answer["at"].endswith("+00:00")


def test_only_what_is_new_is_read(visitor: Visitor, worker: FakeWorker) -> None:
    first = visitor.write("một câu hỏi").json["message_id"]
    worker.answer()
    (answer,) = visitor.read(after=first)["messages"]
    assert answer["direction"] == "out"
    assert visitor.read(after=answer["id"])["messages"] == []


def test_the_same_message_sent_twice_is_taken_once(visitor: Visitor) -> None:
    key = str(uuid4())
    first, second = visitor.write("xin chào", key=key), visitor.write("xin chào", key=key)
    assert first.status_code == second.status_code == 202
    assert first.json == second.json
    assert visitor.texts() == ["xin chào"]


def test_two_visitors_may_use_the_same_message_id(app: Flask) -> None:
    key, one, other = str(uuid4()), Visitor(app), Visitor(app)
    assert one.write("của tôi", key=key).json != other.write("của người khác", key=key).json
    assert one.texts() == ["của tôi"]
    assert other.texts() == ["của người khác"]


def test_nobody_reads_what_others_wrote(app: Flask, worker: FakeWorker) -> None:
    one, other = Visitor(app), Visitor(app)
    one.write("số của tôi là 0905123456")
    worker.answer()
    sent = one.read()["messages"][-1]["id"]

    assert other.read()["messages"] == []
    assert other.read()["answering"] is False
    assert other.client.get(f"/chat/messages/{sent}/sms").status_code == 404


def test_a_choice_is_picked_by_its_token(visitor: Visitor, worker: FakeWorker) -> None:
    visitor.write("khai sinh")
    worker.answer(make_reply("Mục nào ạ?", "Giấy tờ", "Lệ phí"))
    token = visitor.read()["messages"][-1]["choices"][1]["token"]

    assert visitor.write(token=token).status_code == 202
    worker.answer()

    assert visitor.texts()[2] == "Lệ phí"
    assert worker.assistant.asked[-1] == "/pick{1}"


def test_a_choice_of_another_conversation_is_refused(app: Flask, worker: FakeWorker) -> None:
    one, other = Visitor(app), Visitor(app)
    one.write("khai sinh")
    other.write("kết hôn")
    worker.answer(make_reply("Mục nào ạ?", "Giấy tờ"))
    token = one.read()["messages"][-1]["choices"][0]["token"]

    refused = other.write(token=token)

    assert refused.status_code == 404
    assert refused.json["error"]["message"] == service.NOT_OFFERED
    assert len(other.read()["messages"]) == 2


@pytest.mark.parametrize("token", ["no-such-token", "\x00", "a" * 25, "' OR 1=1 --"])
def test_a_made_up_choice_is_refused(visitor: Visitor, worker: FakeWorker, token: str) -> None:
    visitor.write("khai sinh")
    worker.answer(make_reply("Mục nào ạ?", "Giấy tờ"))
    assert visitor.write(token=token).status_code in (404, 422)
    assert len(visitor.read()["messages"]) == 2


def test_an_order_to_the_dialogue_engine_is_only_text(visitor: Visitor, worker: FakeWorker) -> None:
    visitor.write('\u200b //check_dossier{"dossier_code": "H15-171120-0001"}')
    worker.answer()
    assert worker.assistant.asked == ['check_dossier{"dossier_code": "H15-171120-0001"}']


@pytest.mark.parametrize("text", ["", "   ", "\n\t", "\u200b\u200d", "/", "// /", "\x00"])
def test_nothing_readable_is_refused(visitor: Visitor, text: str) -> None:
    refused = visitor.write(text)
    assert refused.status_code == 422
    assert refused.json["error"]["message"] == service.EMPTY
    assert visitor.texts() == []


def test_the_longest_text_is_taken_and_one_more_character_refused(visitor: Visitor) -> None:
    assert visitor.write("đ" * 4_000).status_code == 202
    refused = visitor.write("đ" * 4_001)
    assert refused.status_code == 422
    assert refused.json["error"]["message"] == service.TOO_LONG
    assert [len(text) for text in visitor.texts()] == [4_000]


def test_a_body_over_the_limit_is_refused(visitor: Visitor) -> None:
    assert visitor.write("a" * 70_000).status_code == 413
    assert visitor.texts() == []


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b'"text"',
        b"id=1&text=2",
        b'{"id": "x", "text": "a"}',
        b'{"text": "a"}',
        b"\xff\xfe",
        b"[" * 60_000,
        b'{"id": "11111111-1111-4111-8111-111111111111", "text": 5}',
        b'{"id": "11111111-1111-4111-8111-111111111111", "text": "\\ud800"}',
        b'{"id": "11111111-1111-4111-8111-111111111111", "text": "a", "token": "b"}',
        b'{"id": "11111111-1111-4111-8111-111111111111", "text": "a", "payload": "/affirm"}',
    ],
)
def test_what_is_no_message_is_refused(visitor: Visitor, body: bytes) -> None:
    refused = visitor.client.post("/chat/messages", data=body, content_type="application/json", headers=OWN_PAGE)
    assert refused.status_code == 422
    assert "error" in refused.json
    assert visitor.texts() == []


@pytest.mark.parametrize(
    "query", ["after=-1", "after=x", f"after={2**31}", f"after={10**30}", "wait=1e9", "wait=nan", "answering=perhaps"]
)
def test_what_is_no_question_is_refused(visitor: Visitor, query: str) -> None:
    assert visitor.client.get(f"/chat/messages?{query}").status_code == 422


def test_markup_stays_text(visitor: Visitor, worker: FakeWorker) -> None:
    text = "<img src=x onerror=alert(1)> & <script>alert('x')</script>"
    visitor.write(text)
    worker.answer(make_reply(text, text))
    response = visitor.client.get("/chat/messages")
    question, answer = response.json["messages"]
    assert question["text"] == answer["text"] == answer["choices"][0]["title"] == text
    assert response.content_type == "application/json"
    assert response.headers["X-Content-Type-Options"] == "nosniff"


def test_a_hurried_visitor_is_asked_to_wait(app: Flask, visitor: Visitor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHAT_MESSAGES_PER_MINUTE", "3")
    chat_settings.cache_clear()
    assert [visitor.write(f"câu {n}").status_code for n in range(4)] == [202, 202, 202, 429]
    refused = visitor.write("câu 5")
    assert refused.json["error"]["code"] == "too_many"
    assert refused.json["error"]["message"] == service.TOO_FAST
    assert len(visitor.texts()) == 3
    assert Visitor(app).write("người khác").status_code == 202


def test_a_minute_later_the_visitor_may_write_again(visitor: Visitor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHAT_MESSAGES_PER_MINUTE", "1")
    chat_settings.cache_clear()
    assert [visitor.write("a").status_code, visitor.write("b").status_code] == [202, 429]
    monkeypatch.setattr(service, "MINUTE", service.MINUTE * 0)
    assert visitor.write("b").status_code == 202


def test_a_message_for_an_officer_waits_without_dots(visitor: Visitor, worker: FakeWorker) -> None:
    visitor.write("cho tôi gặp cán bộ")
    worker.answer()
    conversation_id = row(visitor.read()["messages"][0]["id"]).conversation_id
    messaging.hand_over(conversation_id, Owner.OFFICER)
    visitor.write("alo?")
    worker.answer()
    news = visitor.read()
    assert news["messages"][-1]["text"] == "alo?"
    assert news["answering"] is False

    messaging.say(conversation_id, make_reply("Chào anh/chị, tôi là cán bộ."))
    assert visitor.texts()[-1] == "Chào anh/chị, tôi là cán bộ."


def test_a_held_request_ends_when_the_answer_comes(
    visitor: Visitor, worker: FakeWorker, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken = visitor.write("khai sinh").json["message_id"]
    pauses: list[float] = []

    def sleep(seconds: float) -> None:
        pauses.append(seconds)
        if len(pauses) == 3:
            worker.answer(make_reply("Đây ạ."))

    monkeypatch.setattr(waiting, "sleep", sleep)
    news = visitor.read(after=taken, wait=20, answering=1)
    assert [message["text"] for message in news["messages"]] == ["Đây ạ."]
    assert news["answering"] is False
    assert pauses == pytest.approx([0.15, 0.18, 0.216])


def test_a_held_request_ends_by_itself_and_looks_seldom(visitor: Visitor, monkeypatch: pytest.MonkeyPatch) -> None:
    pauses: list[float] = []
    monkeypatch.setattr(waiting, "sleep", pauses.append)
    assert visitor.read(wait=5) == {"messages": [], "answering": False, "again_in": 0}
    assert pauses == [1.0] * 5


def test_a_page_showing_dots_learns_at_once_that_nobody_answers(
    visitor: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(waiting, "sleep", lambda _: pytest.fail("held"))
    assert visitor.read(wait=20, answering=1)["answering"] is False


@pytest.mark.parametrize("limit", ["0", "1"])
def test_when_all_places_are_taken_the_page_is_told_to_come_again(
    visitor: Visitor, monkeypatch: pytest.MonkeyPatch, limit: str
) -> None:
    monkeypatch.setenv("CHAT_WAITING_LIMIT", limit)
    chat_settings.cache_clear()
    waiting.places.cache_clear()
    monkeypatch.setattr(waiting, "sleep", lambda _: pytest.fail("held"))
    with waiting.places():
        assert visitor.read(wait=20)["again_in"] == service.COME_AGAIN_SECONDS


def test_a_place_is_given_back(visitor: Visitor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHAT_WAITING_LIMIT", "1")
    chat_settings.cache_clear()
    waiting.places.cache_clear()
    monkeypatch.setattr(waiting, "sleep", lambda _: None)
    assert [visitor.read(wait=2)["again_in"] for _ in range(3)] == [0, 0, 0]


# --- more than words


LINK, CARD = Link("Xem trang hồ sơ", "https://a.vn/hs/k"), Card("Hồ sơ H15.16-260930-0012", ("Đang xử lý.",))


def test_links_a_card_and_what_is_asked_for_are_beside_the_text(visitor: Visitor, worker: FakeWorker) -> None:
    visitor.write("xem giúp em hồ sơ")
    worker.answer(Reply("Dạ, hồ sơ của anh/chị:", links=(LINK,), card=CARD, ask=Ask.PHONE))
    answer = visitor.read()["messages"][-1]
    assert answer["text"] == "Dạ, hồ sơ của anh/chị:"
    assert answer["links"] == [{"title": LINK.title, "url": LINK.url}]
    assert answer["card"] == {"title": CARD.title, "lines": ["Đang xử lý."]}
    assert answer["ask"] == "phone"


def test_a_place_is_taken_and_shown(visitor: Visitor, worker: FakeWorker) -> None:
    place = {"latitude": 12.68, "longitude": 108.04}
    taken = visitor.write(place=place)
    assert taken.status_code == 202
    worker.answer()
    assert row(taken.json["message_id"]).attachments == [{"kind": "location", **place, "place": ""}]
    assert visitor.read()["messages"][0]["place"] == ""


@pytest.mark.parametrize(
    "place", [{"latitude": 91, "longitude": 0}, {"latitude": 1}, "12,108", {"latitude": "x", "longitude": 1}, []]
)
def test_an_odd_place_is_refused(visitor: Visitor, place: object) -> None:
    assert visitor.write(place=place).status_code == 422
    assert visitor.read()["messages"] == []


def test_officers_files_are_listed_shown_and_saved_for_their_reader_alone(
    app: Flask, visitor: Visitor, worker: FakeWorker, tmp_path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STORAGE_DIR", str(tmp_path / "files"))
    settings.cache_clear()
    visitor.write("gửi em mẫu đơn")
    kept = [
        storage.store(picture(), "mẫu đơn.jpg", actor="officer:1"),
        storage.store(make_pdf(), "don.pdf", actor="officer:1"),
    ]
    worker.answer(Reply("Dạ, mẫu đây ạ.", files=tuple(one.id for one in kept)))
    answer = visitor.read()["messages"][-1]
    assert [(one["name"], one["image"]) for one in answer["photos"]] == [("mẫu đơn.jpg", True), ("don.pdf", False)]
    address = f"/chat/photos/{answer['id']}/1"
    assert visitor.client.get(address).data == storage.read(kept[1].id)
    assert "attachment" in visitor.client.get(f"{address}?save").headers["Content-Disposition"]
    assert visitor.client.get(f"/chat/photos/{answer['id']}/2").status_code == 404
    other = Visitor(app)
    other.write("xin chào")
    assert other.client.get(address).status_code == 404


def test_officers_see_what_arrived_and_what_was_read(visitor: Visitor, worker: FakeWorker, app: Flask) -> None:
    visitor.write("gặp cán bộ")
    worker.answer()
    sent = visitor.read()["messages"][-1]["id"]

    def note(who: Visitor, until: int, **more: object) -> int:
        return who.client.post("/chat/seen", json={"until": until, **more}, headers=OWN_PAGE).status_code

    other = Visitor(app)
    other.write("của người khác")
    assert note(other, sent, read=True) == 200
    assert row(sent).status == "sent"
    assert note(visitor, sent, read=False) == 200
    assert row(sent).status == "delivered"
    assert note(visitor, sent, read=True) == 200
    assert note(visitor, sent, read=False) == 200
    assert row(sent).status == "read"
    assert note(visitor, -1, read=True) == note(visitor, sent) == 422
