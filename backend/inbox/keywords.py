"""CB: talk to an officer."""

from backend.inbox import service
from backend.inbox.models import Reason
from backend.messaging.channels import Reply
from backend.messaging.keywords import Context, command


@command("cb", accepts=r".*")
def ask_for_officer(context: Context, argument: str) -> list[Reply]:
    """CB <words?>."""
    summary = argument or "Công dân nhắn CB, chưa nói việc gì."
    return [Reply(service.escalate(context.conversation_id, Reason.ASKED, summary, context.message_id).text)]
