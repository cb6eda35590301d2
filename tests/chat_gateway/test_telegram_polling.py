"""Polling and the registration commands, against our Telegram on loopback; polling also under kill -9."""

import itertools
import os
import signal
import subprocess
import sys

import pytest
from sqlalchemy.exc import OperationalError

from backend import database
from backend.messaging.channels import HealthState
from backend.settings import ROOT
from chat_gateway.cli import create_app
from chat_gateway.telegram import bot_api, polling, service
from chat_gateway.telegram.channel import TelegramChannel
from chat_gateway.telegram.health import NO_WEBHOOK, NOT_REACHED, TOKEN
from tests.builders import telegram as make
from tests.builders.messaging import count
from tests.end_to_end.stack import wait_for
from tests.peers.telegram import client as peer

_people = itertools.count(2_000_001)


@pytest.fixture
def telegram():
    with peer.running() as running:
        yield running
    bot_api.forget_line()


@pytest.fixture
def line(monkeypatch, telegram):
    make.client(monkeypatch, TELEGRAM_API_URL=telegram.url)
    return bot_api.line()


def texts() -> list[str]:
    return [message.text for message in make.messages()]


@pytest.mark.usefixtures("database")
def test_what_waits_is_written_down_and_only_then_confirmed(telegram, line, monkeypatch):
    for number in range(3):
        telegram.write(next(_people), f"tin {number}")
    broken, take = [OperationalError("", {}, Exception()), RuntimeError("ours")], service.take

    def takes(raw):
        if broken:
            raise broken.pop()
        take(raw)

    monkeypatch.setattr(service, "take", takes)
    polling.run(line, rounds=1, wait=0, sleep=lambda _: None)
    assert texts() == ["tin 0", "tin 1", "tin 2"]
    assert telegram.seen["waiting"] == 3, "nothing is confirmed before the next round"
    polling.run(line, rounds=2, wait=0, sleep=lambda _: None)
    assert telegram.seen["waiting"] == 0
    assert texts() == ["tin 0", "tin 1", "tin 2"], "what came twice was taken once"


@pytest.mark.usefixtures("database")
def test_one_update_that_nobody_can_read_does_not_block_the_rest(telegram, line, monkeypatch):
    telegram.write(next(_people), "trước")
    telegram.write(next(_people), "hỏng")
    telegram.write(next(_people), "sau")
    take = service.take

    def takes(raw):
        if raw["message"]["text"] == "hỏng":
            raise ValueError
        take(raw)

    monkeypatch.setattr(service, "take", takes)
    telegram.control("fault", method="getUpdates", status=502)
    pauses = []
    polling.run(line, rounds=2, wait=0, sleep=pauses.append)
    assert texts() == ["trước", "sau"]
    assert len(pauses) == 1 + polling.MOST_TRIES


def command(*arguments: str):
    return create_app().test_cli_runner().invoke(args=["telegram", *arguments])


@pytest.mark.usefixtures("line")
def test_the_commands_tell_telegram_where_we_are(telegram, monkeypatch):
    assert "https://chat.example.vn/telegram/webhook" in command("set-webhook", "--drop-pending").output
    webhook = telegram.seen["webhook"]
    assert webhook["secret_token"] == make.SECRET
    assert webhook["max_connections"] == 20
    assert set(webhook["allowed_updates"]) == {"message", "edited_message", "callback_query", "my_chat_member"}
    told = command("info").output
    assert "@mot_cua_bot" in told
    assert "https://chat.example.vn/telegram/webhook" in told
    assert command("delete-webhook").exit_code == 0
    assert telegram.seen["webhook"]["url"] == ""
    make.configure(monkeypatch, TELEGRAM_PUBLIC_URL="")
    assert "TELEGRAM_PUBLIC_URL" in command("set-webhook").output
    make.configure(monkeypatch, TELEGRAM_BOT_TOKEN="")
    assert "BotFather" in command("info").output
    make.configure(monkeypatch, TELEGRAM_API_URL=telegram.url, TELEGRAM_BOT_TOKEN="1:wrong")
    refused = command("info")
    assert refused.exit_code == 1
    assert "wrong" not in refused.output


def test_kill_9_while_polling_loses_nothing_and_doubles_nothing(telegram, tmp_path, request, monkeypatch):
    path = tmp_path / "mot_cua.db"
    path.write_bytes(request.getfixturevalue("_sqlite_template").read_bytes())
    engine = database.create(f"sqlite:///{path}")
    monkeypatch.setattr(database, "engine", lambda: engine)
    environment = {
        **os.environ,
        "DATA_DIR": str(tmp_path),
        "DATABASE_URL": "",
        "REDIS_URL": "",
        "TELEGRAM_BOT_TOKEN": peer.TOKEN,
        "TELEGRAM_API_URL": telegram.url,
        "TELEGRAM_MODE": "polling",
    }

    def poll() -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "flask", "--app", "chat_gateway.cli", "telegram", "poll"]
        return subprocess.Popen(
            command, cwd=ROOT, env=environment, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL
        )

    wanted = [f"tin {number}" for number in range(80)]
    for text in wanted:
        telegram.write(next(_people), text)
    process = poll()
    try:
        wait_for(lambda: count() >= 5, 30, "nothing was polled")
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        assert count() < len(wanted), "it was killed too late to show anything"
        process = poll()
        wait_for(lambda: count() >= len(wanted) and not telegram.seen["waiting"], 40, "some are missing")
        assert sorted(texts()) == sorted(wanted)
    finally:
        process.kill()
        process.wait()
        engine.dispose()


def test_officers_see_how_the_bot_is(telegram, line, monkeypatch):
    def health():
        return TelegramChannel().health()

    assert (health().state, health().steps) == (HealthState.ALARM, (NO_WEBHOOK,))
    line.set_webhook("http://127.0.0.1:9/telegram/webhook", make.SECRET, 5, drop_pending=False)
    assert health().state == HealthState.WELL
    telegram.write(next(_people), "không tới nơi")
    wait_for(lambda: telegram.seen["webhook_errors"], 10, "the webhook was not tried")
    assert health().state == HealthState.WARNING
    assert ("Tin chờ ở Telegram", "1") in health().facts
    telegram.control("fault", method="getMe", status=502)
    assert health().steps == (NOT_REACHED,)
    make.configure(monkeypatch, TELEGRAM_API_URL=telegram.url, TELEGRAM_BOT_TOKEN="1:wrong")
    channel = TelegramChannel()
    assert channel.health().steps == (TOKEN,)
    make.configure(monkeypatch, TELEGRAM_API_URL=telegram.url)
    assert channel.health().steps == (TOKEN,), "asked once a minute"
