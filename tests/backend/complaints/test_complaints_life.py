"""A report from the citizen's message to the question four weeks later, and who never sees it."""

import re
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from backend import clock, text
from backend.audit import Audit, AuditEntry
from backend.complaints import access, acts, identity, listing, policy, service, sorting, sweep
from backend.complaints.acts import CITIZEN, Facts
from backend.complaints.keywords import put_to_report
from backend.complaints.models import Complaint, ComplaintEvent
from backend.complaints.policy import Action, Kind, State, Subject
from backend.database import reading, transaction
from backend.dossiers.models import Dossier
from backend.dossiers.policy import State as DossierState
from backend.errors import Conflict, Forbidden, InvalidInput, MotCuaError, NotFound
from backend.inbox import cases, supervising
from backend.inbox import listing as cases_of
from backend.inbox import page as case_page
from backend.inbox import service as inbox
from backend.messaging import service as messaging
from backend.messaging.attachments import Attachment, Location
from backend.messaging.keywords import Context
from backend.messaging.service import Inbound
from backend.notifications import bell
from backend.notifications.models import Notification
from backend.organisation import sign_in
from backend.organisation.models import Role
from tests.builders import messaging as make
from tests.builders import organisation as house_of
from tests.builders.dossiers import OWNER, dossier_id, make_dossier
from tests.builders.files import make_photo

NAME = "Trần Thị Bích Ngọc"


class House:
    """A hotline, a department that answers, and a unit that is complained of."""

    def __init__(self) -> None:
        self.hotline = house_of.make_agency(code="H15.01", name="Văn phòng UBND tỉnh")
        self.works = house_of.make_agency(code="H15.02", name="Sở Xây dựng")
        self.unit = house_of.make_agency(code="H15.03", name="UBND xã Ea Tul", unit="Xã Ea Tul")
        self.operator = self.officer(Role.HOTLINE_OPERATOR, self.hotline)
        self.province = self.officer(Role.PROVINCE_LEADER, self.hotline)
        self.head = self.officer(Role.HEAD, self.works)
        self.leader = self.officer(Role.LEADER, self.works)
        self.specialist = self.officer(Role.SPECIALIST, self.works)
        self.accused = self.officer(Role.HEAD, self.unit, NAME)
        self.their_leader = self.officer(Role.LEADER, self.unit)
        self.everybody = [
            self.operator, self.province, self.head, self.leader, self.specialist, self.accused, self.their_leader
        ]  # fmt: skip

    def officer(self, role, agency, name="Nguyễn Văn An"):
        return sign_in.officer(house_of.make_officer(role=role, agency_id=agency, name=name))


@pytest.fixture
def house(database):
    return House()


def do(complaint_id, action, officer, **facts):
    return acts.act(complaint_id, action, acts.by(officer), Facts(**facts))


def report(words="đèn đường hỏng trước số 12 Nguyễn Du"):
    received = make.text(words)
    service.file(received.conversation_id, received.message_id, words)
    return received.conversation_id, newest()


def newest():
    with reading() as session:
        return session.scalars(select(Complaint.id).order_by(Complaint.id.desc())).first()


def code_of(complaint_id):
    with reading() as session:
        return session.get_one(Complaint, complaint_id).code


def state(complaint_id):
    with reading() as session:
        return session.get_one(Complaint, complaint_id).state


def answered(house, complaint_id):
    do(complaint_id, Action.SORT, house.operator, kind=Kind.REPORT)
    do(complaint_id, Action.ROUTE, house.operator, agency_code="H15.02")
    do(complaint_id, Action.ASSIGN, house.head, officer_id=house.specialist.id)
    do(complaint_id, Action.ANSWER, house.specialist, text="Đã thay bóng đèn.")
    do(complaint_id, Action.APPROVE, house.leader)
    do(complaint_id, Action.SEND, house.operator)


