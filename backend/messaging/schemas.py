"""Answers of the messaging API."""

from typing import Literal

from pydantic import BaseModel, Field


class LinkOut(BaseModel):
    title: str
    url: str = Field(description="Absolute")


class CardOut(BaseModel):
    title: str
    lines: list[str] = Field(description="Facts, one a line")


class SaidOut(BaseModel):
    """An answer as one reply of the assistant."""

    text: str = Field(description="What to tell the citizen")
    links: list[LinkOut] = Field([], description="Pages to open")
    card: CardOut | None = Field(None, description="Facts to see at a glance, told beside the text")
    ask: Literal["", "location", "phone"] = Field("", description="What the citizen is asked to send")


class ConversationPath(BaseModel):
    cid: int = Field(description="Conversation id")


class ConversationOut(BaseModel):
    id: int
    channel: str = Field(description="sms, web, zalo or telegram")
    procedure_code: str | None = Field(description="The procedure last spoken about")
    owner: str = Field(description="assistant or officer")
    officer_said: str = Field(description="How to say again what an officer said last; mostly empty")
