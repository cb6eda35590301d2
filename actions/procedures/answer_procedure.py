"""The heart: papers, fee, time, place, steps … of the procedure a citizen means."""

from collections.abc import Sequence
from dataclasses import replace

from actions.backend_api import Aspect, Hit, Link, NotFound, Said
from actions.dialogue import DialogueAction
from actions.procedures import aspects
from actions.procedures.finding import Doubt, Meant, Offered, Unknown, current, find, picked
from actions.text import fold
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
        if turn.typed and aspects.is_in_no_record(turn.text) and not turn.entity("procedure") and await current(turn):
            not_told(turn)
            return
        wanted = _wanted(turn)
        found = await find(turn, wanted[0])
        if isinstance(found, Meant):
            await tell(turn, found, wanted)
        elif isinstance(found, Doubt):
            ask_which(turn, found.hits, wanted, found.ask)
        elif isinstance(found, Offered):
            ask_again(turn, wanted)
        elif isinstance(found, Unknown) and not found.named and await current(turn):
            not_told(turn)
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
    if main == "online" and turn.typed and aspects.asks_for(turn.text, "place") and "buu" in fold(turn.text):
        main = "place"  # by post is no way online; where to file tells about both
    if main == "fee" and turn.typed and aspects.asks_for(turn.text, "place") and not aspects.asks_for(turn.text, "fee"):
        main = "place"  # "thuế đất đóng ở đâu"
    if main == aspects.OVERVIEW and aspects.changes_mind(turn.text):
        return [main]
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
    if turn.typed and aspects.asks_for_fines(turn.text):
        not_told(turn)
        return
    turn.memory.aspect = aspects.written(wanted)
    for answer in told[:-1]:
        turn.say(answer.text)
    if wanted == ["result"] and aspects.asks_how_long_valid(turn.text):
        turn.say(told[-1].text)
        if not aspects.tells_how_long_valid(told[-1].text):
            turn.utter("utter_validity_unknown")
        return
    # On SMS a list of choices is a paid segment more; the backend's overview names the keywords there.
    further = aspects.follow_ups(told[0].code, wanted) if is_new and not turn.on_sms else ()
    turn.tell(Said(text=told[-1].text, links=_links(turn, told, wanted)), further)


def _links(turn: Turn, told: Sequence[Said], wanted: list[Aspect]) -> list[Link]:
    """Each page once; on SMS, where an address takes half a segment, only to who asks for it."""
    if turn.on_sms and not {"online", "form"} & set(wanted):
        return []
    return list({link.url: link for answer in told for link in answer.links}.values())


def ask_which(turn: Turn, hits: list[Hit], wanted: list[Aspect], ask: str = "") -> None:
    """Offer the look-alikes, asking `ask` or our usual question; what is picked or named next is told `wanted`."""
    if ask and wanted[0] in {"fee", "result"}:
        wanted = [aspects.OVERVIEW]  # "mẹ già có được lãnh tiền không" asks for no fee, "mẹ mất làm giấy gì" for all
    _remember_question(turn, wanted)
    intent = aspects.INTENT_OF[wanted[0]]
    most = len(hits) if ask else MAX_OFFERED
    buttons = [Button(hit.title, intent, {"procedure_code": hit.code}) for hit in hits[:most]]
    if ask:
        turn.offer(ask, buttons, ours=False)
    elif len(buttons) == 1:
        turn.offer("utter_is_it_this_procedure", [*buttons, Button("Không phải", "deny")])
    else:
        turn.offer("utter_which_procedure", [*buttons, NONE_OF_THESE])


def ask_again(turn: Turn, wanted: list[Aspect] | None = None) -> None:
    """Offer the same procedures once more, now for `wanted` if that is given: nothing was picked yet."""
    if wanted:
        _remember_question(turn, wanted)
    else:
        turn.keep_open()
    procedures = [button for button in turn.offered if "procedure_code" in button.entities]
    buttons = [replace(b, intent=aspects.INTENT_OF[wanted[0]]) if wanted else b for b in procedures]
    turn.offer("utter_pick_one", [*buttons, NONE_OF_THESE])


def not_told(turn: Turn) -> None:
    """The record of the procedure spoken of does not answer this: say so, and who does."""
    turn.keep_open()
    name = turn.memory.procedure_name
    officer = [] if turn.on_sms else [Button("Gặp cán bộ", "request_officer")]
    turn.utter("utter_not_told", officer, name=f"thủ tục {name}" if name else "thủ tục này")


def _remember_question(turn: Turn, wanted: list[Aspect]) -> None:
    turn.memory.pending_aspect = aspects.written(wanted) if wanted != [aspects.OVERVIEW] else None
