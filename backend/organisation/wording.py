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
DAYS_AHEAD, HOLIDAYS_AHEAD = 110, 2
_WEEKDAYS = ("thứ Hai", "thứ Ba", "thứ Tư", "thứ Năm", "thứ Sáu", "thứ Bảy", "Chủ nhật")


def contacts(found: Sequence["Became"]) -> str:
    """How to reach what was found; which name to give when nothing was."""
    if not found:
        return (
            f"Dạ, tổng đài của tỉnh: {settings().hotline}. Cần số của cơ quan nào, anh/chị nhắn tên sở hoặc xã, phường,"
            " ví dụ: UBND xã Ea Kar."
        )
    lines = [_entry(became) for became in found[:MOST_NAMED]]
    if len(found) > MOST_NAMED:
        lines.append("Còn nơi khác trùng tên. Anh/chị nhắn thêm tên huyện cũ để em tìm đúng.")
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
    return f"{agency.name}: em chưa có địa chỉ và số riêng."


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
    """When agencies are open in general, whether they are at `moment`, and the days off ahead."""
    open_now = calendar.is_open(moment)
    hours = " và ".join(f"{opens:%H:%M}-{closes:%H:%M}" for opens, closes in calendar.rules().sessions)
    week = f"Dạ, cơ quan làm việc {hours}, thứ Hai đến thứ Sáu, nghỉ thứ Bảy, Chủ nhật và ngày lễ."
    return " ".join(filter(None, [week, _now(moment, open_now), _days_off_ahead(clock.local(moment).date())])), open_now


def _now(moment: datetime, open_now: bool) -> str:
    here = clock.local(moment)
    today = f"Bây giờ, {_day(here.date())},"
    if open_now:
        return f"{today} đang mở cửa."
    reason = calendar.holiday_name(here.date())
    if reason:
        return f"Hôm nay nghỉ: {reason}. {_opens_again(moment)}"
    return f"{today} đang nghỉ. {_opens_again(moment)}"


def _days_off_ahead(today: date) -> str:
    """The next public holidays, in runs: "Nghỉ lễ tới: 01/01; 05/02-11/02/2027."."""
    days = [date.fromordinal(today.toordinal() + n) for n in range(1, DAYS_AHEAD)]
    runs: list[list[date]] = []
    for day in days:
        if calendar.is_working_day(day):
            continue
        if runs and _adjacent(runs[-1][-1], day):
            runs[-1].append(day)
        else:
            runs.append([day])
    named = [run for run in runs if any(calendar.holiday_name(day) for day in run)][:HOLIDAYS_AHEAD]
    if not named:
        return ""
    told = "; ".join(f"{r[0]:%d/%m}-{r[-1]:%d/%m/%Y}" if len(r) > 1 else f"{r[0]:%d/%m/%Y}" for r in named)
    return f"Nghỉ lễ tới: {told}."


def _adjacent(day: date, other: date) -> bool:
    return other.toordinal() - day.toordinal() == 1


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
