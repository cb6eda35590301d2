"""What the forms of the dossier pages say, read into what the services take. Knows forms, not Flask."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Protocol

from backend import calendar, clock
from backend.dossiers.acts import Facts
from backend.dossiers.policy import StopReason
from backend.errors import InvalidInput
from backend.i18n import gettext
from backend.text import normalise

LONGEST_REASON = 2000
_MONEY = re.compile(r"([0-9]+|[0-9]{1,3}(?:[., ][0-9]{3})+) ?(?:đồng|đ)?")


class Upload(Protocol):
    """A file as a web framework hands it over."""

    @property
    def filename(self) -> str | None:
        """The name the browser sent; empty when no file was chosen."""

    def read(self) -> bytes:
        """All of it."""


@dataclass(frozen=True)
class Sent:
    """An uploaded file, not yet checked."""

    name: str
    data: bytes


def facts(form: Mapping[str, str]) -> Facts:
    """What goes with an action. Raises InvalidInput with the field that cannot be read."""
    stop = form.get("stop_for", "")
    if stop and stop not in set(StopReason):
        raise wrong("stop_for", gettext("Anh/chị chọn lý do tạm dừng."))
    return Facts(
        reason=long_text(form, "reason"),
        legal_ground=long_text(form, "legal_ground"),
        deadline=closing(form, "deadline"),
        due_at=closing(form, "due_at"),
        officer_id=number(form, "officer_id"),
        step_id=number(form, "step_id"),
        stop_for=StopReason(stop) if stop else None,
    )


def version(form: Mapping[str, str]) -> int:
    """The version of the dossier that the officer saw. Raises InvalidInput."""
    found = number(form, "version")
    if found is None:
        raise InvalidInput(gettext("Trang thiếu thông tin. Anh/chị tải lại trang rồi thử lại."))
    return found


def number(form: Mapping[str, str], name: str) -> int | None:
    """A number of at most nine digits, None where the field is empty. Raises InvalidInput."""
    text = form.get(name, "").strip()
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) <= 9):
        raise wrong(name, gettext("Số chưa đúng."))
    return int(text)


def money(form: Mapping[str, str], name: str) -> int | None:
    """An amount in đồng, as people write one (`8.000 đ`); None where the field is empty. Raises InvalidInput."""
    text = normalise(form.get(name, "")).lower()
    if not text:
        return None
    found = _MONEY.fullmatch(text)
    digits = re.sub(r"[., ]", "", found[1]) if found else ""
    if not found or len(digits) > 9:
        raise wrong(name, gettext("Anh/chị ghi số tiền bằng chữ số, ví dụ 8.000."))
    return int(digits)


def long_text(form: Mapping[str, str], name: str, longest: int = LONGEST_REASON) -> str:
    """A text without invisible characters. Raises InvalidInput when it is too long."""
    text = normalise(form.get(name, ""))
    if len(text) > longest:
        raise wrong(name, gettext("Nội dung dài quá %(n)s ký tự.", n=longest))
    return text


def closing(form: Mapping[str, str], name: str) -> datetime | None:
    """When the offices close on the working day of a date field. Raises InvalidInput."""
    text = form.get(name, "").strip()
    if not text:
        return None
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise wrong(name, gettext("Ngày chưa đúng.")) from None
    if not clock.today() <= day <= clock.today().replace(year=clock.today().year + 5, day=1):
        raise wrong(name, gettext("Ngày phải từ hôm nay trở đi, trong vòng 5 năm."))
    hours = calendar.office_hours(day)
    if not hours:
        raise wrong(name, gettext("Ngày này cơ quan nghỉ. Anh/chị chọn ngày làm việc."))
    return hours[-1][1].astimezone(UTC)


def file(files: Mapping[str, Upload], name: str) -> Sent | None:
    """The uploaded file of a field, None where none was chosen."""
    upload = files.get(name)
    return Sent(upload.filename, upload.read()) if upload and upload.filename else None


def wrong(name: str, message: str) -> InvalidInput:
    """One field that is not right."""
    return InvalidInput(message, fields=[{"field": name, "message": message}])
