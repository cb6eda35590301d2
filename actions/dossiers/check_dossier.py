"""Where a filed dossier stands."""

from actions.dialogue import DialogueAction
from actions.dossiers.lookup import look_up
from actions.turn import Turn


class ActionCheckDossier(DialogueAction):
    """`check_dossier`."""

    intents = ("check_dossier",)
    sure_enough = 0.0

    def name(self) -> str:
        return "action_check_dossier"

    async def answer(self, turn: Turn) -> None:
        """Tell the state, the next step and the appointment."""
        await look_up(turn, "state")
