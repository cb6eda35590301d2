"""A reply in Zalo's form: text up to 2,000 characters, five buttons, the rest numbered or written out."""

from backend.messaging.channels import Extras, Link, Rendered, Reply
from chat_gateway.zalo.buttons import MOST_BUTTONS

MOST_CHOICES = 10
LONGEST_TEXT = 2_000
_PAUSES = ("\n\n", "\n", ". ", "; ", ", ", " ")
_LEAST = 0.4
"""A pause earlier than this part of the room would make needlessly many bubbles."""


def render(reply: Reply) -> Rendered:
    """The body with whatever has no button: its card, the links too many, all choices where not each has a button."""
    choices = [choice.title for choice in reply.choices]
    room = max(0, MOST_BUTTONS - len(choices))
    links, written = reply.links[:room], reply.links[room:]
    card = [reply.card.title, *reply.card.lines] if reply.card else []
    # Numbered from the first, as the numbers are what somebody may type instead of pressing.
    numbered = [f"{number}. {title}" for number, title in enumerate(choices, 1)] if len(choices) > MOST_BUTTONS else []
    paragraphs = [reply.text, "\n".join(card), "\n".join(_written(link) for link in written), "\n".join(numbered)]
    body = "\n\n".join(part for part in paragraphs if part)
    return Rendered(body, extras=Extras(links, reply.ask, reply.files, reply.template))


def _written(link: Link) -> str:
    return f"{link.title}: {link.url}"


def bubbles(text: str, longest: int = LONGEST_TEXT) -> list[str]:
    """`text` in as few parts of at most `longest` characters as its pauses allow; [] for none."""
    parts = []
    while len(text) > longest:
        cut = _cut(text, longest)
        parts.append(text[:cut].rstrip())
        text = text[cut:].lstrip()
    return [*parts, text] if text else parts


def _cut(text: str, longest: int) -> int:
    for pause in _PAUSES:
        at = text.rfind(pause, int(longest * _LEAST), longest)
        if at > 0:
            return at + len(pause)
    return longest
