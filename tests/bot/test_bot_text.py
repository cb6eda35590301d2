"""Folding, words and the repair of typing slips."""

import unicodedata

import pytest

from bot.nlu.text import fold, repaired, words

SENTENCE = "Hồ sơ H15.16-260930-0012 nộp 15/10/2026 ở Ea H'leo, được chưa? ０９０5 👍"


@pytest.mark.parametrize("form", ["NFC", "NFD", "NFKC", "NFKD"])
def test_offsets_lead_back_to_the_text_in_any_form(form: str) -> None:
    text = unicodedata.normalize(form, SENTENCE)
    found = list(words(fold(text)))

    assert [w.folded for w in found] == [w.folded for w in words(fold(SENTENCE))]
    for word in found:
        assert text[word.start : word.end] == word.text
        assert fold(word.text).text == word.folded


def test_nfc_text_keeps_its_length() -> None:
    text = "Đăng ký khai sinh Ở ĐẮK LẮK"
    assert (fold(text).text, len(fold(text).text)) == ("dang ky khai sinh o dak lak", len(text))


def test_invisible_characters_take_part_in_no_word() -> None:
    text = "khai\u200b sinh\ufeff\u202e"
    assert [text[w.start : w.end] for w in words(fold(text))] == ["khai", "sinh"]


@pytest.mark.parametrize(
    ("text", "cut"),
    [
        ("000.00.10.H15-171120-0001", ["000.00.10.h15-171120-0001"]),
        ("hs H15.16-260930-0012?", ["hs", "h15.16-260930-0012", "?"]),
        ("1.001193.000.00.00.H15.", ["1.001193.000.00.00.h15", "."]),
        ("15/10/2026,8h30", ["15/10/2026", ",", "8h30"]),
        ("cccd/cmnd", ["cccd", "/", "cmnd"]),
        ("4*", ["4", "*"]),
        ("👍👍ok", ["👍", "👍", "ok"]),
        ("", []),
    ],
)
def test_codes_stay_whole_and_words_are_cut(text: str, cut: list[str]) -> None:
    assert [w.folded for w in words(fold(text))] == cut


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("khongggg", "khong"),
        ("chafo", "chao"),
        ("khoong", "khong"),
        ("dawng", "dang"),
        ("ddaau", "dau"),
        ("sinhh", "sinh"),
        ("gia6y1", "giay"),
        ("phuowngf", "phuong"),
        ("hello", "hello"),
        ("h15", "h15"),
        ("toi", "toi"),
        ("passport", "passport"),
    ],
)
def test_typing_slips_are_undone_only_towards_vietnamese(typed: str, meant: str) -> None:
    assert repaired(typed) == meant
