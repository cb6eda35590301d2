"""Administrators' pages of procedures: what the catalogue says, and the steps a dossier takes through the house."""

from dataclasses import dataclass

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from backend import clock
from backend.dossiers import workflows
from backend.dossiers.workflows import Step
from backend.errors import InvalidInput, NotFound
from backend.i18n import N_, gettext
from backend.organisation import navigation
from backend.organisation import service as organisation
from backend.organisation.access import current_officer, role_required
from backend.organisation.models import Role
from backend.organisation.navigation import Entry, Group
from backend.procedures import service as procedures
from backend.procedures.service import ProcedureOut

blueprint = Blueprint("workflows", __name__, url_prefix="/officers/admin/procedures", template_folder="templates")
ADMINISTRATORS = frozenset({Role.ADMINISTRATOR})
admin_required = role_required(*ADMINISTRATORS)
navigation.add(
    Entry(N_("Thủ tục"), "workflows.procedures", ADMINISTRATORS, Group.ADMINISTRATION, N_("Các bước giải quyết"))
)
SPARE_ROWS = 4
MOST_HITS = 30


@blueprint.get("/", endpoint="procedures")
@admin_required
def catalogue() -> str:
    """Procedures found by words or code; without words those that have steps."""
    words = request.args.get("q", "")[:200].strip()
    counted = workflows.with_steps()
    found = _found(words) if words else [one for code in counted if (one := _procedure(code))]
    everything = len(procedures.current_codes())
    return render_template("workflows/list.html", words=words, found=found, steps=counted, everything=everything)


def _found(words: str) -> list[ProcedureOut]:
    exact = _procedure(words)
    if exact is not None:
        return [exact]
    hits = procedures.search(words, limit=MOST_HITS).hits
    return [one for hit in hits if (one := _procedure(hit.entry.code))]


def _procedure(code: str) -> ProcedureOut | None:
    try:
        return procedures.current_version(code)
    except NotFound:
        return None


@blueprint.get("/<code>")
@admin_required
def one(code: str) -> str:
    """One procedure: its facts, its steps as table and picture, earlier versions."""
    return _page(code, workflows.steps_of(code))


def _page(code: str, steps: list[Step], wrong: list[str] | None = None) -> str:
    agencies = organisation.agencies_at(clock.today())
    names = {agency.code: agency.name for agency in agencies}
    last = max((step.sequence for step in steps), default=0)
    blank = [Step(last + n, "", 0.0) for n in range(1, SPARE_ROWS + 1)]
    procedure = procedures.current_version(code)
    spans = [(method.duration.value, method.duration.unit) for method in procedure.methods if method.duration]
    return render_template(
        "workflows/one.html",
        procedure=procedure,
        durations=list(dict.fromkeys(spans)),
        rows=[*steps, *blank],
        steps=steps,
        total=workflows.longest_path(steps),
        drawing=draw(steps, names),
        agencies=agencies,
        names=names,
        changes=workflows.changes(code),
        wrong=wrong or [],
    )


@blueprint.post("/<code>")
@admin_required
def save(code: str) -> Response | tuple[str, int]:
    """Save the table, or only show its picture; what was typed is kept when it cannot be saved."""
    steps = _typed()
    if "preview" in request.form:
        return _page(code, steps, workflows.problems(steps)), 200
    try:
        workflows.save(code, steps, actor=current_officer().actor)
    except InvalidInput as error:
        return _page(code, steps, [field["message"] for field in error.fields]), error.status
    flash(gettext("Đã lưu. Hồ sơ nộp từ bây giờ đi theo các bước này; hồ sơ cũ giữ bước cũ."), "success")
    return redirect(url_for("workflows.one", code=code), 303)


@blueprint.post("/<code>/put-back/<int:change_id>")
@admin_required
def put_back(code: str, change_id: int) -> Response:
    """Let the steps be what they were before one of the earlier savings."""
    try:
        workflows.put_back(code, change_id, actor=current_officer().actor)
        flash(gettext("Đã trở lại các bước trước đó."), "success")
    except InvalidInput as error:
        flash(error.message, "error")
    return redirect(url_for("workflows.one", code=code), 303)


def _typed() -> list[Step]:
    """The rows of the form; a row without a title is one that was not used, or is to go."""
    names = ("sequence", "title", "agency", "department", "share")
    rows = zip(*(request.form.getlist(name)[:100] for name in names), strict=False)
    return [
        Step(int(_amount(sequence)), title.strip()[:200], _amount(share), agency.strip(), department.strip()[:120])
        for sequence, title, agency, department, share in rows
        if title.strip()
    ]


def _amount(text: str) -> float:
    """A number as Vietnamese write it, too (`12,5`); 0, which no row may have, for what is none."""
    try:
        amount = float(text.strip().replace(",", "."))
    except ValueError:
        return 0.0
    return amount if 0 <= amount <= 1000 else 0.0


# --- the picture -----------------------------------------------------------------------------------------------

BOX_WIDTH, BOX_HEIGHT, GAP_X, GAP_Y = 190, 84, 44, 16
LETTERS = 25  # of a line in a box


@dataclass(frozen=True)
class Box:
    """A step in the picture; `lines` of its title, `where` it is done, `share` as text. Pixels."""

    x: int
    y: int
    lines: list[str]
    where: str
    share: str


@dataclass(frozen=True)
class Drawing:
    """Boxes in columns, one column a sequence number, and arrows between columns. Pixels."""

    width: int
    height: int
    boxes: list[Box]
    arrows: list[tuple[int, int, int, int]]


def draw(steps: list[Step], names: dict[str, str]) -> Drawing:
    """Lay the steps out from left to right, those side by side one above the other."""
    columns = [[s for s in steps if s.sequence == n] for n in sorted({step.sequence for step in steps})]
    tallest = max((len(column) for column in columns), default=0)
    height = tallest * (BOX_HEIGHT + GAP_Y) + GAP_Y
    boxes: list[Box] = []
    arrows: list[tuple[int, int, int, int]] = []
    before: list[int] = []
    for number, column in enumerate(columns):
        x = GAP_Y + number * (BOX_WIDTH + GAP_X)
        top = (height - len(column) * (BOX_HEIGHT + GAP_Y) + GAP_Y) // 2
        middles = []
        for place, step in enumerate(column):
            y = top + place * (BOX_HEIGHT + GAP_Y)
            where = step.department or names.get(step.agency_code, gettext("Cơ quan giải quyết"))
            boxes.append(Box(x, y, _lines(step.title), _cut(where), f"{step.share:g} %"))
            middles.append(y + BOX_HEIGHT // 2)
        arrows += [(x - GAP_X, start, x - 2, end) for start in before for end in middles]
        before = middles
    return Drawing(len(columns) * (BOX_WIDTH + GAP_X) - GAP_X + 2 * GAP_Y, height, boxes, arrows)


def _lines(title: str) -> list[str]:
    """At most two lines of the title."""
    words, lines = title.split(), [""]
    for word in words:
        if lines[-1] and len(lines[-1]) + 1 + len(word) > LETTERS:
            lines.append("")
        lines[-1] = f"{lines[-1]} {word}".strip()
    return [*lines[:1], _cut(" ".join(lines[1:]))] if len(lines) > 1 else [_cut(lines[0])]


def _cut(text: str) -> str:
    return text if len(text) <= LETTERS else text[: LETTERS - 1] + "…"
