"""Requests and answers of the complaints API."""

from typing import Literal

from pydantic import BaseModel, Field


class DraftIn(BaseModel):
    text: str = Field(min_length=1, max_length=4_000, description="The citizen's own words")
    message_id: int = Field(description="The message they were written in; the same message is heard once")
    meaning: Literal["", "wish", "yes", "no"] = Field("", description="wish: they only announce a report")
    urgent: bool = Field(False, description="Somebody is in danger: it is taken in as it stands")


class DropIn(BaseModel):
    message_id: int


class Offer(BaseModel):
    title: str
    payload: str


class DraftOut(BaseModel):
    outcome: Literal["asking", "filed", "followed", "dropped", "none"]
    text: str = Field(description="What to tell the citizen")
    question: str = Field(description="What is waited for: what, where, name, same, confirm; publish when it is in")
    choices: list[Offer] = []
    ask: str = Field("", description='"location" where a channel may offer to share it')


class LookupIn(BaseModel):
    code: str | None = Field(None, max_length=80, description="Null for the last report of this conversation")


class LookupOut(BaseModel):
    outcome: Literal["found", "not_found", "unclear"]
    text: str = Field(description="What to tell the citizen")
