"""Telegram with the real processes, over real sockets, through a Telegram held to the published schema."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from backend.messaging import channels
from backend.messaging import service as messaging
from backend.messaging.channels import Reply
from chat_gateway.telegram.channel import TelegramChannel
from tests.end_to_end import conversations
from tests.end_to_end import stack as stacks
from tests.end_to_end.stack import Stack, wait_for
from tests.peers.telegram import client, talking

pytestmark = pytest.mark.end_to_end


@pytest.fixture(scope="module")
def telegram() -> Iterator[client.Telegram]:
    with client.running() as running:
        yield running


@pytest.fixture(scope="module")
def connected(
    telegram: client.Telegram, assistant: None, template: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Stack]:
    """A system whose bot is on our Telegram."""
    extra = talking.settings(telegram) | {"DELIVERY_LEASE_SECONDS": "3"}
    running = stacks.from_template(template, tmp_path_factory.mktemp("telegram") / "data", extra=extra)
    try:
        running.start()
        running.wait_until_ready()
        talking.connect(running)
        yield running
    finally:
        running.stop()


def test_the_ten_conversations(connected: Stack, telegram: client.Telegram) -> None:
    for name in conversations.TEN:
        citizen = talking.TelegramCitizen(telegram)
        turns = conversations.lead(connected, name, channel="telegram", address=citizen.address, citizen=citizen)
        for exchange, wrong in turns:
            assert wrong == [], f"{name}: > {exchange.citizen}\n{exchange.answer}\n{exchange.choices}"
    seen = telegram.seen
    assert seen["refusals"] == [], "a call that Telegram would not have taken"
    assert seen["unanswered"] == [], "a button that still shows that it works"
    assert seen["webhook_errors"] == []


def test_a_killed_sender_loses_nothing(
    connected: Stack, telegram: client.Telegram, monkeypatch: pytest.MonkeyPatch
) -> None:
    people = range(6_000_001, 6_000_041)
    for user in people:
        telegram.control("block", user=user, blocked=False)
    for fault in ({"drop": True}, {"status": 429, "retry_after": 1}, {"hang": 0.5}, {"status": 502}):
        telegram.control("fault", method="sendMessage", **fault)
    connected.kill("worker")
    monkeypatch.setenv("TELEGRAM_BOT_TOKEN", client.TOKEN)
    monkeypatch.setitem(channels._channels, "telegram", TelegramChannel())
    with connected.database():
        for user in people:
            messaging.say(messaging.conversation_with("telegram", str(user)), Reply(f"Dạ, hồ sơ {user} đã xong."))

    def sent() -> list[str]:
        found = [message for message in telegram.seen["messages"] if message["chat"]["id"] in people]
        return [message["text"] for message in found]

    connected.start("worker")
    wait_for(lambda: len(sent()) >= 8, 30, "nothing was sent")
    connected.kill("worker")
    assert len(set(sent())) < len(people), "it was killed too late to show anything"
    connected.start("worker")
    wait_for(lambda: len(set(sent())) == len(people), 60, "some were never sent")
    twice = len(sent()) - len(people)
    assert twice <= int(connected.environment["WORKER_THREADS"]), "only what was under way may come twice"
