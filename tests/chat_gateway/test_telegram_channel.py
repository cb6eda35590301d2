"""The sender against our Telegram on loopback, which holds every call to the published schema."""

import io
import itertools
import logging
import threading
import time
import traceback

import pytest

from backend import logs, storage
from backend.messaging import service as messaging
from backend.messaging.channels import (
    Ask,
    Choice,
    Extras,
    Link,
    Offered,
    Rejected,
    Reply,
    TryLater,
    Undecided,
)
from chat_gateway.telegram import bot_api, presses, tasks
from chat_gateway.telegram.channel import TelegramChannel
from chat_gateway.telegram.pace import Pace
from tests.builders import files as make_files
from tests.builders import messaging as make_messaging
from tests.builders import telegram as make
from tests.peers.telegram import client as peer

_people = itertools.count(1_000_001)


@pytest.fixture(scope="module")
def telegram():
    with peer.running() as running:
        yield running


@pytest.fixture
def channel(monkeypatch, telegram):
    make.configure(monkeypatch, TELEGRAM_API_URL=telegram.url, TELEGRAM_READ_TIMEOUT_SECONDS="0.5")
    yield TelegramChannel()
    bot_api.forget_line()


@pytest.fixture
def user(telegram) -> int:
    """Somebody who has written to the bot, so that it may write to them."""
    user = next(_people)
    telegram.write(user, "/start")
    return user


def test_a_message_with_choices_and_links_has_its_buttons_in_one_column(telegram, channel, user):
    offered = (Offered("Khai sinh", "t" * 22), Offered("Kết hôn", "u" * 22))
    links = (Link("Nộp trực tuyến", "https://dichvucong.example.vn/nop/1"),)
    sent = channel.send(make.outgoing("Anh/chị <b>chọn</b> _nhé_:", user, offered=offered, extras=Extras(links=links)))
    (message,) = telegram.messages(user)
    assert message["text"] == "Anh/chị <b>chọn</b> _nhé_:"
    assert message["reply_markup"]["inline_keyboard"] == [
        [{"text": "Khai sinh", "callback_data": "t" * 22}],
        [{"text": "Kết hôn", "callback_data": "u" * 22}],
        [{"text": "Nộp trực tuyến", "url": "https://dichvucong.example.vn/nop/1"}],
    ]
    assert sent.provider_message_id == f"{make.BOT}:{user}:{message['message_id']}"
    assert "parse_mode" not in telegram.seen["calls"][-1]


@pytest.mark.parametrize("ask", [Ask.PHONE, Ask.LOCATION])
def test_asking_is_a_key_that_goes_away_afterwards(telegram, channel, user, ask):
    channel.send(make.outgoing("Ở đâu ạ?", user, offered=(Offered("Bỏ qua", "t"),), extras=Extras(ask=ask)))
    channel.send(make.outgoing("Dạ.", user))
    asked, after = telegram.messages(user)
    first, second = asked["reply_markup"]["keyboard"]
    assert first[0]["request_contact" if ask == Ask.PHONE else "request_location"] is True
    assert second == [{"text": "Bỏ qua"}]
    assert asked["reply_markup"]["one_time_keyboard"] is True
    assert after["reply_markup"] == {"remove_keyboard": True}


def test_a_token_of_65_bytes_is_refused_here(telegram, channel, user):
    for token in ("x" * 65, "ế" * 22, ""):
        with pytest.raises(Rejected) as refused:
            channel.send(make.outgoing(user=user, offered=(Offered("Một", token),)))
        assert refused.value.code == "token_too_long"
    channel.send(make.outgoing(user=user, offered=(Offered("Một", "x" * 64),)))
    assert len(telegram.messages(user)) == 1


