"""How a dossier is spoken of to its applicant: state, what comes next, when, and why when late."""

from datetime import datetime

from backend import clock
from backend.dossiers import fees, parcels
from backend.dossiers.models import Dossier, DossierPaper
from backend.dossiers.policy import FileState, PaperState, ReturnBy, State, StepState, StopReason, is_late
from backend.i18n import N_, gettext
from backend.messaging.channels import Card
from backend.settings import settings

_STATE = {
    State.SUBMITTED: "đã nộp, đang chờ bộ phận một cửa kiểm tra",
    State.RECEIVED: "đã được tiếp nhận, đang chờ phân công xử lý",
    State.ASSIGNED: "đã giao cho chuyên viên xử lý",
    State.PROCESSING: "đang được chuyên viên xử lý",
    State.APPROVING: "đã xử lý xong, đang trình lãnh đạo ký",
    State.APPROVED: "đã được duyệt, đang chuyển kết quả về bộ phận một cửa",
    State.RESULT_READY: "ĐÃ CÓ KẾT QUẢ",
    State.RETURNED: "đã trả kết quả, hồ sơ kết thúc",
    State.SUPPLEMENT_REQUESTED: "đang chờ anh/chị bổ sung giấy tờ",
    State.REFUSED: "không được giải quyết",
    State.CANCELLED: "đã bị hủy",
    State.WITHDRAWN: "đã được rút theo yêu cầu của anh/chị",
}
_SHORT_STATE = {
    State.SUBMITTED: "chờ kiểm tra",
    State.RECEIVED: "đã tiếp nhận",
    State.ASSIGNED: "đang xử lý",
    State.PROCESSING: "đang xử lý",
    State.APPROVING: "chờ ký",
    State.APPROVED: "đã ký",
    State.RESULT_READY: "CÓ KẾT QUẢ",
    State.RETURNED: "đã trả",
    State.SUPPLEMENT_REQUESTED: "CHỜ BỔ SUNG",
    State.REFUSED: "không giải quyết",
    State.CANCELLED: "đã hủy",
    State.WITHDRAWN: "đã rút",
}
TOLD_NAME = 60
TITLE_NAME = 40
_WEEKDAYS = ("thứ Hai", "thứ Ba", "thứ Tư", "thứ Năm", "thứ Sáu", "thứ Bảy", "Chủ nhật")


def state_name(state: str) -> str:
    """The state in words, without names or dates."""
    return _STATE[State(state)]


def day(moment: datetime) -> str:
    """`thứ Sáu 27/11/2026`, on the clocks of Vietnam."""
    there = clock.local(moment)
    return f"{_WEEKDAYS[there.weekday()]} {there:%d/%m/%Y}"


def moment(at: datetime | None) -> str:
    """`16:30 thứ Sáu 27/11/2026`, empty for None."""
    return f"{clock.local(at):%H:%M} {day(at)}" if at else ""


_FOR_OFFICERS = {
    State.SUBMITTED: N_("Mới nộp, chờ kiểm tra"),
    State.RECEIVED: N_("Đã tiếp nhận, chờ phân công"),
    State.ASSIGNED: N_("Đã phân công"),
    State.PROCESSING: N_("Đang xử lý"),
    State.APPROVING: N_("Chờ lãnh đạo ký"),
    State.APPROVED: N_("Đã ký duyệt"),
    State.RESULT_READY: N_("Đã có kết quả"),
    State.RETURNED: N_("Đã trả kết quả"),
    State.SUPPLEMENT_REQUESTED: N_("Chờ công dân bổ sung"),
    State.REFUSED: N_("Không giải quyết"),
    State.CANCELLED: N_("Đã hủy"),
    State.WITHDRAWN: N_("Đã rút"),
}
"""As the officers' pages call the states (`dossiers/words.html`)."""


