"""What the web chat's page is given to show, as a snapshot that a person can read."""

from pathlib import Path

import pytest

from backend.messaging.channels import Reply
from chat_gateway.web_chat.channel import WebChannel
from tests.builders import replies


def look(reply: Reply) -> str:
    rendered = WebChannel().render(reply, accents=True)
    extras = rendered.extras
    card = [f"| {line}" for line in (extras.card.title, *extras.card.lines)] if extras.card else []
    rows = [f"[{link.title} ↗] → {link.url}" for link in extras.links]
    rows += [f"<a button or a field for the {extras.ask}>"] if extras.ask else []
    rows += [f"[{choice.title}]" for choice in reply.choices]
    return "\n".join(part for part in (rendered.body, *card, *rows, *("<file>" for _ in extras.files)) if part)


@pytest.mark.parametrize(("name", "reply"), replies.cases("web"))
def test_nothing_is_said_twice(name, reply):
    rendered = WebChannel().render(reply, accents=True)
    assert rendered.rest == ""
    assert rendered.body == reply.text
    assert not any(link.url in rendered.body for link in reply.links)
    assert len(reply.choices) <= WebChannel.max_choices


def test_everything_that_is_said_as_the_page_shows_it():
    replies.check_snapshot(Path(__file__).parent / "snapshots/web.txt", "web", look)
