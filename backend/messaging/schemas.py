"""Answers of the messaging API."""

from pydantic import BaseModel, Field


class ConversationPath(BaseModel):
    cid: int = Field(description="Conversation id")


class ConversationOut(BaseModel):
    id: int
    channel: str = Field(description="sms, web, zalo or telegram")
    procedure_code: str | None = Field(description="The procedure last spoken about")
    owner: str = Field(description="assistant or officer")
    officer_said: str = Field(description="How to say again what an officer said last; mostly empty")
