"""Escalation over HTTP, for the assistant's actions."""

from dataclasses import asdict
from typing import Any

from flask_openapi3 import APIBlueprint, Tag

from backend import http
from backend.inbox import service
from backend.inbox.schemas import EscalationIn, EscalationOut
from backend.messaging.schemas import ConversationPath

blueprint = APIBlueprint(
    "inbox_api",
    __name__,
    url_prefix="/api/v1",
    abp_tags=[Tag(name="inbox")],
    abp_security=[{"internal": []}],
)


@blueprint.post("/conversations/<int:cid>/escalations", responses={200: EscalationOut})
@http.internal
def escalate(path: ConversationPath, body: EscalationIn) -> dict[str, Any]:
    """Put the conversation before the officers; repeated for the same message, nothing is added."""
    return asdict(service.escalate(path.cid, body.reason, body.summary, body.message_id))
