"""Requests and answers of the ratings API."""

from typing import Literal

from pydantic import BaseModel, Field


class RatingIn(BaseModel):
    score: int = Field(ge=1, le=5)
    words: str = Field("", max_length=4_000)
    dossier_code: str | None = Field(None, max_length=80)
    message_id: int | None = Field(None, ge=1, le=2**31 - 1, description="The citizen's message that says so")


class RatingOut(BaseModel):
    outcome: Literal["recorded", "nothing_to_rate", "too_late"]
    text: str = Field(description="What to tell the citizen")
