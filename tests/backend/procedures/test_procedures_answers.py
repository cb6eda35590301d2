"""What citizens are told, aspect by aspect."""

import re

import pytest

from backend.errors import NotFound
from backend.procedures import service, wording
from backend.procedures.models import Source
from backend.text import unaccented
from tests.builders.procedures import catalogue, import_birth, make_out

ASPECTS = ("overview", "documents", "fee", "duration", "place", "online", "steps", "form", "result")
SOURCE = "Nguồn: Cổng DVC quốc gia, hiệu lực 01/07/2025."

BIRTH_ANSWERS = {
    "overview": """\
Đăng ký khai sinh (1.001193).
Giấy tờ: tờ khai đăng ký khai sinh; giấy chứng sinh; căn cước của người đi làm; thêm 1 giấy tờ tùy trường hợp.
Thời hạn: 1 ngày làm việc, kể từ khi nhận đủ hồ sơ.
Lệ phí: miễn lệ phí khi đúng hạn; 8.000 đồng (mỗi bản sao, nếu xin thêm).
Nơi nộp: bộ phận một cửa xã, phường nơi cha hoặc mẹ cư trú, hoặc nộp trực tuyến.""",
    "documents": """\
Đăng ký khai sinh, cần các giấy tờ:
1. Tờ khai đăng ký khai sinh (Mẫu số 01)
2. Giấy chứng sinh (bản chính)
3. Căn cước của người đi làm (chỉ xuất trình)
Thêm, tùy trường hợp:
4. Giấy ủy quyền có chứng thực (bản chính): nếu nhờ người khác đi thay""",
    "fee": """\
Đăng ký khai sinh, phí và lệ phí:
1. Miễn lệ phí khi đúng hạn
2. 8.000 đồng (mỗi bản sao, nếu xin thêm)""",
    "duration": "Đăng ký khai sinh, thời hạn giải quyết: 1 ngày làm việc, kể từ khi nhận đủ hồ sơ.",
    "place": (
        "Đăng ký khai sinh: nộp tại bộ phận một cửa xã, phường nơi cha hoặc mẹ cư trú. "
        "Cơ quan giải quyết: Ủy ban nhân dân cấp xã. Cũng có thể nộp trực tuyến."
    ),
    "online": (
        "Đăng ký khai sinh: nộp trực tuyến toàn trình, không phải đến cơ quan. "
        "Anh/chị vào dichvucong.gov.vn, đăng nhập bằng VNeID, tìm theo mã 1.001193."
    ),
    "steps": """\
Đăng ký khai sinh, các bước:
1. Nộp hồ sơ tại bộ phận một cửa.
2. Nhận giấy khai sinh.""",
    "form": """\
Đăng ký khai sinh, mẫu cần điền:
1. Tờ khai đăng ký khai sinh (Mẫu số 01)
Mẫu có tại nơi nộp hồ sơ, hoặc tải ở dichvucong.gov.vn theo mã 1.001193.""",
    "result": "Đăng ký khai sinh: anh/chị nhận giấy khai sinh.",
}


@pytest.mark.parametrize("aspect", ASPECTS)
def test_each_aspect_of_a_full_record(aspect):
    assert wording.compose(make_out(), aspect) == f"{BIRTH_ANSWERS[aspect]}\n{SOURCE}"


@pytest.mark.parametrize("aspect", ASPECTS)
def test_what_the_record_does_not_say_is_said_to_be_unknown(aspect):
    empty = make_out(
        **{key: [] for key in ("documents", "steps", "methods", "fees", "results")},
        online=None,
        place="",
        level=None,
    )
    told = wording.compose(empty, aspect)
    assert "chưa có thông tin" in told
    assert aspect == "overview" or "0262.1022" in told
    assert "None" not in told


def test_times_are_told_by_way_of_filing_only_where_they_differ():
    day, week = {"value": 1, "unit": "working_day"}, {"value": 1.5, "unit": "month"}
    ways = [{"channel": "counter", "duration": day}, {"channel": "online", "duration": week}]
    told = wording.duration(make_out(methods=ways))
    assert "1. 1 ngày làm việc khi nộp trực tiếp" in told
    assert "2. 1,5 tháng khi nộp trực tuyến" in told
    cases = [{"channel": "counter", "duration": day}, {"channel": "counter", "duration": week}]
    assert "1 ngày làm việc hoặc 1,5 tháng, tùy trường hợp" in wording.duration(make_out(methods=cases))


def test_papers_beyond_the_first_ten_are_counted_not_listed():
    told = wording.documents(make_out(documents=[{"name": f"Giấy số {n}", "original": 2} for n in range(1, 15)]))
    assert "10. Giấy số 10 (2 bản chính)" in told
    assert "Giấy số 11" not in told
    assert "Còn 4 giấy tờ khác" in told


def test_sources_are_named():
    assert "dữ liệu ngày 01/07/2025" in wording.source_line(make_out(source=Source.PORTAL))
    assert wording.source_line(make_out(source=Source.SPREADSHEET)).startswith("Nguồn: UBND tỉnh Đắk Lắk")


@pytest.mark.parametrize("aspect", ASPECTS)
def test_every_entry_of_our_catalogue_answers_every_aspect(aspect):
    for record in catalogue():
        procedure = make_out(**record.model_dump(by_alias=True, exclude={"updated_on"}))
        told = wording.compose(procedure, aspect)
        where = f"{record.code} {aspect}: {told}"
        assert told.count("Nguồn: ") == 1, where
        assert unaccented(told).isascii() or "…" in told or "–" in told, where
        assert not re.search(r"None|  |(?<!\.)\.\.(?!\.)|;;|\( |,\.", told), where
        assert len(told) <= 1600, where
        assert len(told.split("\n")[0]) <= 400, where


def test_overviews_of_our_catalogue_are_short():
    lengths = [
        len(wording.compose(make_out(**r.model_dump(by_alias=True, exclude={"updated_on"})), "overview"))
        for r in catalogue()
    ]
    assert sorted(lengths)[len(lengths) // 2] <= 600
    assert max(lengths) <= 900


def test_an_unknown_code_is_not_found(database):
    import_birth()
    assert service.answer(" 1.001193 ", "result").text.startswith("Đăng ký khai sinh")
    with pytest.raises(NotFound):
        service.answer("9.999999", "fee")
    with pytest.raises(NotFound):
        service.short_name("")
