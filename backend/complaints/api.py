"""Reports over HTTP, for the assistant's actions."""

from dataclasses import asdict
from typing import Any

from flask_openapi3 import APIBlueprint, Tag

from backend import http
from backend.complaints import drafting, service
from backend.complaints.schemas import DraftIn, DraftOut, DropIn, LookupIn, LookupOut
from backend.messaging.schemas import ConversationPath

blueprint = APIBlueprint(
    "complaints_api",
    __name__,
    url_prefix="/api/v1",
    abp_tags=[Tag(name="complaints")],
    abp_security=[{"internal": []}],
)


@blueprint.post("/conversations/<int:cid>/complaint-drafts", responses={200: DraftOut})
@http.internal
def hear(path: ConversationPath, body: DraftIn) -> dict[str, Any]:
    """Tell the draft something, which begins with the first words; the same message gets the same answer."""
    return _told(drafting.hear(path.cid, body.message_id, body.text, meaning=body.meaning, urgent=body.urgent))


@blueprint.post("/conversations/<int:cid>/complaint-draft-drops", responses={200: DraftOut})
@http.internal
def drop(path: ConversationPath, body: DropIn) -> dict[str, Any]:
    """Give the draft up; outcome "none" where there is none."""
    return _told(drafting.drop(path.cid, body.message_id))


def _told(said: drafting.Said) -> dict[str, Any]:
    choices = [{"title": title, "payload": payload} for title, payload in said.choices]
    return asdict(said) | {"choices": choices}


@blueprint.post("/conversations/<int:cid>/complaint-lookups", responses={200: LookupOut})
@http.internal
def look_up(path: ConversationPath, body: LookupIn) -> dict[str, str]:
    """Where a report of this conversation stands."""
    return asdict(service.look_up(path.cid, body.code))
