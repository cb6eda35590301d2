"""The heart: papers, fee, time, place, steps … of the procedure a citizen means."""

from actions.backend_api import Aspect, Hit, NotFound
from actions.dialogue import DialogueAction
from actions.procedures import aspects, titles
from actions.procedures.finding import Doubt, Meant, Unknown, find, picked
from actions.turn import Button, Turn

MAX_OFFERED = 4
NONE_OF_THESE = Button("Không phải các mục trên", "deny")


class ActionAnswerProcedure(DialogueAction):
    """`search_procedure` and the eight `ask_…` intents."""

    intents = tuple(aspects.OF_INTENT)
    sure_enough = 0.0

    def name(self) -> str:
        return "action_answer_procedure"

    async def answer(self, turn: Turn) -> None:
        """Answer what is asked of what is meant, or ask back for what is missing, remembering the rest."""
        choice = picked(turn.text, turn.offered) if turn.typed else None
        if choice and choice.intent in self.intents:
            turn.become(choice)
        wanted = _wanted(turn)
        found = await find(turn, wanted[0])
        if isinstance(found, Meant):
            await tell(turn, found, wanted)
        elif isinstance(found, Doubt):
            ask_which(turn, found.hits, wanted)
        elif isinstance(found, Unknown):
            _remember_question(turn, wanted)
            officer = [Button("Gặp cán bộ", "request_officer")]
            response = "utter_unknown_procedure_named" if found.named else "utter_unknown_procedure"
            turn.utter(response, officer, named=found.named)
        else:
            _remember_question(turn, wanted)
            turn.utter(f"utter_ask_procedure_for_{wanted[0]}")


def _wanted(turn: Turn) -> list[Aspect]:
    """What is asked, in order. A bare name answers our question back, or repeats the last question of another one."""
    main = aspects.OF_INTENT[turn.intent]
    pending = aspects.read(turn.pending_aspect)
    if main in pending if not turn.typed else main == aspects.OVERVIEW and pending:
        return pending
    if main == aspects.OVERVIEW and aspects.continues(turn.text):
        return aspects.read(turn.memory.aspect) or [main]
    names = [value for entity, value in turn.entities if entity == "procedure"]
    return aspects.asked(turn.text, main, names)


async def tell(turn: Turn, meant: Meant, wanted: list[Aspect]) -> None:
    """Say what is wanted of a procedure; offer the rest when the procedure is new to the conversation."""
    try:
        told = [await turn.api.answer_procedure(meant.code, aspect) for aspect in wanted]
    except NotFound:
        turn.utter("utter_unknown_procedure_code", code=meant.code)
        return
    turn.close()
    is_new = turn.memory.focus(told[0].code, told[0].short_name)
    turn.memory.aspect = aspects.written(wanted)
    for answer in told[:-1]:
        turn.say(answer.text)
    # On SMS a list of choices is a paid segment more; the backend's overview names the keywords there.
    turn.say(told[-1].text, aspects.follow_ups(told[0].code, wanted) if is_new and not turn.on_sms else ())


def ask_which(turn: Turn, hits: list[Hit], wanted: list[Aspect]) -> None:
    """Offer the look-alikes; whatever is picked or named next answers the same question."""
    hits = hits[:MAX_OFFERED]
    _remember_question(turn, wanted)
    intent = aspects.INTENT_OF[wanted[0]]
    buttons = [
        Button(title, intent, {"procedure_code": hit.code})
        for title, hit in zip(titles.distinguishing(hits), hits, strict=True)
    ]
    if len(buttons) == 1:
        turn.offer("utter_is_it_this_procedure", [*buttons, Button("Không phải", "deny")])
    else:
        turn.offer("utter_which_procedure", [*buttons, NONE_OF_THESE])


def _remember_question(turn: Turn, wanted: list[Aspect]) -> None:
    turn.memory.pending_aspect = aspects.written(wanted) if wanted != [aspects.OVERVIEW] else None
