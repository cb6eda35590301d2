"""Ratings over HTTP, for the assistant's actions."""

from dataclasses import asdict

from flask_openapi3 import APIBlueprint, Tag

from backend import http
from backend.messaging.schemas import ConversationPath
from backend.ratings import service
from backend.ratings.schemas import RatingIn, RatingOut

blueprint = APIBlueprint(
    "ratings_api",
    __name__,
    url_prefix="/api/v1",
    abp_tags=[Tag(name="ratings")],
    abp_security=[{"internal": []}],
)


@blueprint.post("/conversations/<int:cid>/ratings", responses={200: RatingOut})
@http.internal
def rate(path: ConversationPath, body: RatingIn) -> dict[str, str]:
    """Record or, within a day, correct the rating of a returned dossier; doing it again changes nothing."""
    outcome = service.rate(path.cid, body.score, body.words, body.dossier_code, message_id=body.message_id)
    return asdict(outcome)
