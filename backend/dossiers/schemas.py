"""Requests and answers of the dossiers API."""

from typing import Literal

from pydantic import BaseModel, Field


class LookupIn(BaseModel):
    code: str | None = Field(None, max_length=80, description="A code, its last digits, or null for all")
    aspect: Literal["state", "supplement"] = "state"


class SummaryOut(BaseModel):
    code: str
    procedure_name: str
    state: str
    title: str = Field(description="Procedure and state in few words, to pick it from the citizen's others")


class LookupOut(BaseModel):
    outcome: Literal["found", "several", "none", "not_found", "needs_link", "unclear"]
    text: str = Field(description="What to tell the citizen")
    dossiers: list[SummaryOut]
