"""The backend as the actions see it: one pooled client, typed answers, and failures that nobody can overlook.

BackendError
├── BackendUnavailable  it cannot be reached, is too slow, refuses us, or answers something we do not understand:
│                       the action must fail, so that the whole turn is asked again later
├── NotFound            404: no such thing, or not for this citizen
└── NotAccepted         413, 422: what the citizen wrote cannot be taken as it is (too long, for example);
                        asking again would never help, so the citizen is told
"""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Literal, TypeVar

import httpx
from pydantic import BaseModel, ValidationError

from actions.settings import settings

Aspect = Literal["overview", "documents", "fee", "duration", "place", "online", "steps", "form", "result"]
DossierAspect = Literal["state", "supplement"]
Reason = Literal["asked", "not_understood", "complaint", "abuse", "emergency"]
Meaning = Literal["", "wish", "yes", "no"]

MAX_QUERY = 400
"""Characters of a message that are searched; what a citizen looks for is said in fewer."""


class BackendError(Exception):
    """Base of what the client raises. Messages name the call and the status, never what the citizen wrote."""


class BackendUnavailable(BackendError):
    """No usable answer; trying again later is right."""


class NotFound(BackendError):
    """404."""


class NotAccepted(BackendError):
    """413 or 422."""


class Hit(BaseModel):
    """A procedure found; `score` orders the hits of one search only, `title` tells it apart from the other hits."""

    code: str
    name: str
    short_name: str
    title: str
    field: str = ""
    level: str | None = None
    agency: str = ""
    score: float


class Search(BaseModel):
    """`residual`: the folded words that could name a procedure, "" when the text names none.

    `ask`: what to ask with the hits when the citizen told what happened ("mẹ tôi mất"); "" for our usual question.
    """

    decision: Literal["sure", "ask", "none"]
    residual: str
    ask: str = ""
    hits: list[Hit]


class Link(BaseModel):
    """A page to open."""

    title: str
    url: str


class Card(BaseModel):
    """Facts at a glance."""

    title: str
    lines: list[str] = []


class Said(BaseModel):
    """An answer composed by the backend, ready to be said. `ask`: "location", "phone" or "": what it asks for."""

    text: str
    links: list[Link] = []
    card: Card | None = None
    ask: str = ""


class ProcedureAnswer(Said):
    """One aspect of one procedure, told."""

    code: str
    short_name: str


class Conversation(BaseModel):
    """What the backend knows of the conversation; keyword commands and officers move `procedure_code` too.

    `officer_said`: how to say again what an officer said last; "" where none did within a day.
    """

    procedure_code: str | None = None
    officer_said: str = ""


class Dossier(BaseModel):
    """A dossier that this citizen may see; `title` tells it apart from their others."""

    code: str
    title: str = ""
    procedure_name: str = ""
    state: str = ""


class DossierLookup(Said):
    """`outcome`: found, several, none, not_found, needs_link or unclear."""

    outcome: str
    dossiers: list[Dossier] = []


class Outcome(Said):
    """Told, with what came of it."""

    outcome: str


class Offer(BaseModel):
    """Something to pick that the backend answers itself."""

    title: str
    payload: str


class Draft(Said):
    """A report as it is being told. `outcome`: asking, filed, followed, dropped or none; `question`: what is asked."""

    outcome: str
    question: str = ""
    choices: list[Offer] = []


Answer = TypeVar("Answer", bound=BaseModel)


