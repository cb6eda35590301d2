"""What a layout prints of a dossier: plain data, every value a string as it appears on paper."""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any

from backend import calendar, clock
from backend.database import practising
from backend.dossiers import deadlines, wording
from backend.dossiers.deadlines import Standing
from backend.dossiers.fees import PaymentState
from backend.dossiers.models import Dossier, DossierEvent, DossierPaper, Payment
from backend.dossiers.paper import custody, press, texts
from backend.dossiers.paper.custody import Held
from backend.dossiers.paper.kinds import Kind, last
from backend.dossiers.policy import Action, PaperState, ReturnBy
from backend.errors import NotFound
from backend.organisation import service as organisation
from backend.settings import settings

_NUMBERS = {
    Kind.RECEIPT: "TNHS",
    Kind.SUPPLEMENT: "BSHS",
    Kind.REFUSAL: "TCHS",
    Kind.APOLOGY: "XLHS",
    Kind.CONTROL: "KSHS",
}
"""Behind the dossier's own number, as these papers are numbered."""
_UNITS = {"hour": "giờ làm việc", "working_day": "ngày làm việc", "day": "ngày", "month": "tháng"}
STANDINGS = {
    Standing.EARLY: "Trước hạn",
    Standing.ON_TIME: "Đúng hạn",
    Standing.LATE: "Quá hạn",
    Standing.RUNNING: "Đang xử lý",
}
_APPLICANT = "Ông/Bà"
_APPOINTMENT = "Hẹn trả kết quả"
PRACTICE_MARK = "BẢN TẬP"
DRAFT_MARK = "DỰ THẢO"


def sheet(kind: Kind, dossier: Dossier, words: Mapping[str, str]) -> dict[str, Any]:
    """The data of a paper of this dossier, printed with these words (see `texts`). The paper must be there already."""
    link = f"{settings().public_url.rstrip('/')}/hs/{dossier.key}"
    common: dict[str, Any] = {
        "texts": texts.filled(words, values(dossier)),
        "mark": PRACTICE_MARK if practising() else "",
        "code": dossier.code,
        "number": f"{dossier.code.rsplit('-', 1)[-1]}/{_NUMBERS[kind]}",
        "agency": _capitals(dossier.desk_name),
        "printed": f"In từ hệ thống một cửa lúc {_short(clock.now())}",
        "link": link,
        "qr": press.qr(link),
        "procedure": dossier.procedure_name,
        "applicant": _applicant(dossier),
        "strong": [_APPLICANT, _APPOINTMENT],
        "sign_left": dossier.applicant_name,
        "sign_right": "",
    }
    special, day = _SHEETS[kind](dossier)
    return common | {"place_and_day": _place_and_day(dossier, day)} | special


def values(dossier: Dossier) -> dict[str, str]:
    """What the placeholders of the texts stand for."""
    asked = last(dossier.history, Action.REQUEST_SUPPLEMENT)
    until = asked and asked.details.get("until")
    apology = dossier.apology
    return {
        "code": dossier.code,
        "applicant": dossier.applicant_name,
        "procedure": dossier.procedure_name,
        "agency": dossier.agency_name,
        "desk": dossier.desk_name,
        "hotline": settings().hotline,
        "province": settings().province,
        "received": spelt(dossier.received_at),
        "due": spelt(apology.old_due_at if apology else dossier.due_at),
        "deadline": spelt(datetime.fromisoformat(until) if until else dossier.supplement_due_at),
        "new_due": spelt(apology.new_due_at if apology else None),
    }


# --- the single papers -----------------------------------------------------------------------------------------

_Special = tuple[dict[str, Any], datetime]


def _receipt(dossier: Dossier) -> _Special:
    brought = [paper for paper in dossier.papers if paper.state == PaperState.PRESENT]
    times = [
        ("Số lượng hồ sơ", "01 bộ"),
        ("Thời hạn giải quyết", duration(dossier)),
        ("Nhận hồ sơ", spelt(dossier.received_at)),
        (_APPOINTMENT, spelt(_first_appointment(dossier))),
        ("Nhận kết quả", _return(dossier)),
    ]
    special = {
        "papers": [_line(paper) for paper in brought],
        "times": times,
        "fees": [line for payment in dossier.payments if (line := fee(payment))],
        "sign_right": _who(last(dossier.history, Action.RECEIVE)),
    }
    assert dossier.received_at is not None
    return special, dossier.received_at


