"""Where a report stands."""

from actions.dialogue import DialogueAction
from actions.turn import Turn


class ActionCheckComplaint(DialogueAction):
    """`check_complaint`."""

    intents = ("check_complaint",)
    sure_enough = 0.0

    def name(self) -> str:
        return "action_check_complaint"

    async def answer(self, turn: Turn) -> None:
        """Look the named report up, or the last one of this conversation."""
        lookup = await turn.api.look_up_complaint(turn.entity("complaint_code"))
        turn.say(lookup.text)
