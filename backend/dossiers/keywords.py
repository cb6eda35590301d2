"""HS: where my dossiers stand."""

import re
from dataclasses import replace

from backend.dossiers import photos as photos  # registers what takes the photos of a conversation
from backend.dossiers import service
from backend.messaging import service as messaging
from backend.messaging.channels import Choice, Reply
from backend.messaging.keywords import Context, command, tells_dossier
from backend.text import fold

_ONE = r"(?:so |ma )?([gh0-9][gh0-9 .\-]*)"


@command("hs", "hso", "ho so", accepts=r"")
def mine(context: Context, _argument: str) -> list[Reply]:
    """HS alone: the dossier of the last notice, or all of mine."""
    about = messaging.about(context.conversation_id)
    found = service.look_up(context.conversation_id, about) if about else None
    if found is None or found.outcome != "found":
        return [_reply(service.look_up(context.conversation_id, None))]
    if context.channel == "sms":
        return [Reply(f"{found.text} Xem hồ sơ khác: nhắn HS TAT CA.")]
    return [replace(_reply(found), choices=(Choice("Xem hồ sơ khác", "/check_dossier"),))]


@command("hs", "hso", "ho so", accepts=r"(tat ca|het)")
def all_of_mine(context: Context, _argument: str) -> list[Reply]:
    """HS TAT CA: all of mine, whatever the last notice was about."""
    return [_reply(service.look_up(context.conversation_id, None))]


@command("hs", "hso", "ho so", accepts=_ONE)
def one(context: Context, argument: str) -> list[Reply] | None:
    """HS with a code or its last digits; other words after HS are left to the assistant."""
    code = argument.split(maxsplit=1)[-1] if argument.lower().startswith(("số", "mã", "so ", "ma ")) else argument
    return [_reply(service.look_up(context.conversation_id, code))]


@tells_dossier
def named_in(text: str) -> str:
    """The code, or its last digits, in "HS <code>"."""
    match = re.fullmatch(rf"(?:hs|hso|ho so) {_ONE}", fold(text).strip(" .!?,;:"))
    return match[1] if match else ""


def _reply(lookup: service.Lookup) -> Reply:
    several = lookup.dossiers if lookup.outcome == "several" else ()
    choices = tuple(Choice(one.title, f'/check_dossier{{"dossier_code": "{one.code}"}}') for one in several)
    return Reply(lookup.text, choices, lookup.links, lookup.card, lookup.ask)
