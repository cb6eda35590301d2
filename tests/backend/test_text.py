"""Text at the door."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.text import fold, masked, normalise, phone_number, unaccented


@given(st.text())
def test_normalised_text_is_nfc_printable_and_stays_as_it_is(text):
    once = normalise(text)
    assert normalise(once) == once
    assert unicodedata.is_normalized("NFC", once)
    assert all(c == "\n" or unicodedata.category(c) not in {"Cc", "Cf", "Cs"} for c in once)


@given(st.text(alphabet="aăâđeêioôơuưyáàảãạĐẾ bc ", max_size=40))
def test_folding_keeps_the_length_of_nfc_text(text):
    nfc = unicodedata.normalize("NFC", text)
    assert len(fold(nfc)) == len(nfc)


@pytest.mark.parametrize(
    ("text", "plain"),
    [("Đường Nguyễn Huệ", "Duong Nguyen Hue"), (unicodedata.normalize("NFD", "ế ớ ặ"), "e o a"), ("½ ½", "½ ½")],
)
def test_unaccented(text, plain):
    assert unaccented(text) == plain


def test_invisible_characters_go_and_blanks_collapse():
    assert normalise("a\u200bb\u202e  c\x00\t\td\ufeff") == "ab c d"
    assert normalise("một\r\n\r\n\r\nhai") == "một\n\nhai"
    assert normalise("\ud800x") == "x"


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("0900000001", "+84900000001"),
        ("+84 900 000 001", "+84900000001"),
        ("84900000001", "+84900000001"),
        ("0262.3855.555", "+842623855555"),
        ("113", None),
        ("VIETTEL", None),
        ("", None),
    ],
)
def test_phone_numbers(text, number):
    assert phone_number(text) == number


def test_personal_numbers_are_masked_in_logs():
    assert masked("gọi 0900 000 123 nhé") == "gọi *******123 nhé"
    assert masked("cccd 066099001234") == "cccd *********234"
    assert masked("hồ sơ H15.16-260930-0012") == "hồ sơ H15.16-260930-0012"
