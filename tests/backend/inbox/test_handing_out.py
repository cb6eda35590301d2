"""Files that a channel does not carry: the officer is told before, the citizen has a link that opens for a week."""

import io
import re
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from backend import clock, database, storage
from backend.inbox import answering, handing_out, public_web, service
from backend.inbox.models import CaseEvent, Kind
from backend.messaging import service as messaging
from backend.organisation import service as organisation
from backend.organisation.models import Role
from backend.wsgi import build
from sms_gateway.channel import SmsChannel
from tests.builders import messaging as make
from tests.builders import sms
from tests.builders.dossiers import OWNER, make_house
from tests.builders.files import make_image, make_pdf
from tests.builders.organisation import make_officer, signed_in, token_of
from tests.builders.pages import Page

NOON = datetime(2026, 11, 30, 5, tzinfo=UTC)
KEY = r"/tep/([A-Za-z0-9]{16})"


@pytest.fixture(scope="module")
def app():
    return build()


@pytest.fixture
def channel(database, monkeypatch):
    sms.configure(monkeypatch, SMS_PROVIDER="console")
    installed, _ = make.install(monkeypatch, Texting())
    public_web.READING.forget()
    public_web.GUESSING.forget()
    return installed


class Texting(SmsChannel):
    """SMS as it is, but for the sending."""

    def __init__(self):
        super().__init__()
        self.bodies = []

    def send(self, outgoing):
        self.bodies.append(outgoing.body)
        return make.Sent(f"sent-{outgoing.id}", "console")


@pytest.fixture
def lan(channel):
    agency = make_house("H15.901", "Trung tâm tổng đài")
    return organisation.officer(make_officer(role=Role.HOTLINE_OPERATOR, username="lan", name="Lan", agency_id=agency))


@pytest.fixture
def case(lan):
    received = make.text("cho tôi xin mẫu đơn", address=OWNER)
    service.escalate(received.conversation_id, "asked", "cho tôi xin mẫu đơn", received.message_id)
    make.work()
    return service.waiting()[0].id


def stored(data, name):
    return storage.store(data, name, actor="officer:1").id


def answered(channel, case, lan, words="Dạ, mẫu đơn đây ạ.", files=None):
    files = [stored(make_pdf("MAU DON"), "mẫu đơn.pdf")] if files is None else files
    answering.answer(case, lan, words, key=f"k{len(channel.bodies)}", files=files)
    make.work()
    return channel.bodies[-1]


def key_in(body):
    found = re.search(KEY, body)
    assert found, body
    return found[1]


def test_an_officer_reads_before_sending_that_a_file_goes_as_a_link(app, case, lan):
    page = Page(signed_in(app, lan.id).get(f"/officers/inbox/{case}").text)
    assert "SMS không mang được tệp" in page.text
    assert "7 ngày" in page.text


def test_the_citizen_opens_what_the_officer_sent(app, channel, case, lan):
    with clock.stopped_at(NOON):
        body = answered(channel, case, lan)
        assert body.startswith("Da, mau don day a.\nTep can bo gui, mo duoc den 07/12/2026: ")
        citizen = app.test_client()
        page = citizen.get(f"/tep/{key_in(body)}")
        assert (page.status_code, "mẫu đơn.pdf" in page.text) == (200, True)
        file = citizen.get(f"/tep/{key_in(body)}/0")
        assert (file.mimetype, file.data[:5]) == ("application/pdf", b"%PDF-")
        assert "attachment" in citizen.get(f"/tep/{key_in(body)}/0?save=1").headers["Content-Disposition"]
        for answer in (page, file):
            assert answer.headers["Referrer-Policy"] == "no-referrer"
            assert answer.headers["Cache-Control"] == "no-store"
            assert "noindex" in answer.headers["X-Robots-Tag"]


def test_the_link_ends_after_a_week_and_opens_nothing_else(app, channel, case, lan):
    citizen = app.test_client()
    with clock.stopped_at(NOON):
        key = key_in(answered(channel, case, lan))
    with clock.stopped_at(NOON + timedelta(days=7) - timedelta(seconds=1)):
        assert citizen.get(f"/tep/{key}").status_code == 200
        assert citizen.get(f"/tep/{key}/1").status_code == 404
    with clock.stopped_at(NOON + timedelta(days=7)):
        ended = citizen.get(f"/tep/{key}")
        assert (ended.status_code, "hết hạn" in ended.text) == (404, True)
        assert citizen.get(f"/tep/{key}/0").status_code == 404


