"""The inbox with a million messages on PostgreSQL: list, search, one conversation; and news on 200 screens.

The second part starts the web process on that database, connects as many listeners as officers, and measures from the
commit of a citizen's message to the line on each listener, and on to the answer of the page that it fetches.
"""

import os
import socket
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from threading import Thread

import httpx
from rich.progress import Progress
from sqlalchemy import select, text

from backend import database
from backend.database import reading
from backend.inbox import access, listing, page, policy
from backend.inbox.listing import Filters
from backend.inbox.models import Case, CaseEvent, Escalation
from backend.messaging import channels
from backend.messaging import service as messaging
from backend.messaging.models import Conversation, Message
from backend.messaging.service import Inbound
from backend.models import ALL
from backend.organisation import seeding, sign_in
from backend.organisation import service as organisation
from backend.organisation.models import Role
from backend.organisation.service import OfficerInfo
from sms_gateway.channel import SmsChannel
from tests.bench import databases, report
from tests.bench.report import Spread
from tests.end_to_end.stack import Stack

MESSAGES = int(os.environ.get("BENCH_MESSAGES", "1000000"))
OFFICERS = int(os.environ.get("BENCH_OFFICERS", "200"))
PER_CONVERSATION = 20
ALIVE = 2_000
"""Cases that are not closed."""
REPEATS = 60
BATCH = 100_000
WORDS = ("làm giấy khai sinh", "hồ sơ của tôi đến đâu", "đăng ký kết hôn", "cấp lại căn cước", "sang tên sổ đỏ")
PASSWORD = "mot-cua-do-toc-do"
_WORDS = "(ARRAY[" + ", ".join(f"'{word}'" for word in WORDS) + "])[1 + n % 5]"
_FOLDED = "(ARRAY[" + ", ".join(f"'{policy.search_text(word)}'" for word in WORDS) + "])[1 + n % 5]"
_ADDRESS = "'+849' || lpad(n::text, 8, '0')"
_OPENED = "now() - (:all - n) * interval '1 minute'"
_NUMBERS = "FROM generate_series(:first, :last) AS n"
_MADE = (
    (
        "INSERT INTO conversation (id, channel, address, owner, epoch, accents, about, rest, after_officer,"
        " officer_said,"
        f" blocked_reason, created_at, heard_at) SELECT n, 'sms', {_ADDRESS}, 'assistant', 0, false, '', '',"
        f" false, '', '',"
        f" now(), now() {_NUMBERS}"
    ),
    (
        "INSERT INTO message (id, conversation_id, direction, channel, provider_message_id, provider, status,"
        " text, body,"
        " payload, offered, attachments, extras, epoch, segments, encoding, attempts, error_code, intent, confidence,"
        " created_at, updated_at)"
        " SELECT n * :each + m, n, CASE m % 2 WHEN 0 THEN 'in' ELSE 'out' END, 'sms', 'b' || n || '-' || m, '',"
        f" CASE m % 2 WHEN 0 THEN 'answered' ELSE 'delivered' END, {_WORDS}, '', '', '[]', '[]', '{{}}', 0, 1,"
        f" 'ucs2', 1,"
        " '',"
        " CASE m % 2 WHEN 0 THEN 'ask_documents' ELSE '' END, CASE m % 2 WHEN 0 THEN 0.9 END,"
        f" {_OPENED} - (:each - m) * interval '1 minute', now() {_NUMBERS}, generate_series(0, :each - 1) AS m"
    ),
    (
        "INSERT INTO inbox_case (id, conversation_id, channel, state, reason, summary, wanted, agency_code, skill,"
        " assignee_id, priority, labels, opened_at, answer_due_at, solve_due_at, answered_at, closed_at, waits_since,"
        " call_back, search_text, version)"
        " SELECT n, n, 'sms', CASE WHEN n <= :all - :alive THEN 'closed' WHEN n % 2 = 0 THEN 'waiting' ELSE 'open' END,"
        f" 'asked', {_WORDS}, {_WORDS}, '', '', CASE WHEN n > :all - :alive AND n % 2 = 0 THEN NULL"
        f" ELSE :officer + n % :officers END, 0, '[]', {_OPENED}, {_OPENED} + interval '2 hours',"
        f" {_OPENED} + interval '2 days', CASE WHEN n % 2 = 1 THEN {_OPENED} + interval '1 hour' END,"
        f" CASE WHEN n <= :all - :alive THEN {_OPENED} + interval '3 hours' END,"
        f" CASE WHEN n > :all - :alive THEN {_OPENED} END, '', ({_FOLDED} || ' ' || {_ADDRESS})::tsvector, 1"
        f" {_NUMBERS}"
    ),
    (
        "INSERT INTO inbox_event (case_id, at, kind, actor, text, details)"
        f" SELECT n, now(), 'opened', 'system', '', '{{}}' {_NUMBERS}"
    ),
)