def changed_meanwhile(dossier: Dossier) -> str:
    """Who did what to the dossier since it was looked at, for the officer who did not see it."""
    last = dossier.history[-1]
    return gettext(
        "%(who)s vừa cập nhật hồ sơ lúc %(at)s (“%(state)s”). Anh/chị xem lại rồi làm tiếp; nội dung đã nhập vẫn còn.",
        who=last.actor_name or gettext("Hệ thống"),
        at=f"{clock.local(last.at):%H:%M:%S}",
        state=gettext(_FOR_OFFICERS[State(last.to_state)]),
    )


def not_in_this_state(dossier: Dossier) -> str:
    """Why an officer cannot do what they wanted."""
    state = gettext(_FOR_OFFICERS[State(dossier.state)])
    return gettext("Hồ sơ đang ở bước “%(state)s”, không làm việc này được.", state=state)


def describe(dossier: Dossier) -> str:
    """Where the dossier stands, in two to four short sentences."""
    sentences = [f"Hồ sơ {dossier.code} ({cut(dossier.procedure_name, TOLD_NAME)}) {state_name(dossier.state)}."]
    sentences += next_steps(dossier)
    return " ".join(sentences)


def card(dossier: Dossier) -> Card:
    """The same as `describe`, a line each, for channels that can show it."""
    name, state = cut(dossier.procedure_name, TOLD_NAME), state_name(dossier.state)
    return Card(f"Hồ sơ {dossier.code}", (name, f"{state[:1].upper()}{state[1:]}.", *next_steps(dossier)))


def next_steps(dossier: Dossier) -> list[str]:
    """What happens next, when, and what there is to do for the applicant; why, when it is late."""
    match State(dossier.state):
        case State.SUBMITTED:
            when = "Để hồ sơ được tiếp nhận, " if fees.is_paid_online(dossier) else "Khi đến nhận kết quả, "
            return ["Bộ phận một cửa sẽ kiểm tra và báo tin cho anh/chị.", *_fee(dossier, when)]
        case State.RESULT_READY:
            return [*_collecting(dossier), *_fee(dossier, "Trước khi nhận kết quả, ")]
        case State.SUPPLEMENT_REQUESTED:
            return _supplementing(dossier)
        case State.RETURNED:
            return ["Anh/chị thấy phục vụ thế nào? Nhắn DG và số điểm từ 1 đến 5."]
        case State.REFUSED | State.CANCELLED:
            return [*_why(dossier), *_refund(dossier)]
        case State.WITHDRAWN:
            return _refund(dossier)
        case _:
            return [*_appointment(dossier), *_fee(dossier, "")]


def _why(dossier: Dossier) -> list[str]:
    reason = [f"Lý do: {dossier.reason.rstrip('.')}."] if dossier.reason else []
    return reason + ([f"Căn cứ: {dossier.legal_ground.rstrip('.')}."] if dossier.legal_ground else [])


def _fee(dossier: Dossier, when: str) -> list[str]:
    owed = fees.owed(dossier)
    if not owed:
        return []
    how = f"ở {link(dossier)}" if fees.is_paid_online(dossier) else f"tại {dossier.desk_name}."
    sentence = f"{when}anh/chị nộp lệ phí {money(owed)} đồng {how}"
    return [sentence[:1].upper() + sentence[1:]]


def _refund(dossier: Dossier) -> list[str]:
    waiting = sum(p.amount for p in dossier.payments if p.state == fees.PaymentState.REFUND_DUE)
    return [f"Lệ phí {money(waiting)} đồng đã nộp đang được hoàn lại."] if waiting else []


def _collecting(dossier: Dossier) -> list[str]:
    parcel = parcels.outgoing(dossier)
    if dossier.return_by == ReturnBy.POST and parcel is not None and parcel.state != parcels.ShipmentState.FAILED:
        code = f", mã bưu gửi {parcel.tracking_code}" if parcel.tracking_code else ""
        return [f"Kết quả được gửi qua bưu điện đến địa chỉ đã ghi{code}."]
    if dossier.return_by == ReturnBy.ONLINE:
        return [f"Anh/chị tải kết quả ở {link(dossier)}"]
    return [f"Mời anh/chị mang giấy hẹn và căn cước đến {dossier.desk_name} để nhận, trong giờ hành chính."]


