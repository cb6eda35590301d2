"""Every page, wide and on a phone, looked at by axe-core: nothing serious stands between a person and the page.

The walk finds the pages itself: those without parameters from the URL map, the others from the links between them.
`SCREENSHOTS=/some/folder` keeps a picture of each.
"""

import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlsplit

import pytest
from itsdangerous import URLSafeSerializer
from playwright.sync_api import Browser, BrowserContext, Page
from sqlalchemy import Select, select
from sqlalchemy.orm import InstrumentedAttribute
from werkzeug.exceptions import HTTPException
from werkzeug.routing import Map, Rule

from backend import clock, storage
from backend.citizens import linking
from backend.complaints import demo as reports
from backend.complaints import published
from backend.complaints.models import Complaint
from backend.complaints.policy import State as ReportState
from backend.complaints.public_models import Publication
from backend.dossiers import access, workflows
from backend.dossiers.models import Dossier
from backend.dossiers.policy import State
from backend.inbox import answering, canned, cases
from backend.inbox import service as inbox
from backend.messaging import channels
from backend.messaging import service as messaging
from backend.messaging.models import Message
from backend.messaging.service import Inbound
from backend.organisation import sign_in
from backend.organisation.models import Officer, Role
from backend.organisation.service import OfficerInfo
from backend.ratings import kiosks, sums
from backend.ratings.models import Asked, RatingRequest
from backend.settings import ROOT
from backend.wsgi import build
from sms_gateway.channel import SmsChannel
from tests.builders.files import make_pdf
from tests.builders.notifications import tell_officers
from tests.builders.ratings import make_rating
from tests.end_to_end import stack as stacks
from tests.end_to_end.officers import WIDE, browsing, chromium
from tests.end_to_end.stack import PASSWORD, SECRET_KEY, Stack

T = TypeVar("T")
pytestmark = [pytest.mark.end_to_end, pytest.mark.browser]
AXE = ROOT / "tests/peers/node_modules/axe-core/axe.min.js"
PHONE = {"width": 360, "height": 740}
ASKED = "tôi cần rút hồ sơ"
SCREENSHOTS = os.environ.get("SCREENSHOTS")
NO_PAGE = re.compile(
    r"^(openapi|swagger|open311)\.|_api\.|^(static|healthz|dossiers_paper\.file|inbox\.(live|talk|rows|file)|public\.result|complaints\.file|inbox_public\.file|complaints_public\.photo)$|^notices\.read$|^ratings\.export$"
)
NOT_REACHED = {"payments.sandbox_page"}
"""The sandbox is no page of ours."""
OF_EACH_ROLE = {"officers.home", "dossier_lists.lists"}
"""Pages that show every role something else; of the others it is enough that one role opens them."""
WORKERS = (Role.SPECIALIST, Role.HEAD, Role.LEADER)
STATES_OF_WORKERS = (State.RECEIVED, State.ASSIGNED, State.PROCESSING, State.APPROVING, State.RETURNED)
OPEN_DETAILS = "document.querySelectorAll('details').forEach(one => { one.open = true })"
TOO_WIDE = """() => {
  const width = document.documentElement.clientWidth;
  if (document.documentElement.scrollWidth <= width) return [];
  return [...document.querySelectorAll('body *')]
    .filter(one => one.getBoundingClientRect().right > width + 1)
    .slice(0, 3).map(one => one.outerHTML.slice(0, 120));
}"""
AXE_RUN = """async () => {
  const {violations} = await axe.run(document, {resultTypes: ['violations'], iframes: false});
  return violations.filter(one => ['serious', 'critical'].includes(one.impact))
    .map(one => `${one.id}: ${one.help}\\n      ` + one.nodes.slice(0, 3)
      .map(node => node.html.slice(0, 160) + ' | ' + (node.any[0] || node.all[0] || node.none[0]).message)
      .join('\\n      '));
}"""


@dataclass
class Walk:
    """What was seen: endpoints, and per page what is wrong with it."""

    urls: Map
    endpoints: set[str] = field(default_factory=set)
    wrong: list[str] = field(default_factory=list)
    too_wide: list[str] = field(default_factory=list)
    pages: int = 0

    def endpoint(self, path: str) -> str:
        """The endpoint of a path of ours; empty for none."""
        try:
            return str(self.urls.bind("").match(path, method="GET")[0])
        except HTTPException:
            return ""

    def look(self, page: Page, name: str) -> None:
        """Look at the page that is open, wide and narrow, with everything that folds unfolded."""
        self.pages += 1
        self.endpoints.add(self.endpoint(urlsplit(page.url).path))
        page.evaluate(OPEN_DETAILS)
        page.add_script_tag(path=AXE)
        for size in (WIDE, PHONE):
            page.set_viewport_size(size)  # type: ignore[arg-type]
            wide = f"{name} at {size['width']} px ({urlsplit(page.url).path})"
            self.wrong += [f"{wide}\n    {text}" for text in page.evaluate(AXE_RUN)]
            if size is PHONE and (found := page.evaluate(TOO_WIDE)):
                self.too_wide.append("\n    ".join([wide, *found]))
            _picture(page, f"{name}-{size['width']}")
        page.set_viewport_size(WIDE)  # type: ignore[arg-type]


