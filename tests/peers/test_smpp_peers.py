"""The session process against two carriers' implementations, over real sockets: cut, throttled, killed, refused."""

import os
import signal
import subprocess
import sys
import threading
from collections import Counter
from datetime import timedelta

import pytest
from sqlalchemy import select

from backend import clock, database
from backend.messaging import delivery, service
from backend.messaging.channels import Reply
from backend.messaging.models import Message, Status
from sms_gateway.channel import SmsChannel
from sms_gateway.settings import sms_settings
from tests.builders import messaging, sms
from tests.end_to_end.stack import free_port, wait_for
from tests.peers.smsc import peer
from tests.peers.smsc.peer import ROOT, Line, Smsc

WINDOW = 5


class Session:
    """The session process, on the test's own database."""

    def __init__(self, monkeypatch, tmp_path, carrier_port: int, **changes: str) -> None:
        self._folder, self.log = tmp_path, tmp_path / "session.log"
        settings = {
            "SMS_PROVIDER": "smpp",
            "SMPP_PORT": str(carrier_port),
            "SMPP_SESSION_PORT": str(free_port()),
            "SMPP_WINDOW": str(WINDOW),
            "SMPP_RESPONSE_SECONDS": "2",
            "SMPP_ENQUIRE_SECONDS": "1",
            "SMPP_RECONNECT_MOST_SECONDS": "1",
            "SMPP_PASSWORD": "s3cret",
        }
        sms.configure(monkeypatch, **(settings | changes))
        url = database.engine().url.render_as_string(hide_password=False)
        self._environment = os.environ | {"DATABASE_URL": url if "sqlite" not in url else "", "LOG_LEVEL": "INFO"}
        self._environment["DATA_DIR"] = str(tmp_path)
        self.start()

    def start(self) -> None:
        with self.log.open("ab") as log:
            command = [sys.executable, "-m", "sms_gateway.smpp"]
            self._process = subprocess.Popen(command, cwd=ROOT, env=self._environment, stdout=log, stderr=log)

    def kill(self) -> None:
        self._process.kill()
        self._process.wait()

    def stop(self) -> int:
        self._process.send_signal(signal.SIGTERM)
        return self._process.wait(15)


@pytest.fixture
def own_database(tmp_path, _sqlite_template, monkeypatch):
    """SQLite where the session process looks for it."""
    path = tmp_path / "mot_cua.db"
    path.write_bytes(_sqlite_template.read_bytes())
    engine = database.create(f"sqlite:///{path}")
    monkeypatch.setattr(database, "engine", lambda: engine)
    yield engine
    engine.dispose()


@pytest.fixture
def begin(monkeypatch, tmp_path, own_database):
    """Starts a carrier and a session; ends what it started."""
    started: list[object] = []

    def start(carrier: Smsc, through: Line | None = None, *, bound: bool = True, **changes: str) -> Session:
        session = Session(monkeypatch, tmp_path, through.port if through else carrier.port, **changes)
        started.extend([session, carrier])
        messaging.install(monkeypatch, SmsChannel())
        if bound:
            carrier.wait(lambda: carrier.of("bound"))
        return session

    yield start
    for each in started:
        each.stop()


def queue(count: int, words: str = "Dạ, hồ sơ số {} đã có kết quả.") -> list[int]:
    """So many notices to as many people."""
    conversations = [service.conversation_with("sms", f"+849051{n:05d}") for n in range(count)]
    return [service.say(each, Reply(words.format(n))) for n, each in enumerate(conversations)]