def test_from_telegram_with_photo_and_place_to_settled_and_asked_after(house, monkeypatch):
    channel, _ = make.install(monkeypatch, make.RecordingChannel("telegram"))
    from backend import storage

    photo = storage.store(make_photo(), "den.jpg", actor="test")
    sent = (
        {"kind": "file", "file_id": photo.id, "name": "den.jpg", "media_type": "image/jpeg"},
        {"kind": "location", "latitude": 12.68, "longitude": 108.05, "place": "Phường Buôn Ma Thuột"},
    )
    monday = clock.now()
    received = messaging.receive(
        Inbound(channel="telegram", address="77", provider_message_id="t1", text="PA đèn đường hỏng", attachments=sent)
    )
    make.work()
    complaint_id = newest()
    with reading() as session:
        row = session.get_one(Complaint, complaint_id)
        assert (len(row.files), row.latitude, row.place) == (1, 12.68, "Phường Buôn Ma Thuột")
        code = row.code
    answered(house, complaint_id)
    make.work()
    assert "Đã thay bóng đèn." in channel.bodies[-1]
    short = code.removeprefix("PA-")
    make.text(f"PA {short} chưa xong, đèn vẫn tắt", channel="telegram", address="77")
    make.work()
    assert state(complaint_id) == State.REOPENED
    with reading() as session:
        why = select(ComplaintEvent.reason).where(ComplaintEvent.action == Action.REOPEN)
        assert session.scalar(why) == "đèn vẫn tắt"
    answered(house, complaint_id)
    make.text(f"PA {short} CHUA lần nữa", channel="telegram", address="77")
    make.work()
    assert state(complaint_id) == State.SENT, "re-opened once only"
    make.text("Đã xong", channel="telegram", address="77")
    make.work()
    assert state(complaint_id) == State.SENT, "the answer it stood under is no longer the last word"
    make.text(f"pa {short} xong", channel="telegram", address="77")
    make.work()
    assert state(complaint_id) == State.SETTLED
    with clock.stopped_at(monday + policy.FOLLOW_UP_AFTER + timedelta(days=1)):
        for _ in range(2):
            for due in sweep.due():
                sweep.look(due)
        asked = [e.text for e in messaging.record_of(received.conversation_id) if "bốn tuần" in (e.text or "")]
        assert len(asked) == 1
    with reading() as session:
        actions = session.scalars(select(ComplaintEvent.action).order_by(ComplaintEvent.id)).all()
    assert actions.count(Action.APPROVE) == 2
    assert actions[0] == Action.FILE


def test_a_denunciation_stays_out_of_sight_of_whom_it_is_about(house, monkeypatch):
    make.install(monkeypatch)
    _, complaint_id = report(f"tố cáo bà {NAME} nhận hối lộ")
    assert inbox.waiting() == []
    for officer in (house.accused, house.their_leader):
        with pytest.raises(NotFound):
            listing.one(officer, complaint_id)
        with pytest.raises(NotFound):
            identity.reveal(complaint_id, officer, "muốn biết")
    do(complaint_id, Action.SORT, house.operator, kind=Kind.DENUNCIATION)
    with pytest.raises(InvalidInput, match="chính đơn vị đó"):
        do(complaint_id, Action.ROUTE, house.operator, agency_code="H15.03")
    do(complaint_id, Action.ROUTE, house.operator, agency_code="H15.02")
    with pytest.raises(Forbidden):
        identity.reveal(complaint_id, house.head, "muốn biết")
    with pytest.raises(InvalidInput):
        identity.reveal(complaint_id, house.operator, " ")
    assert identity.reveal(complaint_id, house.operator, "xác minh").phone.startswith("+84")
    with reading() as session:
        opened = session.scalars(select(AuditEntry.actor).where(AuditEntry.tag == Audit.COMPLAINT_IDENTITY_REVEALED))
        assert opened.all() == [house.operator.actor]


