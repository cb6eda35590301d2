"""The ten conversations in the web chat: the requests of its page, over real sockets, to the real processes."""

import pytest

from tests.end_to_end import conversations
from tests.end_to_end.dialogue import WebCitizen
from tests.end_to_end.stack import Stack

pytestmark = pytest.mark.end_to_end


@pytest.mark.parametrize("name", conversations.TEN)
def test_the_ten_conversations(stack: Stack, name: str) -> None:
    citizen = WebCitizen(stack)
    led = conversations.lead(stack, name, channel="web", address=citizen.address, citizen=citizen)
    for exchange, wrong in led:
        assert wrong == [], f"> {exchange.citizen}\n{exchange.answer}\n{exchange.choices}"
