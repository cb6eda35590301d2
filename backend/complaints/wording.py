"""What officers and citizens are told of reports, named once."""

from backend import clock
from backend.complaints.models import Complaint
from backend.complaints.policy import TOLD, Action, Contact, Kind, Protection, State
from backend.i18n import N_
from backend.messaging.channels import Choice
from backend.settings import settings

KINDS = {
    Kind.REPORT: N_("Phản ánh"),
    Kind.PROPOSAL: N_("Kiến nghị"),
    Kind.FORMAL_COMPLAINT: N_("Khiếu nại"),
    Kind.DENUNCIATION: N_("Tố cáo"),
    Kind.EMERGENCY: N_("Việc khẩn cấp"),
    Kind.FRAUD: N_("Lừa đảo"),
}
DECISION = "report-decision"
"""Begins the payload of "Đã xong" and "Chưa xong" under an answer."""
CONTACTS = {Contact.CALL: N_("Muốn được gọi lại"), Contact.NONE: N_("Không cần báo lại")}
STATES = {
    State.DRAFT: N_("Đang viết"),
    State.RECEIVED: N_("Mới tiếp nhận"),
    State.SORTED: N_("Đã phân loại"),
    State.ROUTED: N_("Đang xử lý"),
    State.ANSWERED: N_("Chờ duyệt trả lời"),
    State.APPROVED: N_("Chờ gửi trả lời"),
    State.SENT: N_("Đã trả lời"),
    State.SETTLED: N_("Đã giải quyết xong"),
    State.REOPENED: N_("Công dân chưa hài lòng, mở lại"),
    State.MERGED: N_("Đã gộp"),
    State.WITHDRAWN: N_("Công dân đã rút"),
}
ACTIONS = {
    Action.FILE: N_("Gửi phản ánh"),
    Action.ADD: N_("Bổ sung"),
    Action.SORT: N_("Phân loại"),
    Action.NAME_SUBJECT: N_("Ghi người, đơn vị bị phản ánh"),
    Action.ROUTE: N_("Chuyển cơ quan xử lý"),
    Action.FORWARD: N_("Chuyển cơ quan khác"),
    Action.ASSIGN: N_("Giao người xử lý"),
    Action.ANSWER: N_("Trình trả lời"),
    Action.SEND_BACK: N_("Trả lại"),
    Action.APPROVE: N_("Duyệt trả lời"),
    Action.SEND: N_("Gửi công dân"),
    Action.OUT_OF_COMPETENCE: N_("Trả lời không thuộc thẩm quyền"),
    Action.MERGE: N_("Gộp vào phản ánh khác"),
    Action.WITHDRAW: N_("Rút phản ánh"),
    Action.SETTLE: N_("Xác nhận đã xong"),
    Action.REOPEN: N_("Mở lại"),
    Action.REVEAL: N_("Xem danh tính"),
    Action.CONSENT: N_("Đồng ý công khai"),
    Action.REFUSE: N_("Không đồng ý công khai"),
    Action.PUBLISH: N_("Công khai"),
    Action.UNPUBLISH: N_("Thôi công khai"),
}
CATEGORIES = {
    "road": N_("Đường, cầu"),
    "advertising": N_("Quảng cáo"),
    "light": N_("Chiếu sáng"),
    "rubbish": N_("Rác thải"),
    "waste_water": N_("Nước thải, ngập"),
    "pollution": N_("Mùi, khói bụi"),
    "noise": N_("Tiếng ồn"),
    "building": N_("Xây dựng, đất đai"),
    "pavement": N_("Vỉa hè, lòng đường"),
    "traffic": N_("Trật tự giao thông"),
    "tree": N_("Cây xanh, rừng"),
    "utility": N_("Điện, nước sinh hoạt"),
    "security": N_("An ninh trật tự"),
    "conduct": N_("Thái độ phục vụ"),
    "": N_("Việc khác"),
}
"""As in `kinds.yml`; "" for what none of them is."""
CALLERS = {
    Protection.ANONYMOUS: N_("không nêu tên"),
    Protection.PROTECTED: N_("cần được bảo vệ"),
}
"""What a caller may wish beyond what their words ask for."""
SEALED = {
    Protection.NAMED: N_("Danh tính được giữ kín, xem cần nêu lý do"),
    Protection.ANONYMOUS: N_("Người phản ánh không nêu tên"),
    Protection.PROTECTED: N_("Người phản ánh được bảo vệ danh tính"),
}


