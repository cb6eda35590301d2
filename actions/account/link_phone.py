"""Connecting a phone number to this chat."""

from actions.dialogue import DialogueAction
from actions.turn import Turn


class ActionLinkPhone(DialogueAction):
    """`link_phone`."""

    intents = ("link_phone",)

    def name(self) -> str:
        return "action_link_phone"

    async def answer(self, turn: Turn) -> None:
        """Say what works today: texting from the number itself. Linking by one-time code is not built yet."""
        turn.utter("utter_link_phone")
