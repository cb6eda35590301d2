"""What a filed dossier still lacks."""

from actions.dialogue import DialogueAction
from actions.dossiers.lookup import look_up
from actions.turn import Turn


class ActionAskSupplement(DialogueAction):
    """`ask_supplement`."""

    intents = ("ask_supplement",)
    sure_enough = 0.0

    def name(self) -> str:
        return "action_ask_supplement"

    async def answer(self, turn: Turn) -> None:
        """Tell which papers are missing, where and until when to bring them."""
        await look_up(turn, "supplement")
