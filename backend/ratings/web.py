"""Officers' pages: what citizens think, in sums; a specialist's own; the screens at the desks."""

import csv
import io
from collections.abc import Iterator

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.wrappers import Response
from werkzeug.wrappers import Response as AnyResponse

from backend.errors import InvalidInput
from backend.i18n import N_, gettext
from backend.organisation import navigation
from backend.organisation.access import current_officer, role_required
from backend.organisation.models import Role
from backend.organisation.navigation import Entry, Group
from backend.ratings import kiosks, policy, sums
from backend.ratings.sums import Line, Overview, Wanted

blueprint = Blueprint("ratings", __name__, url_prefix="/officers/ratings", template_folder="templates")
VIEWERS = frozenset({Role.HEAD, Role.LEADER, Role.PROVINCE_LEADER, Role.ADMINISTRATOR})
RATED = frozenset({Role.SPECIALIST})
ADMINISTRATORS = frozenset({Role.ADMINISTRATOR})
navigation.add(Entry(N_("Mức độ hài lòng"), "ratings.overview", VIEWERS, hint=N_("Công dân đánh giá việc phục vụ")))
navigation.add(Entry(N_("Đánh giá về tôi"), "ratings.mine", RATED, hint=N_("Tổng điểm công dân chấm, từ 5 lượt")))
navigation.add(
    Entry(
        N_("Máy đánh giá"), "ratings.devices", ADMINISTRATORS, Group.ADMINISTRATION, N_("Màn hình chấm điểm đặt ở quầy")
    )
)
viewer_required = role_required(*VIEWERS)
_SCORES = {
    1: N_("Rất không hài lòng"),
    2: N_("Không hài lòng"),
    3: N_("Bình thường"),
    4: N_("Hài lòng"),
    5: N_("Rất hài lòng"),
}


def _wanted() -> Wanted:
    def number(name: str, most: int) -> int:
        text = request.args.get(name, "")
        return int(text) if text.isascii() and text.isdigit() and len(text) < 5 and int(text) <= most else 0

    return Wanted(
        agency_code=request.args.get("agency", "")[:32],
        procedure_code=request.args.get("procedure", "")[:40],
        year=number("year", 9999),
        month=number("month", 12),
    )


@blueprint.get("/")
@viewer_required
def overview() -> str:
    """Per agency, procedure and month."""
    wanted = _wanted()
    found = sums.overview(current_officer(), wanted)
    facts = {"wanted": wanted, "found": found, "scores": _SCORES, "minimum": policy.MINIMUM}
    return render_template("ratings/overview.html", **facts, points=policy.INDEX_POINTS)


@blueprint.get("/csv")
@viewer_required
def export() -> Response:
    """The same figures as a spreadsheet reads them."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerows(_rows(sums.overview(current_officer(), _wanted())))
    response = Response("\ufeff" + out.getvalue(), mimetype="text/csv")
    response.headers["Content-Disposition"] = "attachment; filename=danh-gia.csv"
    return response


def _rows(found: Overview) -> Iterator[list[str]]:
    scores = [gettext(_SCORES[n]) for n in policy.SCORES]
    share, index = gettext("Tỷ lệ hài lòng") + " (%)", gettext("Trên 18 điểm")
    yield [gettext("Bảng"), gettext("Mục"), *scores, gettext("Tổng"), gettext("Điểm trung bình"), share, index]
    tables: list[tuple[str, list[Line]]] = [
        (gettext("Chung"), [Line("", gettext("Tất cả"), found.total)]),
        (gettext("Cơ quan"), found.agencies),
        (gettext("Thủ tục"), found.procedures),
        (gettext("Tháng"), found.months),
        (gettext("Cán bộ"), found.officers),
    ]
    for table, lines in tables:
        for line in lines:
            f = line.figures
            figures = [*map(str, f.counts), str(f.total), f"{f.mean:.2f}", f"{100 * f.satisfied:.1f}", f"{f.index:.1f}"]
            yield [table, _harmless(line.title or gettext("Các thủ tục khác")), *figures]


def _harmless(cell: str) -> str:
    """A name that a spreadsheet would take for a formula is text."""
    return f"'{cell}" if cell.startswith(("=", "+", "-", "@", "\t")) else cell


@blueprint.get("/mine")
@role_required(*RATED)
def mine() -> str:
    """A specialist's own sums."""
    total, fives = sums.mine(current_officer().id)
    return render_template("ratings/mine.html", total=total, fives=fives, scores=_SCORES, minimum=policy.MINIMUM)


@blueprint.get("/devices")
@role_required(*ADMINISTRATORS)
def devices() -> str:
    """The screens at the desks."""
    return _devices_page()


def _devices_page(*, key: str = "", agency: str = "", wrong: str = "") -> str:
    facts = {"devices": kiosks.all_devices(), "key": key, "agency": agency, "wrong": wrong, "typed": request.form}
    return render_template("ratings/devices.html", **facts)


@blueprint.post("/devices")
@role_required(*ADMINISTRATORS)
def add_device() -> str | tuple[str, int]:
    """Make a key; it is shown this once."""
    agency = request.form.get("agency", "").strip().upper()[:32]
    try:
        key = kiosks.add(agency, request.form.get("name", "")[:400], actor=current_officer().actor)
    except InvalidInput as error:
        return _devices_page(wrong=error.message), error.status
    return _devices_page(key=key, agency=agency)


@blueprint.post("/devices/<int:device_id>/revoke")
@role_required(*ADMINISTRATORS)
def revoke_device(device_id: int) -> AnyResponse:
    """Take no more from it."""
    kiosks.revoke(device_id, actor=current_officer().actor)
    flash(gettext("Máy này không còn nhận đánh giá."), "success")
    return redirect(url_for("ratings.devices"), 303)
