"""Open311 GeoReport v2 (wiki.open311.org/GeoReport_v2): what programs may read of reports, and how they post one.

Programs read what everybody reads on the pages (`published`), in the standard's words. What they post is taken in like
a caller's report; its number is theirs at once, its state is told to the key that posted it.
"""

import hashlib
import math
import re
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import ColumnElement, not_, select
from sqlalchemy.orm import Session

from backend import audit, clock
from backend.audit import Audit
from backend.complaints import intake, published, service, wording
from backend.complaints.acts import Actor
from backend.complaints.models import Complaint, ComplaintEvent, ComplaintIdentity
from backend.complaints.policy import Action, Kind, Protection, State
from backend.complaints.public_models import Open311Client, Publication
from backend.complaints.published import Report
from backend.complaints.service import Place
from backend.complaints.sorting import Guess, guess
from backend.database import reading, transaction
from backend.errors import Forbidden, InvalidInput, NotFound
from backend.organisation import service as organisation
from backend.settings import settings
from backend.text import normalise, phone_number

OTHER = "other"
"""The service of what no category names."""
NOT_OFFERED = frozenset({"conduct"})
"""About people: for the hotline's own ears, not for programs."""
SPAN = timedelta(days=90)
MOST = 1_000
SAME_WITHIN = timedelta(minutes=10)
"""The same words by the same key within this are one report: a program that got no answer asks again."""
KIND = "kind"
CLOSED = frozenset({State.SENT, State.SETTLED, State.MERGED, State.WITHDRAWN})
LENGTHS = {
    "description": service.MAX_LENGTH, "address_string": 300, "media_url": 500, "email": 40, "phone": 40,
    "first_name": 90, "last_name": 90, "device_id": 200, "account_id": 200,
}  # fmt: skip
_MAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")

Item = dict[str, Any]


def services() -> list[Item]:
    """What may be posted, one service for each category."""
    return [
        {
            "service_code": code or OTHER,
            "service_name": name,
            "description": f"Phản ánh, kiến nghị: {name}",
            "metadata": True,
            "type": "realtime",
            "keywords": "",
            "group": "Phản ánh hiện trường",
        }
        for code, name in wording.CATEGORIES.items()
        if code not in NOT_OFFERED
    ]


def definition(code: str) -> Item:
    """The attributes of a service. Raises NotFound."""
    category(code)
    values = [{"key": key, "name": wording.KINDS[key]} for key in (Kind.REPORT, Kind.PROPOSAL)]
    attribute = {
        "variable": True,
        "code": KIND,
        "datatype": "singlevaluelist",
        "required": False,
        "datatype_description": "",
        "order": 1,
        "description": "Phản ánh một việc, hay kiến nghị",
        "values": values,
    }
    return {"service_code": code, "attributes": [attribute]}


def category(code: str) -> str:
    """The category of a service. Raises NotFound."""
    found = "" if code == OTHER else code
    if found not in wording.CATEGORIES or found in NOT_OFFERED or not code:
        raise NotFound(f"service_code was not found: {code[:40]}")
    return found


@dataclass(frozen=True)
class Wanted:
    """Which requests are asked for. `ids` overrides the others."""

    ids: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    statuses: frozenset[str] = frozenset()
    start: datetime | None = None
    end: datetime | None = None


def wanted(args: Mapping[str, str]) -> Wanted:
    """What a query asks for. Raises InvalidInput for what is no date, status or span; NotFound for no service."""
    ids = tuple(published.normal_code(one) or "" for one in _parts(args.get("service_request_id", "")))
    statuses = frozenset(_parts(args.get("status", "")))
    if unknown := statuses - {"open", "closed"}:
        raise InvalidInput(f"status must be open or closed, not {sorted(unknown)[0][:40]}")
    start, end = _moment(args, "start_date"), _moment(args, "end_date")
    if start and end and not timedelta(0) <= end - start <= SPAN:
        raise InvalidInput("start_date and end_date must be in order and span at most 90 days")
    end = end or (start + SPAN if start else clock.now())
    return Wanted(
        ids[:MOST], tuple(category(one) for one in _parts(args.get("service_code", ""))), statuses,
        start or end - SPAN, end,
    )  # fmt: skip


