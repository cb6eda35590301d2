"""The protocol's units as bytes. `smpp34` encodes and decodes what carries a message; the few others are written here.

Its client is not used: it answers a `deliver_sm` by itself, before anybody could have written the message down.
"""

import struct
from asyncio import StreamReader
from dataclasses import dataclass

import smpp34

from sms_gateway.settings import SmsSettings
from sms_gateway.smpp.parts import Piece

GENERIC_NACK = 0x80000000
RESPONSE = 0x80000000
"""Bit of a command: it answers one."""
SUBMIT_SM, DELIVER_SM, UNBIND, BIND_TRANSCEIVER, ENQUIRE_LINK = 0x04, 0x05, 0x06, 0x09, 0x15
ALERT_NOTIFICATION = 0x102
REQUESTS = frozenset({SUBMIT_SM, DELIVER_SM, UNBIND, BIND_TRANSCEIVER, ENQUIRE_LINK})

OK = 0x00
INVALID_COMMAND = 0x03
INVALID_LENGTH = 0xC2
TEMPORARY = 0x64
"""ESME_RX_T_APPN: we could not take it now; the carrier tries again."""

_HEADER = struct.Struct(">IIII")
_LONGEST = 70_000
"""A `message_payload` of 64 KiB and all the rest."""
LAST_SEQUENCE = 0x7FFFFFFF


class Broken(Exception):
    """What came is not SMPP: there is no telling where the next unit starts."""


@dataclass(frozen=True)
class Frame:
    """One unit: its header, and all its bytes."""

    command: int
    status: int
    sequence: int
    raw: bytes

    @property
    def body(self) -> bytes:
        return self.raw[_HEADER.size :]


async def read(reader: StreamReader) -> Frame:
    """The next unit. Raises IncompleteReadError at the end of the stream, Broken for nonsense."""
    head = await reader.readexactly(_HEADER.size)
    length, command, status, sequence = _HEADER.unpack(head)
    if not _HEADER.size <= length <= _LONGEST:
        raise Broken(f"a unit of {length} bytes")
    return Frame(command, status, sequence, head + await reader.readexactly(length - _HEADER.size))


def plain(command: int, sequence: int, status: int = OK, body: bytes = b"") -> bytes:
    """A unit with a ready-made body."""
    return _HEADER.pack(_HEADER.size + len(body), command, status, sequence) + body


def bind_transceiver(settings: SmsSettings, sequence: int) -> bytes:
    """Our introduction: version 3.4, no address range."""
    strings = (settings.smpp_system_id, settings.smpp_password.get_secret_value(), settings.smpp_system_type)
    body = b"".join(text.encode("ascii", "replace") + b"\0" for text in strings)
    return plain(BIND_TRANSCEIVER, sequence, body=body + bytes((0x34, 0, 0, 0)))


def submit_sm(settings: SmsSettings, to: str, piece: Piece, data_coding: int, sequence: int) -> bytes:
    """One segment to `to` (E.164), with a receipt asked for. Raises ValueError or SmppError for what cannot be sent."""
    return smpp34.SubmitSm(
        settings.smpp_source,
        to.removeprefix("+"),
        piece.data,
        source_addr_ton=settings.smpp_source_ton,
        source_addr_npi=settings.smpp_source_npi,
        dest_addr_ton=1,
        dest_addr_npi=1,
        esm_class=piece.esm_class,
        registered_delivery=1,
        data_coding=data_coding,
        tlvs=[smpp34.Tlv(tag, value) for tag, value in piece.parameters],
        sequence_number=sequence,
    ).encode()


def deliver_sm(frame: Frame) -> smpp34.DeliverSm | None:
    """A `deliver_sm`; None for a malformed one."""
    try:
        decoded = smpp34.decode(frame.raw)
    except (smpp34.SmppError, ValueError):
        return None
    return decoded if isinstance(decoded, smpp34.DeliverSm) else None


def message_id(frame: Frame) -> str:
    """The id in a `submit_sm_resp`, '' where there is none."""
    text = frame.body.split(b"\0")[0].decode("latin-1")
    return text[:64] if text.isprintable() else ""
