"""Keyword commands (`HS 000…`, `TT khai sinh`, `TRO GIUP`), answered without Rasa and so also while Rasa is down.

Features register their words with `@command`; this module only finds out whether a text is one. A command is a word
at the start of the text, in any case, with or without accents. Words that also begin everyday sentences ("hs em xong
chua") are only taken with an argument of the expected shape: see `accepts`.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from backend.messaging.channels import Reply
from backend.text import fold


@dataclass(frozen=True)
class Context:
    """Who asks: the conversation with its verified address, and the message that is being answered."""

    conversation_id: int
    channel: str
    address: str
    message_id: int


Handler = Callable[[Context, str], Sequence[Reply] | None]


@dataclass(frozen=True)
class Command:
    """A keyword with its handler; `accepts` is matched against the folded argument."""

    words: tuple[str, ...]
    accepts: re.Pattern[str]
    handler: Handler


_commands: list[Command] = []
_askers: list[Callable[[int], str]] = []
_tellers: list[Callable[[str], str]] = []


def command(*words: str, accepts: str = r".*") -> Callable[[Handler], Handler]:
    """Register a handler for `words` (folded, may hold a blank; "" takes whole texts that `accepts` matches).

    It returns None to leave the text to the assistant.
    """

    def register(handler: Handler) -> Handler:
        _commands.append(Command(words, re.compile(accepts, re.DOTALL), handler))
        return handler

    return register


def open_question(asker: Callable[[int], str]) -> Callable[[int], str]:
    """Register who knows what a conversation (its id) was asked without the assistant; "" where nothing is open."""
    _askers.append(asker)
    return asker


def awaited(conversation_id: int) -> str:
    """What the citizen's next words may answer, for the assistant, which did not ask; "" for nothing."""
    return next((found for asker in _askers if (found := asker(conversation_id))), "")


def tells_dossier(teller: Callable[[str], str]) -> Callable[[str], str]:
    """Register who knows which dossier a command's text names; "" where none."""
    _tellers.append(teller)
    return teller


def dossier_in(text: str) -> str:
    """The dossier that a command told of, as it was written, for the assistant, which did not hear; "" for none."""
    return next((found for teller in _tellers if (found := teller(text))), "")


def answer(context: Context, text: str) -> Sequence[Reply] | None:
    """The replies of the command that `text` is, None when it is none."""
    text = text.strip(" .!?,;:")  # "tro giup!"
    folded = " ".join(fold(text).split())
    for candidate in _commands:
        for word in candidate.words:
            if word and folded != word and not folded.startswith(f"{word} "):
                continue
            argument = " ".join(text.split())[len(word) :].strip()
            if candidate.accepts.fullmatch(fold(argument)):
                replies = candidate.handler(context, argument)
                if replies is not None:
                    return replies
    return None
