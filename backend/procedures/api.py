"""The catalogue over HTTP, for the assistant's actions."""

from dataclasses import asdict
from typing import Any

from flask_openapi3 import APIBlueprint, Tag

from backend import http
from backend.procedures import service
from backend.procedures.schemas import (
    AnswerIn,
    AnswerOut,
    CodePath,
    ConversationPath,
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
    hits = [
        HitOut(score=hit.score, **{f: getattr(hit.entry, f) for f in _SHOWN}, name=hit.entry.names[0])
        for hit in found.hits
    ]
    return SearchOut(decision=found.decision, residual=found.residual, hits=hits).model_dump(mode="json")


_SHOWN = ("code", "short_name", "field", "level", "agency")


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
