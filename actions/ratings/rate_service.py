"""Rate the service after a result."""

from actions.dialogue import DialogueAction
from actions.ratings import scores
from actions.turn import Button, Turn


class ActionRateService(DialogueAction):
    """`rate_service`."""

    intents = ("rate_service",)

    def name(self) -> str:
        return "action_rate_service"

    async def answer(self, turn: Turn) -> None:
        """Record the score with the citizen's words, or ask for a score from 1 to 5."""
        score = None if scores.is_stray(turn) else scores.score_of(turn)
        if score is not None:
            await scores.record(turn, score, turn.text)
            return
        turn.memory.awaiting = "score"
        code = turn.entity("dossier_code")
        which = {"dossier_code": code} if code else {}
        turn.utter(
            "utter_ask_score",
            [Button(name, "rate_service", {"score": str(n)} | which) for n, name in enumerate(scores.NAMES, 1)],
        )
