"""How a text would read on a phone and what it would cost. Called by our own processes only."""

import unicodedata
from typing import Annotated, Any

from flask import Blueprint, jsonify, request
from flask.typing import ResponseReturnValue
from pydantic import BaseModel, ConfigDict, Field

from backend import http
from sms_gateway import rendering
from sms_gateway.plain import plain
from sms_gateway.segments import count, is_gsm7, split
from sms_gateway.settings import sms_settings

MAX_PAGES = 40
"""More than any answer has; a stop for texts that nobody would read to the end on a phone."""
MAX_TEXT = 10_000

blueprint = Blueprint("sms_preview", __name__)


class Asked(BaseModel):
    """An answer as the ledger has it: accented text and the titles of its choices."""

    model_config = ConfigDict(extra="forbid")

    text: Annotated[str, Field(max_length=50_000)]
    titles: Annotated[list[str], Field(max_length=20)] = []
    accents: bool = False


class AskedText(BaseModel):
    """Any text."""

    model_config = ConfigDict(extra="forbid")

    text: Annotated[str, Field(max_length=MAX_TEXT)]


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


@blueprint.post("/sms/preview/text")
@http.internal
def preview_text() -> ResponseReturnValue:
    """A text as it is and unaccented: `as_is` and `plain` (what each costs), `offending`: which characters make it
    UCS-2, and how often they stand in it; `providers`: đồng for both with each, null where the price is not known."""
    text = unicodedata.normalize("NFC", AskedText.model_validate_json(request.get_data()).text).strip()
    text = text.replace("\r\n", "\n")
    unaccented = plain(text)
    as_is, without = _form(text), _form(unaccented)
    costs = sms_settings().costs
    providers = [
        {
            "name": name,
            "price": costs.get(name),
            "as_is": _times(costs.get(name), as_is["segments"]),
            "plain": _times(costs.get(name), without["segments"]),
        }
        for name in sms_settings().weights
    ]
    return jsonify(as_is=as_is, plain=without, offending=_offending(text), providers=providers)


def _form(text: str) -> dict[str, Any]:
    cost = count(text)
    return {
        "body": text,
        "encoding": cost.encoding,
        "segments": cost.segments,
        "units": cost.units,
        "remaining": cost.remaining,
        "parts": split(text),
    }


def _offending(text: str) -> list[dict[str, Any]]:
    """In the order in which they first stand in it."""
    found: dict[str, int] = {}
    for character in text:
        if not is_gsm7(character):
            found[character] = found.get(character, 0) + 1
    return [
        {"character": character, "name": unicodedata.name(character, "?"), "times": times}
        for character, times in found.items()
    ]


def _times(price: int | None, segments: int) -> int | None:
    return None if price is None else price * segments
