"""No."""

from actions.dialogue import DialogueAction
from actions.fallback.not_understood import not_understood
from actions.turn import Turn


class ActionDeny(DialogueAction):
    """`deny`, typed or as "Không phải các mục trên"."""

    intents = ("deny",)

    def name(self) -> str:
        return "action_deny"

    async def answer(self, turn: Turn) -> None:
        """A refused offer is a misunderstanding of ours; "không" to our asking for a report ends it."""
        if turn.offered and "dossier_code" not in turn.offered[0].entities:
            turn.memory.pending_aspect = turn.pending_aspect
            await not_understood(turn, offers=False)
        elif turn.report_is_in:
            turn.utter("utter_anything_else")
        elif turn.tells_report:
            await turn.api.drop_complaint(turn.message_id)
            turn.utter("utter_cancelled")
        elif turn.awaiting:
            turn.utter("utter_cancelled")
        else:
            turn.utter("utter_deny")