def test_between_agencies_back_to_the_desk_and_out_of_competence(house, monkeypatch):
    channel, _ = make.install(monkeypatch)
    roads = house_of.make_agency(code="H15.04", name="Sở Giao thông")
    their_head, their_leader = house.officer(Role.HEAD, roads), house.officer(Role.LEADER, roads)
    _, number = report()
    do(number, Action.SORT, house.operator, kind=Kind.PROPOSAL, category="road")
    do(number, Action.ROUTE, house.operator, agency_code="H15.02")
    with pytest.raises(InvalidInput, match="lý do"):
        do(number, Action.FORWARD, house.head, agency_code="H15.04")
    do(number, Action.FORWARD, house.head, agency_code="H15.04", reason="đường tỉnh, không phải đèn")
    make.work()
    assert "đã chuyển Sở Giao thông" in " ".join(channel.bodies)
    assert listing.listed(house.head) == []
    with reading() as session:
        row = session.get_one(Complaint, number)
        assert (row.kind, row.category, row.agency_code, row.officer_id) == ("proposal", "road", "H15.04", None)
    do(number, Action.ANSWER, their_head, text="Chưa làm.")
    do(number, Action.SEND_BACK, their_leader, reason="nói rõ hạn")
    with pytest.raises(Conflict):
        do(number, Action.SEND, house.operator)
    do(number, Action.ANSWER, their_head, text="Làm trong tháng 12.")
    do(number, Action.APPROVE, their_leader)
    do(number, Action.SEND, house.operator)
    make.work()
    assert "Làm trong tháng 12." in " ".join(channel.bodies)
    _, other = report("sóng điện thoại yếu")
    do(other, Action.OUT_OF_COMPETENCE, house.operator, text="Anh/chị gọi nhà mạng.")
    make.work()
    assert "Anh/chị gọi nhà mạng." in " ".join(channel.bodies)
    assert state(other) == State.SENT
    assert [line.id for line in listing.listed(house.operator, "all")] == [other, number], "the newest first"


def test_the_page_tells_whom_a_report_is_about_and_opens_what_moves_it_on(house, monkeypatch):
    from backend.wsgi import build

    make.install(monkeypatch)
    _, number = report(f"cán bộ {NAME} ở Xã Ea Tul hách sạch, đường hỏng")
    browser = house_of.signed_in(build(), house.operator.id)
    address = f"/officers/complaints/{number}"

    def opened():
        shown = browser.get(address).get_data(as_text=True)
        return re.findall(r'<details class="other" open><summary>([^<]+)', shown), shown

    assert opened()[0] == ["Phân loại"]
    assert "Nói về: UBND xã Ea Tul" in opened()[1]
    version = re.search(r'name="version" value="(\d+)"', opened()[1])[1]
    form = {"csrf_token": house_of.token_of(opened()[1]), "version": version, "kind": "report", "category": "road"}
    assert browser.post(f"{address}/acts/sort", data=form).status_code == 303
    assert opened()[0] == ["Chuyển cơ quan xử lý"]
    with reading() as session:
        assert session.get_one(Complaint, number).category == "road"
    do(number, Action.NAME_SUBJECT, house.operator, reason="đúng", subjects=(Subject("H15.03"),))
    with reading() as session:
        named = {(one.agency_code, one.officer_id) for one in session.get_one(Complaint, number).subjects}
    assert ("H15.03", house.accused.id) in named, "whom of the unit it names is not forgotten"


def test_the_inbox_keeps_the_words_of_who_reports_a_unit_from_that_unit(house, monkeypatch):
    make.install(monkeypatch)
    conversation_id, _ = report("lãnh đạo Xã Ea Tul hách sạch với dân")
    asked = make.text("cho gặp cán bộ", address="+84900000001")
    assert asked.conversation_id == conversation_id
    inbox.escalate(conversation_id, "asked", "CB", asked.message_id, agency_code="H15.03")
    case_id = inbox.waiting()[0].id
    clerk = house.officer(Role.RECEPTIONIST, house.unit)
    for officer in (house.accused, house.their_leader, clerk):
        shown = [line.id for tab in cases_of.TABS for line in cases_of.listed(officer, cases_of.Filters(tab)).lines]
        assert shown == []
        assert not any(cases_of.listed(officer, cases_of.Filters()).counts.values())
        assert supervising.overview(officer).queues == []
        assert supervising.overview(officer).speed.opened == 0
        with pytest.raises(NotFound):
            case_page.look(case_id, officer)
        with pytest.raises(InvalidInput):
            cases.assign(case_id, house.operator, officer.id)
    assert [line.id for line in cases_of.listed(house.operator, cases_of.Filters()).lines] == [case_id]


def test_an_answer_is_settled_or_reopened_by_its_buttons(house, monkeypatch):
    channel, _ = make.install(monkeypatch)
    for title, becomes in (("Đã xong", State.SETTLED), ("Chưa xong", State.REOPENED)):
        _, complaint_id = report()
        make.work()
        answered(house, complaint_id)
        make.work()
        assert "Đã thay bóng đèn." in channel.bodies[-1]
        make.text(title)
        make.work()
        assert state(complaint_id) == becomes


