"""Photos and files in a conversation, answered without Rasa. Features register who takes them, as with `keywords`.

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
    """A file that a gateway has put into `backend.storage`."""

    file_id: str
    name: str
    media_type: str


Handler = Callable[[Context, str, Sequence[Attachment]], Sequence[Reply] | None]
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
    known = [Attachment(str(one["file_id"]), str(one["name"]), str(one["media_type"])) for one in sent]
    for handler in _handlers if known else ():
        replies = handler(context, text, known)
        if replies is not None:
            return replies
    return None


def answer_choice(context: Context, payload: str) -> Sequence[Reply] | None:
    """The replies to a picked choice of ours, None for one of the assistant's."""
    word, _, rest = payload.partition(":")
    return _pickers[word](context, rest) if word in _pickers else None
