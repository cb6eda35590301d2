"""Somebody who writes to the Official Account, and the account's consent, for tests and `make demo-zalo`."""

import subprocess
from dataclasses import dataclass, field

from backend.settings import ROOT
from backend.text import fold
from tests.end_to_end.dialogue import ANSWER_SECONDS, Exchange
from tests.end_to_end.stack import Stack, wait_for
from tests.peers.zalo.client import Zalo, buttons


@dataclass
class ZaloCitizen:
    """A person in the peer. Buttons are pressed; what has no button is picked by its number."""

    zalo: Zalo
    user: str
    shown: int = 0
    offered: list[dict[str, str]] = field(default_factory=list)

    def say(self, words: str) -> Exchange:
        return self._send(words, words)

    def pick(self, wanted: str | int) -> Exchange:
        titles = [one["title"] for one in self.offered]
        if isinstance(wanted, int) and wanted > len(titles):
            return self.say(str(wanted))
        numbers = (n for n, title in enumerate(titles) if fold(str(wanted)) in fold(title))
        index = wanted - 1 if isinstance(wanted, int) else next(numbers)
        return self._send(titles[index], self.offered[index]["payload"])

    def _send(self, shown: str, text: str) -> Exchange:
        status = self.zalo.say(self.user, text)["status"]
        assert status in (200, 0), f"the gateway answered {status}"  # 0: too slow for Zalo, which repeats it
        wait_for(lambda: len(self.zalo.inbox(self.user)) > self.shown, ANSWER_SECONDS, f"no answer to {shown!r}")
        got = self.zalo.inbox(self.user)[self.shown]
        self.shown += 1
        self.offered = [one for one in buttons(got) if one["type"].startswith("oa.query")]
        return Exchange(shown, got["message"].get("text", ""), [one["title"] for one in buttons(got)])


def connect(stack: Stack, zalo: Zalo) -> None:
    """What an administrator does once: consent at Zalo, and the exchange of the code, by the commands themselves."""
    zalo.set(hook=f"http://127.0.0.1:{stack.ports['chat']}/zalo/webhook")
    challenge = _run(stack, "consent").split("code challenge: ", 1)[1].split()[0]
    _run(stack, "exchange", zalo.control("consent", challenge=challenge)["code"])


def _run(stack: Stack, *arguments: str) -> str:
    command = [str(ROOT / ".venv/bin/flask"), "--app", "chat_gateway.cli", "zalo", *arguments]
    done = subprocess.run(command, cwd=ROOT, env=stack.environment, check=True, capture_output=True, text=True)
    return done.stdout