def test_words_added_that_name_the_unit_it_lies_with_take_it_from_there(house, monkeypatch):
    make.install(monkeypatch)
    conversation_id, complaint_id = report()
    do(complaint_id, Action.SORT, house.operator, kind=Kind.REPORT)
    do(complaint_id, Action.ROUTE, house.operator, agency_code="H15.02")
    assert listing.listed(house.head)
    said = make.text("PA thêm")
    service.add(conversation_id, said.message_id, code_of(complaint_id), "cán bộ Sở Xây dựng hách sạch")
    assert state(complaint_id) == State.SORTED
    assert listing.listed(house.head) == []


def test_who_joined_a_report_is_told_its_answer_wherever_it_was_merged(house, monkeypatch):
    channel, _ = make.install(monkeypatch)
    ids = []
    for number in (1, 2, 3):
        words = f"đèn đường hỏng {number}"
        received = make.text(words, address=f"+8490000000{number}")
        service.file(received.conversation_id, received.message_id, words)
        ids.append(newest())
    do(ids[2], Action.MERGE, house.operator, into=code_of(ids[1]))
    do(ids[1], Action.MERGE, house.operator, into=code_of(ids[0]))
    assert listing.one(house.operator, ids[0]).followers == 2
    follower = messaging.conversation_with("sms", "+84900000003")
    assert "đã gộp" in service.look_up(follower, None).text
    answered(house, ids[0])
    make.work()
    assert "Đã thay bóng đèn." in service.look_up(follower, None).text
    assert sum("Đã thay bóng đèn." in body for body in channel.bodies) == 3


STEPS = st.lists(
    st.tuples(
        st.sampled_from(list(policy.TRANSITIONS)),
        st.integers(0, 7),  # seven officers and the citizen
        st.sampled_from(["H15.01", "H15.02", "H15.03"]),
    ),
    max_size=10,
)


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS, about=st.sampled_from(["H15.01", "H15.02", "H15.03"]))
def test_whatever_is_done_nobody_it_is_about_sees_it_anywhere(house, monkeypatch, steps, about):
    make.install(monkeypatch)
    _, complaint_id = report(f"tố cáo cán bộ {about} ăn chặn tiền")
    do(complaint_id, Action.NAME_SUBJECT, house.province, reason="theo đơn", subjects=(Subject(about),))
    for action, who, agency in steps:
        if action == Action.NAME_SUBJECT:
            continue
        facts = Facts(
            reason="lý do", text="trả lời", kind=Kind.DENUNCIATION, agency_code=agency, officer_id=house.specialist.id
        )
        try:
            actor = CITIZEN if who == 7 else acts.by(house.everybody[who])
            acts.act(complaint_id, action, actor, facts)
        except MotCuaError:
            pass
    with reading() as session:
        told = session.scalars(
            select(Notification.officer_id).where(Notification.subject == f"complaint:{complaint_id}")
        ).all()
        code = session.get_one(Complaint, complaint_id).code
    for officer in house.everybody:
        if officer.agency_code != about or officer.role == Role.PROVINCE_LEADER:
            continue
        shown = [
            line.id
            for tab in listing.TABS
            for q in ("", code, text.fold("an chan"))
            for line in listing.listed(officer, tab, q)
        ]
        assert complaint_id not in shown
        assert officer.id not in told
        with pytest.raises(NotFound):
            listing.one(officer, complaint_id)
        with reading() as session:
            seen = session.scalars(select(Complaint.id).where(access.visible(officer))).all()
        assert listing.counts(officer)["all"] == len(seen)


def test_what_lies_with_the_unit_is_taken_from_it_when_it_turns_out_to_be_about_it(house, monkeypatch):
    make.install(monkeypatch)
    _, complaint_id = report()
    do(complaint_id, Action.SORT, house.operator, kind=Kind.REPORT)
    do(complaint_id, Action.ROUTE, house.operator, agency_code="H15.02")
    do(complaint_id, Action.NAME_SUBJECT, house.operator, reason="nói về sở", subjects=(Subject("H15.02"),))
    assert state(complaint_id) == State.SORTED
    assert listing.listed(house.head) == []


