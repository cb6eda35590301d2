"""Pages for everybody: published answers as a list, on a map and one by one, and a report's state by its code.

No login, and no script: the map is a drawing whose points are links, and the list beside it says the same in words.
"""

from datetime import timedelta
from urllib.parse import urlsplit

from flask import Blueprint, redirect, render_template, request, url_for
from flask.wrappers import Response
from werkzeug.wrappers import Response as AnyResponse

from backend import http
from backend.complaints import province_map, published, wording
from backend.complaints.province_map import Frame, Point
from backend.complaints.published import Report, Standing, Wanted
from backend.errors import MotCuaError, NotFound
from backend.settings import settings
from backend.text import normalise
from backend.throttle import Throttle

blueprint = Blueprint("complaints_public", __name__, url_prefix="/phan-anh", template_folder="templates")

POLICY = (
    "default-src 'none'; img-src 'self'{tiles}; style-src 'self'; base-uri 'none'; frame-ancestors 'none';"
    " form-action 'self'"
)
FILTERS = ("q", "linh_vuc", "noi", "trang_thai", "khung")
OTHER = "khac"
"""The category of what none of the others is, in addresses."""
QUERY_LENGTH = 100
READING = Throttle(120, timedelta(minutes=1))
GUESSING = Throttle(10, timedelta(minutes=10))
"""Codes that no report has: codes follow one another, and nobody has to know how many there are."""


@blueprint.before_request
def _keep_pace() -> None:
    address = request.remote_addr or ""
    READING.count(address)
    if "code" in (request.view_args or {}) or request.args.get("ma"):
        GUESSING.check(address)


@blueprint.after_request
def _seal(response: Response) -> Response:
    tiles = urlsplit(settings().map_tiles_url)
    source = f" {tiles.scheme}://{tiles.netloc}" if tiles.netloc else ""
    response.headers.setdefault("Content-Security-Policy", POLICY.format(tiles=source))
    response.headers["Referrer-Policy"] = "strict-origin" if source else "no-referrer"
    return response


@blueprint.errorhandler(MotCuaError)
def _refused(error: MotCuaError) -> tuple[str, int]:
    if isinstance(error, NotFound):
        GUESSING.count(request.remote_addr or "")
    return render_template("complaints/public_error.html", message=error.message), error.status


def _wanted() -> Wanted:
    """What the address asks for; what it says wrongly does not narrow."""
    args = request.args
    category: str | None = args.get("linh_vuc", "")
    category = "" if category == OTHER else category or None
    standing = args.get("trang_thai", "")
    return Wanted(
        q=normalise(args.get("q", "")[:QUERY_LENGTH]),
        category=category if category in wording.CATEGORIES else None,
        area=normalise(args.get("noi", "")[:200]),
        standing=Standing(standing) if standing in set(Standing) else None,
        box=_box(args.get("khung", "")),
    )


def _box(text: str) -> published.Box | None:
    """`south,west,north,east` within the province; None for anything else."""
    try:
        south, west, north, east = (float(part) for part in text[:80].split(","))
    except ValueError:
        return None
    whole = province_map.PROVINCE
    inside = whole.holds(south, west) and whole.holds(north, east) and south <= north and west <= east
    return (south, west, north, east) if inside else None


def _address(**changes: str | int | None) -> dict[str, str | int]:
    """The filters of this request as arguments of an address, with changes; None leaves one out."""
    kept = {name: request.args[name] for name in FILTERS if name in request.args}
    return {name: value for name, value in {**kept, **changes}.items() if value not in (None, "")}


def _facts(wanted: Wanted) -> dict[str, object]:
    return {
        "wanted": wanted,
        "choices": published.choices(),
        "standings": published.STANDINGS,
        "categories": wording.CATEGORIES,
        "other": OTHER,
        "address": _address,
        "narrowed": wanted != Wanted(),
    }


@blueprint.get("/")
@http.public("published answers")
def lists() -> str:
    """Found by words, category, commune and state; the newest first."""
    text = request.args.get("trang", "1")
    page = min(max(int(text), 1), 10_000) if text.isascii() and text.isdigit() and len(text) < 10 else 1
    wanted = _wanted()
    found = published.find(wanted, page)
    pages = -(-found.total // published.PAGE_SIZE)
    return render_template("complaints/public_list.html", found=found, page=page, pages=pages, **_facts(wanted))


@blueprint.get("/ban-do")
@http.public("published answers")
def map_() -> str:
    """The same on a map, with the list beside it."""
    wanted = _wanted()
    reports = published.on_map(wanted)
    points = [Point(one.code, one.latitude or 0, one.longitude or 0) for one in reports]
    frame = _frame(wanted, points)
    template = settings().map_tiles_url
    flat, steep = province_map.grid(frame)
    return render_template(
        "complaints/public_map.html", reports=reports, frame=frame, marks=province_map.marks(frame, points),
        labels=province_map.labels(frame), flat=flat, steep=steep, sea=province_map.sea(frame),
        numbers=_numbers(reports),
        tiles=province_map.tiles(frame, template) if template else [], credit=settings().map_tiles_credit,
        width=province_map.WIDTH, most=published.MOST_ON_MAP, **_facts(wanted),
    )  # fmt: skip


def _frame(wanted: Wanted, points: list[Point]) -> Frame:
    """What is asked for, as near as it can be seen; the province where nothing is."""
    if wanted.box:
        return province_map.around(wanted.box)
    if points and (wanted.area or wanted.q):
        return province_map.around(province_map.box_of(points))
    return province_map.PROVINCE


def _numbers(reports: list[Report]) -> dict[str, int]:
    return {one.code: number for number, one in enumerate(reports, 1)}


@blueprint.get("/tra-cuu")
@http.public("the state of a report, and nothing else, by its code")
def look_up() -> str | tuple[str, int] | AnyResponse:
    """The form, and what it found."""
    typed = normalise(request.args.get("ma", "")[:40])
    facts: dict[str, object] = {"typed": typed, "code": "", "state": "", "wrong": "", "is_published": False}
    if not typed:
        return render_template("complaints/public_lookup.html", **facts)
    code = published.normal_code(typed)
    if code is None:
        facts["wrong"] = "Mã phản ánh có dạng PA-261101-0003. Anh/chị xem lại trong tin nhắn đã nhận."
        return render_template("complaints/public_lookup.html", **facts), 422
    try:
        facts |= {"code": code, "state": published.state_of(code), "is_published": published.is_published(code)}
    except NotFound as error:
        GUESSING.count(request.remote_addr or "")
        return render_template("complaints/public_lookup.html", **facts | {"wrong": error.message}), error.status
    return render_template("complaints/public_lookup.html", **facts)


@blueprint.get("/<string:code>")
@http.public("published answers")
def one(code: str) -> str | AnyResponse:
    """One report with its life."""
    found = published.one(code[:40])
    if found.code != code:
        return redirect(url_for("complaints_public.one", code=found.code), 301)
    return render_template("complaints/public_one.html", report=found, **_facts(Wanted()))


@blueprint.get("/<string:code>/anh/<int:number>")
@http.public("photos of published answers that an officer chose")
def photo(code: str, number: int) -> Response:
    """A photo, small with `?nho=1`."""
    return http.file_response(published.photo(code[:40], number), small=bool(request.args.get("nho")))
