"""Reports over HTTP, for the assistant's actions."""

from dataclasses import asdict

from flask_openapi3 import APIBlueprint, Tag

from backend import http
from backend.complaints import service
from backend.complaints.schemas import AdditionIn, ComplaintIn, ComplaintOut, LookupIn, LookupOut
from backend.messaging.schemas import ConversationPath

blueprint = APIBlueprint(
    "complaints_api",
    __name__,
    url_prefix="/api/v1",
    abp_tags=[Tag(name="complaints")],
    abp_security=[{"internal": []}],
)


@blueprint.post("/conversations/<int:cid>/complaints", responses={200: ComplaintOut})
@http.internal
def file(path: ConversationPath, body: ComplaintIn) -> dict[str, str]:
    """Take a report in; repeated for the same message, the same report is answered."""
    return asdict(service.file(path.cid, body.message_id, body.text))


@blueprint.post("/conversations/<int:cid>/complaint-additions", responses={200: LookupOut})
@http.internal
def add(path: ConversationPath, body: AdditionIn) -> dict[str, str]:
    """Add to the report just taken in."""
    return asdict(service.add(path.cid, body.message_id, body.text))


@blueprint.post("/conversations/<int:cid>/complaint-lookups", responses={200: LookupOut})
@http.internal
def look_up(path: ConversationPath, body: LookupIn) -> dict[str, str]:
    """Where a report of this conversation stands."""
    return asdict(service.look_up(path.cid, body.code))