def test_the_ladder_tells_each_rung_once(house, monkeypatch):
    make.install(monkeypatch)
    _, complaint_id = report()
    do(complaint_id, Action.SORT, house.operator, kind=Kind.REPORT)
    do(complaint_id, Action.ROUTE, house.operator, agency_code="H15.02")
    do(complaint_id, Action.ASSIGN, house.head, officer_id=house.specialist.id)
    for days in (10, 10, 30, 30):
        with clock.stopped_at(clock.now() + timedelta(days=days)):
            for due in sweep.due():
                sweep.look(due)
    with reading() as session:
        late = session.scalars(select(Notification.officer_id).where(Notification.event == "report_late")).all()
    expected = [house.specialist, house.head, house.leader, house.province]
    assert sorted(late) == sorted(officer.id for officer in expected)


def test_a_stale_version_a_wrong_state_and_a_foreign_hand_are_refused(house, monkeypatch):
    make.install(monkeypatch)
    conversation_id, complaint_id = report()
    with pytest.raises(Conflict):
        acts.act(complaint_id, Action.SORT, acts.by(house.operator), Facts(kind=Kind.REPORT), version=99)
    with pytest.raises(NotFound):
        do(complaint_id, Action.SORT, house.head, kind=Kind.REPORT)
    with pytest.raises(Conflict):
        acts.act(complaint_id, Action.SETTLE, CITIZEN)
    service.withdraw(conversation_id, service.look_up(conversation_id, None).text.split()[3])
    assert state(complaint_id) == State.WITHDRAWN


def test_history_is_never_changed(house, monkeypatch):
    make.install(monkeypatch)
    report()
    with pytest.raises(RuntimeError), transaction() as session:
        session.scalars(select(ComplaintEvent)).first().reason = "khác"


@pytest.mark.parametrize(
    ("words", "kind"),
    [
        ("nhà hàng xóm cháy nhà rồi", Kind.EMERGENCY),
        ("tố cáo trưởng thôn ăn chặn", Kind.DENUNCIATION),
        ("cán bộ địa chính nhận tiền mới làm giấy", Kind.DENUNCIATION),
        ("nhà tôi chưa nhận tiền hỗ trợ lũ lụt", Kind.REPORT),
        ("tôi khiếu nại quyết định thu hồi đất", Kind.FORMAL_COMPLAINT),
        ("kien nghi lam duong", Kind.PROPOSAL),
        ("có người giả danh công an hỏi mã OTP", Kind.FRAUD),
        ("rác đổ đầy đường", Kind.REPORT),
    ],
)
def test_kinds_are_told_apart(house, monkeypatch, words, kind):
    make.install(monkeypatch)
    received = make.text(words)
    filed = service.file(received.conversation_id, received.message_id, words)
    with reading() as session:
        assert session.get_one(Complaint, newest()).kind == kind
    assert ("gọi ngay 114" in filed.text) == (kind == Kind.EMERGENCY)


@pytest.mark.parametrize(
    ("words", "category"),
    [
        ("bán hàng rong lấn chiếm lề đường", "pavement"),
        ("xây nhà không phép sau chợ", "building"),
        ("dán quảng cáo khắp cột điện", "advertising"),
        ("nước thải nhà máy chảy ra suối", "waste_water"),
        ("rac do day hem", "rubbish"),
        ("quán nhậu ồn ào tới khuya", "noise"),
        ("ổ gà to giữa đường", "road"),
        ("nắp hố ga bị mất", "road"),
        ("cột đèn không sáng", "light"),
        ("mùi hôi từ trại heo", "pollution"),
        ("cây đổ chắn lối đi", "tree"),
        ("mất nước ba ngày rồi", "utility"),
        ("xe tải chạy quá tốc độ", "traffic"),
        ("hay mất trộm", "security"),
        ("cán bộ hách dịch với dân", "conduct"),
        ("xin hỏi một việc", ""),
    ],
)
def test_a_category_is_proposed_from_the_words(words, category):
    assert sorting.guess(words).category == category


def test_a_formal_complaint_needs_the_name_and_a_caller_can_give_it(house, monkeypatch):
    make.install(monkeypatch)
    _, nameless = report("tôi khiếu nại quyết định thu hồi đất")
    named = service.file_for_caller(
        house.operator, service.Call("khiếu nại quyết định thu hồi đất", name="Lê Văn Tám")
    ).id
    for complaint_id in (nameless, named):
        do(complaint_id, Action.SORT, house.operator, kind=Kind.FORMAL_COMPLAINT)
    with pytest.raises(InvalidInput):
        do(nameless, Action.ROUTE, house.operator, agency_code="H15.02")
    do(named, Action.ROUTE, house.operator, agency_code="H15.02")


