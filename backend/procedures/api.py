"""The catalogue over HTTP, for the assistant's actions."""

from dataclasses import asdict
from typing import Any

from flask_openapi3 import APIBlueprint, Tag

from backend import http
from backend.messaging.schemas import ConversationPath
from backend.procedures import service
from backend.procedures.index import Hit
from backend.procedures.schemas import (
    AnswerIn,
    AnswerOut,
    CodePath,
    HitOut,
    ProcedureOut,
    SearchOut,
    SearchQuery,
)

blueprint = APIBlueprint(
    "procedures_api",
    __name__,
    url_prefix="/api/v1",
    abp_tags=[Tag(name="procedures")],
    abp_security=[{"internal": []}],
)


@blueprint.get("/procedures/search", responses={200: SearchOut})
@http.internal
def search(query: SearchQuery) -> dict[str, Any]:
    """Procedures that a citizen's words may mean, best first, with how sure that is."""
    found = service.search(query.q, limit=query.limit, level=query.level, agency=query.agency)
    hits = [_hit(hit) for hit in found.hits]
    out = SearchOut(decision=found.decision, residual=found.residual, ask=found.ask, hits=hits)
    return out.model_dump(mode="json")


def _hit(hit: Hit) -> HitOut:
    entry = hit.entry
    return HitOut(
        code=entry.code,
        name=entry.names[0],
        short_name=entry.short_name,
        title=hit.title,
        field=entry.field,
        level=entry.level,
        agency=entry.agency,
        score=hit.score,
    )


@blueprint.get("/procedures/<string:code>", responses={200: ProcedureOut})
@http.internal
def procedure(path: CodePath) -> dict[str, Any]:
    """A procedure as it is in force today."""
    return service.current_version(path.code).model_dump(mode="json", by_alias=True)


@blueprint.post("/conversations/<int:cid>/procedure-answers", responses={200: AnswerOut})
@http.internal
def answer(path: ConversationPath, body: AnswerIn) -> dict[str, Any]:
    """Tell one aspect of a procedure in a conversation, which is about this procedure from then on."""
    told = service.answer_in_conversation(path.cid, body.code, body.aspect)
    return AnswerOut.model_validate(asdict(told)).model_dump(mode="json")
