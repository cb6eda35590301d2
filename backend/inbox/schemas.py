"""Requests and answers of the inbox API."""

from typing import Literal

from pydantic import BaseModel, Field


class EscalationIn(BaseModel):
    reason: Literal["asked", "not_understood", "complaint", "abuse", "emergency"]
    summary: str = Field(max_length=4_000, description="One line: what the citizen wants, as far as understood")
    message_id: int = Field(description="The message that led to it; the same message escalates once")


class EscalationOut(BaseModel):
    text: str = Field(description="What to tell the citizen")
    within_office_hours: bool