def short_code(complaint: Complaint) -> str:
    """The code as one texts it after PA."""
    return (complaint.code or "").removeprefix("PA-")


def told(complaint: Complaint, action: Action) -> str:
    """What the citizen is told of an act."""
    code, short = complaint.code, short_code(complaint)
    match action:
        case Action.ROUTE | Action.FORWARD:
            until = f", hạn trả lời {clock.local(complaint.due_at):%d/%m/%Y}" if complaint.due_at else ""
            return f"Dạ, phản ánh {code} đã chuyển {complaint.agency_name} xử lý{until}."
        case Action.MERGE:
            return f"Dạ, phản ánh {code} trùng việc đã có người báo, em đã gộp vào và sẽ báo anh/chị khi có trả lời."
        case _:
            return (
                f"Dạ, trả lời phản ánh {code}: {complaint.answer}\n"
                f"Đã ổn, anh/chị nhắn PA {short} XONG. Chưa được, nhắn PA {short} CHUA và lý do."
            )


def decisions(complaint: Complaint) -> tuple[Choice, ...]:
    """What can be picked under an answer, or four weeks later."""
    return (
        Choice("Đã xong", f"{DECISION}:settled {complaint.code}"),
        Choice("Chưa xong", f"{DECISION}:reopen {complaint.code}"),
    )


def follow_up(complaint: Complaint) -> str:
    """The question four weeks after the answer."""
    short = short_code(complaint)
    return (
        f"Dạ, bốn tuần trước anh/chị nhận trả lời phản ánh {complaint.code}. Việc đó nay đã ổn chưa ạ?"
        f" Đã ổn, nhắn PA {short} XONG. Chưa, nhắn PA {short} CHUA và lý do."
    )


def standing(complaint: Complaint, joined: Complaint | None = None) -> str:
    """Where a report stands, for whoever sent it; `joined` is the one that a merged report went into."""
    sent = f"{clock.local(complaint.created_at):%d/%m/%Y}"
    begin = f"Dạ, phản ánh {complaint.code} gửi ngày {sent}"
    match complaint.state:
        case State.RECEIVED | State.SORTED:
            urgent = f"Cần gấp, anh/chị gọi {settings().hotline}."
            return f"{begin} đã được tiếp nhận, tổng đài đang chuyển cơ quan xử lý. {urgent}"
        case State.ROUTED | State.ANSWERED | State.APPROVED:
            until = f", hạn trả lời {clock.local(complaint.due_at):%d/%m/%Y}" if complaint.due_at else ""
            return f"{begin} đang được {complaint.agency_name} xử lý{until}."
        case State.REOPENED:
            return f"{begin} đã được mở lại, tổng đài đang xem lại."
        case State.MERGED if joined is not None and joined.state in TOLD:
            return f"{begin} đã gộp vào một phản ánh cùng việc, đã có trả lời: {joined.answer}"
        case State.MERGED:
            by = f", {joined.agency_name} đang xử lý" if joined is not None and joined.agency_name else ""
            return f"{begin} đã gộp vào một phản ánh cùng việc{by}. Có trả lời em báo anh/chị."
        case State.WITHDRAWN:
            return f"{begin} đã được anh/chị rút."
        case State.SETTLED:
            return f"{begin} đã giải quyết xong: {complaint.answer}"
        case _:
            return told(complaint, Action.SEND)
