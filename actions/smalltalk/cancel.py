"""Stop what we are doing, or go back."""

from actions.dialogue import DialogueAction
from actions.procedures.answer_procedure import tell
from actions.procedures.aspects import OF_INTENT, OVERVIEW, asks_for, read
from actions.procedures.finding import Meant, goes_back, offered_codes
from actions.turn import Turn


class ActionCancel(DialogueAction):
    """`cancel`."""

    intents = ("cancel",)

    def name(self) -> str:
        return "action_cancel"

    async def answer(self, turn: Turn) -> None:
        """Drop open questions and say so; "quay lại cái trước" goes back to the procedure before."""
        left = turn.memory.procedure_code if offered_codes(turn) else turn.memory.previous_procedure_code
        if left and goes_back(turn.text):
            asked = [aspect for aspect in OF_INTENT.values() if asks_for(turn.text, aspect)]
            await tell(turn, Meant(left), asked or read(turn.memory.aspect) or [OVERVIEW])
        elif turn.tells_report:
            dropped = await turn.api.drop_complaint(turn.message_id)
            turn.utter("utter_cancelled" if dropped.outcome == "none" else "utter_complaint_cancelled")
        elif turn.report_is_in:
            turn.utter("utter_complaint_is_in")
        else:
            turn.utter("utter_cancelled")
