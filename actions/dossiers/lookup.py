"""What both questions about a filed dossier share."""

from actions.backend_api import DossierAspect
from actions.turn import Button, Turn

MAX_BUTTONS = 5


async def look_up(turn: Turn, aspect: DossierAspect) -> None:
    """Tell of the dossier that is named, in whatever spelling; without a code of all that are this citizen's.

    Who may see what is decided in the backend; its words are the same for "does not exist" and "not yours".
    """
    found = await turn.api.look_up_dossiers(turn.entity("dossier_code"), aspect)
    buttons = []
    if found.outcome == "several":
        shown = found.dossiers[:MAX_BUTTONS]
        buttons = [Button(dossier.code, turn.intent, {"dossier_code": dossier.code}) for dossier in shown]
    turn.say(found.text, buttons)
