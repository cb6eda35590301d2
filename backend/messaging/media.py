"""Making what came with a message ready before its turn: files fetched and kept, places named.

One file at a time and outside any transaction: a provider may be slow, and the turn's lease is renewed in between. A
file's row and the message that names it change together, so a crash fetches again and stores nothing twice.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from backend import clock, storage
from backend.database import transaction
from backend.errors import InvalidInput, TooLarge
from backend.logs import logger
from backend.messaging import channels, fetching, ledger, wording
from backend.messaging.channels import Rejected, Reply, TryLater
from backend.messaging.models import Message, Status
from backend.organisation import service as organisation
from backend.settings import settings

log = logger(__name__)

MOST_TRIES = 10
"""Of a file whose provider does not answer (about three minutes); then the citizen is told that it did not come."""

_WHY = {fetching.TOO_LARGE: wording.FILE_TOO_LARGE}


class NotYet(Exception):
    """The provider does not give the file now; `after_seconds` when it named a time. `too_early`: not even asked."""

    def __init__(self, after_seconds: float = 0, *, too_early: bool = False) -> None:
        super().__init__("file not fetched yet")
        self.after_seconds, self.too_early = after_seconds, too_early


@dataclass(frozen=True)
class _Task:
    """One attachment to make ready."""

    message_id: int
    conversation_id: int
    channel: str
    position: int
    given: Mapping[str, Any]
    last_try: bool


def waits(message: Message) -> bool:
    """Whether something of this message is not ready yet."""
    return _first_unready(message.attachments) is not None


def leave_to_officer(session: Session, conversation_id: int) -> Sequence[Message]:
    """What nobody has answered is the officer's; messages whose files are still to come have `next_attempt_at`."""
    left = ledger.all_waiting(session, conversation_id)
    for message in left:
        message.status, message.updated_at = Status.FOR_OFFICER, clock.now()
        message.next_attempt_at = clock.now() if waits(message) else None
    return left


def claim(message_id: int) -> bool:
    """Take the right to fetch an officer's files for a while; False while somebody else has it, or nothing is due."""
    with transaction() as session:
        return ledger.claim_files(session, message_id, lease())


def lease() -> datetime:
    """When somebody else may look after files that are being fetched for an officer."""
    return clock.now() + timedelta(seconds=settings().turn_lease_seconds)


def make_ready(message: Message) -> None:
    """Make the next attachment of a message ready. Raises NotYet; what is refused is ready, too."""
    position = _first_unready(message.attachments)
    if position is None:
        return
    if message.status == Status.RECEIVED and message.next_attempt_at and message.next_attempt_at > clock.now():
        raise NotYet((message.next_attempt_at - clock.now()).total_seconds(), too_early=True)
    last_try = message.attempts + 1 >= MOST_TRIES
    given = message.attachments[position]
    task = _Task(message.id, message.conversation_id, message.channel, position, given, last_try)
    if given["kind"] == "location":
        _replace(task, dict(given) | {"place": _place(given)})
    else:
        _fetch(task)


def refusals(attachments: Sequence[Mapping[str, Any]]) -> list[Reply]:
    """What the citizen is told of files that could not be had; said once, by messaging, not by features."""
    refused = [one for one in attachments if one.get("kind") == "refused"]
    whys = dict.fromkeys(str(one["why"]) for one in refused)
    return [Reply(wording.refused(len(refused), list(whys)))] if refused else []


def _first_unready(attachments: Sequence[Mapping[str, Any]]) -> int | None:
    return next((position for position, one in enumerate(attachments) if _is_unready(one)), None)


def _is_unready(one: Mapping[str, Any]) -> bool:
    return one.get("kind") == "remote" or (one.get("kind") == "location" and "place" not in one)


def _place(given: Mapping[str, Any]) -> str:
    try:
        return organisation.place_name(float(given["latitude"]), float(given["longitude"]))
    except Exception as error:  # a name is a kindness; the place itself is there
        log.error("place not named", error=type(error).__name__)
        return ""


def _fetch(task: _Task) -> None:
    """Fetch, keep, and put the file in the attachment's place. No session is open while the provider is asked."""
    name = str(task.given.get("name") or "")
    try:
        fetched = channels.get(task.channel).fetch(str(task.given["reference"]))
        kept = storage.keep(fetched.data, name or fetched.name)
    except Rejected as error:
        log.info("file refused", message=task.message_id, code=error.code)
        _replace(task, _refused(name, _WHY.get(error.code, wording.FILE_GONE)))
    except (InvalidInput, TooLarge) as error:
        log.info("file refused", message=task.message_id, code=error.code)
        _replace(task, _refused(name, error.message))
    except Exception as error:  # an outage of the provider or of the storage, or a fault of ours
        _wait(task, name, error)
    else:
        _replace(task, kept)


def _wait(task: _Task, name: str, error: Exception) -> None:
    log.warning("file not fetched", message=task.message_id, error=type(error).__name__)
    if task.last_try:
        _replace(task, _refused(name, wording.FILE_NOT_HAD))
        return
    raise NotYet((error.after_seconds or 0) if isinstance(error, TryLater) else 0) from None


def _refused(name: str, why: str) -> dict[str, Any]:
    return {"kind": "refused", "name": name, "why": why}


def _replace(task: _Task, ready: dict[str, Any] | storage.Kept) -> None:
    """Put what is ready in its place, unless another worker did so meanwhile."""
    with transaction() as session:
        message = session.get_one(Message, task.message_id, with_for_update=True, populate_existing=True)
        if message.attachments[task.position] != task.given:
            return
        if isinstance(ready, storage.Kept):
            info = storage.add(ready, actor=f"conversation:{task.conversation_id}")
            ready = {"kind": "file", "file_id": info.id, "name": info.name, "media_type": info.media_type}
        changed = list(message.attachments)
        changed[task.position] = ready
        message.attachments, message.attempts = changed, 0
        message.next_attempt_at = lease() if message.status == Status.FOR_OFFICER and waits(message) else None
