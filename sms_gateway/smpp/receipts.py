"""Delivery receipts: by parameters where the carrier sends them, else by the text that each words its own way."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from backend.messaging.models import Status

RECEIPT = 0x04
MESSAGE_TYPE = 0x3C
"""Bits of `esm_class`: a receipt, and all that tell what a `deliver_sm` is (0: a person's message)."""

STATES = {
    "DELIVRD": Status.DELIVERED,
    "EXPIRED": Status.FAILED,
    "DELETED": Status.FAILED,
    "UNDELIV": Status.FAILED,
    "REJECTD": Status.FAILED,
    "ACCEPTD": Status.SENT,
    "ENROUTE": Status.SENT,
}
"""UNKNOWN and vendors' own states are not here: they say nothing."""
_MESSAGE_ID, _MESSAGE_STATE, _NETWORK_ERROR = 0x001E, 0x0427, 0x0423
_STATE_NUMBERS = (None, "ENROUTE", "DELIVRD", "EXPIRED", "DELETED", "UNDELIV", "ACCEPTD", "UNKNOWN", "REJECTD")
_ID = re.compile(r"\bid:\s*([!-~]{1,64})", re.IGNORECASE)
_STATE = re.compile(r"\bstat:\s*([a-z]{3,10})", re.IGNORECASE)
_ERROR = re.compile(r"\berr:\s*([0-9a-z]{1,10})", re.IGNORECASE)
_DECIMAL = re.compile(r"\d{1,20}", re.ASCII)
_HEXADECIMAL = re.compile(r"[0-9a-f]{1,16}", re.ASCII)


@dataclass(frozen=True)
class Receipt:
    """What became of one segment. `message_id` as the carrier wrote it; `status` one of ours, None: nothing new."""

    message_id: str
    status: str | None
    state: str
    error: str


def is_receipt(esm_class: int) -> bool:
    """Whether a `deliver_sm` is about one of our messages instead of a message itself."""
    return esm_class & MESSAGE_TYPE != 0


def read(content: bytes, data_coding: int, tlvs: Mapping[int, bytes]) -> Receipt | None:
    """A receipt; None when it does not say for which message."""
    text = content.decode("utf-16-be" if data_coding == 8 else "latin-1", "replace")
    message_id = _string(tlvs.get(_MESSAGE_ID, b"")) or _found(_ID, text)
    if not message_id:
        return None
    number = int.from_bytes(tlvs.get(_MESSAGE_STATE, b""), "big")
    state = (_STATE_NUMBERS[number] if number < len(_STATE_NUMBERS) else None) or _found(_STATE, text).upper()
    code = tlvs.get(_NETWORK_ERROR, b"")
    error = _found(_ERROR, text) or (str(int.from_bytes(code[1:3], "big")) if len(code) == 3 else "")
    status = STATES.get(state)
    named = f"{state} {error}".strip() if status == Status.FAILED else ""
    return Receipt(message_id[:64], status, state, named)


def _string(value: bytes) -> str:
    text = value.split(b"\0")[0].decode("ascii", "replace").strip()
    return text if text.isprintable() else ""


def _found(pattern: re.Pattern[str], text: str) -> str:
    match = pattern.search(text)
    return match[1] if match else ""


def plain_id(message_id: str) -> str:
    """A carrier's id as we keep it: carriers differ from themselves in case and leading zeros."""
    return message_id.strip().lower().lstrip("0") or "0"


def spellings(message_id: str) -> tuple[str, ...]:
    """An id as it may have read in the answer to our message: the same, or hexadecimal there and decimal here, or the
    other way round. The likeliest first."""
    same = plain_id(message_id)
    found = [same]
    if _DECIMAL.fullmatch(same):
        found.append(f"{int(same):x}")
    if _HEXADECIMAL.fullmatch(same):
        found.append(str(int(same, 16)))
    return tuple(dict.fromkeys(found))