def deliver(ids: list[int], threads: int = 6, *, late: timedelta = timedelta()) -> None:
    """Workers take what is due, once each."""
    left, lock = list(ids), threading.Lock()

    def work() -> None:
        while True:
            with lock:
                if not left:
                    return
                message_id = left.pop(0)
            delivery.deliver(message_id, company=True)

    with clock.stopped_at(clock.now() + late):
        workers = [threading.Thread(target=work) for _ in range(threads)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()


def unsent(ids: list[int]) -> list[int]:
    with database.reading() as session:
        waiting = select(Message.id).where(Message.id.in_(ids), Message.status.in_(Status.WAITS_FOR_DELIVERY))
        return list(session.scalars(waiting))


def deliver_all(ids: list[int]) -> int:
    """Until nothing waits, each round so much later that all is due; how many rounds it took."""
    for rounds in range(1, 30):
        if not (left := unsent(ids)):
            return rounds - 1
        deliver(left, late=timedelta(minutes=10 * rounds))
    raise AssertionError("it never ends")


def statuses(ids: list[int]) -> Counter[str]:
    return Counter(messaging.row(each).status for each in ids)


def test_messages_go_out_once_and_their_receipts_are_understood_in_every_form(begin):
    carrier = peer.smsc()
    session = begin(carrier)
    for receipts in ("text", "tlv", "hex"):
        carrier.do(do="report", receipts=receipts)
        carrier.wait(lambda form=receipts: carrier.of("reports") and carrier.of("reports")[-1]["receipts"] == form)
        before = len(carrier.of("submit"))
        ids = [*queue(6), service.say(service.conversation_with("sms", sms.CITIZEN), Reply("x" * 290))]
        deliver_all(ids)
        wait_for(lambda ids=ids: statuses(ids)[Status.DELIVERED] == len(ids), 20, f"{receipts}, see {session.log}")
        submits = carrier.of("submit")[before:]
        assert len(submits) == 8, "six of one segment, one of two"
        assert {each["source"] for each in submits} == {"MOT CUA"}
        whole = "".join(s["text"] for s in sorted(submits, key=lambda s: s["number"]) if s["to"] == sms.CITIZEN[1:])
        assert whole == "x" * 290
    assert session.stop() == 0
    carrier.wait(lambda: carrier.of("unbound"))


def test_a_citizens_parts_out_of_order_and_twice_are_one_text(begin):
    carrier = peer.smsc()
    begin(carrier)
    words = "Đường trước cổng chợ Buôn Hồ ngập sâu mỗi khi mưa, xe máy chết máy, mong được sửa sớm. " * 2
    carrier.text("84905123456", words, order=[3, 1, 1, 2, 3])
    carrier.wait(lambda: len(carrier.of("answer")) == 5)
    assert {each["status"] for each in carrier.of("answer")} == {0}
    [message] = sms.messages()
    assert (message.text, message.direction) == (words.strip(), "in")


def test_a_throttled_message_waits_and_goes_out(begin):
    carrier = peer.smsc()
    begin(carrier)
    carrier.do(do="throttle", count=4)
    ids = queue(10)
    deliver_all(ids)
    sent = Counter(each["to"] for each in carrier.of("submit"))
    assert len(sent) == 10
    assert set(sent.values()) == {1}
    assert len(carrier.of("refused")) == 4


def test_a_refused_recipient_is_not_tried_again(begin):
    carrier = peer.smsc()
    begin(carrier)
    carrier.do(do="refuse", status=0x0B, count=1)
    ids = queue(1)
    deliver_all(ids)
    assert messaging.row(ids[0]).error_code == "0x0000000B"
    assert carrier.of("submit") == []


def test_cut_in_the_middle_nothing_is_lost_and_only_the_unanswered_may_come_twice(begin):
    carrier = peer.smsc()
    line = Line(carrier.port)
    begin(carrier, line)
    ids = queue(60)
    cuts = [threading.Timer(seconds, line.cut) for seconds in (0.15, 0.6, 1.2)]
    for cut in cuts:
        cut.start()
    deliver(ids)
    deliver_all(ids)
    for cut in cuts:
        cut.join()
    sent = Counter(each["to"] for each in carrier.of("submit"))
    assert len(sent) == 60, "lost"
    assert sum(sent.values()) - 60 <= WINDOW * len(cuts), "sent twice beyond what was unanswered when the line was cut"


def test_the_session_killed_in_the_middle_loses_nothing(begin):
    carrier = peer.smsc()
    session = begin(carrier)
    ids = queue(60)
    working = threading.Thread(target=deliver, args=(ids,))
    working.start()
    carrier.wait(lambda: len(carrier.of("submit")) > 10)
    session.kill()
    session.start()
    working.join()
    carrier.wait(lambda: len(carrier.of("bound")) == 2)
    deliver_all(ids)
    sent = Counter(each["to"] for each in carrier.of("submit"))
    assert len(sent) == 60, "lost"
    assert sum(sent.values()) - 60 <= WINDOW, "twice beyond what the carrier had and the journal had not"


def test_an_answer_that_comes_too_late_still_counts(begin):
    carrier = peer.smsc()
    line = Line(carrier.port)
    begin(carrier, line, SMPP_ENQUIRE_SECONDS="30", SMPP_RESPONSE_SECONDS="0.7")
    carrier.do(do="silence", count=1)
    [message_id] = queue(1)
    deliver([message_id])
    row = messaging.row(message_id)
    assert (row.status, row.error_code) == (Status.SENDING, "Undecided")
    deliver_all([message_id])
    assert len(carrier.of("submit")) == 2, "nobody could know: it is sent once more"


def test_a_carrier_that_falls_silent_is_left_and_bound_again(begin):
    carrier = peer.smsc()
    line = Line(carrier.port)
    session = begin(carrier, line, SMPP_ENQUIRE_SECONDS="0.3", SMPP_RESPONSE_SECONDS="0.5")
    line.deaf.set()
    wait_for(lambda: b"the carrier is silent" in session.log.read_bytes(), 20, "the silent link was kept")
    line.deaf.clear()
    wait_for(lambda: len(carrier.of("bound")) >= 2, 20, "it did not come back")
    ids = queue(1)
    deliver_all(ids)
    assert len(carrier.of("submit")) == 1


@pytest.fixture
def npm():
    def start(system_id: str, password: str) -> Smsc:
        carrier = peer.npm_smsc(system_id, password)
        if carrier is None:
            reason = "Node.js or its modules are missing: npm ci --prefix tests/peers"
            if os.environ.get("CI") == "true":
                pytest.fail(reason)
            pytest.skip(reason)
        return carrier

    return start


def test_the_second_implementation_takes_reports_and_sends(begin, npm):
    carrier = npm("motcua", "s3cret")
    begin(carrier)
    ids = [*queue(1), service.say(service.conversation_with("sms", sms.CITIZEN), Reply("Dạ, {mẫu} " * 30))]
    deliver_all(ids)
    wait_for(lambda: statuses(ids)[Status.DELIVERED] == len(ids), 20, f"{statuses(ids)}")
    assert max(each["udh"] for each in carrier.of("submit")) == 1, "it did not read our header"
    carrier.do(**{"from": "84905777777"}, text="HS 0001")
    wait_for(lambda: [m.text for m in sms.messages() if m.direction == "in"] == ["HS 0001"], 20, "no text")
    carrier.wait(lambda: carrier.of("answer"))


def test_a_wrong_password_is_told_and_messages_wait(begin, npm):
    carrier = npm("motcua", "another")
    session = begin(carrier, bound=False)
    wait_for(lambda: len(carrier.of("refused")) >= 2, 30, "it gave up trying")
    assert b"the carrier refuses our bind" in session.log.read_bytes()
    assert b"s3cret" not in session.log.read_bytes()
    [message_id] = queue(1)
    deliver([message_id])
    assert (messaging.row(message_id).status, messaging.row(message_id).error_code) == (Status.QUEUED, "TryLater")


def test_without_a_carrier_the_process_idles_and_ends_politely(monkeypatch, tmp_path, own_database):
    session = Session(monkeypatch, tmp_path, 1, SMPP_HOST="", SMS_PROVIDER="console")
    wait_for(lambda: b"nothing to do" in session.log.read_bytes(), 20, "it did not start")
    assert session._process.poll() is None
    assert session.stop() == 0
    assert sms_settings().smpp_host == ""