def _parts(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


def _moment(args: Mapping[str, str], name: str) -> datetime | None:
    """A date of W3C's notation; without a zone it is Vietnam's."""
    text = args.get(name, "").strip()
    if not text:
        return None
    try:
        found = datetime.fromisoformat(text.replace(" ", "+"))  # a plus that nobody quoted
        found = found if found.tzinfo else found.replace(tzinfo=clock.VIETNAM)
        if not 1970 < found.year < 9000:
            raise ValueError
    except ValueError as error:
        raise InvalidInput(f"{name} must be a date and time such as 2026-11-01T00:00:00Z") from error
    return found


def requests(asked: Wanted) -> list[Item]:
    """Published requests, the newest first, a thousand at the most."""
    conditions: list[ColumnElement[bool]] = []
    if asked.ids:
        conditions.append(Publication.code.in_(asked.ids))
    else:
        conditions += [Complaint.created_at >= asked.start, Complaint.created_at <= asked.end]
        if asked.categories:
            conditions.append(Publication.category.in_(asked.categories))
        if len(asked.statuses) == 1:
            closed = Complaint.state.in_(CLOSED)
            conditions.append(closed if "closed" in asked.statuses else not_(closed))
    return [_item(report) for report in published.listed(conditions, MOST)]


def _item(report: Report) -> Item:
    return {
        "service_request_id": report.code,
        "status": "closed" if report.is_closed else "open",
        "status_notes": report.answer,
        "service_name": wording.CATEGORIES[report.category],
        "service_code": report.category or OTHER,
        "description": report.words,
        "agency_responsible": report.agency,
        "service_notice": None,
        "requested_datetime": _told(report.received_at),
        "updated_datetime": _told(report.published_at),
        "expected_datetime": _told(report.due_at),
        "address": report.area or None,
        "address_id": None,
        "zipcode": None,
        "lat": report.latitude,
        "long": report.longitude,
        "media_url": _photo(report),
    }


def _told(moment: datetime | None) -> str | None:
    return clock.local(moment).isoformat(timespec="seconds") if moment else None


def _photo(report: Report) -> str | None:
    return f"{settings().public_url.rstrip('/')}/phan-anh/{report.code}/anh/1" if report.photos else None


def request(text: str, client: Open311Client | None) -> Item:
    """A published request; its state alone to the key that posted it. Raises NotFound."""
    code = published.normal_code(text)
    try:
        return _item(published.one(code or ""))
    except NotFound:
        with reading() as session:
            row = _posted(session, code, client)
            if row is None:
                raise NotFound(f"service_request_id was not found: {text[:40]}") from None
            return {
                "service_request_id": row.code,
                "status": "closed" if row.state in CLOSED else "open",
                "status_notes": published.BY_CODE[State(row.state)],
                "service_name": wording.CATEGORIES.get(row.category, ""),
                "service_code": row.category or OTHER,
                "requested_datetime": _told(row.created_at),
                "expected_datetime": _told(row.due_at),
            }


def _posted(session: Session, code: str | None, client: Open311Client | None) -> Complaint | None:
    if code is None or client is None:
        return None
    filed = (ComplaintEvent.action == Action.FILE) & (ComplaintEvent.actor == _label(client))
    query = select(Complaint).join(ComplaintEvent, ComplaintEvent.complaint_id == Complaint.id)
    return session.scalars(query.where(Complaint.code == code, filed)).first()


def number_of(token: str, client: Open311Client | None) -> Item:
    """The request of a token: numbers are given at once, so the token is the number. Raises NotFound."""
    return {"service_request_id": request(token, client)["service_request_id"], "token": token}


# --- posting -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Posted:
    """What a program posts, checked."""

    category: str
    kind: Kind
    text: str
    address: str
    place: Place | None
    name: str
    contact: str


def posted(form: Mapping[str, str]) -> Posted:
    """What a form says. Raises NotFound for an unknown service, InvalidInput for anything else that is wrong."""
    if not form.get("service_code", "").strip():
        raise InvalidInput("service_code is required")
    code = form["service_code"].strip()
    found = category(code)
    for name, most in LENGTHS.items():
        if len(form.get(name, "")) > most:
            raise InvalidInput(f"{name} must have at most {most} characters")
    form = {name: normalise(value) for name, value in form.items()}
    place, address = _place(form), form.get("address_string", "")
    if place is None and not address:
        raise InvalidInput("lat and long, or address_string, are required")
    kind = form.get(f"attribute[{KIND}]", Kind.REPORT)
    if kind not in (Kind.REPORT, Kind.PROPOSAL):
        raise InvalidInput(f"attribute[{KIND}] must be report or proposal")
    name = f"{form.get('last_name', '')} {form.get('first_name', '')}".strip()
    text = form.get("description", "") or wording.CATEGORIES[found]
    if media := _media(form):
        text = f"{text}\n{media}"
    return Posted(found, Kind(kind), text, address, place, name, _contact(form))


def _place(form: Mapping[str, str]) -> Place | None:
    latitude, longitude = form.get("lat", ""), form.get("long", "")
    if not latitude and not longitude:
        return None
    try:
        place = Place(float(latitude), float(longitude))
    except ValueError as error:
        raise InvalidInput("lat and long must both be decimal degrees") from error
    if not (math.isfinite(place.latitude) and math.isfinite(place.longitude)):
        raise InvalidInput("lat and long must both be decimal degrees")
    if not place.is_inside:
        raise InvalidInput("lat and long lie outside the province")
    return place


def _media(form: Mapping[str, str]) -> str:
    """The address of a picture: kept as words for the officer, never fetched by us."""
    url = form.get("media_url", "")
    try:
        ok = not url or (urlsplit(url).scheme in ("http", "https") and urlsplit(url).netloc and " " not in url)
    except ValueError:
        ok = False
    if not ok:
        raise InvalidInput("media_url must be an http or https address")
    return url


def _contact(form: Mapping[str, str]) -> str:
    phone, email = form.get("phone", ""), form.get("email", "")
    if phone and phone_number(phone) is None:
        raise InvalidInput("phone must be a Vietnamese phone number")
    if email and not _MAIL.fullmatch(email):
        raise InvalidInput("email must be an e-mail address")
    return (phone_number(phone) if phone else None) or email


def post(client: Open311Client, sent: Posted) -> Item:
    """Take it in, once; its number."""
    with transaction() as session:
        session.get(Open311Client, client.id, with_for_update=True)  # the same twice at once: one after the other
        code = _again(session, client, sent) or _take(session, client, sent)
    notice = f"Tổng đài {settings().hotline} đã ghi nhận, sẽ chuyển cơ quan có trách nhiệm."
    return {"service_request_id": code, "service_notice": notice, "account_id": None}


def _again(session: Session, client: Open311Client, sent: Posted) -> str | None:
    filed = (ComplaintEvent.action == Action.FILE) & (ComplaintEvent.actor == _label(client))
    query = select(Complaint).join(ComplaintEvent, ComplaintEvent.complaint_id == Complaint.id)
    query = query.where(filed, Complaint.text == sent.text, Complaint.created_at > clock.now() - SAME_WITHIN)
    for row in session.scalars(query):
        there = (sent.place.latitude, sent.place.longitude) if sent.place else (None, None)
        if (row.latitude, row.longitude) == there and (not sent.address or row.place == sent.address):
            return row.code
    return None


def _take(session: Session, client: Open311Client, sent: Posted) -> str:
    place = sent.place
    row = Complaint(
        text=sent.text, place=sent.address or _named(place), state=State.RECEIVED, created_at=clock.now(),
        latitude=place.latitude if place else None, longitude=place.longitude if place else None,
        protection=Protection.NAMED if sent.name or sent.contact else Protection.ANONYMOUS,
    )  # fmt: skip
    session.add(row)
    session.flush()
    # The words may tell more than the program does: an emergency, a denunciation. Then they count.
    read = guess(sent.text)
    kind = sent.kind if read.kind == Kind.REPORT else read.kind
    person = ComplaintIdentity(name=sent.name, phone=sent.contact)
    intake.take_in(session, row, Guess(kind, sent.category, ""), person, Actor(_label(client), client.name))
    return row.code or ""


def _named(place: Place | None) -> str:
    return organisation.place_name(place.latitude, place.longitude) if place else ""


# --- who may post ------------------------------------------------------------------------------------------------


def _label(client: Open311Client) -> str:
    return f"open311:{client.id}"


def _digest(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()


def client_of(key: str) -> Open311Client:
    """Whose key it is. Raises Forbidden."""
    with reading() as session:
        query = select(Open311Client).where(
            Open311Client.key_digest == _digest(key), Open311Client.revoked_at.is_(None)
        )
        found = session.scalars(query).one_or_none() if key else None
    if found is None:
        raise Forbidden("api_key is missing or not valid")
    return found


def add_client(name: str, *, actor: str = "system") -> str:
    """Let the programs of `name` post; their key, shown this once. Raises InvalidInput without a name."""
    words = normalise(name)[:80]
    if not words:
        raise InvalidInput("a client needs a name")
    key = secrets.token_urlsafe(24)
    with transaction() as session:
        row = Open311Client(name=words, key_digest=_digest(key), created_at=clock.now())
        session.add(row)
        session.flush()
        audit.record(session, Audit.OPEN311_CLIENT_ADDED, actor=actor, subject=f"open311_client:{row.id}")
    return key


def revoke_client(client_id: int, *, actor: str = "system") -> None:
    """Take nothing more from it. Raises NotFound."""
    with transaction() as session:
        row = session.get(Open311Client, client_id)
        if row is None or row.revoked_at is not None:
            raise NotFound("no such client")
        row.revoked_at = clock.now()
        audit.record(session, Audit.OPEN311_CLIENT_REVOKED, actor=actor, subject=f"open311_client:{row.id}")


def clients() -> Sequence[Open311Client]:
    """All clients that may post."""
    with reading() as session:
        return session.scalars(select(Open311Client).where(Open311Client.revoked_at.is_(None))).all()
