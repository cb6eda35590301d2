"""The inbox's pages without a script: forms, what is refused, what is kept, what is shown as text."""

import io
import re

import pytest
from sqlalchemy import select

from backend import clock
from backend.audit import Audit, AuditEntry
from backend.citizens.models import ChannelIdentity
from backend.complaints.models import Complaint
from backend.database import reading, transaction
from backend.dossiers.models import OfficerSkill
from backend.inbox import assigning, cases, page, service
from backend.inbox.models import Canned
from backend.messaging import service as messaging
from backend.organisation import service as organisation
from backend.organisation.models import Role
from backend.wsgi import build
from tests.builders import messaging as make
from tests.builders.dossiers import OWNER, make_house
from tests.builders.files import make_image
from tests.builders.organisation import make_officer, signed_in, token_of
from tests.builders.pages import Page

EVIL = '<script>alert(1)</script><a href="javascript:alert(1)">x</a>'


@pytest.fixture(scope="module")
def app():
    return build()


@pytest.fixture
def desk(app, database, monkeypatch):
    """A hotline operator's browser, somebody who waits, and the channel."""
    channel, _ = make.install(monkeypatch)
    agency = make_house("H15.901", "Trung tâm tổng đài")
    officer = make_officer(role=Role.HOTLINE_OPERATOR, username="lan", name="Lan", agency_id=agency)
    received = make.text(EVIL, address=OWNER)
    service.escalate(received.conversation_id, "asked", EVIL, received.message_id)
    make.work()
    case = service.waiting()[0].id
    return Desk(signed_in(app, officer), organisation.officer(officer), case, received.conversation_id, channel)


class Desk:
    def __init__(self, client, officer, case, conversation, channel):
        self.client, self.officer, self.case, self.conversation = client, officer, case, conversation
        self.channel, self.at = channel, f"/officers/inbox/{case}"

    def get(self, path=""):
        response = self.client.get(path or self.at)
        assert response.status_code == 200, response.text
        return response.text

    def post(self, path, **form):
        token = token_of(self.client.get(self.at).text)
        return self.client.post(self.at + path, data={"csrf_token": token, **form})


def test_markup_is_text_everywhere(desk):
    for path in ("/officers/inbox/", "/officers/inbox/rows", desk.at, f"{desk.at}/talk"):
        shown = desk.get(path)
        assert "<script>alert" not in shown
        assert 'href="javascript' not in shown
        assert "&lt;script&gt;alert(1)" in shown


def test_a_form_sent_twice_sends_once_and_a_refused_one_keeps_what_was_typed(desk):
    form = Page(desk.get()).forms["answer-form"].fields
    form["text"] = "Mai anh ghé phường nhé."
    for _ in range(2):
        assert desk.client.post(f"{desk.at}/answer", data=form).status_code == 303
    make.work()
    assert desk.channel.bodies.count("Mai anh ghé phường nhé.") == 1
    messaging.set_reachable("sms", OWNER, False)
    refused = desk.post("/answer", key="other", text="Lời này <b>không</b> mất")
    assert refused.status_code == 409
    assert "rời kênh" in refused.text
    assert Page(refused.text).forms["answer-form"].fields["text"] == "Lời này <b>không</b> mất"
    assert Page(desk.get()).forms["answer-form"].fields["text"] == "Lời này <b>không</b> mất", "and the draft has it"


def test_a_colleague_is_told_who_has_it_and_keeps_what_they_typed(desk):
    other = organisation.officer(
        make_officer(role=Role.HOTLINE_OPERATOR, username="minh", name="Minh", agency_id=desk.officer.agency_id)
    )
    cases.take(desk.case, other)
    refused = desk.post("/answer", key="k", text="Chào anh")
    assert (refused.status_code, "Minh đang giữ" in refused.text, "Chào anh" in refused.text) == (409, True, True)
    assert desk.post("/do/take").status_code == 409
    assert desk.post("/do/take", from_colleague="1").status_code == 303
    page.look(desk.case, other)
    assert "Minh cũng đang xem" in desk.get()


WRONG = (
    ("/answer", {"text": "x"}, 422),  # a form without its key
    ("/answer", {"text": "x", "key": "k" * 99}, 422),
    ("/answer", {"text": "x", "key": "k", "send_at": "hôm qua"}, 422),
    ("/answer", {"text": "x", "key": "k", "send_at": "0001-01-01T00:00"}, 422),
    ("/note", {"note": "", "key": "k"}, 422),
    ("/do/assign", {"to": "abc"}, 422),
    ("/do/assign", {"to": "99999999999999999999"}, 422),
    ("/do/assign", {"to": "123456"}, 404),
    ("/do/priority", {"priority": "7"}, 422),
    ("/do/snooze", {"until": "2000-01-01T00:00"}, 422),
    ("/do/merge", {"into": ""}, 422),
    ("/do/merge", {"into": "123456"}, 404),
    ("/do/give-back", {}, 409),
    ("/do/called", {"what": "x"}, 409),
    ("/do/block", {"reason": ""}, 422),
    ("/do/call-back", {"phone": "12\x00"}, 422),
    ("/do/take-back", {"later": "1"}, 404),
    ("/do/nothing", {}, 404),
    ("/draft", {"text": "a\x00b" * 9_000}, 204),
)


