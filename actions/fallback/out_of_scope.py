"""What is none of our business: said kindly, with the way back. Danger has been dealt with before (`safety.py`)."""

from actions.dialogue import DialogueAction
from actions.fallback import safety
from actions.turn import Button, Turn


class ActionOutOfScope(DialogueAction):
    """`out_of_scope`."""

    intents = ("out_of_scope",)
    sure_enough = 0.5

    def name(self) -> str:
        return "action_out_of_scope"

    async def answer(self, turn: Turn) -> None:
        """Warn of fraud, stay calm at abuse, else say what can be asked here."""
        if safety.is_scam(turn.text):
            turn.offer("utter_scam", [Button("Báo tổng đài việc này", "file_complaint")])
        elif safety.is_abuse(turn.text):
            turn.utter("utter_abuse", [Button("Gặp cán bộ", "request_officer")])
        else:
            turn.utter("utter_out_of_scope")
