"""This Telegram from a test's side: start it as a process, play the people in it, look at what the bot did."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.end_to_end.stack import wait_for
from tests.peers import peer
from tests.peers.peer import ROOT, Peer

SPEC = Path(os.environ.get("TELEGRAM_SPEC", ROOT.parent / "shared/specs/telegram_bot_api.json"))
TOKEN = "4242424242:AAtest-token_of-the-loopback-telegram-x"
SECRET = "a-secret_of-the-webhook"


class Telegram(Peer):
    """A running one. `url` is for TELEGRAM_API_URL."""

    def call(self, method: str, **parameters: Any) -> Any:
        """A call to the Bot API itself, as the bot would make it."""
        return self._http.post(f"/bot{TOKEN}/{method}", json=parameters).json()

    def write(self, user: int, text: str, **content: Any) -> Any:
        return self.control("say", user=user, content={"text": text, **content})

    def say(self, user: int, **content: Any) -> Any:
        return self.control("say", user=user, content=content)

    def press(self, user: int, wanted: str, *, with_message: bool = True) -> Any:
        pressed = self.control("press", user=user, wanted=wanted, with_message=with_message)
        assert pressed is not None, f"no button {wanted!r}"
        return pressed

    def messages(self, user: int) -> list[dict[str, Any]]:
        """What the bot sent to somebody, in order."""
        return [message for message in self.seen["messages"] if message["chat"]["id"] == user]

    def texts(self, user: int) -> list[str]:
        return [message.get("text", message.get("caption", "")) for message in self.messages(user)]

    def answer(self, user: int, after: int, seconds: float = 20) -> dict[str, Any]:
        """The message that comes after the first `after` ones."""
        return dict(wait_for(lambda: self.messages(user)[after : after + 1], seconds, "no answer")[0])


def titles(message: dict[str, Any]) -> list[str]:
    """Of all buttons below a message, or in the place of the keyboard."""
    markup = message.get("reply_markup") or {}
    rows = markup.get("inline_keyboard", []) + markup.get("keyboard", [])
    return [button["text"] for row in rows for button in row]


@contextmanager
def running(*options: str) -> Iterator[Telegram]:
    """One as a process; skips where the schema is not there."""
    if not SPEC.exists():
        pytest.skip(f"the Bot API schema is not at {SPEC} (set TELEGRAM_SPEC)")
    with peer.process("tests.peers.telegram", *options) as url:
        yield Telegram(url)
