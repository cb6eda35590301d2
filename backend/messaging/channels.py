"""What a gateway offers: a `Channel`, registered by the composition roots. Messaging knows channels only by this."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from backend.storage import StoredInfo


@dataclass(frozen=True)
class Choice:
    """Something to pick. `payload` is what the assistant is given when it is picked; it never leaves the house."""

    title: str
    payload: str


@dataclass(frozen=True)
class Link:
    """A page to open. `url` is absolute."""

    title: str
    url: str


@dataclass(frozen=True)
class Card:
    """Facts at a glance, one line each: a dossier, a report."""

    title: str
    lines: tuple[str, ...] = ()


class Ask:
    """What a channel may ask for by a button of its own, where it has one; elsewhere the text has to do."""

    LOCATION = "location"
    PHONE = "phone"


@dataclass(frozen=True)
class Template:
    """A notice in the form that some channels want approved beforehand: its name and the values of its blanks."""

    name: str
    values: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Reply:
    """What the assistant, a keyword or an officer says: accented, knowing nothing of the channel.

    `files` are ids of `backend.storage`; `ask` is one of `Ask`.
    """

    text: str
    choices: tuple[Choice, ...] = ()
    links: tuple[Link, ...] = ()
    card: Card | None = None
    ask: str = ""
    files: tuple[str, ...] = ()
    template: Template | None = None


def merged(replies: Sequence[Reply]) -> Reply:
    """All that is said in one turn as one message: a citizen's phone rings once."""
    cards = [reply.card for reply in replies if reply.card is not None]
    texts = [part for reply in replies for part in (reply.text, _as_text(reply.card, cards)) if part]
    return Reply(
        text="\n\n".join(texts),
        choices=tuple(choice for reply in replies for choice in reply.choices),
        links=tuple(link for reply in replies for link in reply.links),
        card=cards[0] if len(cards) == 1 else None,
        ask=next((reply.ask for reply in replies if reply.ask), ""),
        files=tuple(file for reply in replies for file in reply.files),
        template=next((reply.template for reply in replies if reply.template), None),
    )


def _as_text(card: Card | None, cards: Sequence[Card]) -> str:
    """One card stays a card; of several each goes into the text where it was said."""
    return "\n".join([card.title, *card.lines]) if card is not None and len(cards) > 1 else ""


def in_words(reply: Reply) -> str:
    """The text of a reply with its card and links written out, for channels that have nothing better for them."""
    card = "\n".join([reply.card.title, *reply.card.lines]) if reply.card else ""
    links = "\n".join(f"{link.title}: {link.url}" for link in reply.links)
    return "\n".join(part for part in (reply.text, card, links) if part)


@dataclass(frozen=True)
class Offered:
    """A choice as a channel sees it: `token` is opaque, at most 22 ASCII characters."""

    title: str
    token: str


@dataclass(frozen=True)
class Extras:
    """What goes out beside the body and the choices: whatever `Channel.render` did not put into the body."""

    links: tuple[Link, ...] = ()
    ask: str = ""
    files: tuple[str, ...] = ()
    template: Template | None = None
    card: Card | None = None

    @classmethod
    def of(cls, stored: Mapping[str, Any]) -> "Extras":
        """As the ledger keeps them (`dataclasses.asdict`, without what is empty)."""
        template, card = stored.get("template"), stored.get("card")
        return cls(
            links=tuple(Link(**link) for link in stored.get("links", ())),
            ask=stored.get("ask", ""),
            files=tuple(stored.get("files", ())),
            template=Template(**template) if template else None,
            card=Card(card["title"], tuple(card["lines"])) if card else None,
        )

    def stored(self) -> dict[str, Any]:
        """What `of` reads."""
        return {name: value for name, value in asdict(self).items() if value}


