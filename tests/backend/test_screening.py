"""Words say what was good or bad, not who."""

import pytest

from backend.screening import screened, without_sender

KNOWN = ("Nguyễn Văn An", "Trần Thị Lan")


@pytest.mark.parametrize(
    ("words", "shown"),
    [
        ("chị Lan quầy 3 nhiệt tình", "chị [tên] quầy 3 nhiệt tình"),
        ("chi lan lam viec tot", "chi [tên] lam viec tot"),
        ("nguyen van an thai do kem", "[tên] thai do kem"),
        ("Anh Nguyễn Văn Bình cau có", "Anh [tên] cau có"),
        ("Nguyễn Thị Hoa phục vụ tốt", "[tên] phục vụ tốt"),
        ("ông Y Bhiăm Niê giúp tôi", "ông [tên] giúp tôi"),
        ("gọi tôi 0905 123 456 hoặc +84 905.123.456", "gọi tôi [số] hoặc [số]"),
        ("CCCD 066099001234", "CCCD [số]"),
        ("hồ sơ H15.24.316-260930-0012 trễ", "hồ sơ [số] trễ"),
        ("viết cho a.b@gmail.com nhé", "viết cho [địa chỉ thư] nhé"),
        ("UBND phường Tân Lợi làm nhanh, đi 4 lần", "UBND phường Tân Lợi làm nhanh, đi 4 lần"),
        ("Cán bộ Rất tốt. Anh chị làm tốt", "Cán bộ Rất tốt. Anh chị làm tốt"),
        ("", ""),
    ],
)
def test_what_says_who_is_masked(words, shown):
    assert screened(words, KNOWN) == shown


@pytest.mark.parametrize(
    ("words", "shown"),
    [
        (
            "Tôi là Lê Văn Tám, số 0905 123 456, tố cáo ông Trần Văn Bình",
            "Tôi là [tên], số [số], tố cáo ông Trần Văn Bình",
        ),
        ("toi ten la le van tam xin to cao", "toi ten la [tên] xin to cao"),
        ("Họ và tên: Y Moan Êban. Đèn hỏng ở đường Nguyễn Du", "Họ và tên: [tên]. Đèn hỏng ở đường Nguyễn Du"),
        ("em là Giáo viên trường Nguyễn Du", "em là Giáo viên trường Nguyễn Du"),
        ("hồ sơ H15.16-260930-0012 của tôi", "hồ sơ [số] của tôi"),
    ],
)
def test_what_a_writer_tells_of_themselves_goes_and_other_names_stay(words, shown):
    assert without_sender(words) == shown
    assert without_sender(shown) == shown
