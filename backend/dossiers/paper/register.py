"""The register of dossiers (sổ theo dõi hồ sơ) as a spreadsheet, row by row, for what an officer may see."""

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import IO, Any

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from sqlalchemy import ColumnElement, Row, Select, func, select

from backend import audit, clock
from backend.audit import Audit
from backend.database import reading, transaction
from backend.dossiers import access, deadlines, wording
from backend.dossiers.models import Dossier, DossierEvent, Payment
from backend.dossiers.paper.sheets import STANDINGS
from backend.dossiers.policy import Action, FiledVia, ReturnBy, State
from backend.errors import InvalidInput, TooLarge
from backend.i18n import gettext
from backend.organisation.service import OfficerInfo
from backend.settings import settings

MOST_ROWS = 200_000
LONGEST_PERIOD = 366
"""Days."""
_YEARS = (2000, 2100)
_CHUNK = 1000
_A3 = 8  # as spreadsheets number paper sizes
_IN_MEMORY = 8 * 1024 * 1024
_DAY, _MOMENT, _MONEY = "dd/mm/yyyy", "dd/mm/yyyy hh:mm", "#,##0"
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_VIA = {FiledVia.DESK: "Tại một cửa", FiledVia.ONLINE: "Trực tuyến", FiledVia.POST: "Bưu chính"}
_BACK = {ReturnBy.DESK: "Tại một cửa", ReturnBy.POST: "Bưu chính", ReturnBy.ONLINE: "Trực tuyến"}

COLUMNS: tuple[tuple[str, int], ...] = (
    ("STT", 7),
    ("Mã hồ sơ", 26),
    ("Thủ tục", 44),
    ("Người nộp", 26),
    ("Số điện thoại", 14),
    ("Địa chỉ", 34),
    ("Nơi nhận hồ sơ", 28),
    ("Cơ quan giải quyết", 28),
    ("Cách nộp", 13),
    ("Cách nhận kết quả", 13),
    ("Nộp lúc", 17),
    ("Tiếp nhận lúc", 17),
    ("Hẹn trả kết quả", 17),
    ("Có kết quả lúc", 17),
    ("Trả kết quả lúc", 17),
    ("Tình trạng", 30),
    ("So với hạn", 13),
    ("Phí, lệ phí đã nộp (đồng)", 16),
)
"""Heading and width in letters."""
_TITLE_ROWS = 3


@dataclass(frozen=True)
class Period:
    """From the first to the last day, both included, on the clocks of Vietnam."""

    first: date
    last: date

    def __post_init__(self) -> None:
        if not (_YEARS[0] <= self.first.year and self.last.year <= _YEARS[1]):
            raise InvalidInput(gettext("Năm chưa đúng."))
        if self.last < self.first:
            raise InvalidInput(gettext("Ngày cuối không được trước ngày đầu."))
        if (self.last - self.first).days > LONGEST_PERIOD:
            raise InvalidInput(gettext("Mỗi lần tải sổ không quá một năm."))

    @property
    def begin(self) -> datetime:
        """The first instant."""
        return datetime.combine(self.first, time(), clock.VIETNAM).astimezone(UTC)

    @property
    def end(self) -> datetime:
        """The first instant after it."""
        return datetime.combine(self.last + timedelta(days=1), time(), clock.VIETNAM).astimezone(UTC)


@dataclass(frozen=True)
class Register:
    """`file` is at its beginning; whoever takes it closes it."""

    file: IO[bytes]
    name: str
    rows: int


def register(period: Period, officer: OfficerInfo) -> Register:
    """All dossiers filed in the period that this officer may see, oldest first. Raises TooLarge over `MOST_ROWS`."""
    scope = access.visible(officer) & (Dossier.submitted_at >= period.begin) & (Dossier.submitted_at < period.end)
    with reading() as session:
        rows = session.scalar(select(func.count()).select_from(Dossier).where(scope)) or 0
    if rows > MOST_ROWS:
        said = gettext(
            "Sổ có %(rows)s hồ sơ, nhiều hơn %(most)s. Anh/chị chọn khoảng thời gian ngắn hơn.",
            rows=rows, most=MOST_ROWS,
        )  # fmt: skip
        raise TooLarge(said)
    with transaction() as session:
        audit.record(
            session, Audit.REGISTER_EXPORTED, actor=officer.actor, subject=f"agency:{officer.agency_id}",
            first=period.first.isoformat(), last=period.last.isoformat(), rows=rows,
        )  # fmt: skip
    file = tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY)  # noqa: SIM115 - handed on to the response
    _workbook(period, officer, rows, _lines(scope)).save(file)
    file.seek(0)
    return Register(file, f"Sổ theo dõi hồ sơ {period.first:%d-%m-%Y} đến {period.last:%d-%m-%Y}.xlsx", rows)


