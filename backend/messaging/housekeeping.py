"""The commands about messaging itself: help, the rest of a long answer, accents on SMS."""

from backend.database import reading, transaction
from backend.messaging import wording
from backend.messaging.channels import Reply
from backend.messaging.keywords import Context, command
from backend.messaging.models import Conversation
from backend.messaging.policy import REST_COMMAND


@command("tro giup", "trogiup", "help", accepts="")
def explain(_context: Context, _argument: str) -> list[Reply]:
    """TRO GIUP: what can be texted."""
    return [Reply(wording.HELP)]


@command(REST_COMMAND, accepts="")
def go_on(context: Context, _argument: str) -> list[Reply]:
    """TIEP THEO: what did not fit into the last message."""
    # Not cleared here: queueing this reply replaces it, so a repeat after a crash gives the same answer.
    with reading() as session:
        return [Reply(session.get_one(Conversation, context.conversation_id).rest or wording.NO_REST)]


@command("co dau", accepts="")
def with_accents(context: Context, _argument: str) -> list[Reply]:
    """CO DAU: accented SMS from now on."""
    return _set_accents(context, True, wording.ACCENTS_ON)


@command("khong dau", accepts="")
def without_accents(context: Context, _argument: str) -> list[Reply]:
    """KHONG DAU: plain SMS from now on."""
    return _set_accents(context, False, wording.ACCENTS_OFF)


def _set_accents(context: Context, wanted: bool, said: str) -> list[Reply]:
    with transaction() as session:
        session.get_one(Conversation, context.conversation_id).accents = wanted
    return [Reply(said)]
