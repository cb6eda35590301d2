"""What a gateway offers: a `Channel`, registered by the composition roots. Messaging knows channels only by this."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class Choice:
    """Something to pick. `payload` is what the assistant is given when it is picked; it never leaves the house."""

    title: str
    payload: str


@dataclass(frozen=True)
class Reply:
    """What the assistant or a keyword says: accented, knowing nothing of the channel."""

    text: str
    choices: tuple[Choice, ...] = ()


@dataclass(frozen=True)
class Offered:
    """A choice as a channel sees it: `token` is opaque, at most 22 ASCII characters."""

    title: str
    token: str


@dataclass(frozen=True)
class Rendered:
    """A reply in the form of one channel. `rest` waits for TIEP THEO; `segments` is 0 where the channel has none."""

    body: str
    rest: str = ""
    segments: int = 0
    encoding: str = ""


@dataclass(frozen=True)
class Outgoing:
    """All a sender needs. Read before the vendor call, so that no database session is open during it."""

    id: int
    conversation_id: int
    address: str
    body: str
    offered: tuple[Offered, ...]
    queued_at: datetime
    attempts: int


@dataclass(frozen=True)
class Sent:
    """The provider took the message, under its own id."""

    provider_message_id: str
    provider: str


class SendError(Exception):
    """Base of what `Channel.send` raises."""


class TryLater(SendError):
    """A passing fault; `after_seconds` when the provider named a time."""

    def __init__(self, reason: str, after_seconds: float | None = None) -> None:
        super().__init__(reason)
        self.after_seconds = after_seconds


class Rejected(SendError):
    """The provider will never take this message; `code` is the provider's own."""

    def __init__(self, reason: str, code: str = "") -> None:
        super().__init__(reason)
        self.code = code


class Undecided(SendError):
    """No answer in time: the provider may have taken it. `Channel.find` is asked before another try."""


class Channel(ABC):
    """One way to a citizen. Implementations only try: timing, logging, retries and classification live in delivery."""

    name: str
    max_choices: int

    @abstractmethod
    def render(self, text: str, titles: Sequence[str], *, accents: bool) -> Rendered:
        """`text` (accented; replies are joined by a blank line) and the titles of its choices, for this channel."""

    @abstractmethod
    def send(self, outgoing: Outgoing) -> Sent:
        """Hand one message to the provider. Raises TryLater, Rejected or Undecided."""

    def find(self, outgoing: Outgoing) -> Sent | None:
        """After a crash or time-out: the message at the provider, None when it is not there or nobody can know."""
        return None


_channels: dict[str, Channel] = {}


def register(channel: Channel) -> None:
    """Make a channel known to this process; the last one of a name wins."""
    _channels[channel.name] = channel


def get(name: str) -> Channel:
    """The channel of that name. KeyError where the composition root did not register it."""
    return _channels[name]


def offers(name: str) -> bool:
    """Whether this process knows a channel of that name."""
    return name in _channels
