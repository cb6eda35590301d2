"""A message we did not understand: first offer what it may mean, then ask to rephrase, then call an officer."""

from functools import lru_cache
from pathlib import Path

import yaml

from actions.backend_api import Search
from actions.dialogue import DialogueAction, action_for
from actions.fallback import safety
from actions.officers.summary import summary
from actions.procedures import aspects
from actions.procedures.answer_procedure import NONE_OF_THESE, ask_again, ask_which, not_told, tell
from actions.procedures.finding import Meant, current, offered_codes, picked
from actions.turn import FALLBACK, Button, Turn

TRIES = 3
"""At the third misunderstanding in a row the officers get the conversation."""
MAX_OFFERED = 3
LEAST_LIKELY = 0.08
"""Intents below this confidence are no better than a guess."""

FAR = 12.0
"""A score from which on even words without a name change the subject."""

_ANSWERED_BY_CODE = (
    ("dossier_code", "check_dossier"),
    ("complaint_code", "check_complaint"),
    ("procedure_code", "search_procedure"),
)


class ActionNotUnderstood(DialogueAction):
    """`nlu_fallback`."""

    intents = (FALLBACK,)
    sure_enough = 0.0
    keeps_open = True

    def name(self) -> str:
        return "action_not_understood"

    async def answer(self, turn: Turn) -> None:
        """A code, a choice in words or a procedure's name speaks for itself; the rest is a misunderstanding."""
        for entity, intent in _ANSWERED_BY_CODE:
            if turn.entity(entity):
                turn.intent = intent
                await action_for(intent).take(turn)
                return
        if safety.is_abuse(turn.text):
            await action_for("out_of_scope").take(turn)
            return
        if turn.typed and safety.is_wordless(turn.text):
            ask_again(turn) if offered_codes(turn) else turn.utter("utter_rephrase")
            return
        choice = picked(turn.text, turn.offered)
        if choice:
            turn.become(choice)
            await action_for(turn.intent).take(turn)
            return
        await not_understood(turn)


async def not_understood(turn: Turn, *, offers: bool = True) -> None:
    """One step further on the ladder. `offers`: whether the message itself may be searched and guessed at."""
    if offers and turn.awaiting == "complaint":
        turn.utter("utter_ask_more_words")
        return
    pending = [] if aspects.changes_mind(turn.text) else aspects.read(turn.pending_aspect)
    search = await turn.api.search(turn.text) if offers and turn.text else None
    if search and search.decision == "sure" and pending:
        await tell(turn, Meant(search.hits[0].code), pending)
        return
    step = turn.misunderstood + 1
    turn.memory.misunderstood = step
    if step >= TRIES:
        await _escalate(turn)
    elif search and search.ask:
        ask_which(turn, search.hits, pending or [aspects.OVERVIEW], search.ask)
    elif offers and offered_codes(turn) and not _names_another(turn, search):
        ask_again(turn)
    elif offers and _follows_up(turn) and not _names_another(turn, search) and await current(turn):
        not_told(turn)
    elif step > 1 or not _offered(turn, search, pending):
        turn.utter("utter_rephrase_again" if step > 1 else "utter_rephrase")


async def _escalate(turn: Turn) -> None:
    told = await turn.api.escalate("not_understood", summary(turn), turn.message_id)
    turn.memory.misunderstood = None
    turn.close()
    turn.utter("utter_not_understood_at_all")
    turn.say(told.text)


def _offered(turn: Turn, search: Search | None, pending: list[aspects.Aspect]) -> bool:
    """Offer procedures that the words may name, else what the message may want. False when there is no guess."""
    if search and (search.decision == "sure" or (search.decision == "ask" and _seems_a_procedure(turn))):
        ask_which(turn, search.hits if search.decision == "ask" else search.hits[:1], pending or [aspects.OVERVIEW])
        return True
    likely = [
        Button(labels()[intent], intent)
        for intent, confidence in turn.ranking
        if intent in labels() and confidence >= LEAST_LIKELY
    ][:MAX_OFFERED]
    if likely:
        turn.offer("utter_did_you_mean", [*likely, NONE_OF_THESE])
    return bool(likely)


def _names_another(turn: Turn, search: Search | None) -> bool:
    """Whether the words name a procedure, not only remind of some: no name in them, and no score to rely on."""
    if search is None or search.decision == "none":
        return False
    return search.decision == "sure" or bool(turn.entity("procedure")) or search.hits[0].score >= FAR


def _follows_up(turn: Turn) -> bool:
    """Whether it may ask more of the procedure spoken of: "chủ nhà không chịu ký thì sao"."""
    return _seems_a_procedure(turn) or aspects.continues(turn.text)


def _seems_a_procedure(turn: Turn) -> bool:
    """Any three words resemble some of 3,000 procedures: that counts only if the classifier leans that way too."""
    likeliest = next((intent for intent, _ in turn.ranking if intent != FALLBACK), "")
    return bool(turn.entity("procedure") or turn.pending_aspect) or likeliest in aspects.OF_INTENT


@lru_cache(maxsize=1)
def labels() -> dict[str, str]:
    """What intents are called to citizens."""
    return dict(yaml.safe_load(Path(__file__).with_name("labels.yml").read_text(encoding="utf-8")))
