"""Report something wrong, or propose something."""

from actions.complaints import reports
from actions.dialogue import DialogueAction
from actions.fallback import safety
from actions.turn import Turn


class ActionFileComplaint(DialogueAction):
    """`file_complaint`."""

    intents = ("file_complaint",)
    sure_enough = safety.SURE_REPORT  # a wrong report costs an officer's time, asking back one message

    def name(self) -> str:
        return "action_file_complaint"

    async def answer(self, turn: Turn) -> None:
        """Record the report, or ask for it when the message only announces one."""
        if reports.is_only_a_wish(turn.text):
            await reports.ask(turn)
        else:
            await reports.record(turn)
