"""What an administrator sees of a text before it is sent: filled with a made-up dossier, measured as SMS."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from backend.errors import InvalidInput, NotFound
from backend.messaging import channels
from backend.messaging.channels import Reply
from backend.notifications import dispatch, policy, versions, wording
from backend.notifications.events import Audience, Event
from backend.notifications.versions import Slot, Template
from backend.organisation import service as organisation


@dataclass(frozen=True)
class SmsForm:
    """An SMS as one kind of phone gets it; `more`: the citizen has to ask for the rest."""

    body: str
    segments: int
    encoding: str
    more: bool


@dataclass(frozen=True)
class Preview:
    """A filled text, or `wrong`: why it cannot be filled. `shortened`: a fact gave way to make the SMS fit."""

    text: str = ""
    subject_line: str = ""
    wrong: str = ""
    sms: tuple[SmsForm, ...] = ()
    shortened: bool = False


@dataclass(frozen=True)
class Line:
    """One event and variant of the overview; `kinds` holds the number of the version in force of each text."""

    event: Event
    variant: str
    kinds: dict[str, int]


@dataclass(frozen=True)
class Past:
    """A version with the name of who wrote it; the shipped one has neither name nor date."""

    template: Template
    author: str
    at: datetime | None


def of(where: Slot, text: str, subject_line: str = "") -> Preview:
    """How this text would read; never raises for what somebody is still typing."""
    try:
        versions.check(where, text, subject_line)
    except InvalidInput as error:
        return Preview(wrong=error.message)
    worded = dispatch.worded(Template(0, subject_line, text), where.kind, wording.SAMPLE)
    if where.kind == "email":
        subject, _, letter = worded.partition("\n\n")
        return Preview(letter, subject)
    if where.kind != "sms":
        return Preview(worded)
    sms = channels.get("sms")
    rendered = [sms.render(Reply(worded), accents=accents) for accents in (False, True)]
    forms = tuple(SmsForm(r.body, r.segments, r.encoding, bool(r.rest)) for r in rendered)
    return Preview(worded, sms=forms, shortened="…" in worded and "…" not in text)


def overview() -> list[tuple[Audience, list[Line]]]:
    """All texts: what applicants are told, then officers, in the order of a dossier's life."""
    changed = versions.changed()
    lines = [
        Line(event, variant, {slot.kind: changed.get(slot, 0) for slot in slots})
        for (event, variant), slots in groupby(versions.shipped(), key=lambda slot: (slot.event, slot.variant))
    ]
    return [(audience, [line for line in lines if _audience(line) == audience]) for audience in Audience]


def _audience(line: Line) -> Audience:
    return policy.RULES[line.event].audience


def history(where: Slot) -> Sequence[Past]:
    """All versions, the newest first, with who wrote them."""
    return [Past(version.template, _name(version.author_id), version.created_at) for version in versions.history(where)]


def _name(officer_id: int | None) -> str:
    try:
        return organisation.officer(officer_id).name if officer_id is not None else ""
    except NotFound:
        return ""
