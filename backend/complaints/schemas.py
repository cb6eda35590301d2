"""Requests and answers of the complaints API."""

from typing import Literal

from pydantic import BaseModel, Field


class ComplaintIn(BaseModel):
    text: str = Field(min_length=1, max_length=4_000, description="The report in the citizen's own words")
    message_id: int = Field(description="The message it was written in; the same message makes one report")


class ComplaintOut(BaseModel):
    code: str
    text: str = Field(description="What to tell the citizen")


class LookupIn(BaseModel):
    code: str | None = Field(None, max_length=80, description="Null for the last report of this conversation")


class LookupOut(BaseModel):
    outcome: Literal["found", "not_found", "unclear"]
    text: str = Field(description="What to tell the citizen")


class AdditionIn(BaseModel):
    text: str = Field(min_length=1, max_length=2_000, description="What the citizen adds, e.g. where it is")
    message_id: int = Field(description="The message it was written in; the same message adds once")
