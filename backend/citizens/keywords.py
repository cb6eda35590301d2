"""DUNG stops notices, TIEP resumes them."""

from backend.citizens import service
from backend.messaging.channels import Reply
from backend.messaging.keywords import Context, command


@command("dung", "stop", accepts="(tin|nhan tin|gui tin|thong bao)?")
def stop(context: Context, _argument: str) -> list[Reply]:
    """DUNG: no more notices."""
    return [Reply(service.set_notices(context.conversation_id, False))]


@command("tiep", "start", accepts="(tuc)?")
def resume(context: Context, _argument: str) -> list[Reply]:
    """TIEP: notices again."""
    return [Reply(service.set_notices(context.conversation_id, True))]
