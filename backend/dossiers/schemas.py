"""Requests and answers of the dossiers API."""

from typing import Literal

from pydantic import BaseModel, Field

from backend.messaging.schemas import SaidOut


class LookupIn(BaseModel):
    code: str | None = Field(None, max_length=80, description="A code, its last digits, or null for all")
    aspect: Literal["state", "supplement"] = "state"


class SummaryOut(BaseModel):
    code: str
    procedure_name: str
    state: str
    title: str = Field(description="Procedure and state in few words, to pick it from the citizen's others")


class LookupOut(SaidOut):
    outcome: Literal["found", "several", "none", "not_found", "needs_link", "unclear"]
    dossiers: list[SummaryOut]
