"""Telegram's webhook: who may call it, what each kind of update becomes in the ledger, what is only acknowledged."""

import pytest

from backend.filetypes import ACCEPTED
from backend.messaging import attachments, channels
from backend.messaging.attachments import Contact
from backend.messaging.channels import Choice, Reply
from backend.messaging.service import conversation_with, say
from chat_gateway.telegram import presses, service, tasks
from chat_gateway.telegram.web import SECRET_HEADER
from tests.builders import messaging as make_messaging
from tests.builders import telegram as make

pytestmark = pytest.mark.usefixtures("database")


@pytest.fixture
def gateway(monkeypatch):
    return make.client(monkeypatch)


def test_without_the_secret_nothing_is_taken(monkeypatch):
    gateway = make.client(monkeypatch)
    for secret in (None, "", "wrong", make.SECRET + "x", "bí mật", make.SECRET.upper()):
        headers = {} if secret is None else {SECRET_HEADER: secret.encode().decode("latin-1")}
        assert gateway.post(make.WEBHOOK, json=make.message(), headers=headers).status_code == 403, secret
    for missing in ("TELEGRAM_WEBHOOK_SECRET", "TELEGRAM_BOT_TOKEN"):
        make.configure(monkeypatch, **{missing: ""})
        for secret in (None, "", make.SECRET):
            assert make.post(gateway, make.message(), secret=secret).status_code == 403, (missing, secret)
    assert make.messages() == []


ODD = (
    (b"{}", "application/x-www-form-urlencoded", 415),
    (b"{}", "application/json", 400),
    (b"", "application/json", 400),
    (b"[]", "application/json", 400),
    (b'{"update_id": "1"}', "application/json", 400),
    (b'{"update_id": -1}', "application/json", 400),
    (b'{"update_id": 1e400}', "application/json", 400),
    (b'{"update_id": ' + b"9" * 5000 + b"}", "application/json", 400),
    (b'{"update_id": 1, "x": ' + b"[" * 5000 + b"]" * 5000 + b"}", "application/json", 400),
    (b'{"update_id": 1, "message": {"text": "\\ud800"}}', "application/json", 400),
    (b" " * (1024 * 1024 + 1), "application/json", 413),
    (b'{"update_id": 1}', "application/json", 200),
    (b'{"update_id": 1, "message": {"chat": 5}}', "application/json", 200),
    (b'{"update_id": 1, "message": null, "quite_new": {}}', "application/json", 200),
)


def test_odd_bodies_get_a_clear_answer(gateway):
    for body, content_type, status in ODD:
        assert make.post(gateway, body, content_type=content_type).status_code == status, body[:60]
    assert make.messages() == []