def _first_appointment(dossier: Dossier) -> datetime | None:
    """What the receipt promised: an apology's new date has a paper of its own."""
    return dossier.apology.old_due_at if dossier.apology and dossier.apology.signed_at else dossier.due_at


def _supplement(dossier: Dossier) -> _Special:
    asked = last(dossier.history, Action.REQUEST_SUPPLEMENT)
    assert asked is not None
    remarks = {paper.name: paper.remark for paper in dossier.papers}
    names = asked.details.get("missing", [])
    papers = [{"name": name, "remark": remarks.get(name) or "Nộp bổ sung"} for name in names]
    return {"papers": papers, "reason": asked.reason, "sign_right": _who(asked)}, asked.at


def _refusal(dossier: Dossier) -> _Special:
    refused = last(dossier.history, Action.REFUSE)
    special = {"reason": dossier.reason, "ground": dossier.legal_ground, "sign_right": _who(refused)}
    return special, refused.at if refused else dossier.finished_at or clock.now()


def _apology(dossier: Dossier) -> _Special:
    apology = dossier.apology
    assert apology is not None
    special: dict[str, Any] = {
        "agency": _capitals(dossier.agency_name),
        "reason": apology.reason or dossier.reason or "…",
        "sign_left": "",
        "sign_right": _officer(apology.signed_by),
    }
    if apology.signed_at is None:
        special["mark"] = DRAFT_MARK
    return special, apology.signed_at or apology.drafted_at


def _control(dossier: Dossier) -> _Special:
    now = clock.now()
    times = [
        ("Cơ quan giải quyết", dossier.agency_name),
        ("Cơ quan phối hợp", ", ".join(_partners(dossier))),
        ("Thời hạn giải quyết", duration(dossier)),
        ("Nhận hồ sơ", spelt(dossier.received_at)),
        (_APPOINTMENT, spelt(dossier.due_at)),
    ]
    special = {
        "rows": [_row(held) for held in custody.held(dossier, now)],
        "times": times,
        "whole": _whole(dossier, now),
        "sign_left": "",
    }
    return special, now


_SHEETS: Mapping[Kind, Callable[[Dossier], _Special]] = {
    Kind.RECEIPT: _receipt,
    Kind.SUPPLEMENT: _supplement,
    Kind.REFUSAL: _refusal,
    Kind.APOLOGY: _apology,
    Kind.CONTROL: _control,
}


def _row(held: Held) -> dict[str, Any]:
    return {
        "place": held.place,
        "person": held.person,
        "task": held.task,
        "since": _short(held.since),
        "until": _short(held.until) if held.until else "đang giữ",
        "due": _short(held.due_at),
        "standing": STANDINGS[held.standing] if held.standing else "",
        "late": held.standing is Standing.LATE,
        "notes": "; ".join(held.notes),
    }


def _whole(dossier: Dossier, now: datetime) -> str:
    if dossier.received_at is None:
        return "chưa tiếp nhận"
    standing = STANDINGS[deadlines.dossier_standing(dossier, now)].lower()
    ended = f"xong {_short(dossier.finished_at)}, " if dossier.finished_at else ""
    return f"{ended}{standing} ({_hours(dossier, now)} giờ làm việc, không kể thời gian tạm dừng)"


def _hours(dossier: Dossier, now: datetime) -> str:
    assert dossier.received_at is not None
    end = dossier.finished_at or now
    hours = calendar.working_hours_between(dossier.received_at, end)
    for since, until in deadlines.stops(dossier.history):
        hours -= calendar.working_hours_between(min(since, end), min(until or end, end))
    return _number(max(hours, 0.0))


