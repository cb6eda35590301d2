"""What joins the segments of one text: user data headers with a reference of 8 or 16 bit, or SAR parameters."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

UDHI = 0x40
"""Bit of `esm_class`: the content begins with a header."""
PAYLOAD = 0x0424
SAR_REFERENCE, SAR_TOTAL, SAR_NUMBER = 0x020C, 0x020E, 0x020F
"""Tags of parameters."""
_JOINED_8, _JOINED_16 = 0x00, 0x08
HEADER_OCTETS = {"udh8": 6, "udh16": 7, "sar": 6, "payload": 6}
"""What each way takes from a segment on the air; carriers write headers themselves for `sar` and `payload`."""


@dataclass(frozen=True)
class Part:
    """One segment as it came; a text of one segment is number 1 of 1."""

    reference: int
    total: int
    number: int
    data: bytes


@dataclass(frozen=True)
class Piece:
    """One segment as it is handed over: `number` of `total`, `data` with its header if it has one."""

    number: int
    total: int
    esm_class: int
    data: bytes
    parameters: tuple[tuple[int, bytes], ...] = ()


def taken_apart(esm_class: int, data: bytes, tlvs: Mapping[int, bytes]) -> Part:
    """A `deliver_sm`'s content without header, and where it belongs. What makes no sense stands for itself."""
    data = data or tlvs.get(PAYLOAD, b"")
    if esm_class & UDHI and data:
        header, data = data[1 : 1 + data[0]], data[1 + data[0] :]
        return _sensible(*_joining(header), data)
    joined = [int.from_bytes(tlvs.get(tag, b""), "big") for tag in (SAR_REFERENCE, SAR_TOTAL, SAR_NUMBER)]
    return _sensible(joined[0], joined[1], joined[2], data)


def _joining(header: bytes) -> tuple[int, int, int]:
    """Reference, total and number of a header; (0, 1, 1) where it says something else."""
    at = 0
    while at + 2 <= len(header):
        kind, length = header[at], header[at + 1]
        element = header[at + 2 : at + 2 + length]
        if kind == _JOINED_8 and len(element) == length == 3:
            return element[0], element[1], element[2]
        if kind == _JOINED_16 and len(element) == length == 4:
            return int.from_bytes(element[:2], "big"), element[2], element[3]
        at += 2 + length
    return 0, 1, 1


def _sensible(reference: int, total: int, number: int, data: bytes) -> Part:
    if total > 255 or not 1 <= number <= total:
        return Part(0, 1, 1, data)
    return Part(reference & 0xFFFF, total, number, data)


def pieces(segments: Sequence[bytes], reference: int, way: str) -> list[Piece]:
    """The segments of a text for handing over in one of the ways of `SMPP_LONG_MESSAGES`."""
    total = len(segments)
    if total == 1:
        return [Piece(1, 1, 0, segments[0])]
    if way == "payload":
        return [Piece(1, 1, 0, b"", ((PAYLOAD, b"".join(segments)),))]
    return [_piece(data, reference, total, number, way) for number, data in enumerate(segments, 1)]


def _piece(data: bytes, reference: int, total: int, number: int, way: str) -> Piece:
    if way == "sar":
        parameters = (
            (SAR_REFERENCE, (reference & 0xFFFF).to_bytes(2, "big")),
            (SAR_TOTAL, bytes((total,))),
            (SAR_NUMBER, bytes((number,))),
        )
        return Piece(number, total, 0, data, parameters)
    if way == "udh16":
        header = bytes((6, _JOINED_16, 4)) + (reference & 0xFFFF).to_bytes(2, "big") + bytes((total, number))
    else:
        header = bytes((5, _JOINED_8, 3, reference & 0xFF, total, number))
    return Piece(number, total, UDHI, header + data)
