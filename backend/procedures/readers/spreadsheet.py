"""Spreadsheets that officers fill in: CSV and XLSX with the same columns, and the template that explains them.

A cell with several values has one a line. Papers: `name | 1 bản chính | 2 bản sao | xuất trình | khi: … | mẫu: …`.
"""

import csv
import io
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

from openpyxl import Workbook, load_workbook
from openpyxl.styles import Alignment, Font
from openpyxl.utils import get_column_letter
from openpyxl.utils.exceptions import InvalidFileException

from backend.errors import InvalidInput
from backend.procedures.readers.rows import Row, row
from backend.text import fold, normalise

COLUMNS: dict[str, tuple[str, str, str]] = {
    # field: (heading, explanation, example)
    "code": ("Mã thủ tục", "Mã quốc gia, ví dụ 1.001193. Bắt buộc.", "VÍ DỤ"),
    "name": ("Tên thủ tục", "Tên chính thức. Bắt buộc.", "Đăng ký khai sinh"),
    "field": ("Lĩnh vực", "", "Hộ tịch"),
    "level": ("Cấp", "tỉnh, huyện hoặc xã.", "xã"),
    "agency": ("Cơ quan thực hiện", "", "Ủy ban nhân dân cấp xã"),
    "place": ("Nơi nộp", "Một câu ngắn.", "Bộ phận một cửa xã, phường"),
    "service_level": ("Mức độ", "2, 3 hoặc 4.", "4"),
    "online": ("Trực tuyến", "toàn trình, một phần hoặc không.", "toàn trình"),
    "effective_from": ("Hiệu lực từ", "Ngày/tháng/năm.", "01/07/2025"),
    "target": ("Đối tượng", "Mỗi dòng một đối tượng.", "cá nhân"),
    "phrases": ("Từ người dân hay dùng", "Mỗi dòng một cụm từ.", "làm giấy khai sinh\nkhai sinh cho con"),
    "documents": (
        "Thành phần hồ sơ",
        "Mỗi dòng một giấy tờ: tên | 1 bản chính | 2 bản sao | xuất trình | khi: trường hợp nào | mẫu: số mẫu.",
        (
            "Tờ khai đăng ký khai sinh | 1 bản chính | mẫu: Mẫu số 01\nGiấy chứng sinh | 1 bản chính\n"
            "Giấy ủy quyền | 1 bản chính | khi: nhờ người khác đi thay"
        ),
    ),
    "steps": ("Các bước", "Mỗi dòng một bước.", "Nộp hồ sơ tại bộ phận một cửa.\nNhận kết quả."),
    "methods": (
        "Cách nộp và thời hạn",
        "Mỗi dòng một cách: trực tiếp, trực tuyến hoặc bưu chính, rồi thời hạn (giờ, ngày, ngày làm việc, tháng).",
        "trực tiếp: 1 ngày làm việc\ntrực tuyến: 1 ngày làm việc",
    ),
    "fees": (
        "Phí, lệ phí",
        "Mỗi dòng một khoản: số tiền | giải thích. Ghi 0 | miễn phí khi không thu; để trống khi chưa rõ.",
        "0 | miễn lệ phí khi đăng ký đúng hạn\n8000 | mỗi bản sao trích lục",
    ),
    "results": ("Kết quả", "Mỗi dòng một kết quả.", "Giấy khai sinh"),
    "conditions": ("Điều kiện", "Mỗi dòng một điều kiện.", ""),
    "legal_basis": ("Căn cứ pháp lý", "Mỗi dòng: số hiệu | tên văn bản.", "60/2014/QH13 | Luật Hộ tịch"),
    "look_alikes": ("Thủ tục dễ nhầm", "Mỗi dòng một mã.", ""),
}
_REQUIRED = ("code", "name")
_LISTS = ("target", "phrases", "steps", "results", "conditions", "look_alikes")
_EXAMPLE = "vi du"
_LEVELS = {"tinh": "province", "huyen": "district", "xa": "commune"}
_ONLINE = {"toan trinh": "full", "mot phan": "partial", "khong": "none"}
_CHANNELS = {"truc tiep": "counter", "truc tuyen": "online", "buu chinh": "post"}
_UNITS = {"ngay lam viec": "working_day", "ngay": "day", "gio": "hour", "gio lam viec": "hour", "thang": "month"}
_DURATION = re.compile(r"^(\d+(?:[.,]\d+)?)\s+(.+)$")
_COPIES = re.compile(r"^(\d+)\s+ban\s+(chinh|goc|sao|chup)")
_DATE = re.compile(r"^(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})$")


class BadCell(ValueError):
    """A cell that cannot be read; the message names the column."""


def read(path: Path) -> Iterator[Row]:
    """Rows of a CSV or XLSX file by its ending. Raises InvalidInput when the file itself cannot be read."""
    lines = _xlsx(path) if path.suffix.lower() in (".xlsx", ".xlsm") else _csv(path)
    fields: list[str | None] = []
    for number, cells in lines:
        if not any(cells):
            continue
        if not fields:
            fields = _header(cells)
            continue
        values = {field: cell for field, cell in zip(fields, cells, strict=False) if field and cell}
        code = values.get("code", "")
        if fold(code) == _EXAMPLE:
            yield Row(number, problem="example row of the template", code=code)
            continue
        try:
            yield row(number, _record(values))
        except BadCell as error:
            yield Row(number, problem=str(error), code=code)


