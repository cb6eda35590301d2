"""How replies look on a phone: within two segments a text, choices always in the first, as a readable snapshot."""

from pathlib import Path

import pytest

from backend.messaging.channels import Rendered, Reply, in_words
from sms_gateway import rendering
from sms_gateway.channel import MAX_CHOICES
from sms_gateway.plain import plain
from tests.builders import replies


def pages(reply: Reply, *, accents: bool = False) -> list[Rendered]:
    """The text that is sent and those that TIEP THEO brings."""
    titles = [choice.title for choice in reply.choices][:MAX_CHOICES]
    found = [rendering.render(in_words(reply), titles, accents=accents)]
    while found[-1].rest:
        found.append(rendering.render(found[-1].rest, [], accents=accents))
    return found


def look(reply: Reply) -> str:
    """Files have no form here, so an officer's words have to do."""
    return "\n".join(
        f"{page.body}\n({page.segments} x {page.encoding}, {len(page.body)})" for page in pages(reply) if page.body
    )


@pytest.mark.parametrize("accents", [False, True])
@pytest.mark.parametrize(("name", "reply"), replies.cases("sms"))
def test_each_page_is_two_segments_at_most_and_the_choices_are_on_the_first(name, reply, accents):
    shown = pages(reply, accents=accents)
    assert all(page.segments <= rendering.MAX_SEGMENTS for page in shown)
    numbers = [f"{number}. " for number in range(1, len(reply.choices[:MAX_CHOICES]) + 1)]
    assert all(number in shown[0].body for number in numbers)
    if not accents:
        assert all(page.encoding in ("gsm7", "") for page in shown)
        assert all(plain(link.url) in "".join(page.body for page in shown) for link in reply.links[:1])


def test_everything_that_is_said_as_a_phone_shows_it():
    replies.check_snapshot(Path(__file__).parent / "snapshots/sms.txt", "sms", look)
