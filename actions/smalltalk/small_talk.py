"""Greetings, thanks and who is speaking: said in one line, so that the citizen gets to the point."""

from actions.dialogue import DialogueAction
from actions.turn import Button, Turn

_WHAT_WE_DO = (
    Button("Hỏi về thủ tục", "search_procedure"),
    Button("Xem hồ sơ đã nộp", "check_dossier"),
    Button("Gửi phản ánh", "file_complaint"),
    Button("Gặp cán bộ", "request_officer"),
)


class ActionSmallTalk(DialogueAction):
    """`greet`, `goodbye`, `thank` and `bot_challenge`, each with the response of its name."""

    intents = ("greet", "goodbye", "thank", "bot_challenge")
    keeps_open = True

    def name(self) -> str:
        return "action_small_talk"

    async def answer(self, turn: Turn) -> None:
        """Answer in kind; a greeting also says what can be asked."""
        if turn.awaiting == "complaint" and turn.intent != "goodbye":
            turn.utter("utter_still_awaiting_complaint")
        elif turn.intent == "greet":
            turn.utter("utter_greet", () if turn.on_sms else _WHAT_WE_DO)
        else:
            turn.utter(f"utter_{turn.intent}")


class ActionHelp(DialogueAction):
    """`help`."""

    intents = ("help",)
    keeps_open = True

    def name(self) -> str:
        return "action_help"

    async def answer(self, turn: Turn) -> None:
        """Show by examples what can be written."""
        turn.utter("utter_help", () if turn.on_sms else _WHAT_WE_DO)
