"""Address and phone number of an agency, or of the hotline."""

from actions.dialogue import DialogueAction
from actions.turn import Turn


class ActionAskContact(DialogueAction):
    """`ask_contact`."""

    intents = ("ask_contact",)

    def name(self) -> str:
        return "action_ask_contact"

    async def answer(self, turn: Turn) -> None:
        """Look for the agency or place that is named, else for what the message says."""
        named = " ".join(value for entity, value in turn.entities if entity in {"agency", "place"})
        turn.say((await turn.api.contacts(named or turn.text)).text)
