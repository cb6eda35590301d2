"""The one shape that every importer produces (`ProcedureIn`), and the requests and answers of the API."""

import hashlib
import json
from datetime import date
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, field_validator, model_validator

from backend.messaging.schemas import SaidOut
from backend.procedures import policy
from backend.procedures.models import Level, Online, Source
from backend.text import normalise

Aspect = Literal["overview", "documents", "fee", "duration", "place", "online", "steps", "form", "result"]
Unit = Literal["hour", "working_day", "day", "month"]
Channel = Literal["counter", "online", "post"]

CODE = r"^\d\.\d{6,7}(\.[0-9A-Z.]{1,24})?$"


def _text(value: Any) -> Any:
    return normalise(value) if isinstance(value, str) else ("" if value is None else value)


def _texts(value: Any) -> Any:
    return [v for item in value if (v := _text(item)) != ""] if isinstance(value, list | tuple) else value


Text = Annotated[str, BeforeValidator(_text)]
Name = Annotated[str, BeforeValidator(_text), StringConstraints(min_length=2, max_length=4000)]
LongName = Annotated[str, BeforeValidator(_text), StringConstraints(min_length=2, max_length=20_000)]
Texts = Annotated[list[str], BeforeValidator(_texts)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class DocumentIn(_Part):
    """A paper: numbers of originals and copies to hand in; `present`: shown, not handed in."""

    name: LongName
    original: int = Field(default=0, ge=0, le=1000)
    copy_: int = Field(default=0, ge=0, le=1000, alias="copy")
    present: bool = False
    required: bool | None = None
    when: Text = ""
    form: Text = ""
    files: Texts = []

    @field_validator("required", mode="before")
    @classmethod
    def _unknown(cls, value: Any) -> Any:
        return None if value == "" else value


class DurationIn(_Part):
    """How long, in `unit`."""

    value: float = Field(gt=0, le=2000)
    unit: Unit


class MethodIn(_Part):
    """A way to file. A duration that is no number of a known unit is told in `duration_text`."""

    channel: Channel
    duration: DurationIn | None = None
    duration_text: Text = ""


class FeeIn(_Part):
    """`amount` in đồng; both empty says nothing and is refused."""

    amount: int | None = Field(default=None, ge=0)
    text: Text = ""

    @model_validator(mode="after")
    def _says_something(self) -> "FeeIn":
        if self.amount is None and not self.text:
            raise ValueError("a fee needs an amount or a text")
        return self


class LawIn(_Part):
    """A legal document: number and official name."""

    code: Text = ""
    name: Text = ""


class ProcedureIn(BaseModel):
    """A procedure as one source describes it, whatever the file it came in."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    code: Annotated[str, BeforeValidator(_text), StringConstraints(pattern=CODE)]
    name: Name
    short_name: Text = ""
    field: Text = ""
    level: Level | None = None
    levels: list[Level] = []
    agency: Text = ""
    place: Text = ""
    service_level: Literal[2, 3, 4] | None = None
    online: Online | None = None
    effective_from: date | None = None
    target: Texts = []
    phrases: Texts = []
    look_alikes: Texts = []
    documents: list[DocumentIn] = []
    steps: Texts = []
    methods: list[MethodIn] = []
    fees: list[FeeIn] = []
    results: Texts = []
    conditions: Texts = []
    legal_basis: list[LawIn] = []
    notes: Texts = []
    url: Text = ""
    updated_on: date | None = Field(default=None, description="the source's own date; not part of the content")

    @model_validator(mode="before")
    @classmethod
    def _derived(cls, data: Any) -> Any:
        if not isinstance(data, dict):
            return data
        data = dict(data)
        name = _text(data.get("name"))
        if isinstance(name, str) and name:
            data["name"] = policy.without_lead(name)
            data["short_name"] = _text(data.get("short_name")) or policy.short_name(name)
        if not data.get("levels") and data.get("level"):
            data["levels"] = [data["level"]]
        if not data.get("level") and data.get("levels"):
            data["level"] = policy.most_local(data["levels"])
        return data

    def content_hash(self) -> str:
        """Same content, same hash: an import with the same hash changes nothing."""
        content = self.model_dump(mode="json", by_alias=True, exclude={"updated_on"})
        return hashlib.sha256(json.dumps(content, ensure_ascii=False, sort_keys=True).encode()).hexdigest()


class SearchQuery(BaseModel):
    """What to look for; `level` and `agency` are hints, not filters."""

    q: str = Field(max_length=2000)
    limit: int = Field(default=5, ge=1, le=20)
    level: Level | None = None
    agency: str = Field(default="", max_length=200)


class HitOut(BaseModel):
    """One procedure found; `score` orders the hits of one query only; `title` tells it apart from the other hits."""

    code: str
    name: str
    short_name: str
    title: str
    field: str
    level: str | None
    agency: str
    score: float


class SearchOut(BaseModel):
    """`decision`: sure (the first hit is meant), ask (one of the hits), none (nothing fits).

    `ask`: the question to ask with the hits when the citizen told of a situation, else "".
    """

    decision: Literal["sure", "ask", "none"]
    residual: str
    ask: str
    hits: list[HitOut]


class CodePath(BaseModel):
    """A procedure code, e.g. `1.001193`."""

    code: str = Field(max_length=40)


class AnswerIn(BaseModel):
    """Which aspect of which procedure to tell."""

    code: str = Field(max_length=40)
    aspect: Aspect = "overview"


class AnswerOut(SaidOut):
    """An answer ready to be said."""

    code: str
    name: str
    short_name: str
    aspect: Aspect
    effective_from: date
    source: Source


class ProcedureOut(BaseModel):
    """The version in force, its gaps filled from lower-ranked sources."""

    code: str
    name: str
    short_name: str
    field: str
    level: Level | None
    levels: list[Level]
    agency: str
    place: str
    service_level: int | None
    online: Online | None
    target: list[str]
    phrases: list[str]
    look_alikes: list[str]
    documents: list[DocumentIn]
    steps: list[str]
    methods: list[MethodIn]
    fees: list[FeeIn]
    results: list[str]
    conditions: list[str]
    legal_basis: list[LawIn]
    notes: list[str]
    url: str
    source: Source
    sources: list[Source]
    number: int
    effective_from: date
    effective_to: date | None
