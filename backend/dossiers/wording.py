"""How a dossier is spoken of to its applicant: state, what comes next, when, and why when late."""

from datetime import datetime

from backend import clock
from backend.dossiers.models import Dossier
from backend.dossiers.policy import State, is_late
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
TITLE_NAME = 28  # five titles and a question fit into two segments of SMS
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


def changed_meanwhile(dossier: Dossier) -> str:
    """Who did what to the dossier since it was looked at."""
    last = dossier.history[-1]
    return (
        f"{last.actor_name or 'Hệ thống'} vừa cập nhật hồ sơ lúc {clock.local(last.at):%H:%M:%S}"
        f" (“{state_name(last.to_state)}”). Anh/chị xem lại rồi làm tiếp; nội dung đã nhập vẫn còn."
    )


def describe(dossier: Dossier) -> str:
    """Where the dossier stands, in two to four short sentences."""
    sentences = [f"Hồ sơ {dossier.code} ({dossier.procedure_name}) {state_name(dossier.state)}."]
    if dossier.reason and dossier.state in (State.REFUSED, State.CANCELLED):
        sentences.append(f"Lý do: {dossier.reason.rstrip('.')}.")
    sentences += _next_step(dossier)
    return " ".join(sentences)


def _next_step(dossier: Dossier) -> list[str]:
    match State(dossier.state):
        case State.RESULT_READY:
            return [f"Mời anh/chị mang giấy hẹn và căn cước đến {dossier.agency_name} để nhận, trong giờ hành chính."]
        case State.SUPPLEMENT_REQUESTED:
            until = f" trước {day(dossier.supplement_due_at)}" if dossier.supplement_due_at else ""
            return [
                f"Còn thiếu: {'; '.join(dossier.missing)}. Anh/chị nộp bổ sung tại {dossier.agency_name}{until}.",
                "Quá hạn, hồ sơ sẽ bị hủy.",
            ]
        case State.RETURNED:
            return ["Anh/chị thấy phục vụ thế nào? Nhắn DG và số điểm từ 1 đến 5."]
        case State.SUBMITTED | State.REFUSED | State.CANCELLED | State.WITHDRAWN:
            return []
        case _:
            return _appointment(dossier)


def _appointment(dossier: Dossier) -> list[str]:
    if dossier.due_at is None:
        return []
    if not is_late(State(dossier.state), dossier.due_at, clock.now(), stopped=dossier.clock_stopped_at is not None):
        return [f"Nơi xử lý: {dossier.agency_name}. Hẹn trả kết quả: {day(dossier.due_at)}."]
    why = f" Lý do: {dossier.reason.rstrip('.')}." if dossier.reason else ""
    return [
        f"Hồ sơ đã quá hẹn {day(dossier.due_at)}, {dossier.agency_name} xin lỗi anh/chị.{why}",
        "Anh/chị nhắn CB nếu cần cán bộ gọi lại.",
    ]


def supplement(dossier: Dossier) -> str:
    """What is missing in a dossier, how and until when to bring it."""
    if dossier.state != State.SUPPLEMENT_REQUESTED:
        return f"Hồ sơ {dossier.code} không thiếu giấy tờ gì. {describe(dossier)}"
    items = "\n".join(f"{number}. {item}" for number, item in enumerate(dossier.missing, 1))
    until = f" Hạn cuối: {day(dossier.supplement_due_at)}." if dossier.supplement_due_at else ""
    return (
        f"Hồ sơ {dossier.code} ({dossier.procedure_name}) còn thiếu:\n{items}\n"
        f"Anh/chị mang đến {dossier.agency_name} trong giờ hành chính.{until} Quá hạn, hồ sơ sẽ bị hủy."
    )


def title(dossier: Dossier) -> str:
    """Which of several: what it is about, where it stands, and the end of its code, as its paper shows it."""
    state = State(dossier.state)
    late = dossier.due_at is not None and is_late(
        state, dossier.due_at, clock.now(), stopped=dossier.clock_stopped_at is not None
    )
    short = "QUÁ HẸN" if late else _SHORT_STATE[state]
    name = dossier.procedure_name
    if len(name) > TITLE_NAME:
        name = name[: TITLE_NAME - 1].rsplit(" ", 1)[0].rstrip(" ,;:.(–-") + "…"
    return f"{name}: {short} (số {dossier.code.rsplit('-', 1)[-1]})"


def several(shown: int, total: int) -> str:
    """Above the choices, one for each of the newest dossiers."""
    older = f", đây là {shown} hồ sơ mới nhất" if total > shown else ""
    return f"Dạ, anh/chị có {total} hồ sơ{older}. Xem hồ sơ nào ạ?"


NONE = "Dạ, số điện thoại này chưa có hồ sơ nào. Nếu khi nộp anh/chị ghi số khác, xin nhắn từ số đó."
UNCLEAR_CODE = (
    "Dạ, em chưa nhận ra mã hồ sơ. Mã in trên giấy hẹn, ví dụ H15.16-260930-0012."
    " Anh/chị nhắn HS và mã, hoặc chỉ HS để xem mọi hồ sơ của mình."
)


def not_found(code: str) -> str:
    """Nothing of that code for this citizen; the same words whether it does not exist or is somebody else's."""
    return (
        f"Dạ, em không tìm thấy hồ sơ {code} của số điện thoại này."
        " Anh/chị xem lại mã trên giấy hẹn, hoặc nhắn từ số đã ghi khi nộp hồ sơ."
    )


def needs_link() -> str:
    """The conversation has not proved a phone number."""
    return (
        "Dạ, để giữ kín thông tin, em chỉ báo hồ sơ cho số điện thoại đã ghi khi nộp."
        f" Anh/chị nhắn tin HS và mã hồ sơ từ số đó, hoặc gọi {settings().hotline}."
    )
