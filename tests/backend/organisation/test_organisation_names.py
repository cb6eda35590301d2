"""Looking up agencies by what people type."""

import pytest

from backend.organisation.names import Index, Named, words

BUON_MA_THUOT, KRONG_BUK, KRONG_PAC = 101, 102, 103
AGENCIES = [
    Named(1, ("Phường Tân Lập",), frozenset({BUON_MA_THUOT})),
    Named(2, ("Xã Tân Lập",), frozenset({KRONG_BUK})),
    Named(3, ("Xã Cư M'gar",)),
    Named(4, ("Xã Hòa An",), frozenset({KRONG_PAC, 11})),
    Named(5, ("Xã Hòa An",), frozenset({104})),
    Named(6, ("Xã Ea Drông",)),
    Named(7, ("Xã Ea D'Rơng",)),
    Named(8, ("Sở Tài nguyên và Môi trường", "sở tài nguyên môi trường", "sở tài nguyên", "sở tn&mt")),
    Named(9, ("Sở Y tế", "y tế")),
    Named(10, ("Huyện Lắk",)),
    Named(11, ("Tỉnh Đắk Lắk", "UBND tỉnh")),
    Named(12, ("Phường 7",), frozenset({104})),
    Named(BUON_MA_THUOT, ("Thành phố Buôn Ma Thuột",), frozenset({11})),
    Named(KRONG_BUK, ("Huyện Krông Búk",), frozenset({11})),
    Named(KRONG_PAC, ("Huyện Krông Pắc",), frozenset({11})),
    Named(104, ("Thành phố Tuy Hòa",)),
]


@pytest.fixture(scope="module")
def index() -> Index:
    return Index(AGENCIES)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("phường Tân Lập", [1]),
        ("P.TAN LAP", [1]),
        ("ubnd xa tan lap", [2]),
        ("Ủy ban nhân dân xã Tân Lập ở đâu vậy", [2]),
        ("tân lập", [1, 2]),
        ("tân lập, tp buôn ma thuột", [1]),
        ("tan lap bmt", [1]),
        ("xa cu mgar", [3]),
        ("XÃ CƯ M’GAR", [3]),
        ("xã hòa an", [4, 5]),
        ("xã hoà an, huyện krông pắc, tỉnh đắk lắk", [4]),
        ("xa ea drong", [6, 7]),
        ("xã Ea Drông", [6]),
        ("xã Ea D'Rơng", [7]),
        ("số điện thoại sở tn&mt", [8]),
        ("so tai nguyen moi truong", [8]),
        ("cho hỏi sđt sở y tế với sở tài nguyên", [9, 8]),
        ("y tế", [9]),
        ("tỉnh Đắk Lắk", [11]),
        ("số của UBND tỉnh là gì", [11]),
        ("huyện lắk", [10]),
        ("phường 7 tp tuy hoà", [12]),
        ("hòm thư số 7", []),
        ("thành phố buôn ma thuộc", [BUON_MA_THUOT]),  # a common misspelling
        ("xa krong buck", [KRONG_BUK]),
        ("", []),
        ("?!", []),
    ],
)
def test_find(index: Index, text: str, found: list[int]) -> None:
    assert index.find(text) == found


def test_words_are_folded_and_abbreviations_spelt_out() -> None:
    assert words("TP. Buôn Ma Thuột") == ["thanh", "pho", "buon", "ma", "thuot"]
    assert words("Uỷ ban nhân dân xã Cư M'gar") == ["xa", "cu", "mgar"]
    assert words("UBND tỉnh") == ["ubnd", "tinh"]


def test_a_very_long_text_is_looked_at_only_so_far(index: Index) -> None:
    assert index.find("xin chào " * 5000) == []
