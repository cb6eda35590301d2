"""A text as the bytes of its segments, and the bytes that phones send as text.

Our own: a pair that belongs together (ESC and its character, the two halves of an emoji) never spans two segments,
and the segments are exactly those that `sms_gateway.segments` counts and bills.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from sms_gateway.segments import BASIC, EXTENSION, is_gsm7

DEFAULT, ASCII, OCTETS, LATIN1, OCTETS_TOO, UCS2 = 0, 1, 2, 3, 4, 8
"""Values of `data_coding`."""
ESC = 0x1B
UNKNOWN = "\ufffd"

_CODES = (*range(ESC), *range(ESC + 1, 128))
_BYTE_OF = dict(zip(BASIC, _CODES, strict=True))
_EXTENDED = dict(zip(EXTENSION, (0x14, 0x28, 0x29, 0x2F, 0x3C, 0x3D, 0x3E, 0x40, 0x65), strict=True))
_CHARACTER_OF = {code: character for character, code in _BYTE_OF.items()}
_EXTENDED_OF = {code: character for character, code in _EXTENDED.items()}

_BYTES_PER_SEGMENT = {DEFAULT: 160, UCS2: 140}
_HEADER_COSTS = {(DEFAULT, 6): 7, (DEFAULT, 7): 8, (UCS2, 6): 6, (UCS2, 7): 8}
"""What a header of so many octets takes from a segment: of unpacked septets as many as its bits need, of UTF-16 whole
units."""


@dataclass(frozen=True)
class Encoded:
    """A text as segments of bytes without headers; `whole` is all of it."""

    data_coding: int
    segments: tuple[bytes, ...]

    @property
    def whole(self) -> bytes:
        return b"".join(self.segments)


def encoded(text: str, header: int = 6) -> Encoded:
    """`text` (NFC) in the 7-bit alphabet where it can be, else UCS-2; segments leave room for `header` octets."""
    data_coding = DEFAULT if is_gsm7(text) else UCS2
    characters = [_septets(c) if data_coding == DEFAULT else c.encode("utf-16-be", "replace") for c in text]
    most = _BYTES_PER_SEGMENT[data_coding]
    if sum(map(len, characters)) > most:
        most -= _HEADER_COSTS[data_coding, header]
    return Encoded(data_coding, tuple(_packed(characters, most)))


def _septets(character: str) -> bytes:
    if character in _EXTENDED:
        return bytes((ESC, _EXTENDED[character]))
    return bytes((_BYTE_OF[character],))


def _packed(characters: Sequence[bytes], most: int) -> Iterator[bytes]:
    segment = b""
    for character in characters:
        if len(segment) + len(character) > most:
            yield segment
            segment = b""
        segment += character
    yield segment


def decoded(pieces: Sequence[tuple[int, bytes]], default: str = "gsm7") -> str | None:
    """The text of a message's pieces `(data_coding, bytes)`; None when a piece is not text.

    Neighbours of one coding are joined before they are decoded: other people's phones do split pairs.
    """
    text = ""
    for coding, run in groupby(pieces, key=lambda piece: _alphabet(piece[0], default)):
        if coding is None:
            return None
        text += _decoded(b"".join(data for _coding, data in run), coding)
    return text


def _alphabet(data_coding: int, default: str) -> str | None:
    """What a `data_coding` means: SMPP's own values, else the groups of GSM 03.38 (flash messages and the like)."""
    if data_coding in (ASCII, LATIN1):
        return "latin1"
    if data_coding in (OCTETS, OCTETS_TOO):
        return None
    if data_coding < 0x80 or data_coding >= 0xF0:  # general groups; the last one has no UCS-2
        alphabet = (data_coding & 0x0C) if data_coding < 0xF0 else (data_coding & 0x04)
        return {0x00: default, 0x04: None, 0x08: "ucs2", 0x0C: default}[alphabet]
    return "ucs2" if data_coding & 0xF0 == 0xE0 else default


def _decoded(data: bytes, alphabet: str) -> str:
    if alphabet == "ucs2":
        return data[: len(data) // 2 * 2].decode("utf-16-be", "replace")
    return data.decode("latin-1") if alphabet == "latin1" else "".join(_characters(data))


def _characters(data: bytes) -> Iterator[str]:
    escaped = False
    for byte in data:
        if byte == ESC and not escaped:
            escaped = True
            continue
        known = _EXTENDED_OF.get(byte) if escaped else None
        yield known or _CHARACTER_OF.get(byte, UNKNOWN)  # an unknown extension shows as its basic character
        escaped = False
