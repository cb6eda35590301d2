"""A reply as one Telegram message: plain text, cut where a reader would pause, and what stands below it as buttons.

Plain on purpose: what citizens and officers write is never read as formatting. Telegram counts UTF-16 units.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

from backend.messaging.channels import Ask, Extras, Link, Offered, Rendered, Reply, in_words

MOST_TEXT = 4096
MOST_CAPTION = 1024
MOST_CHOICES = 10
MOST_TOKEN_BYTES = 64
TAIL = "\n\n(Nhắn TIEP THEO để xem tiếp)"
ASKS = {Ask.LOCATION: "📍 Gửi vị trí của tôi", Ask.PHONE: "📱 Gửi số điện thoại của tôi"}

_READABLE_TITLE = 36
"""Characters that a button shows on a narrow phone; with longer ones the titles are in the text."""
_ELLIPSIS = "…"
_PAUSES = (re.compile(r"\s*\n\s*\n\s*"), re.compile(r"\s*\n\s*"), re.compile(r"(?<=[.!?…;])\s+"), re.compile(r"\s+"))


class TokenTooLong(ValueError):
    """What Telegram would refuse together with the whole message."""


@dataclass(frozen=True)
class Button:
    """A row of a keyboard: with `token` or `url` below the message, else in the place of the phone's keyboard."""

    title: str
    token: str = ""
    url: str = ""
    ask: str = ""


def length(text: str) -> int:
    """As Telegram counts."""
    return len(text.encode("utf-16-le")) // 2


def render(reply: Reply) -> Rendered:
    """See `Channel.render`. Links that Telegram takes no button for are in the text."""
    pressable = () if reply.ask else tuple(link for link in reply.links if _is_public(link))
    text = in_words(replace(reply, links=tuple(link for link in reply.links if link not in pressable)))
    titles = [choice.title for choice in reply.choices]
    listed = "\n\n" + _numbered(titles) if _are_long(titles) else ""
    extras = Extras(links=pressable, ask=reply.ask, files=reply.files)
    if length(text + listed) <= MOST_TEXT:
        return Rendered(text + listed, extras=extras)
    end, start = _pause(text, MOST_TEXT - length(listed + TAIL))
    return Rendered(text[:end] + listed + TAIL, rest=text[start:], extras=extras)


def below(offered: Sequence[Offered], links: Sequence[Link]) -> list[Button]:
    """The rows below a message. Raises TokenTooLong."""
    for choice in offered:
        if not 1 <= len(choice.token.encode()) <= MOST_TOKEN_BYTES:
            raise TokenTooLong(f"a token of {len(choice.token.encode())} bytes")
    labels = _labels([choice.title for choice in offered])
    rows = [Button(label, token=choice.token) for label, choice in zip(labels, offered, strict=True)]
    return rows + [Button(link.title, url=link.url) for link in links]


def instead_of_keyboard(offered: Sequence[Offered], ask: str) -> list[Button]:
    """The rows where the phone's keyboard is, as only these can ask; a choice there writes its title."""
    return [Button(ASKS[ask], ask=ask), *(Button(choice.title) for choice in offered)]


def _are_long(titles: Sequence[str]) -> bool:
    return any(len(title) > _READABLE_TITLE for title in titles)


def _numbered(titles: Sequence[str]) -> str:
    return "\n".join(f"{number}. {title}" for number, title in enumerate(titles, 1))


def _labels(titles: Sequence[str]) -> list[str]:
    if not _are_long(titles):
        return list(titles)
    return [_short(f"{number}. {title}") for number, title in enumerate(titles, 1)]


def _short(title: str) -> str:
    """The beginning of a title, at a word: the whole of it is in the text."""
    if len(title) <= _READABLE_TITLE:
        return title
    whole_words = title[:_READABLE_TITLE].rpartition(" ")[0]
    kept = whole_words if 2 * len(whole_words) > _READABLE_TITLE else title[: _READABLE_TITLE - 1]
    return kept.rstrip(" ,;:.(–-…") + _ELLIPSIS


def _is_public(link: Link) -> bool:
    """Telegram refuses a message with a button to an address that only this machine or network knows."""
    parts = urlsplit(link.url)
    host = parts.hostname or ""
    return parts.scheme in ("http", "https") and "." in host and not host.replace(".", "").isdigit()


def _pause(text: str, room: int) -> tuple[int, int]:
    """Where a page of at most `room` units ends and the next one starts; only blanks lie between."""
    while length(text[:room]) > room:
        room -= max(1, length(text[:room]) - room >> 1)
    for pause in _PAUSES:
        found = [match for match in pause.finditer(text, 0, room + 1) if 2 * match.start() >= room]
        if found:
            end = found[-1].start()
            return end, end + len(text[end:]) - len(text[end:].lstrip())
    return room, room
