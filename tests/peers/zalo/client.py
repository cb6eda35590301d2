"""This Zalo from a test's side: start it as a process, play the people, look at what they got."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tests.peers import peer
from tests.peers.peer import Peer

OA_ID, APP_ID = "2491302944280861639", "1484028466215632511"
APP_SECRET, OA_SECRET = "the-app-secret-of-the-loopback-zalo", "the-oa-secret-of-the-loopback-zalo"


class Zalo(Peer):
    """A running one. `url` is for all of `ZALO_API_URL`, `ZALO_TEMPLATE_URL` and `ZALO_OAUTH_URL`."""

    def environment(self) -> dict[str, str]:
        """The settings of a gateway that is to talk to this Zalo."""
        return {
            "ZALO_OA_ID": OA_ID,
            "ZALO_APP_ID": APP_ID,
            "ZALO_APP_SECRET": APP_SECRET,
            "ZALO_OA_SECRET": OA_SECRET,
            "ZALO_API_URL": self.url,
            "ZALO_TEMPLATE_URL": self.url,
            "ZALO_OAUTH_URL": self.url,
            "ZALO_FILE_HOSTS": self.url.removeprefix("http://"),
        }

    def set(self, **asked: Any) -> None:
        self.control("set", **asked)

    def say(self, user: str, text: str, **more: Any) -> dict[str, Any]:
        return dict(self.control("say", user=user, message={"text": text}, **more))

    def inbox(self, user: str) -> list[dict[str, Any]]:
        return list(self.control("inbox", user=user))

    def texts(self, user: str) -> list[str]:
        return [one["message"].get("text", "") for one in self.inbox(user)]


def buttons(message: dict[str, Any]) -> list[dict[str, Any]]:
    """Of a message in the inbox."""
    return list(message["message"].get("attachment", {}).get("payload", {}).get("buttons", []))


@contextmanager
def running(*options: str) -> Iterator[Zalo]:
    """A process of its own, ended with the block."""
    with peer.process("tests.peers.zalo", *options) as url:
        yield Zalo(url)
