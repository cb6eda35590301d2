"""Consent and linking over HTTP, for the assistant's actions."""

from flask_openapi3 import APIBlueprint, Tag

from backend import http
from backend.citizens import linking, service, wording
from backend.citizens.schemas import LinkIn, NoticesIn
from backend.messaging.channels import Ask
from backend.messaging.schemas import ConversationPath, SaidOut

blueprint = APIBlueprint(
    "citizens_api",
    __name__,
    url_prefix="/api/v1",
    abp_tags=[Tag(name="citizens")],
    abp_security=[{"internal": []}],
)


@blueprint.post("/conversations/<int:cid>/notices", responses={200: SaidOut})
@http.internal
def set_notices(path: ConversationPath, body: NoticesIn) -> dict[str, str]:
    """Stop or resume notices to the citizen of a conversation."""
    return {"text": service.set_notices(path.cid, body.wanted)}


@blueprint.post("/conversations/<int:cid>/link", responses={200: SaidOut})
@http.internal
def link(path: ConversationPath, body: LinkIn) -> dict[str, str]:
    """Text a one-time code to the phone number that the citizen names; without one, say how it is done."""
    if not body.phone:
        return {"text": wording.HOW, "ask": Ask.PHONE}
    return {"text": linking.start(path.cid, body.phone)}