def test_a_place_outside_the_province_is_not_kept_but_the_photo_is(house, monkeypatch):
    make.install(monkeypatch)
    conversation_id, complaint_id = report()
    with pytest.raises(InvalidInput, match="ngoài tỉnh"):
        service.add_files(conversation_id, [], service.Place(21.03, 105.85))
    with reading() as session:
        assert session.get_one(Complaint, complaint_id).latitude is None


def test_pages_show_text_as_text_and_hide_the_person(house, monkeypatch):
    from backend.wsgi import build

    make.install(monkeypatch)
    _, complaint_id = report("<script>alert(1)</script> rác đầy đường http://x.example")
    operator = house_of.signed_in(build(), house.operator.id)
    page = operator.get(f"/officers/complaints/{complaint_id}").get_data(as_text=True)
    assert "<script>alert(1)" not in page
    assert "&lt;script&gt;alert(1)" in page
    assert "900000001" not in page
    token, version = house_of.token_of(page), re.search(r'name="version" value="(\d+)"', page)[1]
    refused = operator.post(
        f"/officers/complaints/{complaint_id}/acts/out_of_competence", data={"csrf_token": token, "version": version}
    )
    assert refused.status_code == 422
    lists = operator.get("/officers/complaints/?q=rac+day").get_data(as_text=True)
    assert "rác đầy đường" in lists
    made = operator.post("/officers/complaints/new", data={"csrf_token": token, "text": "ổ gà", "name": "Lê Văn Tám"})
    assert made.status_code == 303
    assert "Lê Văn Tám" not in operator.get(made.location).get_data(as_text=True)
    opened = operator.post(f"{made.location}/identity", data={"csrf_token": token, "reason": "gọi lại"})
    assert "Lê Văn Tám" in opened.get_data(as_text=True)
    accused = house_of.signed_in(build(), house.their_leader.id)
    assert accused.get(f"/officers/complaints/{complaint_id}").status_code == 404


def test_a_photo_goes_to_the_dossier_that_waits_for_papers_and_else_to_the_report(house, monkeypatch):
    make.install(monkeypatch)
    make.text("PA đèn đường hỏng", address=OWNER)
    make.work()
    photo = {"file_id": "f1", "name": "den.jpg", "media_type": "image/jpeg"}
    conversation_id = messaging.conversation_with("sms", OWNER)
    context = Context(conversation_id, "sms", OWNER, 1)
    sent = [Attachment(photo["file_id"], photo["name"], photo["media_type"])]
    code = make_dossier(DossierState.SUPPLEMENT_REQUESTED, missing=["Giấy chứng sinh"])
    place = Location(12.68, 108.05, "Phường Buôn Ma Thuột")
    assert put_to_report(context, "", [*sent, place]) is None
    with reading() as session:
        kept = session.get_one(Complaint, newest())
    assert (kept.files, kept.latitude, kept.place) == ([], 12.68, "Phường Buôn Ma Thuột"), "the place is not lost"
    with transaction() as session:
        session.get_one(Dossier, dossier_id(code)).state = DossierState.PROCESSING
    assert put_to_report(context, "", sent) is not None
    with reading() as session:
        assert session.get_one(Complaint, newest()).files == [photo]


def test_a_report_from_before_without_sender_and_history_is_listed_and_shown(house):
    from backend.wsgi import build

    conversation = messaging.conversation_with("sms", "+84905000111")
    with transaction() as session:
        old = Complaint(
            code="PA-260101-0001", conversation_id=conversation, text="ổ gà", state="received", created_at=clock.now()
        )
        session.add(old)
    assert [line.code for line in listing.listed(house.operator, "new")] == ["PA-260101-0001"]
    page = house_of.signed_in(build(), house.operator.id).get(f"/officers/complaints/{newest()}")
    assert page.status_code == 200
    assert identity.reveal(newest(), house.operator, "gọi lại") == identity.Person("", "")


