"""Telegram with the real processes, over real sockets, through a Telegram held to the published schema."""

import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from sqlalchemy import select

from backend import clock
from backend.complaints import sweep
from backend.complaints.models import Complaint
from backend.messaging import channels
from backend.messaging import service as messaging
from backend.messaging.channels import Reply
from backend.organisation import service as organisation
from backend.organisation.models import Role
from chat_gateway.telegram.channel import TelegramChannel
from tests.builders.files import make_photo
from tests.end_to_end import conversations, photos
from tests.end_to_end import stack as stacks
from tests.end_to_end.stack import Stack, wait_for
from tests.peers.telegram import client, talking

pytestmark = pytest.mark.end_to_end


@pytest.fixture(scope="module")
def telegram() -> Iterator[client.Telegram]:
    with client.running() as running:
        yield running


@pytest.fixture(scope="module")
def connected(
    telegram: client.Telegram, assistant: None, template: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Stack]:
    """A system whose bot is on our Telegram."""
    extra = talking.settings(telegram) | {"DELIVERY_LEASE_SECONDS": "3"}
    running = stacks.from_template(template, tmp_path_factory.mktemp("telegram") / "data", extra=extra)
    try:
        running.start()
        running.wait_until_ready()
        talking.connect(running)
        yield running
    finally:
        running.stop()


def test_the_ten_conversations(connected: Stack, telegram: client.Telegram) -> None:
    for name in conversations.TEN:
        citizen = talking.TelegramCitizen(telegram)
        turns = conversations.lead(connected, name, channel="telegram", address=citizen.address, citizen=citizen)
        for exchange, wrong in turns:
            assert wrong == [], f"{name}: > {exchange.citizen}\n{exchange.answer}\n{exchange.choices}"
    seen = telegram.seen
    assert seen["refusals"] == [], "a call that Telegram would not have taken"
    assert seen["unanswered"] == [], "a button that still shows that it works"
    assert seen["webhook_errors"] == []


class Desk:
    """An officer who works on one report by its page."""

    def __init__(self, running: Stack, username: str) -> None:
        self._http = httpx.Client(base_url=f"http://127.0.0.1:{running.ports['web']}", follow_redirects=True)
        page = self._http.get("/officers/sign-in")
        form = {"csrf_token": self._hidden(page, "csrf_token"), "username": username, "password": stacks.PASSWORD}
        self._http.post("/officers/sign-in", data=form).raise_for_status()

    def does(self, complaint_id: int, action: str, **form: str) -> None:
        """Fill the form of an action in."""
        page = self._http.get(f"/officers/complaints/{complaint_id}").raise_for_status()
        form |= {name: self._hidden(page, name) for name in ("csrf_token", "version")}
        self._http.post(f"/officers/complaints/{complaint_id}/acts/{action}", data=form).raise_for_status()

    @staticmethod
    def _hidden(page: httpx.Response, name: str) -> str:
        found = re.search(rf'name="{name}" value="([^"]+)"', page.text)
        assert found, page.text
        return found[1]