class BackendApi:
    """The calls of one turn. `request_id` ties the backend's log lines to the message that caused them."""

    def __init__(self, client: httpx.AsyncClient, conversation: str, request_id: str) -> None:
        self._client = client
        self._conversation = f"/api/v1/conversations/{conversation}"
        self._request_id = request_id

    async def search(self, text: str, *, agency: str = "") -> Search:
        """Procedures that `text` may name, best first; `agency` is a hint."""
        query: dict[str, str | int] = {"q": text[:MAX_QUERY], "limit": 5}
        if agency:
            query["agency"] = agency[:200]
        return await self._ask(Search, "GET", "/api/v1/procedures/search", params=query)

    async def conversation(self) -> Conversation:
        """The conversation, with the procedure it is about."""
        return await self._ask(Conversation, "GET", self._conversation)

    async def answer_procedure(self, code: str, aspect: Aspect) -> ProcedureAnswer:
        """One aspect of a procedure; the backend remembers it as the current one. Raises NotFound."""
        body = {"code": code, "aspect": aspect}
        return await self._ask(ProcedureAnswer, "POST", f"{self._conversation}/procedure-answers", json=body)

    async def look_up_dossiers(self, code: str | None, aspect: DossierAspect) -> DossierLookup:
        """A dossier by code in any spelling or by its last digits, or all of this citizen's."""
        body = {"code": code[:80] if code else None, "aspect": aspect}
        return await self._ask(DossierLookup, "POST", f"{self._conversation}/dossier-lookups", json=body)

    async def escalate(self, reason: Reason, summary: str, message_id: int) -> Said:
        """Put the conversation before the officers; once per message."""
        body = {"reason": reason, "summary": summary[:500], "message_id": message_id}
        return await self._ask(Said, "POST", f"{self._conversation}/escalations", json=body)

    async def rate(self, score: int, words: str, dossier_code: str | None, message_id: int) -> Outcome:
        """Rate the named, or else the last, returned dossier with 1 to 5."""
        body = {"score": score, "words": words[:1000], "dossier_code": dossier_code, "message_id": message_id}
        return await self._ask(Outcome, "POST", f"{self._conversation}/ratings", json=body)

    async def tell_complaint(self, text: str, message_id: int, meaning: Meaning = "", *, urgent: bool = False) -> Draft:
        """Tell the report being written something, which begins it; once per message. `urgent`: taken in at once."""
        body = {"text": text[:4000], "message_id": message_id, "meaning": meaning, "urgent": urgent}
        return await self._ask(Draft, "POST", f"{self._conversation}/complaint-drafts", json=body)

    async def drop_complaint(self, message_id: int) -> Draft:
        """Give the report being written up; outcome none where there is none."""
        body = {"message_id": message_id}
        return await self._ask(Draft, "POST", f"{self._conversation}/complaint-draft-drops", json=body)

    async def look_up_complaint(self, code: str | None) -> Outcome:
        """Where a report of this conversation stands; without a code the last one."""
        body = {"code": code[:80] if code else None}
        return await self._ask(Outcome, "POST", f"{self._conversation}/complaint-lookups", json=body)

    async def set_notices(self, wanted: bool) -> Said:
        """Stop or resume notices."""
        return await self._ask(Said, "POST", f"{self._conversation}/notices", json={"wanted": wanted})

    async def link(self, phone: str) -> Said:
        """Text a one-time code to that number; "" asks how linking is done."""
        return await self._ask(Said, "POST", f"{self._conversation}/link", json={"phone": phone[:40]})

    async def office_hours(self) -> Said:
        """When offices are open, and whether they are now."""
        return await self._ask(Said, "GET", f"{self._conversation}/office-hours")

    async def contacts(self, text: str) -> Said:
        """Address and phone number of the agency that `text` names; "" for the hotline."""
        return await self._ask(Said, "GET", "/api/v1/agencies/contacts", params={"q": text[:200]})

    async def _ask(
        self,
        kind: type[Answer],
        method: str,
        path: str,
        *,
        params: Mapping[str, str | int] | None = None,
        json: Mapping[str, Any] | None = None,
    ) -> Answer:
        headers = {"X-Request-ID": self._request_id}
        try:
            response = await self._client.request(method, path, params=params, json=json, headers=headers)
        except httpx.HTTPError as error:
            # `from None`: the chained error may hold the address with the citizen's words in it.
            raise BackendUnavailable(f"{method} {_public(path)}: {type(error).__name__}") from None
        if response.status_code == 404:
            raise NotFound(f"{method} {_public(path)}")
        if response.status_code in (413, 422):
            raise NotAccepted(f"{method} {_public(path)}: status {response.status_code}")
        if response.status_code != 200:
            raise BackendUnavailable(f"{method} {_public(path)}: status {response.status_code}")
        try:
            return kind.model_validate_json(response.content)
        except ValidationError as error:
            faults = ", ".join(".".join(map(str, fault["loc"])) or "body" for fault in error.errors()[:3])
            raise BackendUnavailable(f"{method} {_public(path)}: answer not understood ({faults})") from None


def _public(path: str) -> str:
    return path.removeprefix("/api/v1")


@lru_cache(maxsize=1)
def client() -> httpx.AsyncClient:
    """The process's connection pool, made inside the running event loop at the first use."""
    return httpx.AsyncClient(
        base_url=settings().backend,
        headers={"Authorization": f"Bearer {settings().internal_token.get_secret_value()}"},
        timeout=httpx.Timeout(settings().backend_read_seconds, connect=settings().backend_connect_seconds),
        limits=httpx.Limits(max_connections=50, max_keepalive_connections=20),
        trust_env=False,  # a proxy of the machine must never see what citizens write
    )
