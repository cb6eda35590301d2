"""Photos in the web chat: sent, shown to whoever sent them, refused when they are no photos."""

from uuid import uuid4

import pytest

from chat_gateway.web_chat import service
from tests.builders.chat import OWN_PAGE, Visitor
from tests.builders.public import picture, upload


@pytest.fixture(autouse=True)
def _files(tmp_path, monkeypatch):
    monkeypatch.setenv("STORAGE_DIR", str(tmp_path / "files"))


def send(visitor, *photos, key="", **form):
    data = {"id": key or str(uuid4()), "photo": list(photos), **form}
    return visitor.client.post("/chat/photos", data=data, headers=OWN_PAGE)


def test_a_photo_is_a_message_with_a_picture(visitor):
    response = send(visitor, upload(name="giay.jpg"), text="giấy chứng sinh")
    assert response.status_code == 202
    line = visitor.read()["messages"][0]
    assert (line["text"], line["photos"]) == ("giấy chứng sinh", [{"name": "giay.jpg", "image": True, "position": 0}])
    for query in ("", "?small"):
        shown = visitor.client.get(f"/chat/photos/{line['id']}/0{query}")
        assert (shown.status_code, shown.mimetype) == (200, "image/jpeg")
        assert "sandbox" in shown.headers["Content-Security-Policy"]
    assert visitor.client.get(f"/chat/photos/{line['id']}/1").status_code == 404


def test_sent_twice_it_is_there_once(visitor):
    key = str(uuid4())
    first, second = (send(visitor, upload(), key=key).json["message_id"] for _ in range(2))
    assert first == second
    assert len(visitor.read()["messages"]) == 1


def test_somebody_elses_photo_is_not_found(visitor, app):
    message_id = send(visitor, upload()).json["message_id"]
    other = Visitor(app)
    assert other.client.get(f"/chat/photos/{message_id}/0").status_code == 404
    other.write("xin chào")
    assert other.client.get(f"/chat/photos/{message_id}/0").status_code == 404
    assert app.test_client().get(f"/chat/photos/{message_id}/0").status_code == 401


@pytest.mark.parametrize(
    ("data", "status"), [(b"MZ program", 422), (b"", 422), (b"<svg/>", 422), (picture() + b"x" * 11 * 2**20, 413)]
)
def test_what_is_no_photo_is_refused_and_nothing_is_written(visitor, data, status):
    assert send(visitor, upload(data)).status_code == status
    assert visitor.read()["messages"] == []


def test_none_and_too_many_are_refused(visitor):
    assert send(visitor).status_code == 422
    assert send(visitor, *(upload() for _ in range(service.MOST_PHOTOS + 1))).status_code == 422


@pytest.mark.parametrize("form", [{"key": "khong-phai"}, {"text": "x" * 5000}])
def test_bad_forms_are_refused(visitor, form):
    assert send(visitor, upload(), **form).status_code == 422


def test_another_sites_form_and_strangers_are_refused(visitor, app):
    data = {"id": str(uuid4()), "photo": upload()}
    assert visitor.client.post("/chat/photos", data=data).status_code == 403
    data = {"id": str(uuid4()), "photo": upload()}
    assert app.test_client().post("/chat/photos", data=data, headers=OWN_PAGE).status_code == 401


def test_photos_keep_the_pace_of_messages(visitor, monkeypatch):
    monkeypatch.setenv("CHAT_MESSAGES_PER_MINUTE", "2")
    service.chat_settings.cache_clear()
    statuses = [send(visitor, upload()).status_code for _ in range(3)]
    assert statuses == [202, 202, 429]


def test_without_a_proved_number_the_way_is_told(visitor, worker):
    send(visitor, upload())
    worker.answer()
    assert "đường liên kết" in visitor.texts()[-1] or "chưa đọc được" in visitor.texts()[-1]
