"""The turn channel against Rasa's real agent and Sanic server, with a tiny project and a fake action server."""

import asyncio
import json
import socket
import threading
import urllib.error
import urllib.request
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from rasa.core.agent import Agent
from rasa.core.run import configure_app
from rasa.core.tracker_store import FailSafeTrackerStore
from rasa.model_training import train
from rasa.shared.core.events import BotUttered, UserUttered
from rasa.shared.exceptions import RasaException
from rasa.utils.endpoints import EndpointConfig

from bot.channels.turn import MAX_TEXT_LENGTH, TurnInput, neutralised
from bot.trackers import TrackerStore

PROJECT = Path(__file__).parent / "project"
TOKEN = "secret-of-the-test"
Handler = Callable[[dict[str, Any]], Awaitable[web.Response]]


async def says_hello(request: dict[str, Any]) -> web.Response:
    """The action server when all is well."""
    return web.json_response(
        {"events": [], "responses": [{"text": "Trả lời", "buttons": [{"title": "Có", "payload": "/greet"}]}]}
    )


@dataclass
class House:
    """Everything started once: an event loop in a thread, the fake action server, Rasa behind Sanic."""

    loop: asyncio.AbstractEventLoop
    agent: Agent
    port: int
    handler: Handler = says_hello
    calls: int = 0

    def post(self, body: Any, token: str = TOKEN, **more: Any) -> tuple[int, dict[str, Any]]:
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json", **more}
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}/webhooks/turn/webhook", data, headers)
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return answer.status, json.loads(answer.read())
        except urllib.error.HTTPError as error:
            return error.code, json.loads(error.read())

    def ask(self, text: str, message_id: str, **more: Any) -> tuple[int, dict[str, Any]]:
        body = {"sender": "17", "message_id": message_id, "text": text, "payload": "", "input_channel": "web", **more}
        return self.post(body)

    def tracker(self, sender: str = "17") -> Any:
        future = asyncio.run_coroutine_threadsafe(self.agent.tracker_store.retrieve(sender), self.loop)
        return future.result(10)