@pytest.mark.parametrize("protection", [policy.Protection.ANONYMOUS, policy.Protection.PROTECTED])
def test_who_is_sealed_stays_so_in_the_inbox_until_somebody_says_why(house, monkeypatch, protection):
    from backend.wsgi import build

    make.install(monkeypatch)
    code = make_dossier(DossierState.PROCESSING)
    conversation, number = report("tôi là Lê Văn Tám, 0905123456, rác đổ ở đường Y Jút")
    asked = make.text(f"tôi hỏi hồ sơ {code}, cho gặp cán bộ").message_id
    inbox.escalate(conversation, "asked", "tôi là Lê Văn Tám 0905123456, gặp cán bộ", asked)
    case = inbox.waiting()[0].id
    app, operator = build(), house_of.signed_in(build(), house.operator.id)
    address, revealing = f"/officers/inbox/{case}", ("900000001", "0905123456", "Lê Văn Tám", code)
    named = operator.get(address).get_data(as_text=True)
    assert all(one in named for one in revealing)
    assert cases_of.listed(house.operator, cases_of.Filters(q="0900000001")).lines
    with transaction() as session:
        session.get_one(Complaint, number).protection = protection
    for path in (address, f"{address}/talk", "/officers/inbox/", "/officers/inbox/rows"):
        text = operator.get(path).get_data(as_text=True)
        assert "gặp cán bộ" in text
        assert [one for one in revealing if one in text] == []
    assert cases_of.listed(house.operator, cases_of.Filters(q="0900000001")).lines == []
    token = house_of.token_of(operator.get(address).get_data(as_text=True))
    refused = operator.post(f"{address}/identity", data={"csrf_token": token, "reason": " "})
    assert refused.status_code == 422
    assert "900000001" not in refused.get_data(as_text=True)
    opened = operator.post(f"{address}/identity", data={"csrf_token": token, "reason": "xác minh gấp"})
    assert all(one in opened.get_data(as_text=True) for one in revealing)
    again = operator.get(address).get_data(as_text=True)
    assert "900000001" not in again, "once only"
    assert "xác minh gấp" in again, "colleagues see that it was opened and why"
    with reading() as session:
        tag = Audit.CASE_IDENTITY_REVEALED
        assert session.scalars(select(AuditEntry.actor).where(AuditEntry.tag == tag)).all() == [house.operator.actor]
    cases.assign(case, house.province, house.operator.id)
    assert "[tên]" in bell.notices(house.operator.id)[0].text
    cases.route(case, house.operator, "H15.02")
    head = house_of.signed_in(app, house.head.id)
    shown = head.get(address).get_data(as_text=True)
    assert "900000001" not in shown
    assert "Xem danh tính" not in shown
    form = {"csrf_token": house_of.token_of(shown), "reason": "x"}
    assert head.post(f"{address}/identity", data=form).status_code == 403


def test_what_a_sealed_sender_says_of_themselves_is_not_shown_with_the_report(house, monkeypatch):
    from backend.wsgi import build

    make.install(monkeypatch)
    _, number = report("tôi là Lê Văn Tám, 0905123456, tố cáo trưởng thôn ăn chặn")
    page = house_of.signed_in(build(), house.operator.id)
    for path in ("/officers/complaints/", f"/officers/complaints/{number}"):
        text = page.get(path).get_data(as_text=True)
        assert "tôi là [tên], [số], tố cáo trưởng thôn" in text
    for wanted in ("0905123456", "le van tam"):
        assert listing.listed(house.operator, "all", wanted) == []
    token = house_of.token_of(page.get(f"/officers/complaints/{number}").get_data(as_text=True))
    form = {"csrf_token": token, "reason": "xác minh"}
    assert "Lê Văn Tám" in page.post(f"/officers/complaints/{number}/identity", data=form).get_data(as_text=True)


def test_beside_a_talk_stand_the_reports_of_who_gave_their_name_and_no_others(house):
    conversation, named = report()
    inbox.escalate(conversation, "asked", "gặp cán bộ", make.text("gặp cán bộ").message_id)
    case = inbox.waiting()[0].id
    shown = case_page.look(case, house.operator).beside
    assert [(one.endpoint, one.number) for one in shown] == [("complaints.one", {"complaint_id": named})]
    assert "đèn đường hỏng" in shown[0].title
    with reading() as session:
        looks = session.scalars(select(AuditEntry).where(AuditEntry.tag == Audit.COMPLAINT_VIEWED)).all()
    assert [(look.subject, look.details["via"]) for look in looks] == [(f"complaint:{named}", "inbox")]
    with transaction() as session:
        session.get_one(Complaint, named).protection = policy.Protection.PROTECTED
    assert case_page.look(case, house.operator).beside == []
