"""What is none of our business: said kindly, with the way back. `safety.py` has dealt with danger and fraud before."""

from actions.dialogue import DialogueAction, action_for
from actions.fallback import safety
from actions.procedures import aspects
from actions.procedures.answer_procedure import ask_again, ask_which
from actions.procedures.finding import offered_codes, picked
from actions.turn import Button, Turn


class ActionOutOfScope(DialogueAction):
    """`out_of_scope`."""

    intents = ("out_of_scope",)
    sure_enough = 0.5

    def name(self) -> str:
        return "action_out_of_scope"

    async def answer(self, turn: Turn) -> None:
        """Stay calm at abuse, else say what can be asked here."""
        if safety.is_abuse(turn.text):
            turn.utter("utter_abuse", () if turn.on_sms else [Button("Gặp cán bộ", "request_officer")])
        elif safety.is_wordless(turn.text):
            ask_again(turn) if offered_codes(turn) else turn.utter("utter_rephrase")
        elif (search := await turn.api.search(turn.text)).ask:
            ask_which(turn, search.hits, [aspects.OVERVIEW], search.ask)  # "cha tôi chết hôm qua"
        elif choice := picked(turn.text, turn.offered):
            turn.become(choice)  # "2 người góp vốn"
            await action_for(turn.intent).take(turn)
        elif offered_codes(turn):
            ask_again(turn)  # "dạ đất ở Buôn Đôn": said beside the choices
        else:
            turn.utter("utter_out_of_scope")
