"""The few sentences that messaging itself says; everything else is said by features or by the assistant."""

from collections.abc import Sequence

from backend.settings import settings

UNREADABLE = "Dạ, em chưa đọc được tin nhắn. Anh/chị nhắn lại bằng chữ, ví dụ: làm giấy khai sinh cần giấy tờ gì."
NOTHING_TO_SAY = "Dạ, em chưa hiểu ý anh/chị. Anh/chị nhắn TRO GIUP để xem cách hỏi, hoặc CB để gặp cán bộ."
ASSISTANT_DOWN = (
    # Two accented segments at the most: while something is down, nothing should need a TIEP THEO.
    "Dạ, hệ thống đang bận. Em đã nhận tin, sẽ trả lời ngay khi được, anh/chị không cần nhắn lại."
    " Xem hồ sơ: nhắn HS và mã."
)
FAULT = (
    "Dạ, em chưa xử lý được yêu cầu này, bộ phận kỹ thuật đã được báo. Anh/chị thử lại sau hoặc nhắn CB để gặp cán bộ."
)
TOO_FAST = (
    "Dạ, em nhận được nhiều tin quá nhanh nên chưa trả lời hết. Anh/chị chờ một phút rồi nhắn lại giúp em,"
    " mỗi việc một tin là đủ."
)
BLOCKED = (
    "Tổng đài tạm ngừng trả lời tin nhắn từ đây vì: {reason}. Việc gấp, anh/chị gọi {hotline} hoặc đến bộ phận một cửa."
)
UNBLOCKED = "Dạ, tổng đài đã mở lại, anh/chị nhắn tin bình thường được rồi ạ."
HELP = (
    "Anh/chị cứ hỏi bằng lời thường, hoặc nhắn:\n"
    "HS <mã>: xem hồ sơ\n"
    "TT <tên>: tìm thủ tục\n"
    "GT, LP, TG, ND: giấy tờ, lệ phí, thời gian, nơi nộp\n"
    "DG <1-5>: đánh giá\n"
    "PA <nội dung>: phản ánh\n"
    "CB: gặp cán bộ\n"
    "DUNG: ngừng tin báo\n"
    "CO DAU / KHONG DAU: đổi kiểu chữ"
)
NO_REST = "Dạ, tin trước đã hết rồi ạ. Anh/chị cần hỏi gì thêm cứ nhắn cho em."
ACCENTS_ON = "Dạ, từ nay em nhắn có dấu. Muốn trở lại, anh/chị nhắn KHONG DAU."
ACCENTS_OFF = "Dạ, từ nay em nhắn không dấu. Muốn đổi lại, anh/chị nhắn CO DAU."

FILE_TOO_LARGE = "Tệp quá lớn. Mỗi tệp tối đa 10 MB."
FILE_GONE = "Tệp không còn trên ứng dụng anh/chị đã gửi."
FILE_NOT_HAD = "Ứng dụng anh/chị dùng chưa chuyển được tệp. Anh/chị gửi lại sau ít phút."
CONTACT_NOTED = "Dạ, em đã nhận danh bạ. Anh/chị cần hỏi gì thêm cứ nhắn cho em."


def officer_said(words: str) -> str:
    """An officer's words said again by the assistant, on one line; "" for none."""
    return f"Dạ, cán bộ trả lời anh/chị: “{' '.join(words.split())}”" if words else ""


def refused(count: int, whys: Sequence[str]) -> str:
    """That `count` files were not taken, and why."""
    files = "tệp" if count == 1 else f"{count} tệp"
    return " ".join([f"Dạ, em chưa nhận được {files} anh/chị gửi.", *whys])


def location_noted(place: str, *, near: bool) -> str:
    """The answer to a place that was shared without a word and that nobody waited for."""
    if not near:
        return f"Dạ, vị trí này nằm ngoài tỉnh {settings().province}. Anh/chị cần hỏi gì cứ nhắn cho em."
    at = f" ({place})" if place else ""
    return f"Dạ, em đã nhận vị trí{at}. Anh/chị muốn phản ánh việc gì ở đó thì nhắn cho em việc gì, từ khi nào."
