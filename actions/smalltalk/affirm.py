"""Yes."""

from actions.dialogue import DialogueAction, action_for
from actions.procedures.finding import picked
from actions.turn import Turn


class ActionAffirm(DialogueAction):
    """`affirm`: after "ý anh/chị là …?" the one that is named, else the first."""

    intents = ("affirm",)
    keeps_open = True

    def name(self) -> str:
        return "action_affirm"

    async def answer(self, turn: Turn) -> None:
        """Go on with what was offered; without an offer, ask what is wanted."""
        if turn.offered:
            turn.become(picked(turn.text, turn.offered) or turn.offered[0])
            await action_for(turn.intent).take(turn)
        elif turn.awaiting == "complaint":
            turn.utter("utter_ask_complaint")
        elif turn.memory.pending_aspect:
            turn.utter("utter_ask_procedure_for_overview")
        elif turn.memory.procedure_code or turn.memory.dossier_code:
            turn.utter("utter_anything_else")
        else:
            turn.utter("utter_affirm")