def _picture(page: Page, name: str) -> None:
    if SCREENSHOTS:
        Path(SCREENSHOTS).mkdir(parents=True, exist_ok=True)
        page.screenshot(path=f"{SCREENSHOTS}/{name}.png", full_page=True)


def _is_page(rule: Rule) -> bool:
    text = str(rule)
    return "GET" in (rule.methods or ()) and not NO_PAGE.search(rule.endpoint) and "." not in text.rsplit("/", 1)[-1]


def _missing(what: str) -> None:
    if os.environ.get("CI"):
        pytest.fail(f"{what} in CI")
    pytest.skip(what)


@pytest.fixture(scope="module")
def running(template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """Web and chat without the assistant: nobody is answered here."""
    if not AXE.exists():
        _missing("axe-core is missing: `make setup-test` installs it with npm")
    if chromium() is None:
        _missing("chromium is not installed")
    stack = stacks.from_template(template, tmp_path_factory.mktemp("accessible") / "data")
    try:
        stack.start("web", "chat", "sms")  # SMS for its providers' page
        _furnish(stack)
        stack.wait_until_ready()
        yield stack
    finally:
        stack.stop()


def _furnish(stack: Stack) -> None:
    """What pages would be empty without: somebody who waits for an officer, a notice, steps of a procedure, a link."""
    with stack.database():
        for channel in ("telegram", "zalo"):
            linking.take_contact(messaging.conversation_with(channel, "1234567"), "+84900000001", own=True)
        ended = linking.of_phone("+84900000001", actor="system")[0][0]
        linking.unlink_by_officer(ended.id, "+84900000001", linking.Reason.LOST, actor="officer:1")
        reports.seed()
        received = messaging.receive(Inbound("sms", "SM1", "+84900000001", "CB tôi cần rút hồ sơ", ""))
        inbox.escalate(received.conversation_id, "asked", ASKED, received.message_id)
        _work_on(_case())
        desk = next(one for one in sign_in.officers() if one.username == "demo-motcua")
        tell_officers([desk.id])
        for _ in range(6):
            make_rating(agency=desk.agency_code, words="phòng chờ hơi nóng")
        sums.release()
        code = "1.001193"
        workflows.save(code, [workflows.Step(1, "Thẩm tra", 60), workflows.Step(2, "Ký", 40)], actor="system")


def _case() -> int:
    return next(line.id for line in inbox.waiting() if line.summary == ASKED)


def _work_on(case: int) -> None:
    """A case with all that its page can show: somebody's, labelled, noted upon, with a text prepared and one typed."""
    operator = next(one for one in sign_in.officers() if one.username == "demo-tongdai")
    channels.register(SmsChannel())
    cases.take(case, operator)
    sheet = storage.store(make_pdf(), "mẫu đơn.pdf", actor=operator.actor)
    answering.answer(case, operator, "Dạ anh nhắn giúp em mã hồ sơ.", key="answer", files=[sheet.id])
    cases.set_labels(case, operator, "hộ tịch, gấp")
    cases.set_priority(case, operator, 1)
    cases.promise_call(case, operator, "0905123456")
    answering.note(case, operator, "Đã gọi lần một, chưa ai nghe máy.", key="note")
    answering.keep_draft(case, operator, "Dạ anh chờ em xem hồ sơ")
    canned.save(operator, None, "Mời đến", "Mời anh/chị {ten} đến bộ phận một cửa.", general=True)


@pytest.fixture(scope="module")
def walk(running: Stack) -> Iterator[Walk]:
    """Everything walked through once."""
    seen = Walk(build().url_map)
    with browsing() as browser:
        for role in Role:
            _walk_officer(seen, running, browser, role)
        _walk_public(seen, running, browser)
        _walk_reports(seen, running, browser)
        _walk_ratings(seen, running, browser)
        _walk_sign_in(seen, running, browser)
        yield seen


def _context(browser: Browser, stack: Stack, process: str = "web") -> BrowserContext:
    base = f"http://127.0.0.1:{stack.ports[process]}"
    context = browser.new_context(viewport=WIDE, locale="vi-VN", base_url=base, bypass_csp=True)  # type: ignore[arg-type]
    context.set_default_timeout(10_000)
    return context


def _sign_in(page: Page, username: str) -> None:
    page.goto("/officers/sign-in")
    page.get_by_label("Tên đăng nhập").fill(username)
    page.get_by_label("Mật khẩu").fill(PASSWORD)
    page.get_by_role("button", name="Đăng nhập").click()
    page.wait_for_url(lambda url: not url.endswith("/officers/sign-in"))


def _walk_officer(seen: Walk, stack: Stack, browser: Browser, role: Role) -> None:
    """The pages of one role: those without parameters, one of each kind that they link to, dossiers in their states."""
    with stack.database():
        demo = [one for one in sign_in.officers() if one.username.startswith("demo-")]
    officer = next(one for one in demo if one.role is role)
    context = _context(browser, stack)
    page = context.new_page()
    _sign_in(page, officer.username)
    plain = [rule for rule in seen.urls.iter_rules() if _is_page(rule) and str(rule).startswith("/officers/")]
    waiting = [str(rule) for rule in plain if not rule.arguments and rule.endpoint != "officers.code_page"]
    waiting += [f"/officers/dossiers/{number}" for number in _dossiers_for(stack, officer)]
    if role is Role.ADMINISTRATOR:
        waiting.append("/officers/admin/officers?closed=1")
    if role is Role.HOTLINE_OPERATOR:
        waiting += [f"/officers/complaints/{number}?" for number in _reports(stack)]
        with stack.database():
            waiting.append(f"/officers/inbox/{_case()}?tab=mine")
    if role is Role.RECEPTIONIST:
        waiting.append("/officers/dossiers/new?procedure=1.001193")
        waiting.append("/officers/linked-channels/?phone=0900000001")
    opened: set[str] = set()
    while waiting:
        path = waiting.pop(0)
        if path in opened:
            continue
        opened.add(path)
        if _opens(seen, context, page, path, role):
            waiting += _links(seen, page)
    context.close()


def _opens(seen: Walk, context: BrowserContext, page: Page, path: str, role: Role) -> bool:
    """Look at a page that this role may open and that has not been seen enough."""
    endpoint = seen.endpoint(urlsplit(path).path)
    each = endpoint in OF_EACH_ROLE or endpoint == "dossiers.one" or "?" in path
    if endpoint in seen.endpoints and not each:
        return False
    answer = context.request.get(path, max_redirects=0)
    if answer.status != 200 or not answer.headers["content-type"].startswith("text/html"):
        return False
    page.goto(path)
    seen.look(page, f"{role}{path.replace('/', '-').replace('?', '-')}".rstrip("-"))
    return True


def _links(seen: Walk, page: Page) -> Iterable[str]:
    """One link to each kind of page that nobody has opened."""
    found = page.eval_on_selector_all("a[href]", "links => links.map(one => one.getAttribute('href'))")
    rules = {rule.endpoint: rule for rule in seen.urls.iter_rules() if _is_page(rule)}
    new: dict[str, str] = {}
    for link in found:
        endpoint = seen.endpoint(urlsplit(link).path) if link.startswith("/officers/") else ""
        if endpoint in rules and endpoint not in seen.endpoints and "?" not in link:
            new.setdefault(endpoint, link)
    return new.values()


def _dossiers_for(stack: Stack, officer: OfficerInfo) -> list[int]:
    """One dossier of each state that the role works on; the desk sees all states."""
    if officer.role is not Role.RECEPTIONIST and officer.role not in WORKERS:
        return []
    states = tuple(State) if officer.role is Role.RECEPTIONIST else STATES_OF_WORKERS
    with stack.database() as session:
        found = [session.scalar(_one(Dossier.id, state).where(access.visible(officer))) for state in states]
    return [number for number in found if number is not None]


def _reports(stack: Stack) -> list[int]:
    """A report to be sorted, one to be published, one that is."""
    of = select(Complaint.id).order_by(Complaint.id).limit(1)
    public = Complaint.id.in_(select(Publication.complaint_id))
    wanted = (Complaint.state == ReportState.RECEIVED, (Complaint.state == ReportState.SENT) & ~public, public)
    with stack.database() as session:
        return [session.scalars(of.where(condition)).one() for condition in wanted]


def _one(column: InstrumentedAttribute[T], state: State) -> Select[tuple[T]]:
    return select(column).where(Dossier.state == str(state)).order_by(Dossier.id).limit(1)


def _walk_public(seen: Walk, stack: Stack, browser: Browser) -> None:
    """The pages of citizens: filing, the link to a dossier in every state, paying, withdrawing, the conversation."""
    with stack.database() as session:
        keys = {state: session.scalar(_one(Dossier.key, state)) for state in State}
    context = _context(browser, stack)
    page = context.new_page()
    for name, path in (("nop", "/nop"), ("nop-search", "/nop?q=khai+sinh"), ("nop-form", "/nop/1.001193")):
        page.goto(path)
        seen.look(page, name)
    for state, key in keys.items():
        page.goto(f"/hs/{key}")
        seen.look(page, f"hs-{state}")
    for step in ("da-nop", "rut"):
        page.goto(f"/hs/{keys[State.SUBMITTED]}/{step}")
        seen.look(page, f"hs-{step}")
    page.goto("/hs/khong-co")
    seen.look(page, "hs-unknown")
    for name, address in (("tep", _link_in_sms(stack)), ("tep-unknown", "/tep/khongco")):
        page.goto(address)
        seen.look(page, name)
    context.close()
    chat = _context(browser, stack, "chat")
    page = chat.new_page()
    page.goto("/chat")
    seen.look(page, "chat")
    chat.close()


def _link_in_sms(stack: Stack) -> str:
    """Where the citizen opens what the operator sent."""
    with stack.database() as session:
        texts = session.scalars(select(Message.text).where(Message.text.contains("/tep/")))
        return "/tep/" + texts.one().rpartition("/tep/")[2]


def _walk_reports(seen: Walk, stack: Stack, browser: Browser) -> None:
    """Published answers: the list, the map of all and of a part, one of each standing, the state of a code."""
    with stack.database():
        codes = {s: published.find(published.Wanted(standing=s)).reports[0].code for s in published.Standing}
    page = _context(browser, stack).new_page()
    looks = ("", "?q=khongco", "ban-do", "ban-do?q=den", *codes.values(), "tra-cuu", f"tra-cuu?ma={codes['settled']}")
    for number, path in enumerate((*looks, "tra-cuu?ma=x", "PA-000000-0000")):
        page.goto(f"/phan-anh/{path}")
        seen.look(page, f"phan-anh-{number}")


def _walk_ratings(seen: Walk, stack: Stack, browser: Browser) -> None:
    """The link in a citizen's message, and the screen at the desk. (Its last page goes back by itself, on purpose.)"""
    with stack.database() as session:
        dossier = session.scalars(select(Dossier).where(Dossier.state == str(State.RETURNED)).limit(1)).one()
        asked = RatingRequest(
            dossier_code=dossier.code, phone=dossier.applicant_phone, returned_at=clock.now(), state=Asked.ASKED, why=""
        )
        session.add(asked)
        session.flush()
        number, agency = asked.id, dossier.desk_code
        key = kiosks.add(agency, "quầy 1", actor="system")
    page = _context(browser, stack).new_page()
    page.goto(f"/danh-gia/{URLSafeSerializer(SECRET_KEY, salt='rating-link').dumps(number)}")
    seen.look(page, "rating-link")
    page.goto(f"/kiosk/{agency}")
    seen.look(page, "kiosk-key")
    page.get_by_label("Mã máy").fill(key)
    page.get_by_role("button", name="Mở máy").click()
    page.get_by_text("Chạm một nút").wait_for()
    seen.look(page, "kiosk")
    page.get_by_role("button", name="Bình thường").click()
    page.get_by_role("button", name="Gửi").wait_for()
    seen.look(page, "kiosk-more")


def _walk_sign_in(seen: Walk, stack: Stack, browser: Browser) -> None:
    """The sign-in page, what it says to a wrong password, and the second step."""
    with stack.database() as session:
        officer = session.scalars(select(Officer).where(Officer.username == "demo-tongdai")).one()
        officer.code_nonce = "0" * 32
    page = _context(browser, stack).new_page()
    page.goto("/officers/sign-in")
    seen.look(page, "sign-in")
    page.get_by_label("Tên đăng nhập").fill("nobody")
    page.get_by_label("Mật khẩu").fill("sai-mat-khau")
    page.get_by_role("button", name="Đăng nhập").click()
    page.get_by_role("alert").wait_for()
    seen.look(page, "sign-in-refused")
    _sign_in(page, "demo-tongdai")
    seen.look(page, "sign-in-code")


def test_nothing_serious_stands_in_anybodys_way(walk: Walk) -> None:
    assert not walk.wrong, f"{len(walk.wrong)} of {walk.pages} pages\n" + "\n".join(walk.wrong)


def test_no_page_scrolls_sideways_on_a_phone(walk: Walk) -> None:
    assert not walk.too_wide, "\n".join(walk.too_wide)


def test_every_page_was_looked_at(walk: Walk) -> None:
    pages = {rule.endpoint for rule in walk.urls.iter_rules() if _is_page(rule)}
    assert pages - walk.endpoints <= NOT_REACHED, "walk there, or say in NO_PAGE why it is no page"
