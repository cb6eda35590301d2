"""DG: rate the service."""

import re

from backend.messaging.channels import Reply
from backend.messaging.keywords import Context, command
from backend.ratings import service

_ARGUMENT = re.compile(
    r"(?:(?P<code>\S*\d{4,}\S*)\s+)?(?P<score>[1-5])(?:\s*(?:diem|điểm|sao))?(?:[\s.,:]+(?P<words>.*))?", re.S
)
HOW = "Dạ, anh/chị nhắn DG và số điểm từ 1 (rất không hài lòng) đến 5 (rất hài lòng), ví dụ: DG 5 phục vụ tốt."


@command("dg", accepts=r"")
def explain(_context: Context, _argument: str) -> list[Reply]:
    """DG alone."""
    return [Reply(HOW)]


@command("dg", accepts=r".*\d.*")
def rate(context: Context, argument: str) -> list[Reply]:
    """DG <code?> <1-5> <words?>."""
    match = _ARGUMENT.fullmatch(argument)
    if match is None:
        return [Reply(HOW)]
    outcome = service.rate(context.conversation_id, int(match["score"]), match["words"] or "", match["code"])
    return [Reply(outcome.text)]
