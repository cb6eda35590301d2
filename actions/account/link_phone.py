"""Connecting a phone number to this chat."""

from actions.dialogue import DialogueAction
from actions.turn import Turn


class ActionLinkPhone(DialogueAction):
    """`link_phone`."""

    intents = ("link_phone",)

    def name(self) -> str:
        return "action_link_phone"

    async def answer(self, turn: Turn) -> None:
        """Have a code texted to the number named, or say how it is done. An SMS proves its number by itself."""
        if turn.on_sms:
            turn.utter("utter_link_phone")
            return
        turn.tell(await turn.api.link(turn.entity("phone") or ""))
