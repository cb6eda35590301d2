"""Stop or resume notices."""

import re

from actions.dialogue import DialogueAction, action_for
from actions.text import fold
from actions.turn import Turn

_AGAIN = re.compile(r"\b(?:(?:nhan|bat|mo|gui|bao|nhac) (?:\w+ ){0,4}lai|bat (?:thong bao|tin|tb)|tiep)\b")
_NOTICES = re.compile(r"\b(?:tin|thong bao|tb|sms|nhac)\b")
_NO_MORE = re.compile(r"\bnua\b")


class ActionUnsubscribe(DialogueAction):
    """`unsubscribe`."""

    intents = ("unsubscribe",)

    def name(self) -> str:
        return "action_unsubscribe"

    async def answer(self, turn: Turn) -> None:
        """Stop, unless the words ask for notices again, or stop a report that is being told ("thôi không gửi nữa")."""
        if turn.tells_report and not _NOTICES.search(fold(turn.text)):
            await action_for("cancel").take(turn)
            return
        turn.say((await turn.api.set_notices(wants_notices(turn.text))).text)


def wants_notices(text: str) -> bool:
    """Whether the text asks for notices again. "Lỡ tắt, giờ muốn nhận lại" does, "không muốn nhận tin nữa" does not."""
    folded = fold(text)
    return bool(_AGAIN.search(folded)) and not _NO_MORE.search(folded)
