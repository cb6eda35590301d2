"""What every turn goes through, whatever Rasa took it for, around the action of its intent.

1. Somebody in danger is told whom to call, also when the words looked like something else.
2. Somebody being defrauded is warned; English is answered in English.
3. A description or a score that we asked for is taken as one, also when it reads like a question; "sao trễ vậy" right
   after a dossier was told of is about that dossier; "cán bộ nói gì" is answered with an officer's last words.
4. Otherwise the action of the intent answers.
5. Open questions that nobody put back are closed, and the counter of misunderstandings is at zero again.
"""

from abc import ABC, abstractmethod
from functools import cache
from typing import Any, ClassVar

from rasa_sdk import Action, Tracker
from rasa_sdk.executor import CollectingDispatcher

from actions.backend_api import BackendApi, NotAccepted, client
from actions.complaints import reports
from actions.dossiers import lookup
from actions.fallback import language, safety
from actions.officers import last_words
from actions.ratings import scores
from actions.turn import FALLBACK, Turn

INTERRUPTIONS = (
    safety.interrupts,
    safety.scam_interrupts,
    language.interrupts,
    reports.interrupts,
    scores.interrupts,
    lookup.interrupts,
    last_words.interrupts,
)
"""Asked in this order before the action of the intent; the first that returns True has answered."""


class DialogueAction(Action, ABC):  # type: ignore[misc]  # rasa-sdk has no types
    """Base of all actions. `intents` are those whose rule runs it."""

    intents: ClassVar[tuple[str, ...]] = ()
    sure_enough: ClassVar[float] = 0.6
    """Below this confidence the citizen is asked "ý anh/chị là …?" first; on the development set 98 % of what is
    understood rightly is above 0.6. Nought where the action itself finds out what is meant."""
    keeps_open: ClassVar[bool] = False
    """Whether an open question survives this action ("trợ giúp" in the middle of a report)."""

    @abstractmethod
    def name(self) -> str:
        """The name in domain.yml and the rules."""

    @abstractmethod
    async def answer(self, turn: Turn) -> None:
        """Say something, change the memory."""

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Any) -> list[dict[str, Any]]:
        """Rasa's entry. Anything it raises fails the turn, which the backend then asks again."""
        turn = Turn.begin(tracker, _api(tracker))
        try:
            if not await _interrupted(turn):
                unsure = turn.typed and turn.confidence < self.sure_enough
                await (action_for(FALLBACK) if unsure else self).take(turn)
        except NotAccepted:
            turn.utter("utter_not_accepted")
        turn.speak(dispatcher)
        return turn.memory.events(tracker.slots)

    async def take(self, turn: Turn) -> None:
        """Answer, keeping open what has to stay open."""
        if self.keeps_open:
            turn.keep_open()
        else:
            turn.close()
        await self.answer(turn)


async def _interrupted(turn: Turn) -> bool:
    if turn.typed:
        for interrupts in INTERRUPTIONS:
            if await interrupts(turn):
                return True
    return False


@cache
def _by_intent() -> dict[str, DialogueAction]:
    actions: list[DialogueAction] = [kind() for kind in DialogueAction.__subclasses__()]
    return {intent: action for action in actions for intent in action.intents}


def action_for(intent: str) -> DialogueAction:
    """The action of an intent. KeyError for one that no action answers."""
    return _by_intent()[intent]


def _api(tracker: Tracker) -> BackendApi:
    message_id = (tracker.latest_message or {}).get("message_id")
    return BackendApi(client(), tracker.sender_id, request_id=f"turn-{tracker.sender_id}-{message_id}")