@dataclass(frozen=True)
class Rendered:
    """A reply in the form of one channel. `rest` waits for TIEP THEO; `segments` is 0 where the channel has none."""

    body: str
    rest: str = ""
    segments: int = 0
    encoding: str = ""
    extras: Extras = field(default_factory=Extras)


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
    extras: Extras = field(default_factory=Extras)


@dataclass(frozen=True)
class Fetched:
    """A file that a citizen sent, as the provider holds it. The type is what the provider says, not to be believed."""

    data: bytes
    name: str = ""


@dataclass(frozen=True)
class Window:
    """Until when a channel lets us write to somebody: free of charge, and at all. None: without end."""

    free_until: datetime | None = None
    closes_at: datetime | None = None


class HealthState:
    """How a channel is: in order, to be looked at, or stopped until somebody does something."""

    WELL = "well"
    WARNING = "warning"
    ALARM = "alarm"


@dataclass(frozen=True)
class Health:
    """What officers see of a channel: `facts` are pairs of a label and a value, `steps` what somebody has to do."""

    state: str = HealthState.WELL
    facts: tuple[tuple[str, str], ...] = ()
    steps: tuple[str, ...] = ()


@dataclass(frozen=True)
class Sent:
    """The provider took the message, under its own id; `cost` in đồng, None where nobody knows it."""

    provider_message_id: str
    provider: str
    cost: int | None = None


@dataclass(frozen=True)
class Receipt:
    """A provider's report on a message of ours; `status` is one of ours."""

    provider_message_id: str
    status: str
    error_code: str = ""


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

    answers = True
    """Whether somebody can be answered here; where not, what a turn says is kept and never sent."""

    @property
    def at_once(self) -> int:
        """How many messages `send_all` may be handed; where it is 1, nothing is gained by it."""
        return 1

    @abstractmethod
    def render(self, reply: Reply, *, accents: bool) -> Rendered:
        """A whole turn's reply (`merged`, at most `max_choices` choices) for this channel."""

    @abstractmethod
    def send(self, outgoing: Outgoing) -> Sent:
        """Hand one message to the provider. Raises TryLater, Rejected or Undecided."""

    def send_all(self, outgoing: Sequence[Outgoing]) -> "Sequence[Sent | Exception]":
        """Hand over messages of different people that nobody has tried before; for each what `send` gives or raises."""
        return [outcome_of(self.send, each) for each in outgoing]

    def find(self, outgoing: Outgoing) -> Sent | None:
        """After a crash or time-out: the message at the provider, None when it is not there or nobody can know."""
        return None

    def carries(self, file: "StoredInfo") -> bool:
        """Whether a file of ours can go out here itself; where not, who sends it gives the citizen a link to it."""
        return False

    def fetch(self, reference: str) -> Fetched:
        """A file that somebody sent, by the reference the gateway wrote down. Raises TryLater or Rejected."""
        raise Rejected("this channel has no files", "no_files")

    def window(self, heard_at: datetime | None) -> Window:
        """How long somebody can be written to who was last heard of at `heard_at`."""
        return Window()

    def health(self) -> Health | None:
        """What officers should know of the account at the provider; None where there is nothing to tell."""
        return None

    def can_tell(self, template: Template) -> bool:
        """Whether a notice may be tried here; a channel of approved templates has not one for every event."""
        return True


def outcome_of(send: Callable[[Outgoing], Sent], outgoing: Outgoing) -> Sent | Exception:
    """What `send` gives or raises."""
    try:
        return send(outgoing)
    except Exception as error:
        return error


_channels: dict[str, Channel] = {}


def register(channel: Channel) -> None:
    """Make a channel known to this process; the last one of a name wins."""
    _channels[channel.name] = channel


def get(name: str) -> Channel:
    """The channel of that name. KeyError where the composition root did not register it."""
    return _channels[name]


def known() -> list[Channel]:
    """Every channel of this process, in the order of registration."""
    return list(_channels.values())


def offers(name: str) -> bool:
    """Whether this process knows a channel of that name."""
    return name in _channels
