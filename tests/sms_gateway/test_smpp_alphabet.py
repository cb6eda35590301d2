"""Texts as the bytes of SMPP segments, at the exact lengths where a segment ends, and what phones send as text."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sms_gateway.segments import count, split
from sms_gateway.smpp import alphabet
from sms_gateway.smpp.parts import HEADER_OCTETS, pieces, taken_apart

EMOJI = "\U0001f600"
LENGTHS = {
    "160 of the 7-bit alphabet": ("a" * 160, [160]),
    "161": ("a" * 161, [153, 8]),
    "70 accented": ("ạ" * 70, [140]),
    "71": ("ạ" * 71, [134, 8]),
    "€ that ends at 153": ("a" * 151 + "€" + "b" * 20, [153, 20]),
    "€ that would cross it": ("a" * 152 + "€" + "b" * 20, [152, 22]),
    "an emoji that ends at 67": ("ạ" * 65 + EMOJI + "ạ" * 10, [134, 20]),
    "an emoji that would cross it": ("ạ" * 66 + EMOJI + "ạ" * 10, [132, 24]),
    "80 brackets in one": ("{" * 80, [160]),
    "81 in two": ("{" * 81, [152, 10]),
}


@pytest.mark.parametrize("name", LENGTHS)
def test_segments_end_where_they_must(name):
    text, lengths = LENGTHS[name]
    encoded = alphabet.encoded(text)
    assert [len(segment) for segment in encoded.segments] == lengths
    assert len(lengths) == count(text).segments, "what is sent is what was counted"
    assert alphabet.decoded([(encoded.data_coding, segment) for segment in encoded.segments]) == text


@settings(max_examples=150, deadline=None)
@given(
    text=st.text(st.sampled_from("aế€{Đ\n@" + EMOJI + "ߔΩ") | st.characters(exclude_categories=["Cs"]), max_size=400)
)
def test_every_text_comes_back_and_costs_what_was_counted(text):
    for way, header in HEADER_OCTETS.items():
        encoded = alphabet.encoded(text, header)
        assert max(map(len, encoded.segments)) <= 160
        for segment in encoded.segments:
            assert alphabet.decoded([(encoded.data_coding, segment)]) is not None
            assert not segment.endswith(b"\x1b") or encoded.data_coding == alphabet.UCS2
        if header == 6:
            assert len(encoded.segments) == max(1, count(text).segments)
            assert [alphabet.decoded([(encoded.data_coding, s)]) for s in encoded.segments] == (split(text) or [""])
        back = [taken_apart(piece.esm_class, piece.data, dict(piece.parameters)) for piece in _pieces(encoded, way)]
        assert "".join(alphabet.decoded([(encoded.data_coding, part.data)]) or "" for part in back) == text


def _pieces(encoded, way):
    return pieces(encoded.segments, 0xABCD, way) if len(encoded.segments) < 256 else []


@pytest.mark.parametrize("way", ["udh8", "udh16", "sar"])
def test_parts_know_their_place(way):
    encoded = alphabet.encoded("Đường ngập " * 20, HEADER_OCTETS[way])
    made = pieces(encoded.segments, 0x1234, way)
    assert max(len(piece.data) for piece in made) <= 140
    back = [taken_apart(piece.esm_class, piece.data, dict(piece.parameters)) for piece in made]
    assert [(part.number, part.total) for part in back] == [(n, len(made)) for n in range(1, len(made) + 1)]
    assert {part.reference for part in back} == {0x34 if way == "udh8" else 0x1234}


def test_a_whole_text_can_go_as_one_parameter():
    encoded = alphabet.encoded("ế" * 300)
    [piece] = pieces(encoded.segments, 1, "payload")
    assert taken_apart(0, piece.data, dict(piece.parameters)).data == encoded.whole


@pytest.mark.parametrize(
    ("data_coding", "data", "text"),
    [
        (0, b"\x00\x02\x1b\x65 Da", "@$€ Da"),
        (0, b"\x1b\x41", "A"),
        (0, b"\x80", "\ufffd"),
        (1, b"DG 5", "DG 5"),
        (3, b"caf\xe9", "café"),
        (8, "Đường ngập".encode("utf-16-be"), "Đường ngập"),
        (8, "Đ".encode("utf-16-be") + b"\x00", "Đ"),
        (0x18, "ế".encode("utf-16-be"), "ế"),
        (0x10, b"HS", "HS"),
        (0xF1, b"HS", "HS"),
        (2, b"\x01\x02", None),
        (4, b"\x01\x02", None),
    ],
)
def test_what_phones_send(data_coding, data, text):
    assert alphabet.decoded([(data_coding, data)]) == text


def test_pairs_that_other_phones_split_are_joined_again():
    emoji = EMOJI.encode("utf-16-be")
    assert alphabet.decoded([(8, emoji[:2]), (8, emoji[2:])]) == EMOJI
    assert alphabet.decoded([(0, b"a\x1b"), (0, b"\x65b")]) == "a€b"


def test_latin1_is_what_0_means_to_some_carriers():
    assert alphabet.decoded([(0, b"@\xe9")], "latin1") == "@é"


@settings(max_examples=300, deadline=None)
@given(esm_class=st.integers(0, 255), data=st.binary(max_size=160), tlv=st.binary(max_size=4))
def test_any_header_is_read_without_a_fault(esm_class, data, tlv):
    part = taken_apart(esm_class, data, {0x020C: tlv, 0x020E: tlv[:1], 0x020F: tlv[:1]})
    assert 1 <= part.number <= part.total <= 255
