"""Requests and answers of the citizens API."""

from pydantic import BaseModel, Field


class NoticesIn(BaseModel):
    wanted: bool = Field(description="False stops notices, true resumes them")


class LinkIn(BaseModel):
    phone: str = Field(default="", max_length=40, description="In any notation; empty where none was named")
