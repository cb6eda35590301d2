"""The ten conversations by SMS through a carrier: real processes, SMPP over real sockets."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from backend.messaging.models import Message, Status
from tests.end_to_end import dialogue
from tests.end_to_end.conversations import TEN
from tests.end_to_end.dialogue import FOLDER
from tests.end_to_end.smpp import SmppStack
from tests.end_to_end.stack import from_template, wait_for

pytestmark = pytest.mark.end_to_end


@pytest.fixture(scope="module")
def smpp(assistant: None, template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[SmppStack]:
    folder = tmp_path_factory.mktemp("smpp") / "data"
    plain = from_template(template, folder)
    stack = SmppStack(plain.folder)
    try:
        stack.begin()
        yield stack
    finally:
        stack.end()


@pytest.mark.parametrize("name", TEN)
def test_the_ten_conversations(smpp: SmppStack, name: str):
    script = dialogue.load(FOLDER / f"{name}.yml") | {"channel": "sms"}
    for exchange, expected in dialogue.play(smpp, script):
        assert not dialogue.mistakes(exchange, expected), exchange


def test_every_answer_was_delivered(smpp: SmppStack):
    smpp.text("+84900955501", "TRO GIUP")

    def delivered() -> bool:
        with smpp.database() as session:
            rows = session.query(Message.status).filter(Message.direction == "out", Message.channel == "sms").all()
        return bool(rows) and {status for (status,) in rows} == {Status.DELIVERED}

    wait_for(delivered, 20, "receipts are missing")
