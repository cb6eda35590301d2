"""What is said about linking a chat to a phone number. The number itself is only ever shown by its last digits."""

from backend.settings import settings

CHANNELS = {"web": "trang chat", "zalo": "Zalo", "telegram": "Telegram"}

HOW = (
    "Dạ, để xem hồ sơ tại đây, anh/chị nhắn LK và số điện thoại đã ghi khi nộp hồ sơ, ví dụ: LK 0912345678."
    " Em gửi mã xác nhận vào số đó."
)
NOT_A_PHONE = "Dạ, số điện thoại chưa đúng. Anh/chị nhắn LK và số di động, ví dụ: LK 0912345678."
SMS_PROVES_ITSELF = (
    "Dạ, nhắn từ số này, anh/chị xem được ngay hồ sơ nộp bằng số này, không cần liên kết. Anh/chị nhắn HS."
)
NO_CODE_AWAITED = "Dạ, em không chờ mã nào. Anh/chị nhắn LK và số điện thoại để nhận mã mới."
EXPIRED = "Dạ, mã đã hết hạn. Anh/chị nhắn lại LK và số điện thoại để nhận mã mới."
TOO_MANY_TRIES = "Dạ, mã sai quá số lần cho phép nên đã hủy. Anh/chị nhắn lại LK và số điện thoại để nhận mã mới."
TOO_MANY_CODES = (
    "Dạ, số này hoặc cuộc trò chuyện này đã nhận nhiều mã trong một giờ qua. Anh/chị thử lại sau, hoặc nhắn CB để gặp"
    " cán bộ."
)
NOT_LINKED = "Dạ, cuộc trò chuyện này chưa liên kết số điện thoại nào."


def code(digits: str, channel: str) -> str:
    """The SMS that carries a code."""
    return (
        f"Mã xác nhận của anh/chị là {digits}, dùng trong 5 phút để liên kết số này với {channel} của tổng đài"
        f" {settings().hotline}. Không đưa mã cho bất kỳ ai. Nếu không phải anh/chị yêu cầu, xin bỏ qua tin này."
    )


def code_sent(phone: str) -> str:
    return f"Dạ, em đã gửi mã 6 số vào số {ending(phone)}. Anh/chị nhắn mã đó tại đây trong 5 phút."


def wrong(left: int) -> str:
    return f"Dạ, mã chưa đúng, anh/chị còn {left} lần thử. Anh/chị xem lại tin SMS giúp em."


def linked(phone: str) -> str:
    return (
        f"Dạ, đã liên kết với số {ending(phone)}. Từ nay anh/chị xem hồ sơ của số này tại đây: nhắn HS."
        " Muốn bỏ liên kết, nhắn HUY LK."
    )


def linked_already(phone: str) -> str:
    return f"Dạ, cuộc trò chuyện này đã liên kết với số {ending(phone)} rồi ạ. Anh/chị nhắn HS để xem hồ sơ."


def unlinked(phone: str) -> str:
    return f"Dạ, đã bỏ liên kết với số {ending(phone)}. Muốn liên kết lại, anh/chị nhắn LK và số điện thoại."


def unlinked_by_officer(phone: str) -> str:
    return (
        f"Dạ, cán bộ đã bỏ liên kết cuộc trò chuyện này với số {ending(phone)}."
        f" Nếu chưa đúng, anh/chị nhắn LK và số điện thoại, hoặc gọi {settings().hotline}."
    )


def ending(phone: str) -> str:
    """A number that its owner knows again and nobody else learns."""
    return f"…{phone[-3:]}"