def test_what_is_wrong_is_said(desk):
    for path, form, status in WRONG:
        assert desk.post(path, **form).status_code == status, (path, form)


def test_every_act_works_from_its_form(desk):
    acts = [
        ("take", {}), ("priority", {"priority": "2"}), ("labels", {"labels": "gấp, hộ tịch"}),
        ("assign", {"to": str(desk.officer.id)}), ("snooze", {"until": "2026-12-20T08:00"}), ("unsnooze", {}),
        ("call-back", {"phone": "0905 123 456"}), ("called", {"what": "đã nói"}), ("block", {"reason": "chửi"}),
        ("unblock", {}), ("give-back", {"keep_open": "1"}), ("close", {}), ("reopen", {}), ("take", {}),
        ("give-back", {}),
    ]  # fmt: skip
    for name, form in acts:
        assert desk.post(f"/do/{name}", **form).status_code == 303, name
        for lines in ("waiting", "mine", "all", "snoozed", "closed"):
            desk.get(f"/officers/inbox/?tab={lines}")
    assert desk.get().count("Lan: ") >= 10


def test_many_at_once_and_back(desk):
    token = token_of(desk.get())
    sent = desk.client.post(
        "/officers/inbox/bulk", data={"csrf_token": token, "act": "close", "case": [str(desk.case), "999", "x"]}
    )
    assert sent.status_code == 303
    shown = desk.client.get(sent.location).text
    assert "Đã làm với 1 việc" in shown
    assert "#999" in shown
    form = Page(shown).forms["undo-form"].fields
    assert desk.client.post("/officers/inbox/undo", data=form).location == desk.at
    assert len(service.waiting()) == 1
    for nonsense in ("", "1", "x-y", "1-2-3", "9" * 40 + "-1"):
        sent = desk.client.post("/officers/inbox/undo", data={"csrf_token": token, "undo": nonsense})
        assert sent.status_code == 303


def test_many_are_given_and_put_aside_at_once(desk):
    form = Page(desk.get("/officers/inbox/?tab=all")).forms["bulk"]
    assert {"to", "until", "label", "priority"} <= form.fields.keys()
    token = token_of(desk.get())
    for act, told in (("assign", {"to": str(desk.officer.id)}), ("snooze", {"until": "2026-12-20T08:00"})):
        sent = desk.client.post(
            "/officers/inbox/bulk", data={"csrf_token": token, "act": act, "case": desk.case, **told}
        )
        assert "Đã làm với 1 việc" in desk.client.get(sent.location).text
    assert "Lan" in desk.get("/officers/inbox/?tab=snoozed")


def test_a_search_is_audited_and_a_list_shows_no_whole_number(desk):
    found = desk.get("/officers/inbox/?tab=all&q=0900000001")
    assert "…001" in found
    assert OWNER not in found
    with reading() as session:
        searched = session.scalars(select(AuditEntry).where(AuditEntry.tag == Audit.CASE_SEARCHED)).one()
    assert (searched.actor, searched.details) == (desk.officer.actor, {"cases": [desk.case]})


def test_prepared_answers_views_and_the_supervisors_page(desk):
    token = token_of(desk.get())

    def post(path, **form):
        return desk.client.post(f"/officers/inbox{path}", data={"csrf_token": token, **form}).status_code

    assert post("/texts", title="Chào", text="Chào {ten}, em là {can_bo}.", general="1") == 303
    assert post("/texts", title="", text="x") == 422
    with reading() as session:
        text_id = session.scalars(select(Canned.id)).one()
    assert "Chào {ten}, em là Lan." in desk.get(f"{desk.at}?text={text_id}")
    assert post(f"/texts/{text_id}/remove") == 303
    assert post("/views", name="Gấp", tab="all", label="gấp") == 303
    assert "label=g%E1%BA%A5p" in desk.get("/officers/inbox/")
    assert post("/queues", method="round_robin") == 303
    assert "chia lần lượt" in desk.get("/officers/inbox/supervise")


