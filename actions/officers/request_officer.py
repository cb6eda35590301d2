"""Talk to a person, or have one do something."""

from actions.dialogue import DialogueAction
from actions.officers.summary import summary
from actions.turn import Turn


class ActionRequestOfficer(DialogueAction):
    """`request_officer`."""

    intents = ("request_officer",)

    def name(self) -> str:
        return "action_request_officer"

    async def answer(self, turn: Turn) -> None:
        """Put the conversation before the officers; the backend says when one answers."""
        told = await turn.api.escalate("asked", summary(turn), turn.message_id)
        turn.say(told.text)
