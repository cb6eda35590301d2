"""How a text would read on a phone, for the web chat's switch. Called by our own processes only."""

from typing import Annotated

from flask import Blueprint, jsonify, request
from flask.typing import ResponseReturnValue
from pydantic import BaseModel, ConfigDict, Field

from backend import http
from sms_gateway import rendering

MAX_PAGES = 40
"""More than any answer has; a stop for texts that nobody would read to the end on a phone."""

blueprint = Blueprint("sms_preview", __name__)


class Asked(BaseModel):
    """An answer as the ledger has it: accented text and the titles of its choices."""

    model_config = ConfigDict(extra="forbid")

    text: Annotated[str, Field(max_length=50_000)]
    titles: Annotated[list[str], Field(max_length=20)] = []
    accents: bool = False


@blueprint.post("/sms/preview")
@http.internal
def preview() -> ResponseReturnValue:
    """The first SMS (`body`, `rest`, `segments`, `encoding`) and `pages`: it, and what each TIEP THEO would bring."""
    asked = Asked.model_validate_json(request.get_data())
    first = rendering.render(asked.text, asked.titles, accents=asked.accents)
    pages = [first]
    while pages[-1].rest and len(pages) < MAX_PAGES:
        pages.append(rendering.render(pages[-1].rest, (), accents=asked.accents))
    return jsonify(
        body=first.body,
        rest=first.rest,
        segments=first.segments,
        encoding=first.encoding,
        pages=[{"body": page.body, "segments": page.segments, "encoding": page.encoding} for page in pages],
    )
