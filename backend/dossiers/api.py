"""Dossiers over HTTP, for the assistant's actions."""

from dataclasses import asdict
from typing import Any

from flask_openapi3 import APIBlueprint, Tag

from backend import http
from backend.dossiers import service
from backend.dossiers.schemas import LookupIn, LookupOut
from backend.messaging.schemas import ConversationPath

blueprint = APIBlueprint(
    "dossiers_api",
    __name__,
    url_prefix="/api/v1",
    abp_tags=[Tag(name="dossiers")],
    abp_security=[{"internal": []}],
)


@blueprint.post("/conversations/<int:cid>/dossier-lookups", responses={200: LookupOut})
@http.internal
def look_up(path: ConversationPath, body: LookupIn) -> dict[str, Any]:
    """Where the dossiers of this conversation's citizen stand, or what they still lack. Each look is audited."""
    return asdict(service.look_up(path.cid, body.code, body.aspect))