def run() -> None:
    """Print both tables."""
    with databases.postgresql() as engine:
        if engine is None:
            return
        channels.register(SmsChannel())
        crew = _fill()
        _measure(crew)
        _measure_live(engine.url.render_as_string(hide_password=False), crew)


def _fill() -> list[OfficerInfo]:
    """Officers, conversations, messages and cases; the officers."""
    ALL.create_all(database.engine())
    seeding.seed()
    agency = organisation.agency_by_code("H15.901")
    ids = [
        sign_in.add_officer(
            name=f"Tổng đài viên {n}", username=f"bench-{n}", password=PASSWORD if n == 0 else None,
            agency_id=agency.id, role=Role.HOTLINE_OPERATOR,
        )
        for n in range(20)
    ]  # fmt: skip
    conversations = MESSAGES // PER_CONVERSATION
    start = time.perf_counter()
    with Progress(console=report.console, transient=True) as progress:
        bar = progress.add_task("messages", total=MESSAGES)
        for first in range(1, conversations + 1, BATCH // PER_CONVERSATION):
            last = min(first + BATCH // PER_CONVERSATION, conversations + 1) - 1
            numbers = {"first": first, "last": last, "all": conversations, "each": PER_CONVERSATION, "alive": ALIVE}
            with database.engine().begin() as connection:  # made inside the server: a client would take an hour
                for statement in _MADE:
                    connection.exec_driver_sql(_with(statement, numbers | {"officers": len(ids), "officer": ids[0]}))
            progress.update(bar, advance=(last - first + 1) * PER_CONVERSATION)
    with database.engine().connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        for table in (Conversation, Message, Case, CaseEvent):
            name = table.__tablename__
            connection.execute(
                text(f"SELECT setval(pg_get_serial_sequence('{name}', 'id'), (SELECT max(id) FROM {name}))")
            )
        connection.execute(text("VACUUM ANALYZE"))  # as the server does by itself after so many rows
    report.console.print(f"{MESSAGES:,} messages, {conversations:,} cases made in {time.perf_counter() - start:.0f} s")
    return [organisation.officer(one) for one in ids]


def _with(statement: str, numbers: Mapping[str, int]) -> str:
    for name, value in numbers.items():  # `officers` stands before `officer`
        statement = statement.replace(f":{name}", str(value))
    return statement.replace("%", "%%")  # the driver's own sign


def _measure(crew: Sequence[OfficerInfo]) -> None:
    chance, officer = Random(2), crew[0]
    with reading() as session:
        alive = list(session.scalars(select(Case.id).where(access.visible(officer), Case.closed_at.is_(None))))
        last = session.scalar(select(Escalation.id).order_by(Escalation.id.desc()).limit(1)) or 0
    assert last == 0
    table = report.table(f"PostgreSQL, {MESSAGES:,} messages; load average {os.getloadavg()[0]:.1f}", "by key")
    baseline = _spread(lambda: messaging.view(chance.choice(alive)))
    report.row(table, "a conversation by its key", baseline)
    promised = "p95 ≤ 100"
    for tab in listing.TABS:
        report.row(
            table, f"list: {tab}", _spread(lambda tab=tab: listing.listed(officer, Filters(tab))), baseline, promised
        )
    for what, filters in (
        ("search: words", Filters("all", q="ket hon")),
        ("search: number", Filters("all", q="0900049")),
        ("search among the closed: number", Filters("closed", q=f"09{MESSAGES // PER_CONVERSATION // 2:08d}")),
    ):
        report.row(table, what, _spread(lambda f=filters: listing.listed(officer, f)), baseline, promised)
    report.row(table, "one case, opened", _spread(lambda: page.look(chance.choice(alive), officer)), baseline, promised)
    report.row(table, "one case, nothing new", _spread(lambda: page.news(chance.choice(alive), officer)), baseline)
    report.console.print(table)


def _spread(call: Callable[[], object]) -> Spread:
    call()
    taken = []
    for _ in range(REPEATS):
        start = time.perf_counter()
        call()
        taken.append(time.perf_counter() - start)
    return Spread.of(taken)


# --- on the screens ----------------------------------------------------------------------------------------------


def _measure_live(url: str, crew: Sequence[OfficerInfo]) -> None:
    with TemporaryDirectory() as folder:
        stack = Stack(Path(folder) / "data", database_url=url.replace("+psycopg", ""), extra={"LOG_LEVEL": "WARNING"})
        try:
            stack.start("web")
            stack.wait_until_ready()
            _listen(stack, crew)
        finally:
            stack.stop()


def _listen(stack: Stack, crew: Sequence[OfficerInfo]) -> None:
    base = f"http://127.0.0.1:{stack.ports['web']}"
    client = httpx.Client(base_url=base, timeout=20, trust_env=False)
    token = client.get("/officers/sign-in").text.split('name="csrf_token" value="')[1].split('"')[0]
    client.post("/officers/sign-in", data={"csrf_token": token, "username": crew[0].username, "password": PASSWORD})
    cookie = "; ".join(f"{name}={value}" for name, value in client.cookies.items())
    with reading() as session:
        newest = session.scalars(select(Case).where(Case.closed_at.is_(None)).order_by(Case.id.desc()).limit(1)).one()
    address = messaging.view(newest.conversation_id).address
    screens = [_Screen(stack.ports["web"], cookie, newest.id) for _ in range(OFFICERS)]
    for screen in screens:
        screen.start()
    for screen in screens:
        screen.connected()
    lines, shown = [], []
    for number in range(15):
        for screen in screens:
            screen.heard = 0.0
        messaging.receive(Inbound("sms", f"live-{number}", address, f"tin {number}"))
        start = time.perf_counter()
        client.get(f"/officers/inbox/{newest.id}/talk")  # what one page fetches while all have been told
        while not all(screen.heard for screen in screens) and time.perf_counter() - start < 10:
            time.sleep(0.005)
        lines += [(screen.heard or start + 10) - start for screen in screens]
        first = time.perf_counter()
        assert f"tin {number}" in client.get(f"/officers/inbox/{newest.id}/talk").text
        shown.append(max(screen.heard for screen in screens) - start + time.perf_counter() - first)
        time.sleep(0.3)
    _measure_pages(client)
    table = report.table(f"{OFFICERS} screens on one web process; load average {os.getloadavg()[0]:.1f}", "line")
    told = Spread.of(lines)
    report.row(table, "commit → line on a screen", told)
    report.row(table, "commit → the slowest screen has fetched it", Spread.of(shown), told, "≤ 1000")
    report.console.print(table)
    for screen in screens:
        screen.close()


def _measure_pages(client: httpx.Client) -> None:
    """Whole pages as a browser gets them, while everybody listens."""
    chance = Random(3)
    with reading() as session:
        alive = list(session.scalars(select(Case.id).where(Case.closed_at.is_(None))))
    table = report.table(f"whole pages, {OFFICERS} listening; load average {os.getloadavg()[0]:.1f}", "page")
    baseline = _spread(lambda: client.get("/officers/inbox/texts").raise_for_status())
    report.row(table, "GET a page of the inbox without a list", baseline)
    for what, path in (
        ("GET the list", lambda: "/officers/inbox/"),
        ("GET a search", lambda: "/officers/inbox/?tab=all&q=ket+hon"),
        ("GET one case", lambda: f"/officers/inbox/{chance.choice(alive)}"),
    ):
        spread = _spread(lambda path=path: client.get(path()).raise_for_status())
        report.row(table, what, spread, baseline, "p95 ≤ 100")
    report.console.print(table)


class _Screen(Thread):
    """A browser that listens."""

    def __init__(self, port: int, cookie: str, case_id: int) -> None:
        super().__init__(daemon=True)
        self.heard = 0.0
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=180)
        request = (
            f"GET /officers/inbox/live?case={case_id} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nCookie: {cookie}\r\n\r\n"
        )
        self._socket.sendall(request.encode())
        self._ready = False

    def run(self) -> None:
        """Note when a line of news comes."""
        try:
            while data := self._socket.recv(4096):
                if b"hello" in data:
                    self._ready = True
                if b"event: news" in data:
                    self.heard = self.heard or time.perf_counter()
        except OSError:
            return

    def connected(self) -> None:
        """Wait until the server has begun to answer."""
        deadline = time.monotonic() + 180
        while not self._ready:
            if time.monotonic() > deadline:
                raise TimeoutError("the server takes no more listeners")
            time.sleep(0.01)

    def close(self) -> None:
        """Leave."""
        self._socket.close()
