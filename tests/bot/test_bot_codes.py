"""Entities of a fixed shape, and their one way of writing."""

from itertools import pairwise

import pytest

from bot.nlu.codes import find
from bot.nlu.entities import canonical
from bot.nlu.text import fold


def found(text: str) -> list[tuple[str, str]]:
    return [(f.entity, text[f.start : f.end]) for f in find(fold(text)) if f.certain]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("000.00.10.H15-171120-0001", [("dossier_code", "000.00.10.H15-171120-0001")]),
        ("h15.16-260930-0012 xong chua", [("dossier_code", "h15.16-260930-0012")]),
        ("mã H15.16 - 260930 - 0012.", [("dossier_code", "H15.16 - 260930 - 0012")]),
        ("H15 171120 0001", [("dossier_code", "H15 171120 0001")]),
        ("000.00.10.h15–171120–00012", [("dossier_code", "000.00.10.h15–171120–00012")]),
        ("Ｈ15.16-260930-0012", [("dossier_code", "Ｈ15.16-260930-0012")]),
        ("G22.16.003-250101-123456", [("dossier_code", "G22.16.003-250101-123456")]),
        ("000.00.00.G15-KQ003208", []),
        ("hs 0012 xong chưa", [("dossier_code", "0012")]),
        ("hồ sơ đuôi 0033 sao rồi", [("dossier_code", "0033")]),
        ("260930-0012 sao rồi", [("dossier_code", "260930-0012")]),
        ("PA-261101-0003", [("complaint_code", "PA-261101-0003")]),
        ("pa 261101 0003 sao rồi", [("complaint_code", "pa 261101 0003")]),
        ("thủ tục 1.001193", [("procedure_code", "1.001193")]),
        ("1.001193.000.00.00.H15 là gì", [("procedure_code", "1.001193.000.00.00.H15")]),
        ("gọi 0905 123 456", [("phone", "0905 123 456")]),
        ("+84905.123.456", [("phone", "+84905.123.456")]),
        ("+84 905 123 456", [("phone", "+84 905 123 456")]),
        ("84905123456 gọi tôi", [("phone", "84905123456")]),
        ("0905 123 456 và 0914.555.321", [("phone", "0905 123 456"), ("phone", "0914.555.321")]),
        ("cccd 066 190 001 234", [("id_number", "066 190 001 234")]),
        ("0262 3812 345", [("phone", "0262 3812 345")]),
        ("cccd 066190001234", [("id_number", "066190001234")]),
        ("cmnd 241 234 567", [("id_number", "241 234 567")]),
        ("nộp 15/10/2026", [("date", "15/10/2026")]),
        ("ngày 5/9", [("date", "5/9")]),
        ("ngày 5 tháng 9 năm 2026", [("date", "5 tháng 9 năm 2026")]),
        ("32/13 nhà tôi", []),
        ("lệ phí 50000 đồng", []),
        ("đất 120 m2 năm 2008", []),
        ("3.5 triệu", []),
    ],
)
def test_shapes(text: str, expected: list[tuple[str, str]]) -> None:
    assert found(text) == expected


def test_bare_digits_wait_for_the_intent() -> None:
    uncertain = [f for f in find(fold("0230 tới đâu rồi")) if not f.certain]
    assert [(f.entity, f.start, f.end) for f in uncertain] == [("dossier_code", 0, 4)]


def test_found_shapes_never_overlap() -> None:
    text = "pa 261101 0003 h15.16-260930-0012 0905123456 066190001234 1.001193 5/9 000.00.10.H15-171120-0001"
    spans = sorted((f.start, f.end) for f in find(fold(text)))
    assert all(first[1] <= second[0] for first, second in pairwise(spans))
    assert len(spans) == 7


@pytest.mark.parametrize(
    ("entity", "written", "one_way"),
    [
        ("dossier_code", "h15.16 - 260930 - 0012", "H15.16-260930-0012"),
        ("dossier_code", "000.00.10.h15 171120 0001", "000.00.10.H15-171120-0001"),
        ("dossier_code", "000 . 00.10.H15-171120-0001", "000.00.10.H15-171120-0001"),
        ("dossier_code", "Ｈ15-171120-0001", "H15-171120-0001"),
        ("dossier_code", "0012", "0012"),
        ("dossier_code", "260930-0012", "260930-0012"),
        ("complaint_code", "pa 261101 0003", "PA-261101-0003"),
        ("procedure_code", "1. 001193", "1.001193"),
        ("phone", "+84 905.123.456", "+84905123456"),
        ("id_number", "066 190 001 234", "066190001234"),
        ("score", "Bốn", "4"),
        ("score", "nam", "5"),
        ("score", "5", "5"),
        ("place", "xã  Ea\nKao", "xã Ea Kao"),
    ],
)
def test_one_way_to_write(entity: str, written: str, one_way: str) -> None:
    assert canonical(entity, written) == one_way
