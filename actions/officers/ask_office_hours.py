"""When offices are open."""

from actions.dialogue import DialogueAction
from actions.turn import Turn


class ActionAskOfficeHours(DialogueAction):
    """`ask_office_hours`."""

    intents = ("ask_office_hours",)

    def name(self) -> str:
        return "action_ask_office_hours"

    async def answer(self, turn: Turn) -> None:
        """Tell the hours, and whether it is open now."""
        turn.say((await turn.api.office_hours()).text)