def _query(scope: ColumnElement[bool]) -> Select[Any]:
    d = Dossier
    returned = (
        select(func.max(DossierEvent.at))
        .where(DossierEvent.dossier_id == d.id, DossierEvent.action == Action.HAND_OVER)
        .scalar_subquery()
    )
    paid = (
        select(func.sum(Payment.amount))
        .where(Payment.dossier_id == d.id, Payment.paid_at.is_not(None), Payment.refunded_at.is_(None))
        .scalar_subquery()
    )
    columns = (
        d.code, d.procedure_name, d.applicant_name, d.applicant_phone, d.applicant_address, d.desk_name, d.agency_name,
        d.filed_via, d.return_by, d.submitted_at, d.received_at, d.due_at, d.finished_at, d.clock_stopped_at, d.state,
        returned.label("returned_at"), paid.label("paid"),
    )  # fmt: skip
    return select(*columns).where(scope).order_by(d.submitted_at, d.id)


def _lines(scope: ColumnElement[bool]) -> Iterator[list[Any]]:
    now = clock.now()
    with reading() as session:
        found = session.execute(_query(scope).execution_options(yield_per=_CHUNK))
        for number, row in enumerate(found, 1):
            yield [number, *_values(row, now)]


def _values(row: Row[Any], now: datetime) -> Iterator[Any]:
    phone = row.applicant_phone
    yield from (row.code, row.procedure_name, row.applicant_name)
    yield f"0{phone.removeprefix('+84')}" if phone.startswith("+84") else phone
    yield from (row.applicant_address, row.desk_name, row.agency_name)
    yield from (_VIA.get(row.filed_via, ""), _BACK.get(row.return_by, ""))
    handed_over = row.returned_at if row.state == State.RETURNED else None
    for moment in (row.submitted_at, row.received_at, row.due_at, row.finished_at, handed_over):
        yield clock.local(moment).replace(tzinfo=None, microsecond=0) if moment else None
    yield _capital(wording.state_name(row.state))
    stands = row.clock_stopped_at or now
    yield STANDINGS[deadlines.standing(row.due_at, row.finished_at, stands)] if row.received_at else None
    yield row.paid or 0


def _capital(words: str) -> str:
    return words[:1].upper() + words[1:]


# --- the spreadsheet -------------------------------------------------------------------------------------------

_FORMATS = {"Nộp lúc": _MOMENT, "Tiếp nhận lúc": _MOMENT, "Hẹn trả kết quả": _MOMENT, "Có kết quả lúc": _MOMENT,
            "Trả kết quả lúc": _MOMENT, "Phí, lệ phí đã nộp (đồng)": _MONEY}  # fmt: skip


def _workbook(period: Period, officer: OfficerInfo, rows: int, lines: Iterator[list[Any]]) -> Workbook:
    book = Workbook(write_only=True)
    sheet: Any = book.create_sheet("Sổ theo dõi hồ sơ")  # the types do not know what a write-only sheet can do
    for number, (_, width) in enumerate(COLUMNS, 1):
        sheet.column_dimensions[get_column_letter(number)].width = width
    head = _TITLE_ROWS + 1
    sheet.freeze_panes = f"C{head + 1}"
    sheet.auto_filter.ref = f"A{head}:{get_column_letter(len(COLUMNS))}{head + rows}"
    sheet.page_setup.orientation, sheet.page_setup.paperSize = "landscape", _A3
    sheet.page_setup.fitToHeight, sheet.sheet_properties.pageSetUpPr.fitToPage = 0, True
    sheet.print_title_rows = f"{head}:{head}"
    _titles(sheet, period, officer)
    pencil = _Pencil(sheet)
    for line in lines:
        sheet.append(pencil.row(line))
    return book


def _titles(sheet: Any, period: Period, officer: OfficerInfo) -> None:
    def cell(value: str, **style: Any) -> Any:
        made = WriteOnlyCell(sheet, value)
        for name, what in style.items():
            setattr(made, name, what)
        return made

    place = f"{officer.agency_name}, tỉnh {settings().province}"
    sheet.append([cell("SỔ THEO DÕI HỒ SƠ", font=Font(bold=True, size=14))])
    sheet.append([cell(f"{place}. Hồ sơ nộp từ {period.first:%d/%m/%Y} đến {period.last:%d/%m/%Y}.")])
    sheet.append([])
    style = {
        "font": Font(bold=True),
        "fill": PatternFill("solid", fgColor="DCE6F1"),
        "alignment": Alignment(wrap_text=True, vertical="center"),
    }
    sheet.append([cell(title, **style) for title, _ in COLUMNS])


class _Pencil:
    """Writes rows with one cell of each format, used again and again: a styled cell of its own is slow to make."""

    def __init__(self, sheet: Any) -> None:
        self._cells = [WriteOnlyCell(sheet) for _ in COLUMNS]
        self._literal = WriteOnlyCell(sheet)
        self._literal.quotePrefix = True
        for cell, (title, _) in zip(self._cells, COLUMNS, strict=True):
            if title in _FORMATS:
                cell.number_format = _FORMATS[title]

    def row(self, line: list[Any]) -> Iterator[Any]:
        for cell, value in zip(self._cells, line, strict=True):
            if isinstance(value, str):
                yield self._text(value)
            else:
                cell.value = value
                yield cell

    def _text(self, value: str) -> Any:
        """What a citizen typed stays text: never a formula, also not after somebody has edited the cell."""
        value = ILLEGAL_CHARACTERS_RE.sub("", value)
        if not value.startswith(_FORMULA):
            return value
        self._literal.value = value
        self._literal.data_type = "s"
        return self._literal
