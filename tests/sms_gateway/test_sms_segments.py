"""Counting segments: the published limits to the last unit, and nothing of two units cut in half."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sms_gateway.segments import BASIC, EXTENSION, Segments, count, cut, fits, is_gsm7

VIETNAMESE = "àáảãạăằắẳẵặâầấẩẫậèéẻẽẹêềếểễệìíỉĩịòóỏõọôồốổỗộơờớởỡợùúủũụưừứửữựỳýỷỹỵđ"
SOME_TEXT = st.text(st.sampled_from("aế €[😀Đ\n~zà"), max_size=400)


def parts(text: str) -> list[int]:
    """Sizes of the parts, built up independently: one character at a time into the current part."""
    width = {True: lambda c: 2 if c in EXTENSION else 1, False: lambda c: len(c.encode("utf-16-be")) // 2}
    seven = all(c in BASIC or c in EXTENSION for c in text)
    widths = [width[seven](c) for c in text]
    if sum(widths) <= (160 if seven else 70):
        return [sum(widths)] if widths else []
    sizes = [0]
    for w in widths:
        if sizes[-1] + w > (153 if seven else 67):
            sizes.append(0)
        sizes[-1] += w
    return sizes


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", Segments("gsm7", 0, 0, 160)),
        ("a" * 160, Segments("gsm7", 1, 160, 0)),
        ("a" * 161, Segments("gsm7", 2, 161, 145)),
        ("a" * 306, Segments("gsm7", 2, 306, 0)),
        ("a" * 307, Segments("gsm7", 3, 307, 152)),
        ("ế" * 70, Segments("ucs2", 1, 70, 0)),
        ("ế" * 71, Segments("ucs2", 2, 71, 63)),
        ("ế" * 134, Segments("ucs2", 2, 134, 0)),
        ("ế" * 135, Segments("ucs2", 3, 135, 66)),
        ("a" * 159 + "đ", Segments("ucs2", 3, 160, 41)),
    ],
)
def test_limits_are_exact(text, expected):
    assert count(text) == expected


def test_extension_characters_cost_two_septets():
    assert count("€" * 80) == Segments("gsm7", 1, 160, 0)
    assert count("€" * 80 + "a") == Segments("gsm7", 2, 161, 153 - 9)


def test_an_escaped_character_is_not_split_at_the_153_boundary():
    # 152 septets and an euro: the euro's two do not fit into the 153rd place, so 153 septets of the first part stay
    # unused but one, and 307 units need three parts although two hold 306.
    text = "a" * 152 + "€" + "b" * 151
    assert count(text) == Segments("gsm7", 2, 305, 0)
    assert count(text + "c") == Segments("gsm7", 3, 306, 152)
    assert cut(text + "c", 2) == len(text)


def test_an_emoji_is_not_split_at_the_67_boundary():
    text = "đ" * 66 + "😀" + "đ" * 65
    assert count(text) == Segments("ucs2", 2, 133, 0)
    assert count(text + "đ") == Segments("ucs2", 3, 134, 66)
    assert cut(text + "đ", 2) == len(text)


def test_the_alphabet_stands_at_its_published_codes():
    table = BASIC[:0x1B] + "\x1b" + BASIC[0x1B:]
    assert len(table) == 128
    places = {0x00: "@", 0x02: "$", 0x05: "é", 0x0A: "\n", 0x10: "Δ", 0x11: "_", 0x1F: "É", 0x24: "¤", 0x40: "¡"}
    places |= {0x41: "A", 0x5B: "Ä", 0x5F: "§", 0x60: "¿", 0x61: "a", 0x7E: "ü", 0x7F: "à"}
    assert {code: table[code] for code in places} == places
    assert sorted(EXTENSION) == sorted("^{}\\[~]|€")


def test_only_seven_accented_vietnamese_letters_are_in_the_alphabet():
    accented = [c for c in VIETNAMESE + VIETNAMESE.upper() if is_gsm7(c)]
    assert sorted(accented) == sorted("àèéìòùÉ")
    assert not is_gsm7("`")


@given(SOME_TEXT)
def test_counting_agrees_with_filling_part_by_part(text):
    sizes = parts(text)
    counted = count(text)
    assert (counted.segments, counted.units) == (len(sizes), sum(sizes))
    limits = {"gsm7": (160, 153), "ucs2": (70, 67)}[counted.encoding]
    assert counted.remaining == limits[len(sizes) > 1] - (sizes[-1] if sizes else 0)


@given(SOME_TEXT, st.integers(1, 3))
def test_a_cut_is_the_longest_beginning_that_fits(text, segments):
    at = cut(text, segments)
    assert fits(text[:at], segments)
    assert at == len(text) or not fits(text[: at + 1], segments)
