"""Somebody who writes to the bot through our Telegram, and a system that is connected to it."""

import itertools
import subprocess

from backend.settings import ROOT
from backend.text import fold
from tests.end_to_end.dialogue import Exchange
from tests.end_to_end.stack import Stack
from tests.peers.telegram import client

ANSWER_SECONDS = 30
_users = itertools.count(5_000_001)
CONNECTED = {
    "TELEGRAM_BOT_TOKEN": client.TOKEN,
    "TELEGRAM_WEBHOOK_SECRET": client.SECRET,
    "TELEGRAM_MODE": "webhook",
    "TELEGRAM_CHAT_SECONDS": "0.1",
}


def settings(telegram: client.Telegram) -> dict[str, str]:
    """For `Stack.extra`."""
    return CONNECTED | {"TELEGRAM_API_URL": telegram.url}


def connect(stack: Stack) -> None:
    """Register the webhook, by our own command."""
    url = f"http://127.0.0.1:{stack.ports['chat']}"
    command = [ROOT / ".venv/bin/flask", "--app", "chat_gateway.cli", "telegram", "set-webhook", "--url", url]
    subprocess.run(command, cwd=ROOT, env=stack.environment, check=True, capture_output=True)


class TelegramCitizen:
    """Writes, and presses the buttons below the last answer."""

    def __init__(self, telegram: client.Telegram) -> None:
        self.telegram, self.user = telegram, next(_users)
        self.last: dict[str, object] = {}

    @property
    def address(self) -> str:
        """As the channel knows them."""
        return str(self.user)

    def say(self, words: str) -> Exchange:
        before = len(self.telegram.messages(self.user))
        self.telegram.write(self.user, words)
        return self._answer(words, before)

    def pick(self, wanted: str | int) -> Exchange:
        """Titles too long for a button are the numbered lines of the text."""
        titles = client.titles(self.last)
        lines = [line.split(". ", 1)[1] for line in self._text().splitlines() if line[:1].isdigit() and ". " in line]
        listed = lines[-len(titles) :] if titles and titles[0].startswith("1. ") else titles
        if isinstance(wanted, str):
            wanted = 1 + next(number for number, title in enumerate(listed) if fold(wanted) in fold(title))
        before = len(self.telegram.messages(self.user))
        self.telegram.press(self.user, titles[wanted - 1])
        return self._answer(titles[wanted - 1], before)

    def _answer(self, words: str, before: int) -> Exchange:
        self.last = self.telegram.answer(self.user, before, ANSWER_SECONDS)
        return Exchange(words, self._text(), client.titles(self.last))

    def _text(self) -> str:
        return str(self.last.get("text") or self.last.get("caption") or "")