FILE = {"file_id": "AgAC-1_x", "file_unique_id": "u1", "file_size": 1000}
REMOTE = {"kind": "remote", "reference": "AgAC-1_x", "name": "", "media_type": ""}
SIZES = [
    {**FILE, "file_id": "small", "width": 90, "height": 60},
    {**FILE, "width": 1280, "height": 853},
    {**FILE, "file_id": "middle", "width": 320, "height": 213},
]
PLACE = {"latitude": 12.6797, "longitude": 108.0447}
LOCATION = {"kind": "location", **PLACE}
CARD = {"phone_number": "84905123456", "first_name": "Ánh"}
KINDS = {
    "text": ({"text": "  làm giấy   khai sinh\x00 "}, "làm giấy khai sinh", []),
    "decomposed": ({"text": "gia\u0302\u0301y"}, "giấy", []),
    "photo": ({"photo": SIZES}, "", [REMOTE | {"media_type": "image/jpeg"}]),
    "caption": (
        {"photo": SIZES, "caption": "/đèn hỏng ạ"},
        "đèn hỏng ạ",
        [REMOTE | {"media_type": "image/jpeg"}],
    ),
    "document": (
        {"document": {**FILE, "file_name": "đơn\u0000.pdf", "mime_type": "application/pdf"}},
        "",
        [REMOTE | {"name": "đơn.pdf", "media_type": "application/pdf"}],
    ),
    "voice": ({"voice": {**FILE, "mime_type": "audio/ogg", "duration": 3}}, "", [REMOTE | {"media_type": "audio/ogg"}]),
    "audio": ({"audio": {**FILE, "mime_type": "<b>"}}, "", [REMOTE]),
    "video": ({"video": {**FILE, "mime_type": "video/mp4"}}, "", [REMOTE | {"media_type": "video/mp4"}]),
    "too large": (
        {"document": {**FILE, "file_size": 30_000_000, "file_name": "phim.mp4"}},
        "",
        [{"kind": "refused", "name": "phim.mp4", "why": "Tệp quá lớn. Mỗi tệp tối đa 10 MB."}],
    ),
    "location": ({"location": PLACE}, "", [LOCATION]),
    "venue": (
        {"venue": {"location": PLACE, "title": "UBND phường", "address": "1 Lê Duẩn"}, "location": PLACE},
        "UBND phường, 1 Lê Duẩn",
        [LOCATION],
    ),
    "own contact": (
        {"contact": {**CARD, "user_id": make.ANH}},
        "",
        [{"kind": "contact", "phone": "+84905123456", "own": True}],
    ),
    "somebody else's contact": (
        {"contact": {**CARD, "user_id": make.ANH - 1}},
        "",
        [{"kind": "contact", "phone": "+84905123456", "own": False}],
    ),
    "contact of nobody on Telegram": (
        {"contact": CARD},
        "",
        [{"kind": "contact", "phone": "+84905123456", "own": False}],
    ),
    "foreign contact": (
        {"contact": {**CARD, "phone_number": "4915112345678", "user_id": make.ANH}},
        "",
        [{"kind": "contact", "phone": "+4915112345678", "own": True}],
    ),
    "contact without a number": ({"contact": {**CARD, "phone_number": "abc"}}, "", []),
    "sticker": ({"sticker": {**FILE, "type": "regular", "emoji": "👍"}}, "", []),
    "animation": (
        {"animation": FILE, "document": FILE},
        "",
        [{"kind": "refused", "name": "", "why": f"Ảnh động (GIF) không được nhận. {ACCEPTED}"}],
    ),
    "dice": ({"dice": {"emoji": "🎲", "value": 4}}, "", []),
    "start": ({"text": "/start"}, "Xin chào", []),
    "start with a parameter": ({"text": "/start@mot_cua_bot ref-5"}, "Xin chào", []),
    "help": ({"text": "/HELP"}, "TRO GIUP", []),
    "a command to the dialogue engine": ({"text": "/restart"}, "restart", []),
    "another": ({"text": ' / /ask_fee{"procedure_code":"1"}'}, 'ask_fee{"procedure_code":"1"}', []),
    "starting is no start": ({"text": "/starting"}, "starting", []),
    "only a slash": ({"text": "/"}, "", []),
}


def test_what_somebody_sends_is_in_the_ledger(gateway):
    for kind, (content, text, files) in KINDS.items():
        assert make.post(gateway, make.message(**content)).status_code == 200, kind
        message = make.messages()[-1]
        assert (message.text, message.attachments, message.channel) == (text, files, "telegram"), kind
    assert len(make.messages()) == len(KINDS)
    assert make.conversation().address == str(make.ANH)


IGNORED = {
    "edited": {"edited_message": make.message()["message"]},
    "of a bot": {"message": make.message()["message"] | {"from": {"id": 5, "is_bot": True, "first_name": "x"}}},
    "channel post": {"channel_post": make.message()["message"]},
    "in a channel": {"message": make.message()["message"] | {"chat": {"id": -100, "type": "channel"}}},
    "from nobody": {"message": {name: v for name, v in make.message()["message"].items() if name != "from"}},
    "pinned": {"message": make.message(pinned_message={"x": 1})["message"]},
    "reaction": {"message_reaction": {"chat": make.chat()}},
    "id beyond 52 bits": {"message": make.message(2**53)["message"]},
}


def test_what_is_nothing_new_is_acknowledged_only(gateway):
    for kind, content in IGNORED.items():
        assert make.post(gateway, make.update(content)).status_code == 200, kind
    assert make.messages() == []


def test_a_repeated_update_is_taken_once_and_a_random_jump_is_fine(gateway):
    for update_id in (500, 500, 3, 2**40, 3, 501):
        assert make.post(gateway, make.message(text=f"tin {update_id}", update_id=update_id)).status_code == 200
    assert [message.text for message in make.messages()] == ["tin 500", "tin 3", f"tin {2**40}", "tin 501"]


def offer(user: int = make.ANH) -> str:
    """Offer a choice; the token of its button."""
    reply = Reply("Anh/chị chọn:", (Choice("Khai sinh", '/pick{"n":1}'), Choice("Kết hôn", '/pick{"n":2}')))
    say(conversation_with(service.CHANNEL, str(user)), reply)
    return make.messages()[-1].offered[1]["token"]


def pressed() -> list[tuple[str, str]]:
    return [(message.text, message.payload) for message in make.messages() if message.direction == "in"]


