"""Citizens tell what happened instead of naming a procedure."""

import pytest

from backend.procedures import situations, titles
from backend.text import unaccented
from tests.builders.procedures import catalogue, catalogue_index, make_entry

TOLD = [
    ("mẹ tôi mất tuần trước thì phải làm giấy gì", "death"),
    ("ông nội em chết hồi hôm", "death"),
    ("chồng mất thì vợ được hưởng gì", "death"),
    ("Amí mình chết rồi, buôn mình ở Ea Tul, đi đâu báo", "death"),
    ("anh trai em mất do tai nạn", "death"),
    ("chào em, chị không biết bắt đầu từ đâu, chồng chị mới mất tuần rồi", "death"),
    ("xã mình nhập lại rồi, sáp nhập xong có phải đổi lại giấy tờ không", "merged_units"),
    ("sáp nhập xã thì sổ đỏ có phải làm lại không", "merged_units"),
    ("căn cước ghi địa chỉ cũ có sao không", "merged_units"),
    ("ba tôi mất để lại miếng đất giờ sang tên sao", "inheritance"),
    ("bị mất bóp hết giấy tờ", "everything_lost"),
    ("rớt ví mất sạch giấy tờ", "everything_lost"),
    ("con 3 tuổi chưa có giấy tờ gì", "child_without_papers"),
    ("vợ em mới sinh", "newborn"),
    ("mới dọn về ở trọ", "renting"),
    ("muốn mở quán cà phê nhỏ", "small_shop"),
    ("em bị công ty cho nghỉ việc", "job_lost"),
    ("mới mua chiếc xe cũ", "used_vehicle"),
    ("tôi muốn mua đất cần giấy gì", "bought_land"),
    ("má tui 78 tuổi có được lãnh tiền người già không", "old_age"),
    ("nhà em khó khăn quá có được hỗ trợ gì không", "hardship"),
    ("tui mún ly hôn làm giấy ở xã hả", "divorce"),
    ("sổ hộ khẩu giấy còn dùng được không", "paper_household_book"),
    ("Mở doanh nghiệp", "company"),
    ("em làm rớt bằng cấp 3 xin lại ở đâu", "diploma_lost"),
    ("bằng tốt nghiệp THPT bị mất", "diploma_lost"),
    ("tôi muốn thành lập cty", "company"),
    ("em tính mở một công ty thì cần gì", "company"),
    ("ông bà cho cháu miếng đất giờ làm giấy sao", "given_land"),
    ("ba má cho em lô đất", "given_land"),
    ("hai vợ chồng chưa đăng ký kết hôn mà có con", "unmarried_parents"),
    ("bố mẹ chưa có giấy kết hôn thì sao", "unmarried_parents"),
    ("vợ anh quốc tịch Campuchia", "foreign_spouse"),
    ("ba đứa nhỏ nhà em là chồng người Hàn", "foreign_spouse"),
]


def situation_of(text):
    found = catalogue_index().search(text)
    told = situations.told(text, found.residual, sure=found.decision == "sure")
    return told.name if told else None


@pytest.mark.parametrize(("text", "name"), TOLD)
def test_what_happened_is_recognised_with_and_without_accents(text, name):
    assert situation_of(text) == name
    assert situation_of(unaccented(text)) == name


@pytest.mark.parametrize(
    "text",
    [
        "tặng cho con có mất thuế không",
        "vợ mất căn cước",
        "em mất căn cước",
        "mẹ em mất bằng lái",
        "vợ mất thẻ bảo hiểm phải làm sao",
        "nộp rồi mà mất thì làm sao",
        "có mất tiền không em",
        "mẹ mất giấy khai sinh xin lại",
        "thế tiền mai táng thì sao, mẹ tôi 82 tuổi",
        "đăng ký tạm trú",
        "đăng ký khai tử",
        "thành lập công ty cổ phần",
        "mất bằng lái xe",
        "sao y bằng tốt nghiệp cấp 3",
        "mở cty tnhh 2 thành viên",
        "lập doanh nghiệp tư nhân",
        "tách thửa cho con đất vườn",
        "làm khai sinh cho con, nhà ở Ea Kar",
        "vợ chồng em muốn đăng ký kết hôn",
        "vợ em người Thái ở Buôn Đôn làm căn cước",
    ],
)
def test_nobody_is_condoled_with_or_guided_by_mistake(text):
    assert situation_of(text) is None
    assert situation_of(unaccented(text)) is None


def test_every_offer_is_in_the_catalogue_and_fits_on_a_phone():
    codes = {record.code for record in catalogue()}
    for situation in situations.known():
        assert {code for code, _ in situation.offer} <= codes, situation.name
        shown = f"{situation.ask} {' '.join(f'1. {title}' for _, title in situation.offer)} Nhắn số để chọn"
        assert len(shown) <= 306, situation.name  # two segments of SMS


def test_short_names_of_our_catalogue_fit_into_a_list_of_choices():
    long = [record.code for record in catalogue() if len(record.short_name) > titles.TITLE]
    assert long == []


def test_titles_tell_long_look_alikes_apart():
    start = "ạm ngừng kinh doanh, tiếp tục kinh doanh trước thời hạn đã thông báo"
    names = [f"T{start} của hộ kinh doanh", f"T{start} của doanh nghiệp, chi nhánh", "Khai tử"]
    shown = titles.distinct([make_entry(f"1.00000{n}", name) for n, name in enumerate(names)])
    assert len(set(shown)) == 3
    assert all(len(title) <= titles.TITLE for title in shown)
    assert "doanh nghiệp" in shown[1]
