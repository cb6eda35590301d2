"""Spreadsheets: the template can be filled in and imported as it is, and bad cells are told by row and column."""

import csv

import pytest
from openpyxl import load_workbook

from backend.errors import InvalidInput
from backend.organisation.models import Role
from backend.procedures.readers import spreadsheet
from backend.procedures.readers.spreadsheet import COLUMNS
from backend.wsgi import build
from tests.builders.organisation import make_officer, signed_in

FIELDS = list(COLUMNS)
FILLED = {
    "code": "1.001193",
    "name": "Đăng ký khai sinh",
    "level": "xã",
    "service_level": "4",
    "online": "toàn trình",
    "effective_from": "01/07/2025",
    "phrases": "làm giấy khai sinh\nkhai sanh",
    "documents": (
        "Tờ khai | 1 bản chính | mẫu: Mẫu số 01\nCăn cước | xuất trình\nGiấy ủy quyền | 2 bản sao | khi: đi thay"
    ),
    "methods": "trực tiếp: 1 ngày làm việc\nbưu chính: theo hẹn",
    "fees": "0 | miễn khi đúng hạn\n8.000 đồng | mỗi bản sao\ntheo nghị quyết của HĐND tỉnh",
    "legal_basis": "60/2014/QH13 | Luật Hộ tịch",
}


def add_row(path, values):
    cells = [values.get(field, "") for field in FIELDS]
    if path.suffix == ".csv":
        with path.open("a", encoding="utf-8", newline="") as file:
            csv.writer(file).writerow(cells)
    else:
        book = load_workbook(path)
        book.worksheets[0].append(cells)
        book.save(path)


@pytest.mark.parametrize("name", ["t.csv", "t.xlsx"])
def test_a_filled_in_template_is_read(tmp_path, name):
    path = tmp_path / name
    spreadsheet.write_template(path)
    add_row(path, FILLED)
    example, filled = spreadsheet.read(path)
    assert "example" in example.problem
    record = filled.record
    assert record is not None, filled.problem
    assert (record.code, record.level, record.online, record.service_level) == ("1.001193", "commune", "full", 4)
    assert str(record.effective_from) == "2025-07-01"
    assert [(d.name, d.original, d.copy_, d.present, d.required, d.when, d.form) for d in record.documents] == [
        ("Tờ khai", 1, 0, False, True, "", "Mẫu số 01"),
        ("Căn cước", 0, 0, True, True, "", ""),
        ("Giấy ủy quyền", 0, 2, False, False, "đi thay", ""),
    ]
    assert [(m.channel, m.duration and m.duration.unit, m.duration_text) for m in record.methods] == [
        ("counter", "working_day", ""),
        ("post", None, "theo hẹn"),
    ]
    assert [(fee.amount, fee.text) for fee in record.fees] == [
        (0, "miễn khi đúng hạn"),
        (8000, "mỗi bản sao"),
        (None, "theo nghị quyết của HĐND tỉnh"),
    ]
    assert record.phrases == ["làm giấy khai sinh", "khai sanh"]
    assert [(law.code, law.name) for law in record.legal_basis] == [("60/2014/QH13", "Luật Hộ tịch")]


@pytest.mark.parametrize(
    ("field", "cell", "told"),
    [
        ("level", "phường", "Cấp"),
        ("service_level", "5", "Mức độ"),
        ("documents", "Tờ khai | vài bản", "Thành phần hồ sơ"),
        ("methods", "chim bồ câu: 1 ngày", "Cách nộp"),
        ("code", "khai sinh", "code"),
        ("effective_from", "31/02/2025", "effective_from"),
    ],
)
def test_a_bad_cell_is_told_with_its_row(tmp_path, field, cell, told):
    path = tmp_path / "t.csv"
    spreadsheet.write_template(path)
    add_row(path, FILLED | {field: cell})
    add_row(path, FILLED | {"code": "1.000002"})
    rows = list(spreadsheet.read(path))
    assert rows[1].record is None
    assert told in rows[1].problem
    assert rows[2].record is not None


def test_a_semicolon_file_as_excel_writes_it_here_is_read(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text("Mã thủ tục;Tên thủ tục\n1.001193;Đăng ký khai sinh\n", encoding="utf-8-sig")
    (read,) = spreadsheet.read(path)
    assert read.record is not None
    assert read.line == 2


@pytest.mark.parametrize("content", [b"Ten,Gia\n1,2\n", b"\xff\xfe\x00bad"])
def test_a_file_without_our_columns_is_refused(tmp_path, content):
    path = tmp_path / "t.csv"
    path.write_bytes(content)
    with pytest.raises(InvalidInput):
        list(spreadsheet.read(path))


def test_a_broken_workbook_is_refused(tmp_path):
    path = tmp_path / "t.xlsx"
    path.write_bytes(b"PK not really")
    with pytest.raises(InvalidInput):
        list(spreadsheet.read(path))


@pytest.mark.parametrize("ending", ["xlsx", "csv"])
def test_an_administrator_downloads_what_the_import_takes(database, tmp_path, ending):
    browser = signed_in(build(), make_officer(role=Role.ADMINISTRATOR))
    address = f"/officers/admin/procedures-template.{ending}"
    assert address in browser.get("/officers/admin/procedures/").text
    answer = browser.get(address)
    path = tmp_path / f"template.{ending}"
    path.write_bytes(answer.data)
    add_row(path, FILLED)
    _example, filled = spreadsheet.read(path)
    assert filled.record is not None, filled.problem
    assert browser.get("/officers/admin/procedures-template.exe").status_code == 404
    assert signed_in(build(), make_officer(role=Role.LEADER)).get(address).status_code == 403