def _supplementing(dossier: Dossier) -> list[str]:
    names = lacking(dossier)
    if not names:
        return ["Giấy tờ anh/chị gửi đang được kiểm tra, em báo ngay khi xong."]
    until = f" trước {day(dossier.supplement_due_at)}" if dossier.supplement_due_at else ""
    return [
        f"Còn thiếu: {'; '.join(names)}.",
        f"Anh/chị nộp bổ sung tại {dossier.desk_name}{until}, hoặc gửi ảnh ở {link(dossier)}",
        "Quá hạn, hồ sơ sẽ bị hủy.",
    ]


def lacking(dossier: Dossier) -> list[str]:
    """The missing papers of which no photo waits to be looked at."""
    return [paper.name for paper in dossier.papers if paper.state == PaperState.MISSING and not is_looked_at(paper)]


def is_looked_at(paper: DossierPaper) -> bool:
    """Whether the applicant has sent something for it that nobody has decided on."""
    return any(file.state == FileState.SENT for file in paper.files)


_WHY_STOPPED = {
    StopReason.SUPPLEMENT: "chờ anh/chị bổ sung giấy tờ",
    StopReason.FEE: "chờ anh/chị nộp lệ phí",
    StopReason.CHECK_ELSEWHERE: "chờ cơ quan khác xác minh",
    StopReason.OWN_REQUEST: "theo đề nghị của anh/chị",
}


def why_stopped(dossier: Dossier) -> str:
    """Why the clock stands still, empty while it runs."""
    if dossier.clock_stopped_at is None:
        return ""
    return _WHY_STOPPED.get(StopReason(dossier.clock_stopped_for), "") or dossier.reason.rstrip(".")


def where(dossier: Dossier) -> str:
    """The agency that has it on its desk; of an interconnected procedure the one of the open step."""
    working = [step.agency_name for step in dossier.steps if step.state not in (StepState.WAITING, StepState.DONE)]
    return " và ".join(dict.fromkeys(working)) or dossier.agency_name


def _appointment(dossier: Dossier) -> list[str]:
    place = where(dossier)
    if why := why_stopped(dossier):
        return [f"Nơi xử lý: {place}. Thời hạn đang tạm dừng: {why}; ngày hẹn trả sẽ lùi theo."]
    if dossier.due_at is None:
        return [f"Nơi xử lý: {place}."]
    if not is_late(State(dossier.state), dossier.due_at, clock.now()):
        return [f"Nơi xử lý: {place}. Hẹn trả kết quả: {day(dossier.due_at)}."]
    why = f" Lý do: {dossier.reason.rstrip('.')}." if dossier.reason else ""
    return [
        f"Hồ sơ đã quá hẹn {day(dossier.due_at)}, {place} xin lỗi anh/chị.{why}",
        "Anh/chị nhắn CB nếu cần cán bộ gọi lại.",
    ]


def supplement(dossier: Dossier) -> str:
    """What is missing in a dossier, how and until when to bring it."""
    if dossier.state != State.SUPPLEMENT_REQUESTED:
        which = f"Hồ sơ {dossier.code} ({cut(dossier.procedure_name, TOLD_NAME)})"
        return " ".join([f"{which} không thiếu giấy tờ gì, {state_name(dossier.state)}.", *next_steps(dossier)])
    if not lacking(dossier):
        return describe(dossier)
    items = "\n".join(_item(number, paper) for number, paper in enumerate(_missing(dossier), 1))
    until = f" Hạn cuối: {day(dossier.supplement_due_at)}." if dossier.supplement_due_at else ""
    return (
        f"Hồ sơ {dossier.code} ({cut(dossier.procedure_name, TOLD_NAME)}) còn thiếu:\n{items}\n"
        f"Anh/chị nộp bổ sung tại {dossier.desk_name}, hoặc gửi ảnh ở {link(dossier)}\n"
        f"{until.strip()} Quá hạn, hồ sơ sẽ bị hủy.".strip()
    )


