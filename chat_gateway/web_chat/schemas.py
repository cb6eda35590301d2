"""What the page sends."""

from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, model_validator

from backend.database import LARGEST_ID


class Place(BaseModel):
    """Where the visitor is, in degrees (WGS 84), when they choose to tell."""

    model_config = ConfigDict(extra="forbid")

    latitude: Annotated[float, Field(ge=-90, le=90, allow_inf_nan=False)]
    longitude: Annotated[float, Field(ge=-180, le=180, allow_inf_nan=False)]


class Written(BaseModel):
    """One message: words, a picked choice or a place. `id` is the page's: sent twice, the message is taken once."""

    model_config = ConfigDict(extra="forbid")

    id: UUID
    text: str = ""
    token: Annotated[str, Field(max_length=24)] = ""
    place: Place | None = None

    @model_validator(mode="after")
    def _only_one(self) -> "Written":
        if sum(map(bool, (self.text, self.token, self.place))) > 1:
            raise ValueError("either text or token or place")
        return self


class Seen(BaseModel):
    """That the page shows everything up to message `until`; `read`: and that somebody looks at the page."""

    model_config = ConfigDict(extra="forbid")

    until: Annotated[int, Field(ge=0, le=LARGEST_ID)]
    read: bool


class Asked(BaseModel):
    """Asking for news: what came after message `after`, held up to `wait` seconds until there is something."""

    after: Annotated[int, Field(ge=0, le=LARGEST_ID)] = 0
    wait: Annotated[float, Field(ge=0, le=25, allow_inf_nan=False)] = 0
    answering: bool = False
    """What the page shows now: news, too, when it is no longer so."""