@pytest.fixture(scope="session")
def model(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The tiny project, trained."""
    folder = tmp_path_factory.mktemp("models")
    result = train(
        domain=str(PROJECT / "domain.yml"),
        config=str(PROJECT / "config.yml"),
        training_files=[str(PROJECT / "data.yml")],
        output=str(folder),
    )
    assert result.model
    return result.model


@pytest.fixture(scope="session")
def running(model: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    loop = asyncio.new_event_loop()
    threading.Thread(target=loop.run_forever, daemon=True).start()

    def wait(coroutine: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(coroutine, loop).result(60)

    async def start() -> House:
        house: House

        async def action(request: web.Request) -> web.Response:
            house.calls += 1
            return await house.handler(await request.json())

        actions = web.Application()
        actions.router.add_post("/webhook", action)
        runner = web.AppRunner(actions)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        actions_port = runner.addresses[0][1]
        store = TrackerStore(db=str(tmp_path_factory.mktemp("trackers") / "rasa.db"))
        endpoint = EndpointConfig(f"http://127.0.0.1:{actions_port}/webhook")
        agent = Agent.load(model_path=model, action_endpoint=endpoint, tracker_store=FailSafeTrackerStore(store))
        app = configure_app([TurnInput.from_credentials({"token": TOKEN})], enable_api=False)
        app.ctx.agent = agent
        listening = socket.create_server(("127.0.0.1", 0))
        server = await app.create_server(sock=listening, return_asyncio_server=True, access_log=False)
        await server.startup()
        await server.before_start()
        await server.start_serving()
        house = House(loop, agent, listening.getsockname()[1])
        return house

    yield wait(start())
    loop.call_soon_threadsafe(loop.stop)


@pytest.fixture
def house(running: House) -> House:
    """The running house with a healthy action server and a counter at zero."""
    running.handler, running.calls = says_hello, 0
    return running


def test_a_turn_is_answered_with_text_buttons_and_understanding(house: House) -> None:
    status, answer = house.ask("hỏi", "t-1")

    assert status == 200
    assert answer["replies"] == [{"text": "Trả lời", "buttons": [{"title": "Có", "payload": "/greet"}]}]
    assert (answer["intent"], answer["confidence"], answer["repeated"]) == ("ask", 1.0, False)


LINK = {"title": "Nộp hồ sơ qua mạng", "url": "https://mot-cua.example.vn/nop/1.001193"}
CARD = {"title": "Hồ sơ H15.16-260930-0012", "lines": ["Đăng ký khai sinh", "Đang được xử lý."]}
ODD = (
    ["no", "object"],
    {"links": [{"title": "Bấm", "url": "javascript:alert(1)"}, {"url": "https://a.vn"}, "https://a.vn", None]},
    {"links": "https://a.vn", "card": {"lines": ["không tên"]}, "ask": "password"},
    {"card": "x", "ask": ["phone"], "debug": {"slots": "private"}},
)


def says(*messages: dict[str, Any]) -> Handler:
    async def handler(request: dict[str, Any]) -> web.Response:
        return web.json_response({"events": [], "responses": list(messages)})

    return handler


def test_links_a_card_and_what_is_asked_for_come_through_and_again_when_asked_twice(house: House) -> None:
    more = {"links": [LINK], "card": CARD, "ask": "phone"}
    house.handler = says({"text": "Dạ, hồ sơ của anh/chị:", "custom": more}, {"text": "", "custom": {"links": [LINK]}})
    for repeated in (False, True):
        status, answer = house.ask("hỏi", "more-1", sender="more")
        assert (status, answer["repeated"]) == (200, repeated)
        assert answer["replies"] == [
            {"text": "Dạ, hồ sơ của anh/chị:", "buttons": [], **more},
            {"text": "", "buttons": [], "links": [LINK]},
        ]


@pytest.mark.parametrize("custom", ODD)
def test_other_custom_json_never_reaches_the_citizen(house: House, custom: Any) -> None:
    house.handler = says({"text": "Dạ.", "custom": custom}, {"custom": custom})
    status, answer = house.ask("hỏi", "odd-1", sender=f"odd-{ODD.index(custom)}")
    assert (status, answer["replies"]) == (200, [{"text": "Dạ.", "buttons": []}])


def test_asked_twice_the_dialogue_moves_once(house: House) -> None:
    first = house.ask("hỏi", "twice-1", sender="twice")
    house.ask("chào", "twice-2", sender="twice")
    again = house.ask("hỏi", "twice-1", sender="twice")

    assert again == (200, {**first[1], "repeated": True})
    assert house.calls == 1
    heard = [e.message_id for e in house.tracker("twice").events if isinstance(e, UserUttered)]
    assert heard == ["twice-1", "twice-2"]


def test_a_repeat_survives_another_server_on_the_same_store(house: House, model: str) -> None:
    first = house.ask("hỏi", "other-1", sender="other")
    other = Agent.load(model_path=model, tracker_store=house.agent.tracker_store)
    original, house.agent.processor = house.agent.processor, other.processor
    try:
        assert house.ask("hỏi", "other-1", sender="other") == (200, {**first[1], "repeated": True})
    finally:
        house.agent.processor = original


def test_a_repeat_that_overtakes_the_first_waits_for_it(house: House) -> None:
    async def answers_when_the_other_waits(request: dict[str, Any]) -> web.Response:
        while len(house.agent.lock_store.get_lock("race").tickets) < 2:
            await asyncio.sleep(0.005)
        return await says_hello(request)

    house.handler = answers_when_the_other_waits
    with ThreadPoolExecutor(2) as pool:
        answers = [f.result(30) for f in [pool.submit(house.ask, "hỏi", "race-1", sender="race") for _ in range(2)]]

    assert sorted(a["repeated"] for _, a in answers) == [False, True]
    assert answers[0][1]["replies"] == answers[1][1]["replies"]
    assert house.calls == 1


def broken(status: int) -> Handler:
    async def handler(request: dict[str, Any]) -> web.Response:
        return web.json_response({"error": "broken"}, status=status)

    return handler


async def answers_nonsense(request: dict[str, Any]) -> web.Response:
    return web.json_response(["no", "events"])


async def answers_text(request: dict[str, Any]) -> web.Response:
    return web.Response(text="<html>")


async def answers_unknown_events(request: dict[str, Any]) -> web.Response:
    return web.json_response({"events": [{"event": "slot", "name": 7}], "responses": []})


@pytest.mark.parametrize("handler", [broken(500), broken(404), answers_nonsense, answers_text, answers_unknown_events])
def test_a_failing_action_server_leaves_no_trace_and_the_retry_is_a_first_time(house: House, handler: Handler) -> None:
    name = f"fails-{handler.__name__}-{id(handler)}"
    house.handler = handler
    status, answer = house.ask("hỏi", "fail-1", sender=name)
    assert (status, "replies" in answer) == (503, False)
    assert house.tracker(name) is None

    house.handler = says_hello
    status, answer = house.ask("hỏi", "fail-1", sender=name)
    assert (status, answer["repeated"], len(answer["replies"])) == (200, False, 1)


def test_an_action_that_rejects_to_run_is_no_failure(house: House) -> None:
    async def rejects(request: dict[str, Any]) -> web.Response:
        return web.json_response({"error": "no", "action_name": "action_answer"}, status=400)

    house.handler = rejects
    assert house.ask("hỏi", "reject-1", sender="reject")[0] == 200


def test_a_failing_tracker_store_is_not_replaced_by_memory(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    async def fails(self: Any, tracker: Any) -> None:
        raise OSError("disk full")

    with monkeypatch.context() as patch:
        patch.setattr(TrackerStore, "save", fails)
        assert house.ask("chào", "store-1", sender="store")[0] == 503
    assert house.ask("chào", "store-1", sender="store")[1]["repeated"] is False


@pytest.mark.parametrize(
    "typed", ["/forbidden", "  /forbidden", "／forbidden", "\u200b/forbidden", "//forbidden", "\ufeff ⁄forbidden"]
)
def test_what_a_citizen_types_is_never_an_intent(house: House, typed: str) -> None:
    _, answer = house.ask(typed, f"slash-{typed!r}", sender="slash")

    assert answer["intent"] != "forbidden"
    assert "chỉ nút bấm mới tới đây" not in str(answer["replies"])


def test_a_typed_restart_does_not_wipe_the_conversation(house: House) -> None:
    house.ask("chào", "wipe-1", sender="wipe")
    house.ask("/restart", "wipe-2", sender="wipe")
    assert house.ask("chào", "wipe-1", sender="wipe")[1]["repeated"] is True


def test_the_backends_payload_reaches_rasa_as_it_is(house: House) -> None:
    _, answer = house.ask("Buôn Hồ", "pay-1", sender="pay", payload='/pick{"place": "Buôn Hồ"}')

    assert answer["intent"] == "pick"
    assert answer["replies"][0] == {"text": "Đã chọn Buôn Hồ", "buttons": [{"title": "Đúng", "payload": "/greet"}]}
    assert answer["replies"][1]["text"] == "Dòng một\n\nDòng hai"


def test_responses_vary_by_the_citizens_channel(house: House) -> None:
    assert house.ask("chào", "ch-1", sender="ch1", input_channel="sms")[1]["replies"][0]["text"] == "Chào từ tin nhắn"
    assert house.ask("chào", "ch-1", sender="ch2", input_channel="zalo")[1]["replies"][0]["text"] == "Chào anh chị"
    heard = next(e for e in house.tracker("ch1").events if isinstance(e, UserUttered))
    assert (heard.input_channel, heard.message_id) == ("sms", "ch-1")


def test_text_is_kept_as_nfc(house: House) -> None:
    house.ask("che\u0302\u0301 độ", "nfc-1", sender="nfc")
    heard = next(e for e in house.tracker("nfc").events if isinstance(e, UserUttered))
    assert heard.text == "chế độ"


GOOD = {"sender": "9", "message_id": "m-1", "text": "chào", "payload": "", "input_channel": "web"}


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"\xff\xfe",
        b"null",
        [],
        "chào",
        {},
        {k: v for k, v in GOOD.items() if k != "sender"},
        {k: v for k, v in GOOD.items() if k != "message_id"},
        {k: v for k, v in GOOD.items() if k != "text"},
        {k: v for k, v in GOOD.items() if k != "input_channel"},
        {**GOOD, "text": 5},
        {**GOOD, "text": ["a"]},
        {**GOOD, "sender": 17},
        {**GOOD, "sender": ""},
        {**GOOD, "sender": "x" * 256},
        {**GOOD, "message_id": " "},
        {**GOOD, "message_id": None},
        {**GOOD, "input_channel": "../x"},
        {**GOOD, "payload": "greet"},
        {**GOOD, "payload": {"a": 1}},
    ],
)
def test_malformed_requests_are_told_so(house: House, body: Any) -> None:
    status, answer = house.post(body)
    assert (status, bool(answer["error"])) == (400, True)


@pytest.mark.parametrize("text", ["", "   ", "/", "👍", "\u200b", "\ud83d", "a\0b", "x" * (MAX_TEXT_LENGTH + 5)])
def test_odd_texts_still_get_a_turn(house: House, text: str) -> None:
    assert house.ask(text, f"odd-{hash(text)}", sender=f"odd{hash(text)}")[0] == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"token": "wrong"},
        {"token": ""},
        {"Authorization": ""},
        {"Authorization": f"Basic {TOKEN}"},
        {"Authorization": TOKEN},
    ],
)
def test_without_the_token_nothing_happens(house: House, headers: dict[str, str]) -> None:
    status, _ = house.post({**GOOD, "sender": "intruder"}, **headers)
    assert status == 401
    assert house.tracker("intruder") is None


@pytest.mark.parametrize("credentials", [None, {}, {"token": ""}, {"token": None}, {"token": "  "}])
def test_a_channel_without_a_token_does_not_start(credentials: Any) -> None:
    with pytest.raises(RasaException):
        TurnInput.from_credentials(credentials)


def test_health_tells_the_loaded_model(house: House, model: str) -> None:
    with urllib.request.urlopen(f"http://127.0.0.1:{house.port}/webhooks/turn/", timeout=10) as answer:
        assert json.loads(answer.read()) == {"status": "ready", "model": Path(model).name}


def test_without_a_model_the_backend_is_asked_to_try_again(house: House) -> None:
    processor, house.agent.processor = house.agent.processor, None
    try:
        assert house.ask("chào", "nomodel-1")[0] == 503
    finally:
        house.agent.processor = processor


def test_an_old_message_replayed_by_an_action_does_not_end_the_turn(house: House) -> None:
    async def replays(request: dict[str, Any]) -> web.Response:
        old = {
            "event": "user",
            "text": "chào",
            "parse_data": {"intent": {"name": "greet", "confidence": 1.0}, "entities": []},
        }
        bot = {"event": "bot", "text": "sau khi nhắc lại"}
        return web.json_response({"events": [old, bot], "responses": []})

    house.handler = replays
    first = house.ask("hỏi", "replay-1", sender="replay")[1]
    assert "sau khi nhắc lại" in [r["text"] for r in first["replies"]]
    assert house.ask("hỏi", "replay-1", sender="replay")[1] == {**first, "repeated": True}
    assert any(isinstance(e, BotUttered) for e in house.tracker("replay").events)


@pytest.mark.parametrize(
    ("typed", "kept"), [("/a", "a"), ("a/b", "a/b"), (" ／ / x", "x"), ("e\u0302\u0301", "ế"), ("///", "")]
)
def test_neutralised(typed: str, kept: str) -> None:
    assert neutralised(typed) == kept
