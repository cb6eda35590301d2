"""Officers' worklists and the search of dossiers."""

from datetime import date, timedelta

from flask import Blueprint, render_template, request, url_for

from backend import clock
from backend.dossiers import searching, team, worklists
from backend.dossiers.policy import State
from backend.dossiers.worklists import Filters
from backend.i18n import N_, gettext
from backend.organisation import navigation
from backend.organisation.access import current_officer, role_required
from backend.organisation.models import Role
from backend.organisation.navigation import Entry, Waiting
from backend.organisation.service import OfficerInfo

blueprint = Blueprint("dossier_lists", __name__, url_prefix="/officers/dossiers", template_folder="templates")
READERS = frozenset(worklists.TABS)
navigation.add(Entry(N_("Hồ sơ"), "dossier_lists.lists", READERS, hint=N_("Việc chờ anh/chị, và tìm hồ sơ")))
reader_required = role_required(*READERS)

OF_OTHERS = frozenset({"all", "waiting", "stopped", "department"})
"""Lists in which the officer who looks has nothing to do now."""
PERIODS = {"30": N_("30 ngày qua"), "90": N_("90 ngày qua"), "365": N_("Một năm qua")}


def _waiting(officer: OfficerInfo) -> list[Waiting]:
    counts = worklists.counts(officer)
    return [
        Waiting(
            gettext(tab.title), counts[tab.key], url_for("dossier_lists.lists", list=tab.key), urgent=tab.key == "late"
        )
        for tab in worklists.tabs(officer.role)
        if tab.key not in OF_OTHERS
    ]


navigation.counted("dossier_lists.lists", _waiting)


@blueprint.get("/")
@reader_required
def lists() -> str:
    """The officer's lists, one at a time; with `q`, what was searched for."""
    officer = current_officer()
    query = request.args.get("q", "").strip()[: searching.LONGEST]
    tabs = worklists.tabs(officer.role)
    facts = {"tabs": tabs, "counts": worklists.counts(officer), "most": worklists.COUNTED, "query": query}
    if query:
        return render_template("dossiers/lists.html", **facts, found=searching.search(officer, query))
    filters = _filters(officer.role)
    listed = worklists.listed(officer, request.args.get("list", ""), filters, request.args.get("after", ""))
    choices: dict[str, object] = {"procedures": worklists.procedures(officer), "states": list(State)}
    choices["periods"] = PERIODS
    assigns = officer.role == Role.HEAD and listed.tab.key == "assign"
    choices["team"] = team.members(officer) if assigns else []
    return render_template("dossiers/lists.html", **facts, **choices, listed=listed, filters=filters, assigns=assigns)


def _filters(role: Role) -> Filters:
    state, agency = request.args.get("state", ""), request.args.get("agency", "").strip().upper()
    return Filters(
        procedure=request.args.get("procedure", "")[:40],
        state=state if state in set(State) else "",
        agency=agency[:32] if role == Role.PROVINCE_LEADER else "",
        since=_since(request.args.get("period", "")),
    )


def _since(period: str) -> date | None:
    return clock.today() - timedelta(days=int(period)) if period in PERIODS else None
