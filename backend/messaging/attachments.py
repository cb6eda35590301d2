"""What comes with a message, answered without Rasa. Features register who takes it, as with `keywords`.

Forms in `Inbound.attachments` and in the ledger, by `kind`:

    remote    reference, name, media_type     a file still at the provider; `media` fetches it before the turn
    file      file_id, name, media_type       a file in `backend.storage`
    refused   name, why                       a file that could not be had: too large, of a kind we do not take, gone
    location  latitude, longitude, place      degrees; a gateway gives no `place`: `media` adds the commune, or ""
    contact   phone, own                      E.164; `own`: the provider vouches that it is the sender's number

Before the turn `media` has made everything ready: a handler never sees `remote`. Of what was refused the citizen is
told by messaging, in front of whatever a feature answers; a feature need not speak of it.

What is offered in answer ("which paper is it?") is a choice like any other; its payload begins with the word under
which `@choice` was registered, and never comes from the citizen's own typing.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from backend.messaging.channels import Reply
from backend.messaging.keywords import Context


@dataclass(frozen=True)
class Attachment:
    """A file in `backend.storage`."""

    file_id: str
    name: str
    media_type: str


@dataclass(frozen=True)
class Refused:
    """A file that could not be had; `why` is a sentence for the citizen."""

    name: str
    why: str


@dataclass(frozen=True)
class Location:
    """A place that was shared, in degrees (WGS 84); `place` is the commune, "" where it could not be told."""

    latitude: float
    longitude: float
    place: str


@dataclass(frozen=True)
class Contact:
    """A phone number (E.164) that was shared; `own`: the provider vouches that it is the sender's."""

    phone: str
    own: bool


Sent = Attachment | Refused | Location | Contact
Handler = Callable[[Context, str, Sequence[Sent]], Sequence[Reply] | None]
Picker = Callable[[Context, str], Sequence[Reply]]

_handlers: list[Handler] = []
_pickers: dict[str, Picker] = {}


def attachments(handler: Handler) -> Handler:
    """Register who takes attachments (with the words that came with them); None leaves them to the next."""
    _handlers.append(handler)
    return handler


def choice(word: str) -> Callable[[Picker], Picker]:
    """Register who answers picked choices whose payload is `<word>:<rest>`; it is given the rest."""

    def register(picker: Picker) -> Picker:
        _pickers[word] = picker
        return picker

    return register


def answer(context: Context, text: str, sent: Sequence[dict[str, Any]]) -> Sequence[Reply] | None:
    """The replies of the first feature that takes these, None when none does or nothing was sent."""
    known = [parsed for one in sent if (parsed := _parsed(one)) is not None]
    for handler in _handlers if known else ():
        replies = handler(context, text, known)
        if replies is not None:
            return replies
    return None


def _parsed(one: dict[str, Any]) -> Sent | None:
    """What the ledger keeps, typed; None for what was not fetched."""
    match one.get("kind"):
        case "file":
            return Attachment(one["file_id"], one["name"], one["media_type"])
        case "refused":
            return Refused(one["name"], one["why"])
        case "location":
            return Location(one["latitude"], one["longitude"], one.get("place", ""))
        case "contact":
            return Contact(one["phone"], one["own"])
        case _:
            return None


def answer_choice(context: Context, payload: str) -> Sequence[Reply] | None:
    """The replies to a picked choice of ours, None for one of the assistant's."""
    word, _, rest = payload.partition(":")
    return _pickers[word](context, rest) if word in _pickers else None
