"""Officers' pages of conversations: the list, one case with its talk, answers, notes and files.

A page that refuses something comes back with everything that was typed and what is wrong.
"""

import secrets
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from flask import Blueprint, flash, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from backend import clock, http, storage
from backend.database import reading
from backend.errors import Conflict, InvalidInput, MotCuaError, NotFound, TooLarge, Unavailable
from backend.i18n import N_, gettext
from backend.inbox import (
    access,
    answering,
    assigning,
    canned,
    cases,
    handing_out,
    listing,
    page,
    policy,
    teaching,
    wording,
)
from backend.inbox import live as live_news
from backend.inbox.listing import Filters
from backend.organisation import navigation
from backend.organisation.access import current_officer, role_required
from backend.organisation.models import Role
from backend.organisation.navigation import Entry, Waiting
from backend.organisation.service import OfficerInfo

blueprint = Blueprint("inbox", __name__, url_prefix="/officers/inbox", template_folder="templates")
READERS = frozenset(Role)
navigation.add(Entry(N_("Hộp thư"), "inbox.waiting", READERS, hint=N_("Cuộc trò chuyện mà trợ lý chuyển cho cán bộ")))
reader_required = role_required(*READERS)

Answer = Response | tuple[str, int]


def names() -> dict[str, Any]:
    """What all templates of the inbox name things by."""
    return {
        "reasons": wording.REASONS,
        "channel_names": wording.CHANNELS,
        "states": wording.STATES,
        "priorities": wording.PRIORITIES,
        "everywhere": current_officer().role in access.EVERYWHERE,
        "supervises": current_officer().role in access.SUPERVISORS,
        "administers": current_officer().role == Role.ADMINISTRATOR,
        "now": clock.now(),
        "intents": {**teaching.intents(), "keyword": gettext("cú pháp"), "nlu_fallback": gettext("chưa rõ")},
    }


def _waiting(officer: OfficerInfo) -> list[Waiting]:
    with reading() as session:
        counts = listing.counts(session, officer)
    tabs = ("waiting", "mine")
    return [Waiting(gettext(listing.TABS[tab]), counts[tab], url_for("inbox.waiting", tab=tab)) for tab in tabs]


navigation.counted("inbox.waiting", _waiting)


# --- the list ----------------------------------------------------------------------------------------------------


@blueprint.get("/")
@reader_required
def waiting() -> str:
    """Cases by tab and filter."""
    officer, filters = current_officer(), Filters.of(request.args)
    found = listing.listed(officer, filters)
    if filters.q:
        listing.note_search(officer, found)
    facts = {
        "filters": filters,
        "found": found,
        "people": assigning.colleagues("" if officer.role in access.EVERYWHERE else officer.agency_code),
        "tabs": listing.TABS,
        "views": listing.views_of(officer),
        "drafts": page.drafts(officer),
        "undo": _undo_of(request.args.get("undo", "")),
        "me": officer,
    }
    return render_template("inbox/list.html", **facts, **names())


def _undo_of(text: str) -> str:
    """`<case>-<event>,…`, as the form sends it back; empty when it is not one."""
    pairs = [pair.split("-") for pair in text.split(",")[: policy.MOST_AT_ONCE]]
    return text if text and all(len(pair) == 2 and all(one.isdecimal() for one in pair) for pair in pairs) else ""


@blueprint.get("/rows")
@reader_required
def rows() -> Response:
    """The list's lines alone, for a page that is open; 304 while nothing has changed."""
    officer, filters = current_officer(), Filters.of(request.args)
    found = listing.listed(officer, filters)
    facts = {"filters": filters, "found": found, "tabs": listing.TABS, "drafts": page.drafts(officer), "me": officer}
    response = make_response(render_template("inbox/_rows.html", **facts, **names()))
    response.add_etag()
    return response.make_conditional(request)


# --- one case ----------------------------------------------------------------------------------------------------


@blueprint.get("/<int:case_id>")
@reader_required
def one(case_id: int) -> str:
    """Everything about one case."""
    return shown(case_id)


def shown(
    case_id: int, *, typed: Mapping[str, str] | None = None, wrong: MotCuaError | None = None, opened: bool = False
) -> str:
    """The page; after a refusal with what was typed and what was wrong."""
    officer, before = current_officer(), request.args.get("before", "")
    earlier = int(before) if before.isdecimal() and len(before) < 10 else None
    found = page.look(case_id, officer, before=earlier, opened=opened)
    live_news.hub.poke(found.case.conversation_id)  # colleagues see at once that somebody else is there
    texts = canned.texts(officer, found.dossiers)
    chosen = next((text for text in texts if str(text.id) == request.args.get("text")), None)
    filters = Filters.of(request.args)
    facts: dict[str, Any] = {
        "page": found,
        "case": found.case,
        "texts": texts,
        "typed": typed or {},
        "words": (typed or {}).get("text") or (chosen.filled if chosen else found.draft),
        "wrong": wrong,
        "key": secrets.token_urlsafe(12),
        "filters": filters,
        "around": listing.neighbours(officer, case_id, filters),
        "most_files": policy.MOST_FILES,
        "files_by": gettext(wording.FILES_BY.get(found.case.channel, ""), days=handing_out.OPEN_FOR.days),
        "files_lost": any(one.filename for one in request.files.getlist("files")),
        "me": officer,
    }
    return render_template("inbox/one.html", **facts, **names())


