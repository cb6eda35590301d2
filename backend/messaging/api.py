"""Conversations over HTTP, for the assistant's actions. No address and no text leaves the backend here."""

from typing import Any

from flask_openapi3 import APIBlueprint, Tag

from backend import http
from backend.messaging import service, wording
from backend.messaging.schemas import ConversationOut, ConversationPath

blueprint = APIBlueprint(
    "messaging_api",
    __name__,
    url_prefix="/api/v1",
    abp_tags=[Tag(name="messaging")],
    abp_security=[{"internal": []}],
)


@blueprint.get("/conversations/<int:cid>", responses={200: ConversationOut})
@http.internal
def conversation(path: ConversationPath) -> dict[str, Any]:
    """Where a conversation stands."""
    view = service.view(path.cid)
    return {
        "id": view.id,
        "channel": view.channel,
        "procedure_code": view.procedure_code,
        "owner": view.owner,
        "officer_said": wording.officer_said(service.officer_said(path.cid)),
    }
