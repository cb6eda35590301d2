"""A system whose only SMS provider is a carrier by SMPP, and citizens who text through that carrier."""

from pathlib import Path

from tests.end_to_end.stack import PROCESSES, Stack, free_port, wait_for
from tests.peers.smsc import peer
from tests.peers.smsc.peer import Smsc


class SmppStack(Stack):
    """As `Stack`; texts come and go by the carrier."""

    carrier: Smsc

    def begin(self) -> None:
        """The carrier and every process; returns when they are bound to each other."""
        self.carrier = peer.smsc()
        self.environment |= {
            "SMS_PROVIDER": "smpp",
            "SMPP_HOST": "127.0.0.1",
            "SMPP_PORT": str(self.carrier.port),
            "SMPP_SYSTEM_ID": "motcua",
            "SMPP_PASSWORD": "s3cret",
            "SMPP_SOURCE": "8088",
            "SMPP_SOURCE_TON": "0",
            "SMPP_SESSION_PORT": str(free_port()),
            "SMPP_REPEAT_SECONDS": "0",
        }
        self.start(*PROCESSES, "smpp")
        self.wait_until_ready(240)
        self.carrier.wait(lambda: self.carrier.of("bound"), 60)

    def end(self) -> None:
        """All of it."""
        self.stop()
        self.carrier.stop()

    def sent_sms(self, phone: str) -> list[str]:
        """The whole texts that the carrier took for a number, in order."""
        texts: dict[tuple[int, int], dict[int, str]] = {}
        for submit in self.carrier.of("submit"):
            if submit["to"] == phone.removeprefix("+"):
                key = (submit["reference"], 0 if submit["total"] > 1 else submit["id"])
                texts.setdefault(key, {})[submit["number"]] = submit["text"]
                texts[key][0] = str(submit["total"])
        return ["".join(p[n] for n in sorted(p) if n) for p in texts.values() if len(p) > int(p[0])]

    def text(self, phone: str, words: str, seconds: float = 20) -> str:
        """Text the short code and wait for the whole of the answer at that number."""
        before = len(self.sent_sms(phone))
        self.carrier.text(phone.removeprefix("+"), words)
        return str(wait_for(lambda: self.answer(phone, before), seconds, f"no answer to {words!r}, see {self.folder}"))


def made(folder: Path) -> SmppStack:
    """Seeded, not started."""
    stack = SmppStack(folder)
    stack.seed()
    return stack
