"""PA: report a problem, or see where a report stands."""

from backend.complaints import service
from backend.messaging.channels import Reply
from backend.messaging.keywords import Context, command

HOW = (
    "Dạ, anh/chị nhắn PA và nội dung: việc gì, ở đâu, từ khi nào. Ví dụ: PA đèn đường hỏng trước số 12 Nguyễn Du"
    " phường Tân Lợi. Việc khẩn cấp xin gọi 113, 114 hoặc 115."
)


@command("pa", accepts=r"")
def explain(_context: Context, _argument: str) -> list[Reply]:
    """PA alone."""
    return [Reply(HOW)]


@command("pa", accepts=r"(pa)?[\s.-]*\d{6}[\s.-]*\d{4,6}")
def look_up(context: Context, argument: str) -> list[Reply]:
    """PA <code>."""
    return [Reply(service.look_up(context.conversation_id, argument).text)]


@command("pa", accepts=r".*[a-z].*")
def file(context: Context, argument: str) -> list[Reply]:
    """PA <words>."""
    return [Reply(service.file(context.conversation_id, context.message_id, argument).text)]
