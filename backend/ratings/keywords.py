"""DG: rate the service, and the officer."""

import re

from backend.messaging.channels import Reply
from backend.messaging.keywords import Context, command
from backend.ratings import asking, service

# A second number of its own is the officer's score; one that counts something ("DG 2 4 lần mới xong") is not.
_COUNTED = (
    r"(?!\s*(?:lần|lan|ngày|ngay|tuần|tuan|tháng|thang|năm|nam|giờ|gio|tiếng|tieng|phút|phut|buổi|buoi|người|nguoi"
    r"|chuyến|chuyen|lượt|luot|bữa|bua|hồ sơ|ho so|hs|tờ|to)\b)"
)
_ARGUMENT = re.compile(
    r"(?:(?P<code>\S*\d{4,}\S*)\s+)?(?P<score>[1-5])(?:\s*(?:diem|điểm|sao))?"
    rf"(?:[\s,;/-]+(?P<officer>[1-5])(?![\w/.,]*\d){_COUNTED}(?:\s*(?:diem|điểm|sao))?)?"
    r"(?:[\s.,:;-]+(?P<words>.*))?",
    re.S | re.I,
)
HOW = (
    "Dạ, anh/chị nhắn DG và số điểm từ 1 (rất không hài lòng) đến 5 (rất hài lòng), ví dụ: DG 5 phục vụ tốt."
    " Hai số, ví dụ DG 5 4: 5 điểm cho việc phục vụ, 4 điểm cho cán bộ. Không muốn đánh giá: DG BO QUA."
)


@command("dg", accepts=r"")
def explain(_context: Context, _argument: str) -> list[Reply]:
    """DG alone."""
    return [Reply(HOW)]


@command("dg", accepts=r"bo qua")
def skip(context: Context, _argument: str) -> list[Reply]:
    """DG BO QUA."""
    service.skip(context.conversation_id)
    return [Reply(asking.SKIPPED)]


@command("dg", accepts=r".*\d.*")
def rate(context: Context, argument: str) -> list[Reply]:
    """DG <code?> <1-5> <1-5?> <words?>."""
    match = _ARGUMENT.fullmatch(argument)
    if match is None:
        return [Reply(HOW)]
    outcome = service.rate(
        context.conversation_id,
        int(match["score"]),
        match["words"] or "",
        match["code"],
        officer_score=int(match["officer"]) if match["officer"] else None,
        message_id=context.message_id,
    )
    return [Reply(outcome.text)]