# --- words and numbers -----------------------------------------------------------------------------------------


def spelt(moment: datetime | None) -> str:
    """`16 giờ 30 phút, thứ Sáu ngày 27/11/2026`, on the clocks of Vietnam; empty for None."""
    if moment is None:
        return ""
    weekday, _, day = wording.day(moment).rpartition(" ")
    return f"{clock.local(moment):%H giờ %M phút}, {weekday} ngày {day}"


def _short(moment: datetime | None) -> str:
    return f"{clock.local(moment):%H:%M %d/%m/%Y}" if moment else ""


def _place_and_day(dossier: Dossier, moment: datetime) -> str:
    day = clock.local(moment)
    return f"{_place(dossier.desk_code)}, ngày {day:%d} tháng {day:%m} năm {day:%Y}"


def _place(agency_code: str) -> str:
    """`Ea Tul` of the commune's desk, the province of any other."""
    try:
        unit = organisation.agency_by_code(agency_code).unit if agency_code else ""
    except NotFound:
        unit = ""
    kind, _, name = unit.partition(" ")
    return name if kind in ("Xã", "Phường") and name else settings().province


def _capitals(agency: str) -> str:
    """The name as it stands at the head of a paper, a committee's on two lines."""
    return agency.replace("UBND ", "Ủy ban nhân dân\n").upper()


def duration(dossier: Dossier) -> str:
    """`03 ngày làm việc`; empty where the regulation names none."""
    if not dossier.duration_value:
        return ""
    number = _number(dossier.duration_value)
    return f"{number.zfill(2) if number.isdigit() else number} {_UNITS.get(dossier.duration_unit, '')}".strip()


def _number(value: float) -> str:
    return f"{value:.1f}".replace(".", ",").removesuffix(",0")


def fee(payment: Payment) -> str:
    """`50.000 đồng (đã nộp ngày 23/11/2026)`; empty for one that is no longer asked."""
    if payment.state == PaymentState.VOID or payment.surplus:
        return ""
    paid = f"đã nộp ngày {clock.local(payment.paid_at):%d/%m/%Y}" if payment.paid_at else "đã nộp"
    where = {
        PaymentState.DUE: "chưa nộp",
        PaymentState.REFUND_DUE: "chờ hoàn trả",
        PaymentState.REFUNDED: "đã hoàn trả",
    }
    amount = f"{payment.amount:,}".replace(",", ".")
    return f"{amount} đồng ({where.get(PaymentState(payment.state), paid)})" if payment.amount else "miễn"


def _return(dossier: Dossier) -> str:
    match dossier.return_by:
        case ReturnBy.POST:
            return "qua bưu chính" + (f", gửi đến {dossier.applicant_address}" if dossier.applicant_address else "")
        case ReturnBy.ONLINE:
            return "bản điện tử, tải từ trang hồ sơ (quét mã QR)"
        case _:
            return f"tại {dossier.desk_name}"


def _applicant(dossier: Dossier) -> list[tuple[str, str]]:
    phone = dossier.applicant_phone
    return [
        (_APPLICANT, dossier.applicant_name),
        ("Địa chỉ", dossier.applicant_address),
        ("Số điện thoại", f"0{phone.removeprefix('+84')}" if phone.startswith("+84") else phone),
        ("Email", dossier.applicant_email),
        ("Nội dung yêu cầu giải quyết", dossier.procedure_name),
    ]


def _line(paper: DossierPaper) -> dict[str, str]:
    def counted(copies: int) -> str:
        return f"{copies:02d}" if copies else "–"

    return {"name": paper.name, "originals": counted(paper.originals), "copies": counted(paper.copies)}


def _partners(dossier: Dossier) -> Iterable[str]:
    others = (step.agency_name for step in dossier.steps if step.agency_code != dossier.agency_code)
    return dict.fromkeys(others)


def _who(event: DossierEvent | None) -> str:
    return event.actor_name if event is not None and event.actor.startswith("officer:") else ""


def _officer(officer_id: int | None) -> str:
    return organisation.officer(officer_id).name if officer_id else ""