def _csv(path: Path) -> Iterator[tuple[int, list[str]]]:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise InvalidInput("Tệp CSV cần lưu ở dạng UTF-8.") from error
    head = text.split("\n", 1)[0]
    delimiter = max(",;\t", key=head.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    last = 0
    for cells in reader:
        yield last + 1, [normalise(cell) for cell in cells]
        last = reader.line_num  # a quoted cell may span lines; report where the row starts


def _xlsx(path: Path) -> Iterator[tuple[int, list[str]]]:
    try:
        book = load_workbook(path, read_only=True, data_only=True)
    except (BadZipFile, InvalidFileException, KeyError, OSError) as error:
        raise InvalidInput("Không đọc được tệp XLSX.") from error
    try:
        for number, cells in enumerate(book.worksheets[0].iter_rows(values_only=True), start=1):
            yield number, [_cell(value) for value in cells]
    finally:
        book.close()


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if hasattr(value, "strftime"):
        return f"{value:%d/%m/%Y}"
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return normalise(str(value))


def _header(cells: list[str]) -> list[str | None]:
    by_heading = {fold(heading): field for field, (heading, _, _) in COLUMNS.items()} | {f: f for f in COLUMNS}
    fields = [by_heading.get(fold(cell).strip()) for cell in cells]
    missing = [COLUMNS[field][0] for field in _REQUIRED if field not in fields]
    if missing:
        raise InvalidInput(f"Dòng tiêu đề thiếu cột: {', '.join(missing)}.")
    return fields


def _record(values: dict[str, str]) -> dict[str, Any]:
    record: dict[str, Any] = {
        field: values[field] for field in ("code", "name", "field", "agency", "place") if field in values
    }
    for field in _LISTS:
        record[field] = _lines(values.get(field, ""))
    record["level"] = _one_of(values, "level", _LEVELS)
    record["online"] = _one_of(values, "online", _ONLINE)
    if level := values.get("service_level"):
        if level not in ("2", "3", "4"):
            raise BadCell(f"{COLUMNS['service_level'][0]}: {level[:40]!r}")
        record["service_level"] = int(level)
    record["effective_from"] = _date(values.get("effective_from", ""))
    record["documents"] = [_document(line) for line in _lines(values.get("documents", ""))]
    record["methods"] = [_method(line) for line in _lines(values.get("methods", ""))]
    record["fees"] = [_fee(line) for line in _lines(values.get("fees", ""))]
    record["legal_basis"] = [_law(line) for line in _lines(values.get("legal_basis", ""))]
    return record


def _lines(cell: str) -> list[str]:
    return [line.strip() for line in cell.split("\n") if line.strip()]


def _one_of(values: dict[str, str], field: str, known: dict[str, str]) -> str | None:
    value = fold(values.get(field, "")).removeprefix("cap ").strip()
    if value and value not in known:
        raise BadCell(f"{COLUMNS[field][0]}: {values[field][:40]!r}")
    return known.get(value)


def _date(cell: str) -> str | None:
    if match := _DATE.match(cell):
        return f"{match[3]}-{int(match[2]):02}-{int(match[1]):02}"
    return cell[:10] or None


def _document(line: str) -> dict[str, Any]:
    name, *parts = [part.strip() for part in line.split("|")]
    document: dict[str, Any] = {"name": name, "required": True}
    for part in parts:
        folded = fold(part)
        if match := _COPIES.match(folded):
            document["original" if match[2] in ("chinh", "goc") else "copy"] = int(match[1])
        elif folded == "xuat trinh":
            document["present"] = True
        elif folded.startswith("khi:"):
            document |= {"when": part[4:].strip(), "required": False}
        elif folded.startswith("mau:"):
            document["form"] = part[4:].strip()
        elif part:
            raise BadCell(f"{COLUMNS['documents'][0]}: {part[:40]!r}")
    return document


def _method(line: str) -> dict[str, Any]:
    channel, _, duration = (part.strip() for part in line.partition(":"))
    if fold(channel) not in _CHANNELS:
        raise BadCell(f"{COLUMNS['methods'][0]}: {channel[:40]!r}")
    method: dict[str, Any] = {"channel": _CHANNELS[fold(channel)]}
    match = _DURATION.match(duration)
    if match and fold(match[2]) in _UNITS:
        method["duration"] = {"value": float(match[1].replace(",", ".")), "unit": _UNITS[fold(match[2])]}
    elif duration:
        method["duration_text"] = duration
    return method


def _fee(line: str) -> dict[str, Any]:
    amount, _, text = (part.strip() for part in line.partition("|"))
    digits = re.sub(r"[.,\s]|đồng|đ", "", amount)
    return {"amount": int(digits), "text": text} if digits.isdigit() else {"text": f"{amount} {text}".strip()}


def _law(line: str) -> dict[str, str]:
    code, separator, name = (part.strip() for part in line.partition("|"))
    return {"code": code, "name": name} if separator else {"name": code}


def write_template(path: Path) -> None:
    """An empty spreadsheet with the columns, their explanation and an example, as XLSX or CSV by the ending."""
    headings = [heading for heading, _, _ in COLUMNS.values()]
    example = [example for _, _, example in COLUMNS.values()]
    if path.suffix.lower() == ".csv":
        with path.open("w", encoding="utf-8-sig", newline="") as file:
            csv.writer(file).writerows([headings, example])
        return
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = "Thủ tục"
    sheet.append(headings)
    sheet.append(example)
    sheet.freeze_panes = "C2"
    for number, column in enumerate(sheet.columns, start=1):
        column[0].font = Font(bold=True)
        sheet.column_dimensions[get_column_letter(number)].width = 28
        for cell in column:
            cell.alignment = Alignment(wrap_text=True, vertical="top")
            cell.number_format = "@"  # otherwise a spreadsheet turns 1.001193 into a number
    guide = book.create_sheet("Hướng dẫn")
    for heading, explanation, _ in COLUMNS.values():
        guide.append([heading, explanation])
    guide.column_dimensions["A"].width, guide.column_dimensions["B"].width = 28, 90
    book.save(path)