def test_keys_are_not_guessed(app, channel, case, lan):
    with clock.stopped_at(NOON):
        key, citizen = key_in(answered(channel, case, lan)), app.test_client()
        wrong = [
            key[:-1],
            key.swapcase(),
            "k1",
            "link:" + key,
            "x" * 300,
            "ế",
            "%00",
            *(f"{n:016d}" for n in range(10)),
        ]
        statuses = {citizen.get(f"/tep/{one}").status_code for one in wrong}
        assert statuses == {404, 429}
        assert citizen.get(f"/tep/{key}").status_code == 429, "who guesses waits"


def test_a_link_stands_in_the_first_message_however_long_the_words_are(channel, case, lan):
    body = answered(channel, case, lan, words="Anh/chị đọc kỹ hướng dẫn trong tệp này giúp em. " * 30)
    assert re.search(KEY, body)
    assert "TIEP THEO" in body


def test_files_alone_and_several_of_them(app, channel, case, lan):
    files = [stored(make_image(), "ảnh.jpg"), stored(make_pdf(), "đơn.pdf")]
    body = answered(channel, case, lan, words="", files=files)
    assert body.startswith("2 tep can bo gui")
    listed = app.test_client().get(f"/tep/{key_in(body)}").text
    assert "ảnh.jpg" in listed
    assert "đơn.pdf" in listed
    assert app.test_client().get(f"/tep/{key_in(body)}/0?small=1").mimetype == "image/jpeg"


def test_what_was_sent_stays_with_the_case(app, channel, case, lan):
    answered(channel, case, lan)
    with database.reading() as session:
        event = session.scalars(select(CaseEvent).where(CaseEvent.kind == Kind.LINKED)).one()
    officer = signed_in(app, lan.id)
    address = f"/officers/inbox/{case}/files/{event.details['message']}/0"
    assert address in officer.get(f"/officers/inbox/{case}").text
    assert officer.get(address).mimetype == "application/pdf"


def test_a_channel_that_carries_the_file_gets_no_link(channel, case, lan, monkeypatch):
    monkeypatch.setattr(channel, "carries", lambda file: file.is_image)
    files = [stored(make_image(), "ảnh.jpg"), stored(make_pdf(), "đơn.pdf")]
    key = key_in(answered(channel, case, lan, files=files))
    assert [file.name for file in handing_out.opened(key).files] == ["đơn.pdf"]
    assert "/tep/" not in answered(channel, case, lan, files=files[:1])


def test_a_file_put_off_goes_with_its_words(app, channel, case, lan):
    with clock.stopped_at(NOON):
        officer = signed_in(app, lan.id)
        form = Page(officer.get(f"/officers/inbox/{case}").text).forms["answer-form"].fields
        form |= {"text": "Mẫu đơn ạ", "send_at": "2026-11-30T14:00", "files": (io.BytesIO(make_pdf()), "đơn.pdf")}
        assert officer.post(f"/officers/inbox/{case}/answer", data=form).status_code == 303
        assert "1 tệp" in officer.get(f"/officers/inbox/{case}").text
    with clock.stopped_at(NOON + timedelta(hours=3)):
        for later_id in answering.due_later():
            answering.send_later(later_id)
        make.work()
        assert [file.name for file in handing_out.opened(key_in(channel.bodies[-1])).files] == ["đơn.pdf"]


def test_a_refused_answer_says_that_its_files_are_to_be_chosen_again(app, channel, case, lan):
    officer = signed_in(app, lan.id)
    messaging.set_reachable("sms", OWNER, False)
    form = {"csrf_token": token_of(officer.get(f"/officers/inbox/{case}").text), "key": "k", "text": "đơn ạ"}
    refused = officer.post(f"/officers/inbox/{case}/answer", data=form | {"files": (io.BytesIO(make_pdf()), "đơn.pdf")})
    assert (refused.status_code, "chọn lại tệp" in refused.text) == (409, True)
