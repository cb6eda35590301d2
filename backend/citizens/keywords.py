"""DUNG stops notices, TIEP resumes them; LK links a phone number to this chat, HUY LK ends that.

By SMS the words that carriers everywhere know do the same: STOPALL, UNSUBSCRIBE, QUIT, OPTOUT, REVOKE; UNSTOP. Of that
list CANCEL, END and YES are left to the assistant: in the middle of a report or a question they are about that one.
Where a provider has taken one of them for an opt-out itself, it says so, and its gateway hands us STOP or START.
"""

from collections.abc import Sequence

from backend.citizens import linking, service, wording
from backend.messaging import service as messaging
from backend.messaging.attachments import Contact, Sent, attachments
from backend.messaging.channels import Ask, Choice, Reply
from backend.messaging.keywords import Context, awaited, command
from backend.text import unaccented


@command("dung", accepts="")
def stop_or_yes(context: Context, _argument: str) -> list[Reply] | None:
    """DUNG alone: no more notices, unless it is "đúng", or may be the answer to what we have just asked."""
    word = messaging.message_text(context.conversation_id, context.message_id).strip(" .!?,;:").lower()
    if word not in ("dung", "dừng") or (word == unaccented(word) and _was_asked(context)):
        return None
    return [Reply(service.set_notices(context.conversation_id, False))]


def _was_asked(context: Context) -> bool:
    if awaited(context.conversation_id) == "complaint_check":
        return True
    return messaging.may_be_denied(context.conversation_id, context.message_id)


@command("dung", accepts="(tin|nhan tin|gui tin|thong bao)")
@command("stop", accepts="(tin|nhan tin|gui tin|thong bao)?")
def stop(context: Context, _argument: str) -> list[Reply]:
    """DUNG TIN, STOP: no more notices."""
    return [Reply(service.set_notices(context.conversation_id, False))]


@command("stopall", "unsubscribe", "quit", "optout", "revoke", accepts="")
def stop_by_sms(context: Context, _argument: str) -> list[Reply] | None:
    """STOPALL and the like: DUNG, by SMS alone."""
    return [Reply(service.set_notices(context.conversation_id, False))] if context.channel == "sms" else None


@command("unstop", accepts="")
def resume_by_sms(context: Context, _argument: str) -> list[Reply] | None:
    """UNSTOP: TIEP, by SMS alone."""
    return [Reply(service.set_notices(context.conversation_id, True))] if context.channel == "sms" else None


@command("tiep", "start", accepts="(tuc)?")
def resume(context: Context, _argument: str) -> list[Reply]:
    """TIEP: notices again."""
    return [Reply(service.set_notices(context.conversation_id, True))]


@command("lk", "lien ket", accepts="(so|so dien thoai|sdt)?")
def how_to_link(context: Context, _argument: str) -> list[Reply]:
    """LK alone."""
    return [how(context.channel)]


def how(channel: str) -> Reply:
    """How a chat is linked; a channel that has a button for one's own number shows it."""
    return Reply(wording.SMS_PROVES_ITSELF) if channel == "sms" else Reply(wording.HOW, ask=Ask.PHONE)


@command("lk", "lien ket", accepts=r"(so |so dien thoai |sdt )?\+?[\d .()-]{8,20}")
def link(context: Context, argument: str) -> list[Reply]:
    """LK <phone>."""
    return [Reply(linking.start(context.conversation_id, "".join(c for c in argument if c in "+0123456789")))]


@command("lk", "ma", accepts=r"\d{6}")
def confirm(context: Context, argument: str) -> list[Reply]:
    """LK <code>."""
    return [_go_on(context, linking.confirm(context.conversation_id, argument) or wording.NO_CODE_AWAITED)]


def _go_on(context: Context, said: str) -> Reply:
    """Whoever has just proved a number mostly wants to see their dossiers."""
    linked = context.channel != "sms" and service.verified_phone(context.channel, context.address)
    return Reply(said, (Choice("Xem hồ sơ của tôi", "/check_dossier"),) if linked else ())


@command("", accepts=r"\d{3} ?\d{3}")
def bare_code(context: Context, argument: str) -> list[Reply] | None:
    """Six digits while a code is awaited: they never reach the assistant."""
    said = linking.confirm(context.conversation_id, argument.replace(" ", ""))
    return None if said is None else [_go_on(context, said)]


@command("huy lk", "huy lien ket", "bo lien ket", accepts="")
def unlink(context: Context, _argument: str) -> list[Reply]:
    """HUY LK."""
    return [Reply(linking.unlink(context.conversation_id))]


@attachments
def take_contact(context: Context, _text: str, came: Sequence[Sent]) -> Sequence[Reply] | None:
    """A shared contact."""
    contact = next((one for one in came if isinstance(one, Contact)), None)
    if contact is None:
        return None
    return [_go_on(context, linking.take_contact(context.conversation_id, contact.phone, own=contact.own))]