@pytest.mark.usefixtures("database")
def test_files_of_officers_go_out_one_with_its_words_several_after_them(telegram, channel, user):
    photo = storage.store(make_files.make_photo(), "cổng.jpg", actor="officer:1").id
    paper = storage.store(make_files.make_pdf(), "giấy hẹn.pdf", actor="officer:1").id
    choice = (Offered("Một", "t"),)
    channel.send(make.outgoing("Ảnh đây ạ", user, extras=Extras(files=(photo,)), offered=choice))
    telegram.control("fault", method="sendDocument", status=500)
    two = make.outgoing("Hai tệp ạ", user, extras=Extras(files=(photo, paper)))
    with pytest.raises(Undecided):
        channel.send(two)
    channel.send(two)
    first, words, second, third = telegram.messages(user)
    assert (first["caption"], first["photo"][0]["width"]) == ("Ảnh đây ạ", 90)
    assert first["reply_markup"]["inline_keyboard"][0][0]["text"] == "Một"
    assert words["text"] == "Hai tệp ạ"
    assert "photo" in second
    assert third["document"]["file_name"].endswith(".pdf")
    with pytest.raises(Rejected):
        channel.send(make.outgoing("", user, extras=Extras(files=("A" * 22,))))


def test_too_many_messages_are_tried_later_when_telegram_says(telegram, channel, user):
    telegram.control("fault", method="sendMessage", status=429, retry_after=7)
    with pytest.raises(TryLater) as later:
        channel.send(make.outgoing(user=user))
    assert later.value.after_seconds == 7
    with pytest.raises(TryLater) as still:  # this chat is left alone until then, without asking again
        channel.send(make.outgoing(user=user))
    assert 6 < still.value.after_seconds <= 7
    assert telegram.messages(user) == []


@pytest.mark.usefixtures("database")
def test_somebody_who_has_blocked_us_is_noted_as_not_reachable(telegram, channel, user):
    telegram.control("block", user=user, blocked=True)
    with pytest.raises(Rejected) as refused:
        channel.send(make.outgoing(user=user))
    assert refused.value.code == "blocked"
    assert make.conversation(user).unreachable_since is not None
    with pytest.raises(Rejected) as unknown:
        channel.send(make.outgoing(user=5))
    assert unknown.value.code == "no_chat"


FAULTS = [
    ({"status": 400}, Rejected, False),
    ({"status": 401}, TryLater, False),
    ({"status": 404}, TryLater, False),
    ({"status": 502}, Undecided, False),
    ({"status": 500, "taken": True}, Undecided, True),
    ({"drop": True, "taken": True}, Undecided, True),
    ({"hang": 1.0, "taken": True}, Undecided, True),
]


def test_what_a_fault_means_for_the_message(telegram, channel):
    for fault, expected, taken in FAULTS:
        user = next(_people)
        telegram.write(user, "/start")
        telegram.control("fault", method="sendMessage", **fault)
        with pytest.raises(expected):
            channel.send(make.outgoing(user=user))
        assert len(telegram.messages(user)) == taken, fault
        assert channel.find(make.outgoing(user=user)) is None


def test_a_telegram_that_is_not_there_was_sent_nothing(monkeypatch):
    make.configure(monkeypatch, TELEGRAM_API_URL="http://127.0.0.1:9")
    with pytest.raises(TryLater):
        TelegramChannel().send(make.outgoing())
    bot_api.forget_line()


def test_a_file_is_fetched_from_telegram_alone_and_not_beyond_its_size(monkeypatch, telegram, channel):
    data = b"%PDF-1.7 " + b"x" * 1000
    file = telegram.control("file", hex=data.hex(), name="đơn.pdf")
    fetched = channel.fetch(file["file_id"])
    assert (fetched.data, fetched.name.endswith(".pdf")) == (data, True)
    with pytest.raises(Rejected):
        channel.fetch("gone")
    telegram.control("fault", method="getFile", status=429, retry_after=3)
    with pytest.raises(TryLater):
        channel.fetch(file["file_id"])
    monkeypatch.setattr(bot_api, "LARGEST", 500)
    with pytest.raises(Rejected) as refused:
        channel.fetch(file["file_id"])
    assert refused.value.code == bot_api.TOO_LARGE
    monkeypatch.setattr(bot_api.line(), "_files", "http://127.0.0.1:1/file/")
    with pytest.raises(Rejected):
        channel.fetch(file["file_id"])