def test_a_report_with_photo_and_place_is_answered_reopened_settled_and_asked_after(
    connected: Stack, telegram: client.Telegram, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TELEGRAM_BOT_TOKEN", client.TOKEN)
    monkeypatch.setitem(channels._channels, "telegram", TelegramChannel())
    citizen = talking.TelegramCitizen(telegram)

    def sends(**content: object) -> str:
        before = len(telegram.messages(citizen.user))
        telegram.say(citizen.user, **content)
        citizen.last = telegram.answer(citizen.user, before, talking.ANSWER_SECONDS)
        return str(citizen.last["text"])

    assert "ở đâu" in citizen.say("cống nghẹt hôi thối cả tuần nay không ai dọn").answer
    assert "vị trí" in sends(location={"latitude": 12.6797, "longitude": 108.0447})
    kept = telegram.control("file", hex=make_photo().hex(), name="cong.jpg")
    assert "1 ảnh" in sends(photo=[{**kept, "width": 90, "height": 60}])
    found = re.search(r"PA-\d{6}-\d{4}", citizen.pick("Gửi").answer)
    assert found

    with connected.database() as session:
        report = session.scalars(select(Complaint).where(Complaint.code == found[0])).one()
        number, conversation_id = report.id, report.conversation_id
        assert (len(report.files), report.latitude) == (1, 12.6797)
        specialist = next(o for o in organisation.officers(roles=[Role.SPECIALIST]) if o.username == "demo-chuyenvien")
    names = {"tongdai", "truongphong", "chuyenvien", "lanhdao"}
    desks = {name: Desk(connected, f"demo-{name}") for name in names}

    def answered(words: str) -> str:
        before = len(telegram.messages(citizen.user))
        desks["tongdai"].does(number, "sort", kind="report")
        desks["tongdai"].does(number, "route", agency_code=specialist.agency_code)
        desks["truongphong"].does(number, "assign", officer_id=str(specialist.id))
        desks["chuyenvien"].does(number, "answer", text=words)
        desks["lanhdao"].does(number, "approve")
        desks["tongdai"].does(number, "send")
        citizen.last = telegram.answer(citizen.user, before + 1, talking.ANSWER_SECONDS)  # after "đã chuyển …"
        return str(citizen.last["text"])

    assert "Đã thông cống." in answered("Đã thông cống.")
    assert "đã mở lại" in citizen.pick("Chưa xong").answer
    assert "Đã thay nắp cống." in answered("Đã thay nắp cống.")
    assert "đã xong" in citizen.pick("Đã xong").answer
    with connected.database() as session:
        report = session.get_one(Complaint, number)
        assert (report.state, report.reopened) == ("settled", 1)
        assert report.look_at is not None
        report.look_at = clock.now()
        session.flush()
        sweep.look(number)
        assert conversation_id is not None
        assert "bốn tuần trước" in messaging.record_of(conversation_id)[-1].text


def test_a_shared_number_links_and_a_photo_is_kept_without_its_place(
    connected: Stack, telegram: client.Telegram
) -> None:
    citizen = talking.TelegramCitizen(telegram)
    telegram.say(citizen.user, contact={"phone_number": "84905777001", "first_name": "A", "user_id": citizen.user})
    assert "…001" in telegram.answer(citizen.user, 0)["text"]
    assert photos.linked_phone(connected, "telegram", citizen.address) == "+84905777001"
    kept = telegram.control("file", hex=photos.PHOTO.hex(), name="cong.jpg")
    telegram.say(citizen.user, photo=[{**kept, "width": 80, "height": 40}], caption="ảnh cổng nhà")
    data = photos.kept_photo(connected, "telegram", citizen.address)
    assert data.startswith(b"\xff\xd8")
    assert b"MOTCUA" not in data
    assert telegram.answer(citizen.user, 1)


def test_a_killed_sender_loses_nothing(
    connected: Stack, telegram: client.Telegram, monkeypatch: pytest.MonkeyPatch
) -> None:
    people = range(6_000_001, 6_000_041)
    for user in people:
        telegram.control("block", user=user, blocked=False)
    for fault in ({"drop": True}, {"status": 429, "retry_after": 1}, {"hang": 0.5}, {"status": 502}):
        telegram.control("fault", method="sendMessage", **fault)
    connected.kill("worker")
    monkeypatch.setenv("TELEGRAM_BOT_TOKEN", client.TOKEN)
    monkeypatch.setitem(channels._channels, "telegram", TelegramChannel())
    with connected.database():
        for user in people:
            messaging.say(messaging.conversation_with("telegram", str(user)), Reply(f"Dạ, hồ sơ {user} đã xong."))

    def sent() -> list[str]:
        found = [message for message in telegram.seen["messages"] if message["chat"]["id"] in people]
        return [message["text"] for message in found]

    connected.start("worker")
    wait_for(lambda: len(sent()) >= 8, 30, "nothing was sent")
    connected.kill("worker")
    assert len(set(sent())) < len(people), "it was killed too late to show anything"
    connected.start("worker")
    wait_for(lambda: len(set(sent())) == len(people), 60, "some were never sent")
    twice = len(sent()) - len(people)
    assert twice <= int(connected.environment["WORKER_THREADS"]), "only what was under way may come twice"