def _missing(dossier: Dossier) -> list[DossierPaper]:
    return [paper for paper in dossier.papers if paper.state == PaperState.MISSING]


def _item(number: int, paper: DossierPaper) -> str:
    if is_looked_at(paper):
        return f"{number}. {paper.name} (đã nhận ảnh, đang kiểm tra)"
    return f"{number}. {paper.name}" + (f" ({paper.remark.rstrip('.')})" if paper.remark else "")


def link(dossier: Dossier) -> str:
    """The applicant's own page of this dossier."""
    return f"{settings().public_url.rstrip('/')}/hs/{dossier.key}"


def money(amount: int) -> str:
    """`8.000`: đồng with the thousands apart."""
    return f"{amount:,}".replace(",", ".")


def cut(name: str, most: int) -> str:
    """A long name up to the last whole word that fits."""
    return name if len(name) <= most else name[: most - 1].rsplit(" ", 1)[0].rstrip(" ,;:.(–-") + "…"


def title(dossier: Dossier) -> str:
    """Which of several: the end of its code, as its paper shows it, where it stands, and what it is about.

    In this order because a channel with little room, SMS, cuts off the end.
    """
    state = State(dossier.state)
    late = dossier.due_at is not None and is_late(
        state, dossier.due_at, clock.now(), stopped=dossier.clock_stopped_at is not None
    )
    short = "QUÁ HẸN" if late else _SHORT_STATE[state]
    return f"Số {dossier.code.rsplit('-', 1)[-1]}, {short}: {cut(dossier.procedure_name, TITLE_NAME)}"


def several(shown: int, total: int) -> str:
    """Above the choices, one for each of the newest dossiers."""
    older = f", đây là {shown} hồ sơ mới nhất" if total > shown else ""
    return f"Dạ, anh/chị có {total} hồ sơ{older}. Xem hồ sơ nào ạ?"


FOUND = "Dạ, hồ sơ của anh/chị:"
UNCLEAR_CODE = (
    "Dạ, em chưa nhận ra mã hồ sơ. Mã in trên giấy hẹn, ví dụ H15.16-260930-0012."
    " Anh/chị nhắn HS và mã, hoặc chỉ HS để xem mọi hồ sơ của mình."
)


def none(*, on_sms: bool) -> str:
    """No dossier at all; a chat speaks for the number that it is linked to."""
    if on_sms:
        return "Dạ, số điện thoại này chưa có hồ sơ nào. Nếu khi nộp anh/chị ghi số khác, xin nhắn từ số đó."
    return "Dạ, số đã liên kết tại đây chưa có hồ sơ nào. Nếu khi nộp anh/chị ghi số khác, xin nhắn LK và số đó."


def not_found(code: str, *, on_sms: bool) -> str:
    """Nothing of that code for this citizen; the same words whether it does not exist or is somebody else's."""
    number = "số điện thoại này" if on_sms else "số đã liên kết tại đây"
    otherwise = "nhắn từ số đã ghi khi nộp hồ sơ" if on_sms else "nhắn LK và số đã ghi khi nộp hồ sơ"
    return f"Dạ, em không tìm thấy hồ sơ {code} của {number}. Anh/chị xem lại mã trên giấy hẹn, hoặc {otherwise}."


def needs_link() -> str:
    """The conversation has not proved a phone number."""
    return (
        "Dạ, để giữ kín thông tin, em chỉ báo hồ sơ cho số điện thoại đã ghi khi nộp."
        f" Anh/chị nhắn LK và số đó để liên kết tại đây, nhắn SMS từ số đó, hoặc gọi {settings().hotline}."
    )
