"""The providers' standing and how to change it, for the officers' pages. Called by our own processes only."""

from typing import Annotated

from flask import Blueprint, jsonify, request
from flask.typing import ResponseReturnValue
from pydantic import BaseModel, ConfigDict, Field

from backend import http
from backend.messaging.sms_provider import Providers
from sms_gateway import health, standing
from sms_gateway.settings import MOST_WEIGHT

blueprint = Blueprint("sms_providers", __name__, url_prefix="/sms/providers")


class Change(BaseModel):
    """What is to be different; what is left out stays."""

    model_config = ConfigDict(extra="forbid")

    weight: Annotated[int, Field(ge=0, le=MOST_WEIGHT)] | None = None
    draining: bool | None = None


@blueprint.get("/")
@http.internal
def providers() -> ResponseReturnValue:
    """All of them."""
    return jsonify(Providers(providers=health.providers()).model_dump())


@blueprint.post("/<name>")
@http.internal
def change(name: str) -> ResponseReturnValue:
    """Change a provider's weight, drain it, take it back."""
    wanted = Change.model_validate_json(request.get_data())
    if wanted.weight is not None:
        standing.set_weight(name, wanted.weight)
    if wanted.draining is not None:
        standing.set_draining(name, wanted.draining)
    return providers()
