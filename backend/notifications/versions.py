"""The texts in force: shipped in `templates.yml`, replaced by the versions that administrators write.

Nothing is overwritten: a version gets the next number and goes before the ones under it; 0 is the shipped text.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from backend import audit, clock
from backend.audit import Audit
from backend.database import insert_for, reading, transaction
from backend.errors import Conflict, NotFound
from backend.notifications import policy, texts
from backend.notifications.events import Event
from backend.notifications.models import NotificationTemplate

SHIPPED = Path(__file__).with_name("templates.yml")
CHANGED = "Mẫu này vừa được người khác sửa. Anh/chị xem bản đang dùng ở dưới rồi lưu lại."


@dataclass(frozen=True)
class Slot:
    """The place of a text: which event and variant, on which kind of channel (sms, chat, email, page)."""

    event: Event
    variant: str
    kind: str


@dataclass(frozen=True)
class Template:
    """A text with its version's number. `subject_line` only for e-mail."""

    number: int
    subject_line: str
    text: str


@dataclass(frozen=True)
class Version:
    """A template with who wrote it and when; the shipped one has neither."""

    template: Template
    author_id: int | None = None
    created_at: datetime | None = None


@lru_cache
def shipped() -> Mapping[Slot, Template]:
    """The shipped texts in the order of the file. A mistake in the file raises InvalidInput or KeyError."""
    data = yaml.safe_load(SHIPPED.read_text("utf-8"))
    found: dict[Slot, Template] = {}
    for name, variants in data["events"].items():
        event = Event(name)
        audience = policy.RULES[event].audience
        for variant, words in variants.items():
            for kind in policy.CHANNELS[audience]:
                found[Slot(event, variant, kind)] = _shipped(words, kind, data["letters"][audience])
    return found


def _shipped(words: Mapping[str, Any], kind: str, letter: str) -> Template:
    said = words.get("page") or words.get("chat") or words["sms"]
    match kind:
        case "email":
            return Template(0, words["subject"], letter.replace("{words}", said))
        case "sms":
            return Template(0, "", words["sms"])
        case _:
            return Template(0, "", said)


def slot(event: Event, variant: str, kind: str) -> Slot:
    """Where the text of an event is found: at its variant, or at the event's general wording."""
    own = Slot(event, variant, kind)
    return own if own in shipped() else Slot(event, "", kind)


def known(event: str, variant: str, kind: str) -> Slot:
    """The slot of these names, as they come from an address. Raises NotFound."""
    found = Slot(Event(event), variant, kind) if event in set(Event) else None
    if found is None or found not in shipped():
        raise NotFound("Không có mẫu tin này.")
    return found


def in_force(where: Slot) -> Template:
    """The newest version, or the shipped text."""
    with reading() as session:
        row = session.scalar(_of(where).order_by(NotificationTemplate.number.desc()).limit(1))
    return _template(row) if row else shipped()[where]


def changed() -> dict[Slot, int]:
    """The slots that have versions of their own, each with the number in force."""
    columns = (NotificationTemplate.event, NotificationTemplate.variant, NotificationTemplate.channel)
    with reading() as session:
        rows = session.execute(select(*columns, func.max(NotificationTemplate.number)).group_by(*columns))
        return {Slot(Event(event), variant, kind): number for event, variant, kind, number in rows}


def history(where: Slot) -> list[Version]:
    """All versions, the newest first, the shipped one last."""
    with reading() as session:
        rows = session.scalars(_of(where).order_by(NotificationTemplate.number.desc()))
        own = [Version(_template(row), row.author_id, row.created_at) for row in rows]
    return [*own, Version(shipped()[where])]


def save(where: Slot, text: str, subject_line: str = "", *, base: int, author_id: int) -> int:
    """Put a new version into force; its number. `base` is the number of the one that the author has changed.

    Raises InvalidInput, in words for the author, for a text that could not be filled; Conflict when somebody else has
    saved one meanwhile.
    """
    text, subject_line = _tidy(text), " ".join(subject_line.split()) if where.kind == "email" else ""
    check(where, text, subject_line)
    with transaction() as session:
        if _newest(session, where) != base:
            raise Conflict(CHANGED)
        if (text, subject_line) == (in_force(where).text, in_force(where).subject_line):
            return base  # nothing to keep a version of
        return _add(session, where, Template(base + 1, subject_line, text), author_id)


def check(where: Slot, text: str, subject_line: str) -> None:
    """Raises InvalidInput, in words for the author, for a text that could not be filled."""
    facts = policy.facts_of(where.event)
    texts.check(text, facts)
    if where.kind == "email":
        texts.check_subject(subject_line, facts)


def restore(where: Slot, number: int, *, author_id: int) -> int:
    """Put an old version into force again, as a new one; its number. Raises NotFound."""
    old = next((v.template for v in history(where) if v.template.number == number), None)
    if old is None:
        raise NotFound("Không có phiên bản này.")
    with transaction() as session:
        newest = _newest(session, where)
        return _add(session, where, Template(newest + 1, old.subject_line, old.text), author_id)


def _of(where: Slot) -> Any:
    return select(NotificationTemplate).where(
        NotificationTemplate.event == where.event,
        NotificationTemplate.variant == where.variant,
        NotificationTemplate.channel == where.kind,
        NotificationTemplate.language == policy.LANGUAGE,
    )


def _newest(session: Session, where: Slot) -> int:
    row = session.scalar(_of(where).order_by(NotificationTemplate.number.desc()).limit(1))
    return row.number if row else 0


def _add(session: Session, where: Slot, template: Template, author_id: int) -> int:
    row = {
        "event": where.event,
        "variant": where.variant,
        "channel": where.kind,
        "language": policy.LANGUAGE,
        "number": template.number,
        "subject_line": template.subject_line,
        "text": template.text,
        "author_id": author_id,
        "created_at": clock.now(),
    }
    query = insert_for(session, NotificationTemplate).values(row).on_conflict_do_nothing()
    made = session.scalar(query.returning(NotificationTemplate.id))
    if made is None:  # another administrator's, this very moment
        raise Conflict(CHANGED)
    audit.record(session, Audit.NOTICE_TEMPLATE_SAVED, actor=f"officer:{author_id}", subject=f"notice_template:{made}")
    return template.number


def _template(row: NotificationTemplate) -> Template:
    return Template(row.number, row.subject_line, row.text)


def _tidy(text: str) -> str:
    return "\n".join(line.rstrip() for line in text.replace("\r\n", "\n").split("\n")).strip()