def test_a_press_picks_what_was_offered_and_is_answered_by_a_worker(gateway):
    token = offer()
    old = {"chat": make.chat(), "message_id": 7, "date": 0}
    for number, changes in enumerate(({}, {"message": None}, {"message": old}), 1):
        update = make.press(token, **changes)
        for _ in range(2):
            assert make.post(gateway, update).status_code == 200
        assert pressed() == [("Kết hôn", '/pick{"n":2}')] * number
        assert presses.text_of(update["callback_query"]["id"]) == ""


def test_a_press_of_what_was_not_offered_is_answered_and_nothing_else(gateway):
    token = offer()
    group = {"message_id": 1, "date": 1, "chat": {"id": -5, "type": "group"}}
    odd = [make.press(data) for data in ("gone", "", "x" * 64, "ế'; --")]
    odd += [make.press(None, game_short_name="x"), make.press(token, message=group), make.press(token, user=77)]
    for update in odd:
        assert make.post(gateway, update).status_code == 200
        assert presses.text_of(update["callback_query"]["id"]) == service.NOT_OFFERED, update
    assert pressed() == []


def test_a_lost_wake_up_is_found_and_an_old_press_is_dropped(gateway, monkeypatch):
    make.post(gateway, make.press("gone"))
    told = []
    monkeypatch.setattr(tasks, "answer_press", told.append)
    tasks._sweep(tasks.timedelta())
    assert len(told) == 1
    monkeypatch.setattr(presses, "ANSWERABLE", tasks.timedelta())
    tasks._sweep(tasks.timedelta())
    assert len(told) == 1


@pytest.mark.parametrize("words", ["/stop", "/stop@MotCuaBot", "/STOP now"])
def test_the_command_stop_is_our_word_for_it(gateway, words):
    make.post(gateway, make.message(text=words))
    assert [message.text for message in make.messages()] == ["DUNG"]


def test_who_blocks_the_bot_is_not_reachable_until_they_are_back(gateway):
    make.post(gateway, make.message())
    make.post(gateway, make.membership("kicked"))
    since = make.conversation().unreachable_since
    assert since is not None
    make.post(gateway, make.membership("kicked"))
    assert make.conversation().unreachable_since == since
    make.post(gateway, make.membership("member"))
    assert make.conversation().unreachable_since is None


def test_a_group_is_told_once_that_we_answer_in_private(gateway):
    group = {"id": -100_500, "type": "supergroup", "title": "Tổ dân phố 5"}
    make.post(gateway, make.membership("member", chat=group))
    for _ in range(3):
        said = make.message()["message"] | {"chat": group}
        assert make.post(gateway, make.update({"message": said})).status_code == 200
    assert [(m.direction, m.text) for m in make.messages()] == [("out", service.ONLY_IN_PRIVATE)]
    make.post(gateway, make.membership("left", chat={"id": -7, "type": "group", "title": "x"}))
    assert len(make.messages()) == 1


def test_a_sticker_is_answered_politely(gateway, monkeypatch):
    channel, _ = make_messaging.install(monkeypatch, make_messaging.RecordingChannel("telegram"))
    make.post(gateway, make.message(sticker={**FILE, "type": "regular"}))
    make_messaging.work()
    (body,) = channel.bodies
    assert body.startswith("Dạ")


def test_a_shared_number_or_place_comes_to_whoever_takes_it(gateway, monkeypatch):
    make_messaging.install(monkeypatch, make_messaging.RecordingChannel("telegram"))
    taken = []

    def take(context, _text, sent):
        taken.append((context.channel, context.address, *sent))
        return [Reply("Dạ.")]

    monkeypatch.setattr(attachments, "_handlers", [take])
    for kind in ("own contact", "somebody else's contact", "location"):
        make.post(gateway, make.message(**KINDS[kind][0]))
    make_messaging.work()
    citizen = ("telegram", str(make.ANH))
    assert [one[:2] for one in taken] == [citizen] * 3
    assert [one[2] for one in taken[:2]] == [Contact("+84905123456", True), Contact("+84905123456", False)]
    assert (taken[2][2].latitude, taken[2][2].longitude) == (12.6797, 108.0447)


def test_without_a_token_there_is_no_channel(monkeypatch):
    monkeypatch.setattr(channels, "_channels", {})
    make.client(monkeypatch, TELEGRAM_BOT_TOKEN="")
    assert not channels.offers("telegram")


def test_the_longest_message_is_kept_to_its_last_word(gateway):
    words = "đường ngập " * 371 + "ở đây ạ"
    assert len(words) == 4_088
    assert make.post(gateway, make.message(text=words)).status_code == 200
    assert [message.text for message in make.messages()] == [words]
