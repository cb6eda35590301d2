"""What the page sends."""

from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, model_validator

from backend.database import LARGEST_ID


class Written(BaseModel):
    """One message. `id` is made by the page: sent twice, the message is taken once."""

    model_config = ConfigDict(extra="forbid")

    id: UUID
    text: str = ""
    token: Annotated[str, Field(max_length=24)] = ""

    @model_validator(mode="after")
    def _not_both(self) -> "Written":
        if self.text and self.token:
            raise ValueError("either text or token")
        return self


class Asked(BaseModel):
    """Asking for news: what came after message `after`, held up to `wait` seconds until there is something."""

    after: Annotated[int, Field(ge=0, le=LARGEST_ID)] = 0
    wait: Annotated[float, Field(ge=0, le=25, allow_inf_nan=False)] = 0
    answering: bool = False
    """What the page shows now: news, too, when it is no longer so."""
