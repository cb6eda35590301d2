"""How replies look in Zalo: within its limits, and as a snapshot that a person can read."""

from pathlib import Path

import pytest

from backend.messaging.channels import Offered, Reply
from chat_gateway.zalo import rendering
from chat_gateway.zalo.buttons import LONGEST_TITLE, MOST_BUTTONS, buttons
from tests.builders import replies


def parts(reply: Reply) -> tuple[list[str], list[dict]]:
    """The bubbles, and the buttons below the last one."""
    rendered = rendering.render(reply)
    offered = [Offered(choice.title, f"token{number}") for number, choice in enumerate(reply.choices)]
    return rendering.bubbles(rendered.body), buttons(offered, rendered.extras.links)


def look(reply: Reply) -> str:
    bubbles, pressed = parts(reply)
    rows = [f"[{one['title']}]" + (f" → {one['payload']['url']}" if "url" in one["type"] else "") for one in pressed]
    asked = [f"<Zalo asks for the {reply.ask}>"] if rendering.render(reply).extras.ask == "phone" else []
    return "\n".join(["\n~~~\n".join(bubbles), *rows, *asked, *("<file>" for _ in reply.files)]).strip()


@pytest.mark.parametrize(("name", "reply"), replies.cases("zalo"))
def test_each_is_within_the_limits_and_nothing_is_lost(name, reply):
    bubbles, pressed = parts(reply)
    assert all(0 < len(bubble) <= rendering.LONGEST_TEXT for bubble in bubbles)
    assert len(pressed) <= MOST_BUTTONS
    assert all(0 < len(one["title"]) <= LONGEST_TITLE for one in pressed)
    everything = look(reply)
    assert all(choice.title in everything for choice in reply.choices)
    assert all(link.url in everything for link in reply.links)
    assert "".join(reply.text.split()) in "".join("".join(bubbles).split())


def test_everything_that_is_said_as_zalo_shows_it():
    replies.check_snapshot(Path(__file__).parent / "snapshots/zalo.txt", "zalo", look)