def test_files_go_and_come_and_are_for_who_may_see_the_case(desk, monkeypatch):
    monkeypatch.setattr(desk.channel, "carries", lambda file: True)
    photo = (io.BytesIO(make_image()), "anh.jpg")
    assert desk.post("/answer", key="k", text="Anh xem ảnh", files=photo).status_code == 303
    with_photo = messaging.record_of(desk.conversation)[-1]
    address = f"{desk.at}/files/{with_photo.id}/0"
    assert address in desk.get()
    assert desk.client.get(address).mimetype == "image/jpeg"
    assert desk.client.get(f"{desk.at}/files/{with_photo.id}/1").status_code == 404
    assert desk.client.get(f"/officers/inbox/99/files/{with_photo.id}/0").status_code == 404


def test_what_somebody_wrote_on_another_channel_stands_beside_and_can_be_merged(desk, monkeypatch):
    make.install(monkeypatch, make.RecordingChannel("telegram"))
    other = make.text("cũng việc đó", channel="telegram", address="77")
    service.escalate(other.conversation_id, "asked", "cũng việc đó", other.message_id)
    second = next(one.id for one in service.waiting() if one.id != desk.case)
    assert f"#{second}" not in desk.get()
    with transaction() as session:
        session.add(
            ChannelIdentity(channel="telegram", address="77", phone=OWNER, verified_by="code", verified_at=clock.now())
        )
    shown = desk.get()
    assert f"#{second} cũng việc đó" in shown
    assert f'name="into" inputmode="numeric" maxlength="12" required value="{second}"' in shown
    with transaction() as session:  # what was told there without a name must not be told here with one
        session.add(
            Complaint(
                conversation_id=other.conversation_id, text="x", state="received", protection="anonymous",
                created_at=clock.now(),
            )
        )  # fmt: skip
    assert f"#{second}" not in desk.get()


def test_an_open_page_asks_cheaply_and_hears_of_what_is_new(desk):
    first = desk.client.get(f"{desk.at}/talk")
    again = desk.client.get(f"{desk.at}/talk", headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    make.text("alo", address=OWNER)
    new = desk.client.get(f"{desk.at}/talk", headers={"If-None-Match": first.headers["ETag"]})
    assert (new.status_code, "alo" in new.text) == (200, True)
    rows = desk.client.get("/officers/inbox/rows")
    assert desk.client.get("/officers/inbox/rows", headers={"If-None-Match": rows.headers["ETag"]}).status_code == 304
    assert desk.client.get("/officers/inbox/live").status_code == 503, "no socket to take over: the page polls"


def test_who_serves_nobody_here_sees_nothing(desk):
    agency = make_house("H15.24.316", "UBND phường Tân Lợi")
    stranger = signed_in(desk.client.application, make_officer(role=Role.SPECIALIST, agency_id=agency))
    assert "Không có ai ở đây" in stranger.get("/officers/inbox/").text
    for path in (desk.at, f"{desk.at}/talk", f"/officers/inbox/live?case={desk.case}"):
        assert stranger.get(path).status_code == 404
    assert stranger.get("/officers/inbox/supervise").status_code == 403


def test_an_administrator_sees_all_queues_with_members_skills_and_lengths(app, desk):
    ward = make_house("H15.16", "UBND phường Tân Lợi")
    an = make_officer(role=Role.SPECIALIST, username="an", name="Trần An", agency_id=ward)
    with transaction() as session:
        session.add(OfficerSkill(officer_id=an, skill="Hộ tịch"))
    cases.route(desk.case, desk.officer, "H15.16", "Hộ tịch")
    boss = signed_in(app, make_officer(role=Role.ADMINISTRATOR, username="boss", agency_id=ward))
    shown = plain(boss.get("/officers/inbox/queues").text)
    assert "UBND phường Tân Lợi H15.16" in shown
    assert "Hộ tịch tự nhận 1 0 0" in shown
    assert "Trần An Chuyên viên Hộ tịch 0 có" in shown
    assert "Lan Tổng đài viên – 0 có" in shown
    assert desk.client.get("/officers/inbox/queues").status_code == 403
    form = {"csrf_token": token_of(boss.get("/officers/inbox/queues").text), "skill": "Hộ tịch", "method": "by_load"}
    assert (
        "Không có cơ quan"
        in boss.post("/officers/inbox/queues", data=form | {"agency": "H99"}, follow_redirects=True).text
    )
    assert boss.post("/officers/inbox/queues", data=form | {"agency": "h15.16"}).status_code == 303
    assert "Hộ tịch chia cho người ít việc nhất 1 0 0" in plain(boss.get("/officers/inbox/queues").text)
    theirs = {"csrf_token": token_of(desk.get()), "method": "by_load", "agency": "H15.16"}
    assert desk.client.post("/officers/inbox/queues", data=theirs).status_code == 303
    assert assigning.methods("")[""] == "by_load", "who is no administrator sets their own queue, whatever they send"


def plain(page):
    return " ".join(re.sub(r"<[^>]+>", " ", page).split())