@blueprint.get("/<int:case_id>/talk")
@reader_required
def talk(case_id: int) -> Response:
    """The talk alone, for a page that is open; 304 while it has changed in nothing (`If-None-Match`)."""
    officer = current_officer()
    case, mark = page.news(case_id, officer, types=bool(request.args.get("types")))
    if request.if_none_match.contains(mark):
        return Response(status=304)
    found = page.talk_of(case, officer)
    response = make_response(render_template("inbox/_talk.html", page=found, case=case, **names()))
    response.set_etag(mark)
    return response


def refused(case_id: int, error: MotCuaError) -> tuple[str, int]:
    """The page again, with the error and everything typed kept."""
    return shown(case_id, typed=request.form, wrong=error), error.status


def back(case_id: int, part: str = "") -> Response:
    """To the case, in the list it was opened from."""
    kept = {name: value for name, value in request.args.items() if name in ("tab", "q")}
    return redirect(url_for("inbox.one", case_id=case_id, _anchor=part or None, **kept), 303)  # type: ignore[arg-type]


@blueprint.post("/<int:case_id>/answer")
@reader_required
@http.accepts_files(policy.MOST_FILES)
def answer(case_id: int) -> Answer:
    """Send the officer's words to the citizen, or later; what was typed is kept when it cannot be sent."""
    officer, form = current_officer(), request.form
    text, key = form.get("text", ""), form.get("key", "")
    try:
        send_at = moment_of(form["send_at"]) if form.get("send_at") else None
        files = [storage.store(*one, actor=officer.actor).id for one in _uploaded()]
        if send_at is not None:
            answering.put_off(case_id, officer, text, send_at, key=key, files=files)
            flash(gettext("Đã hẹn giờ gửi."), "success")
            return back(case_id)
        answering.answer(case_id, officer, text, key=key, files=files, from_colleague=bool(form.get("from_colleague")))
    except (InvalidInput, Conflict, TooLarge) as error:
        answering.keep_draft(case_id, officer, text)
        return refused(case_id, error)
    flash(gettext("Đã gửi cho công dân."), "success")
    return back(case_id, "talk-end")


def _uploaded() -> list[tuple[bytes, str]]:
    sent = [one for one in request.files.getlist("files") if one.filename]
    if len(sent) > policy.MOST_FILES:
        raise InvalidInput(gettext("Mỗi lần gửi không quá %(n)s tệp.", n=policy.MOST_FILES))
    return [(one.read(), one.filename or "") for one in sent]


def moment_of(text: str) -> datetime:
    """A moment of Vietnam as `<input type=datetime-local>` sends it. Raises InvalidInput."""
    try:
        return datetime.fromisoformat(text).replace(tzinfo=clock.VIETNAM).astimezone(UTC)
    except (ValueError, OverflowError):
        raise InvalidInput(gettext("Anh/chị ghi ngày giờ, ví dụ 2026-11-30T08:00.")) from None


@blueprint.post("/<int:case_id>/identity")
@reader_required
def identity(case_id: int) -> str | Answer:
    """Open the seal of who writes, once, on this answer only."""
    try:
        cases.open_seal(case_id, current_officer(), request.form.get("reason", ""))
    except InvalidInput as error:
        return refused(case_id, error)
    return shown(case_id, opened=True)


@blueprint.post("/<int:case_id>/note")
@reader_required
def note(case_id: int) -> Answer:
    """Write something down for colleagues."""
    try:
        answering.note(case_id, current_officer(), request.form.get("note", ""), key=request.form.get("key", ""))
    except (InvalidInput, Conflict) as error:
        return refused(case_id, error)
    return back(case_id, "talk-end")


@blueprint.post("/<int:case_id>/draft")
@reader_required
def draft(case_id: int) -> tuple[str, int]:
    """Keep what is typed; the page's script sends it while somebody types."""
    case, _ = page.news(case_id, current_officer(), types=True)  # raises NotFound for one they may not see
    live_news.hub.poke(case.conversation_id)
    answering.keep_draft(case_id, current_officer(), request.form.get("text", ""))
    return "", 204


@blueprint.get("/<int:case_id>/files/<int:message_id>/<int:position>")
@reader_required
def file(case_id: int, message_id: int, position: int) -> Response:
    """A file that was sent either way."""
    file_id = page.file_of(case_id, current_officer(), message_id, position)
    return http.file_response(file_id, small="small" in request.args)


@blueprint.get("/live")
@reader_required
def live() -> Response:
    """Server-sent events: `news` whenever the list (`?case=`: that case) has something new to show."""
    number, conversation_id = request.args.get("case", ""), None
    if number:
        if not number.isdecimal() or len(number) > 9:
            raise NotFound
        case, _ = page.news(int(number), current_officer())
        conversation_id = case.conversation_id
    take = live_news.take_over(request.environ, conversation_id)
    if take is None:
        raise Unavailable
    response = Response(live_news.BEGINNING, mimetype="text/event-stream")
    # A length nobody reaches: without one the server would end the answer where its own part ends.
    response.headers["Content-Length"] = str(10**15)
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Accel-Buffering"] = "no"
    response.call_on_close(take)
    return response