def test_the_token_is_in_no_log_and_in_no_error(caplog, telegram, channel, user):
    caplog.set_level(logging.DEBUG)
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    logs.configure("test")
    logging.getLogger().addHandler(handler)
    file = telegram.control("file", hex="00", name="a")
    channel.fetch(file["file_id"])
    secret = peer.TOKEN.split(":")[1]
    for fault, expected, _ in FAULTS[:5]:
        telegram.control("fault", method="sendMessage", **fault)
        with pytest.raises(expected) as failed:
            TelegramChannel().send(make.outgoing(user=user))
        assert secret not in "".join(traceback.format_exception(failed.value))
    with pytest.raises(Rejected) as refused:
        channel.fetch("gone")
    assert secret not in "".join(traceback.format_exception(refused.value))
    assert secret not in stream.getvalue() + caplog.text


@pytest.mark.usefixtures("database")
def test_every_press_is_answered_also_after_telegram_was_away(telegram, channel, user, monkeypatch):
    gateway = make.client(monkeypatch, TELEGRAM_API_URL=telegram.url)
    make_messaging.install(monkeypatch, channel)
    conversation_id = messaging.conversation_with("telegram", str(user))
    messaging.say(conversation_id, Reply("Chọn:", (Choice("Khai sinh", "/x"),)))
    make_messaging.work()
    for with_message in (True, False):
        pressed = telegram.press(user, "Khai sinh", with_message=with_message)
        assert make.post(gateway, pressed).status_code == 200
    make.post(gateway, make.press("gone", user))  # Telegram does not know it: too old
    telegram.control("fault", method="answerCallbackQuery", status=502)
    make_messaging.work()
    waiting = [press for press in telegram.seen["unanswered"] if press.startswith(str(user))]
    assert len(waiting) == 1
    tasks._sweep(tasks.timedelta())
    make_messaging.work()
    assert [press for press in telegram.seen["unanswered"] if press.startswith(str(user))] == []
    assert presses.unanswered(tasks.timedelta()) == []
    assert telegram.texts(user) == ["Chọn:", "đã nghe: /x", "đã nghe: /x"]


def test_the_pace_holds_for_all_threads_and_for_each_chat():
    now, lock = [0.0], threading.Lock()
    taken: list[tuple[float, str]] = []

    def sleep(seconds: float) -> None:
        slept.append(seconds)

    slept: list[float] = []
    pace = Pace(30, 1.0, clock=lambda: now[0], sleep=sleep)
    assert pace.take("a", 1.0) == 0.0
    assert pace.take("a", 0.5) == pytest.approx(1.0)  # not taken: it may come again
    assert pace.take("a", 1.0) == 0.0
    assert slept == [pytest.approx(1.0)]
    real, started = Pace(200, 0.0), time.monotonic()

    def send(chat: str) -> None:
        for _ in range(10):
            assert real.take(chat, 10) == 0.0
            with lock:
                taken.append((time.monotonic() - started, chat))

    threads = [threading.Thread(target=send, args=(str(number),)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(taken) == 40
    assert max(at for at, _ in taken) >= 39 / 200 * 0.95


def test_a_strict_telegram_never_has_to_slow_us_down(monkeypatch):
    with peer.running("--limited") as strict:
        make.configure(
            monkeypatch, TELEGRAM_API_URL=strict.url, TELEGRAM_CHAT_SECONDS="1", TELEGRAM_RATE_PER_SECOND="30"
        )
        channel = TelegramChannel()
        people = [next(_people) for _ in range(8)]
        for user in people:
            strict.write(user, "/start")

        def send(user: int) -> None:
            for number in range(3):
                channel.send(make.outgoing(f"tin {number}", user))

        threads = [threading.Thread(target=send, args=(user,)) for user in people]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert strict.seen["refusals"] == []
        assert all(strict.texts(user) == ["tin 0", "tin 1", "tin 2"] for user in people)
        bot_api.forget_line()
