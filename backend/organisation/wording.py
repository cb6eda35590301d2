"""What citizens are told about agencies and office hours. Short sentences, for a phone."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING

from backend import calendar, clock
from backend.settings import settings

if TYPE_CHECKING:
    from backend.organisation.service import AgencyInfo, Became

MOST_NAMED = 3
MOST_SUCCESSORS = 8
_WEEKDAYS = ("thứ Hai", "thứ Ba", "thứ Tư", "thứ Năm", "thứ Sáu", "thứ Bảy", "Chủ nhật")


def contacts(found: Sequence["Became"]) -> str:
    """How to reach what was found; which name to give when nothing was."""
    if not found:
        return (
            "Tôi chưa rõ anh/chị cần liên hệ cơ quan nào. Anh/chị nhắn tên sở hoặc xã, phường, ví dụ: UBND xã Ea Kar. "
            f"Tổng đài của tỉnh: {settings().hotline}."
        )
    lines = [_entry(became) for became in found[:MOST_NAMED]]
    if len(found) > MOST_NAMED:
        lines.append("Còn nơi khác trùng tên. Anh/chị nhắn thêm tên huyện cũ để tôi tìm đúng.")
    if any(not agency.phone for became in found[:MOST_NAMED] for agency in became.now):
        lines.append(f"Tổng đài của tỉnh: {settings().hotline}.")
    return "\n".join(lines)


def _entry(became: "Became") -> str:
    asked = became.asked
    if became.now == (asked,):
        return _reach(asked)
    if not became.now:
        return f"{asked.name} không còn hoạt động từ {_day_after(asked)}."
    places = ", ".join(_place(agency) for agency in became.now[:MOST_SUCCESSORS])
    if became.dissolved:
        return (
            f"Từ {_day_after(asked)} không còn {asked.name}. Anh/chị liên hệ UBND nơi mình ở, nay là một trong các "
            f"xã, phường: {places}."
        )
    if became.in_parts:
        return f"{_old(became)} nay được chia về: {places}. Anh/chị liên hệ UBND nơi mình ở."
    return f"{_old(became)} nay thuộc {_reach(became.now[0], as_place=True)}"


def _reach(agency: "AgencyInfo", *, as_place: bool = False) -> str:
    details = [agency.address and f"Địa chỉ: {agency.address}.", agency.phone and f"Điện thoại: {agency.phone}."]
    if as_place and agency.unit and any(details):
        return " ".join([f"{_place(agency)}.", f"{agency.name}.", *filter(None, details)])
    if any(details):
        return " ".join([f"{agency.name}.", *filter(None, details)])
    if as_place and agency.unit:
        return f"{_place(agency)}. Anh/chị liên hệ {agency.name}."
    return f"{agency.name}. Danh bạ chưa có số riêng của cơ quan này."


def _old(became: "Became") -> str:
    name = became.asked.unit or became.asked.name
    district = f", {became.district[0].lower()}{became.district[1:]}" if became.district else ""
    return f"{name}{district} (cũ)"


def _place(agency: "AgencyInfo") -> str:
    return f"{agency.unit[0].lower()}{agency.unit[1:]}" if agency.unit else agency.name


def _day_after(agency: "AgencyInfo") -> str:
    last = agency.valid_to or clock.today()
    return date.fromordinal(last.toordinal() + 1).strftime("%d/%m/%Y")


def office_hours(moment: datetime) -> tuple[str, bool]:
    """The hours of the day of `moment`, and whether agencies are open at it."""
    here = clock.local(moment)
    open_now = calendar.is_open(moment)
    today = f"Hôm nay, {_day(here.date())},"
    sessions = calendar.office_hours(here.date())
    if not sessions:
        reason = calendar.holiday_name(here.date())
        closed = f"cơ quan nghỉ: {reason}." if reason else "cơ quan nghỉ."
        return f"{today} {closed} {_opens_again(moment)}", False
    hours = " và ".join(f"{opens:%H:%M}-{closes:%H:%M}" for opens, closes in sessions)
    if open_now:
        return f"{today} cơ quan làm việc {hours}. Bây giờ đang trong giờ làm việc.", True
    if here < sessions[-1][1]:
        return f"{today} cơ quan làm việc {hours}. Bây giờ chưa mở cửa. {_opens_again(moment)}", False
    return f"{today} cơ quan làm việc {hours}, nay đã hết giờ. {_opens_again(moment)}", False


def _opens_again(moment: datetime) -> str:
    opening = clock.local(calendar.next_opening(moment))
    same_day = opening.date() == clock.local(moment).date()
    when = "hôm nay" if same_day else _day(opening.date())
    between = "" if same_day else _holiday_before(clock.local(moment).date(), opening.date())
    return f"Mở cửa lại lúc {opening:%H:%M} {when}{between}."


def _holiday_before(today: date, opening: date) -> str:
    """Why it takes longer: the first holiday after today and before the opening."""
    days = (date.fromordinal(n) for n in range(today.toordinal() + 1, opening.toordinal()))
    name = next((name for day in days if (name := calendar.holiday_name(day))), None)
    return f" (trước đó nghỉ: {name})" if name else ""


def _day(day: date) -> str:
    return f"{_WEEKDAYS[day.weekday()]} {day:%d/%m/%Y}"
