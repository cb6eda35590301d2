"""Escalations become cases; officers take them over, answer, note, hand back. Pages show everything as text."""

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import select

import backend.inbox.keywords
import backend.inbox.listening  # noqa: F401
from backend import clock, create_app, database
from backend.audit import AuditEntry
from backend.database import transaction
from backend.dossiers.models import Absence
from backend.errors import Conflict, Forbidden, InvalidInput, NotFound
from backend.inbox import answering, assigning, canned, cases, listing, page, policy, service, supervising, sweep
from backend.inbox.listing import Filters
from backend.inbox.models import Case, CaseEvent, Kind, Method, State
from backend.messaging import service as messaging
from backend.messaging.channels import Reply, Window
from backend.messaging.models import Owner, Status
from backend.notifications import bell
from backend.organisation import service as organisation
from backend.organisation.models import Role
from backend.procedures import search
from tests.builders import messaging as make
from tests.builders.dossiers import OWNER, STRANGER, make_house
from tests.builders.organisation import make_officer
from tests.builders.procedures import import_birth

ASSISTANT = {"Authorization": "Bearer test-internal-token"}
MONDAY = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)  # 09:00 in Vietnam


@pytest.fixture
def house(database, monkeypatch):
    return make.install(monkeypatch)


@pytest.fixture
def lan(house):
    return operator("lan", "Lan")


@pytest.fixture
def minh(house):
    return operator("minh", "Minh")


def operator(username, name):
    agency = make_house("H15.901", "Trung tâm tổng đài")
    return organisation.officer(
        make_officer(role=Role.HOTLINE_OPERATOR, username=username, name=name, agency_id=agency, password=None)
    )


def escalated(words="tôi cần rút hồ sơ", address=OWNER, **more):
    """A case of a citizen who has written `words`; its id and the conversation's."""
    received = make.text(words, address=address)
    service.escalate(received.conversation_id, "asked", words, received.message_id, **more)
    case = next(line for line in service.waiting() if line.conversation_id == received.conversation_id)
    return case.id, received.conversation_id


def row(case_id):
    with database.reading() as session:
        return session.get_one(Case, case_id)


def kinds(case_id):
    with database.reading() as session:
        return list(session.scalars(select(CaseEvent.kind).where(CaseEvent.case_id == case_id).order_by(CaseEvent.id)))


# --- escalation --------------------------------------------------------------------------------------------------


def test_cb_puts_the_conversation_before_the_officers(house):
    channel, _ = house
    make.text("CB tôi cần rút hồ sơ")
    make.work()
    assert [(line.reason, line.summary) for line in service.waiting()] == [("asked", "tôi cần rút hồ sơ")]
    assert "cán bộ" in channel.bodies[0]


def test_a_conversation_has_one_case_however_often_it_is_escalated(house):
    received = make.text("a")
    for _ in range(2):
        service.escalate(received.conversation_id, "asked", "a", received.message_id)
    again = make.text("cháy nhà")
    service.escalate(again.conversation_id, "emergency", "cháy nhà", again.message_id)
    third = make.text("alo")
    service.escalate(third.conversation_id, "not_understood", "alo", third.message_id)
    [line] = service.waiting()
    assert (line.reason, line.summary) == ("emergency", "alo"), "the gravest reason, the last line"
    assert kinds(line.id).count(Kind.ESCALATED) == 3
    assert row(line.id).priority == 2


def test_a_message_of_another_conversation_is_refused(house):
    mine, theirs = make.text("a", address=OWNER), make.text("b", address=STRANGER)
    with pytest.raises(NotFound):
        service.escalate(mine.conversation_id, "asked", "a", theirs.message_id)
    with pytest.raises(InvalidInput):
        service.escalate(mine.conversation_id, "whim", "a", mine.message_id)


@pytest.mark.parametrize(
    ("moment", "open_now", "due"),
    [
        (MONDAY, True, "11:00"),
        (datetime(2026, 11, 23, 4, 0, tzinfo=UTC), True, "15:00"),  # 11:00: half an hour, lunch, one and a half
        (datetime(2026, 11, 23, 5, 0, tzinfo=UTC), False, "15:30"),  # 12:00, lunch
        (datetime(2026, 11, 22, 2, 0, tzinfo=UTC), False, "09:30"),  # Sunday
    ],
)
def test_the_citizen_is_told_when_an_officer_answers_and_the_clock_knows_lunch(house, moment, open_now, due):
    received = make.text("a")
    with clock.stopped_at(moment):
        told = service.escalate(received.conversation_id, "asked", "a", received.message_id)
    assert told.within_office_hours is open_now
    assert ("ngay tại đây" in told.text) is open_now
    assert f"{clock.local(row(service.waiting()[0].id).answer_due_at):%H:%M}" == due


# --- takeover ----------------------------------------------------------------------------------------------------


def test_from_taking_to_giving_back_the_assistant_is_silent_and_then_goes_on(house, lan):
    channel, scripted = house
    case, conversation = escalated()
    make.work()
    cases.take(case, lan)
    make.text("alo chị ơi", address=OWNER)
    make.text("HS", address=OWNER)
    make.work()
    assert channel.bodies == ["đã nghe: tôi cần rút hồ sơ"]
    assert row(case).waits_since is not None
    answering.answer(case, lan, "Mai anh ghé phường nhé.", key="k1")
    make.work()
    assert channel.bodies[-1] == "Mai anh ghé phường nhé."
    assert (row(case).waits_since, messaging.officer_said(conversation)) == (None, "Mai anh ghé phường nhé.")
    cases.give_back(case, lan, seen=messaging.newest(conversation, "in"), procedure_code="1.001193")
    assert messaging.current_procedure(conversation) == "1.001193"
    make.text("còn lệ phí?", address=OWNER)
    make.work()
    assert channel.bodies[-2:] == [cases.GONE_ON, "đã nghe: còn lệ phí?"]
    assert scripted.after_officer == [False, True], "the assistant knows that its old questions are closed"
    assert row(case).state == State.CLOSED


def test_the_assistant_goes_on_with_the_procedure_that_the_officer_named(house, lan):
    import_birth()
    search.forget()
    case, conversation = escalated()
    answering.answer(case, lan, "Anh làm thủ tục đăng ký khai sinh\ntại phường ạ.", key="k1")
    assert messaging.current_procedure(conversation) == "1.001193"
    answering.answer(case, lan, "Anh mang theo căn cước.", key="k2")
    assert messaging.current_procedure(conversation) == "1.001193", "who names none changes nothing"
    told = create_app().test_client().get(f"/api/v1/conversations/{conversation}", headers=ASSISTANT).json
    assert told["officer_said"] == "Dạ, cán bộ trả lời anh/chị: “Anh mang theo căn cước.”"
    with clock.stopped_at(clock.now() + timedelta(days=2)):
        told = create_app().test_client().get(f"/api/v1/conversations/{conversation}", headers=ASSISTANT).json
    assert told["officer_said"] == "", "what was said two days ago is no answer any more"


def test_the_second_of_two_is_told_who_has_it(house, lan, minh):
    case, _ = escalated()
    cases.take(case, lan)
    cases.take(case, lan)
    with pytest.raises(Conflict, match="Lan"):
        cases.take(case, minh)
    with pytest.raises(Conflict, match="Lan"):
        answering.answer(case, minh, "Chào anh", key="k")
    with pytest.raises(Conflict, match="Lan"):
        cases.give_back(case, minh)
    cases.take(case, minh, from_colleague=True)
    with pytest.raises(Conflict, match="Minh"):
        answering.answer(case, lan, "Chào anh", key="k")
    assert kinds(case).count(Kind.TAKEN) == 2


def test_what_the_citizen_wrote_while_it_is_handed_back_is_read_first(house, lan):
    case, conversation = escalated()
    cases.take(case, lan)
    seen = messaging.newest(conversation, "in")
    late = make.text("à còn việc nữa", address=OWNER)
    make.work()
    with pytest.raises(Conflict, match="nhắn thêm"):
        cases.give_back(case, lan, seen=seen)
    assert messaging.view(conversation).owner == Owner.OFFICER
    cases.give_back(case, lan, seen=late.message_id, finished=False)
    assert (row(case).state, messaging.view(conversation).owner) == (State.OPEN, Owner.ASSISTANT)


# --- answering ---------------------------------------------------------------------------------------------------


def test_an_answer_goes_out_once_and_bad_ones_not_at_all(house, lan):
    channel, _ = house
    case, _ = escalated()
    make.work()
    for words in ("", " \u200b ", "x" * 2_001, "Chào {ten}"):
        with pytest.raises(InvalidInput):
            answering.answer(case, lan, words, key="bad")
    first = answering.answer(case, lan, "Dạ chào anh.", key="same")
    assert answering.answer(case, lan, "Dạ chào anh.", key="same") == first
    make.work()
    assert channel.bodies.count("Dạ chào anh.") == 1
    with pytest.raises(NotFound):
        answering.answer(999, lan, "x", key="n")
    cases.close(case, lan)
    with pytest.raises(Conflict, match="đã đóng"):
        answering.answer(case, lan, "x", key="c")


def test_nothing_is_sent_to_who_is_blocked_gone_or_out_of_reach(house, lan, monkeypatch):
    channel, _ = house
    case, _conversation = escalated()
    monkeypatch.setattr(type(channel), "window", lambda self, heard: Window(closes_at=heard + timedelta(hours=48)))
    with clock.stopped_at(clock.now() + timedelta(hours=49)), pytest.raises(Conflict, match="hết thời gian"):
        answering.answer(case, lan, "Chào", key="w")
    messaging.set_reachable("sms", OWNER, False)
    with pytest.raises(Conflict, match="rời kênh"):
        answering.answer(case, lan, "Chào", key="u")
    messaging.set_reachable("sms", OWNER, True)
    with pytest.raises(InvalidInput):
        cases.block(case, lan, "")
    cases.block(case, lan, "chửi bới")
    with pytest.raises(Conflict, match="bị chặn"):
        answering.answer(case, lan, "Chào", key="b")
    ignored = make.text("alo", address=OWNER)
    make.work()
    assert make.row(ignored.message_id).status == Status.IGNORED
    assert "chửi bới" in channel.bodies[-1]
    cases.unblock(case, lan)
    make.text("alo nữa", address=OWNER)
    make.work()
    assert channel.bodies[-1] == "đã nghe: alo nữa"
    assert kinds(case)[-2:] == [Kind.BLOCKED, Kind.UNBLOCKED]


def test_a_flood_is_kept_and_told_once(house, monkeypatch):
    channel, _ = house
    monkeypatch.setenv("MESSAGES_PER_MINUTE", "3")
    messaging.settings.cache_clear()
    received = [make.text(f"tin {number}") for number in range(7)]
    make.work()
    assert channel.bodies[:3] == [f"đã nghe: tin {number}" for number in range(3)]
    assert len(channel.bodies) == 4
    assert "quá nhanh" in channel.bodies[3]
    assert [make.row(one.message_id).status for one in received[3:]] == [Status.IGNORED] * 4


def test_an_answer_that_is_put_off_goes_out_once_or_comes_back_as_a_draft(house, lan):
    channel, _ = house
    case, _ = escalated()
    make.work()
    soon = clock.now() + timedelta(minutes=30)
    kept = answering.put_off(case, lan, "Nhắc anh mang giấy hẹn.", soon, key="l1")
    assert answering.put_off(case, lan, "Nhắc anh mang giấy hẹn.", soon, key="l1") == kept
    taken_back = answering.put_off(case, lan, "thôi", soon, key="l2")
    answering.take_back(case, lan, taken_back)
    refused = answering.put_off(case, lan, "muộn rồi", soon + timedelta(hours=1), key="l3")
    with pytest.raises(InvalidInput):
        answering.put_off(case, lan, "x", clock.now() - timedelta(minutes=1), key="l4")
    assert answering.due_later() == []
    with clock.stopped_at(soon + timedelta(minutes=1)):
        assert answering.due_later() == [kept]
        for _ in range(2):
            answering.send_later(kept)
        make.work()
    assert channel.bodies.count("Nhắc anh mang giấy hẹn.") == 1
    messaging.set_reachable("sms", OWNER, False)
    with clock.stopped_at(soon + timedelta(hours=2)):
        answering.send_later(refused)
        assert "Tin hẹn giờ" in bell.notices(lan.id)[0].text
    assert page.look(case, lan).draft == "muộn rồi"


def test_notes_stay_in_the_house_and_call_colleagues(house, lan, minh):
    channel, _ = house
    case, _ = escalated()
    make.work()
    before = len(channel.bodies)
    for _ in range(2):
        answering.note(case, lan, "@minh xem giúp <b>hồ sơ</b> này", key="n1")
    with pytest.raises(InvalidInput, match="@nobody"):
        answering.note(case, lan, "@nobody ơi", key="n2")
    make.work()
    assert len(channel.bodies) == before
    [notice] = bell.notices(minh.id)
    assert (notice.case_id, "Lan" in notice.text) == (case, True)
    assert [one.text for one in page.look(case, lan).talk if one.who == "note"] == ["@minh xem giúp <b>hồ sơ</b> này"]


# --- the rest of a case's life -----------------------------------------------------------------------------------


def test_a_snoozed_case_comes_back_by_the_clock_or_when_the_citizen_writes(house, lan):
    case, _ = escalated()
    make.work()
    cases.take(case, lan)
    until = clock.now() + timedelta(hours=3)
    for past in (clock.now() - timedelta(hours=1), clock.now() + timedelta(days=400)):
        with pytest.raises(InvalidInput):
            cases.snooze(case, lan, past)
    cases.snooze(case, lan, until)
    make.text("alo", address=OWNER)
    make.work()
    assert row(case).state == State.OPEN
    cases.snooze(case, lan, until)
    with clock.stopped_at(until + timedelta(seconds=1)):
        assert case in sweep.due()
        sweep.look(case)
    assert row(case).state == State.OPEN


def test_what_was_forgotten_is_told_once_to_each(house, lan, minh):
    with clock.stopped_at(MONDAY):
        case, _ = escalated()
    with clock.stopped_at(MONDAY + timedelta(hours=1, minutes=59)):
        assert sweep.due() == []
    with clock.stopped_at(MONDAY + timedelta(hours=3)):
        for _ in range(3):
            for one in sweep.due():
                sweep.look(one)
        assert [len(bell.notices(one.id)) for one in (lan, minh)] == [1, 1]
        assert listing.listed(lan, Filters(late="1")).lines[0].timer.late
    assert kinds(case).count(Kind.FORGOTTEN) == 1


def test_out_of_hours_the_citizen_is_told_once(house, lan):
    channel, _ = house
    with clock.stopped_at(MONDAY):
        case, _ = escalated()
        make.work()
        cases.take(case, lan)
    before = len(channel.bodies)
    with clock.stopped_at(MONDAY + timedelta(hours=10)):
        for words in ("alo", "có ai không"):
            make.text(words, address=OWNER)
            make.work()
    assert len(channel.bodies) == before + 1
    assert "07:30" in channel.bodies[-1]


def test_nobody_waits_for_an_officer_on_leave(house, lan, minh):
    channel, _ = house
    with clock.stopped_at(MONDAY):
        case, _ = escalated()
        make.work()
        cases.take(case, lan)
    away(lan, date(2026, 11, 24), date(2026, 11, 25))
    with clock.stopped_at(MONDAY + timedelta(days=1)):
        for words in ("alo", "có ai không"):
            make.text(words, address=OWNER)
            make.work()
        assert (row(case).state, row(case).assignee_id) == (State.WAITING, None)
        assert messaging.view(row(case).conversation_id).owner == Owner.OFFICER, "the assistant stays silent"
        assert [line.id for line in listing.listed(minh, Filters()).lines] == [case]
        cases.take(case, minh)
    assert sum("vắng đến 26/11" in body for body in channel.bodies) == 1


def test_closing_and_assigning_can_be_undone_for_a_minute(house, lan, minh):
    case, conversation = escalated()
    cases.take(case, lan)
    closed = cases.close(case, lan)
    assert closed is not None
    assert cases.close(case, lan) is None, "closing twice keeps the first"
    with pytest.raises(NotFound):
        cases.undo(case, minh, closed.id)
    cases.undo(case, lan, closed.id)
    assert (row(case).state, messaging.view(conversation).owner) == (State.OPEN, Owner.OFFICER)
    given = cases.assign(case, lan, minh.id)
    assert len(bell.notices(minh.id)) == 1
    with clock.stopped_at(clock.now() + timedelta(minutes=2)), pytest.raises(Conflict):
        cases.undo(case, lan, given.id)
    cases.undo(case, lan, given.id)
    assert row(case).assignee_id == lan.id


def test_two_cases_of_one_person_become_one(house, lan):
    first, _ = escalated()
    second, _ = escalated("cùng một việc", address=STRANGER)
    with pytest.raises(InvalidInput):
        cases.merge(first, lan, first)
    cases.merge(second, lan, first)
    assert (row(second).state, row(second).merged_into_id) == (State.CLOSED, first)
    assert kinds(first)[-1] == Kind.MERGED


def test_what_goes_out_by_itself_is_not_taken_for_the_assistants_while_it_is_silent(house, lan):
    case, conversation = escalated()
    make.work()
    cases.take(case, lan)
    messaging.say(conversation, Reply("Hồ sơ đã có kết quả."))
    answering.answer(case, lan, "Dạ có rồi ạ.", key="k")
    said = [(one.who, one.text) for one in page.look(case, lan).talk if one.message_id]
    assert [who for who, _ in said] == ["citizen", "assistant", "notice", "officer"]


def test_a_call_is_promised_and_made(house, lan):
    channel, _ = house
    case, _ = escalated()
    make.work()
    with pytest.raises(InvalidInput):
        cases.promise_call(case, lan, "12")
    cases.promise_call(case, lan, "0905 123 456")
    make.work()
    assert "0905123456" in channel.bodies[-1]
    cases.called(case, lan, "Đã hướng dẫn qua điện thoại")
    assert (row(case).call_back, row(case).waits_since) == ("", None)
    with pytest.raises(Conflict):
        cases.called(case, lan, "lần nữa")


@pytest.mark.parametrize(("method", "wanted"), [(Method.ROUND_ROBIN, [0, 1, 0]), (Method.BY_LOAD, [1, 1, 0])])
def test_a_queue_hands_out_in_turn_or_by_load_and_never_to_who_is_away(house, lan, minh, method, wanted):
    crew = [lan, minh]
    with_load, _ = escalated("việc cũ", address="+84900000077")
    cases.assign(with_load, lan, lan.id)
    cases.assign(escalated("việc cũ 2", address="+84900000078")[0], lan, lan.id)
    assigning.set_method(lan, "", "", method)
    given = [row(escalated("mới", address=f"+8490000010{n}")[0]).assignee_id for n in range(3)]
    assert given == [crew[index].id for index in wanted]
    away(minh, clock.today(), clock.today())
    alone = [row(escalated("nữa", address=f"+8490000020{n}")[0]).assignee_id for n in range(3)]
    assert alone == [lan.id] * 3


def away(officer, first, last):
    with transaction() as session:
        now = clock.now()
        session.add(
            Absence(officer_id=officer.id, first_day=first, last_day=last, entered_by=officer.id, entered_at=now)
        )


def test_an_agency_sees_its_queue_alone(house, lan):
    agency = make_house("H15.24.316", "UBND phường Tân Lợi")
    desk = organisation.officer(make_officer(role=Role.RECEPTIONIST, agency_id=agency))
    case, _ = escalated()
    assert listing.listed(desk, Filters()).lines == []
    with pytest.raises(NotFound):
        page.look(case, desk)
    with pytest.raises(InvalidInput):
        cases.assign(case, lan, desk.id)
    with pytest.raises(InvalidInput):
        cases.route(case, lan, "H99.99")
    cases.route(case, lan, "H15.24.316", "Hộ tịch")
    assert [line.id for line in listing.listed(desk, Filters()).lines] == [case]
    cases.assign(case, lan, desk.id)
    assert [line.id for line in listing.listed(desk, Filters(tab="mine")).lines] == [case]


# --- finding -----------------------------------------------------------------------------------------------------


def test_search_finds_what_citizen_and_officer_said_but_not_the_assistant(house, lan):
    case, _ = escalated("tôi cần rút hồ sơ")
    make.work()
    cases.take(case, lan)
    make.text("Nhà tôi ở Buôn Đôn, số " + "7" * 3_000, address=OWNER)
    make.work()
    answering.answer(case, lan, "Mời anh đến tầng hai nhé.", key="k1")
    for words in ("buon don", "tầng hai", "rut", "7" * 60, "buôn mời"):
        assert [line.id for line in listing.listed(lan, Filters("all", q=words)).lines] == [case], words
    for words in ("nghe", "don'", "tầng ba"):
        found = listing.listed(lan, Filters("all", q=words)).lines
        assert [line.id for line in found] == ([case] if words == "don'" else []), words


def test_search_needs_no_accents_and_finds_numbers_and_labels(house, lan):
    case, _ = escalated("Đăng ký kết hôn ở phường Tân Lợi", address="+84905123456")
    other, _ = escalated("Đèn đường hỏng", address=STRANGER)
    cases.set_labels(case, lan, "Hộ tịch, gấp, #gấp")
    assert row(case).labels == ["Hộ tịch", "gấp"]
    for words in ("ket hon", "KẾT HÔN", "tan loi dang ky", "0905123456", "0905", "+84905123456"):
        assert [line.id for line in listing.listed(lan, Filters(q=words)).lines] == [case], words
    assert [line.id for line in listing.listed(lan, Filters(label="ho tich")).lines] == [case]
    assert [line.id for line in listing.listed(lan, Filters(q="hong %_")).lines] == [other]
    assert listing.listed(lan, Filters()).counts["waiting"] == 2
    listing.keep_view(lan, "Hộ tịch", Filters(label="Hộ tịch"))
    assert [view.query for view in listing.views_of(lan)] == ["tab=waiting&label=H%E1%BB%99+t%E1%BB%8Bch"]


def test_prepared_answers_are_filled_from_what_is_known(house, lan):
    with pytest.raises(InvalidInput, match="nonsense"):
        canned.save(lan, None, "x", "Chào {nonsense}", general=True)
    canned.save(lan, None, "Chào", "Chào {ten}, em là {can_bo}.", general=True)
    [text] = canned.texts(lan)
    assert (text.filled, text.missing) == ("Chào {ten}, em là Lan.", ("ten",))
    canned.remove(lan, text.id)
    assert canned.texts(lan) == []


def test_what_is_prepared_for_all_agencies_is_changed_by_those_who_serve_all_alone(lan):
    ward = make_house("H15.24.133", "UBND phường Tân Lợi")
    minh = organisation.officer(make_officer(role=Role.SPECIALIST, username="minh", agency_id=ward, password=None))
    general = canned.save(lan, None, "Chào", "Chào anh/chị.", general=True)
    with pytest.raises(Forbidden):
        canned.save(minh, general, "Chào", "của xã em", general=False)
    with pytest.raises(Forbidden):
        canned.remove(minh, general)
    [text] = canned.texts(minh)
    assert (text.text, text.is_general) == ("Chào anh/chị.", True)
    own = canned.save(minh, None, "Mời", "Mời anh/chị đến.", general=False)
    canned.remove(minh, own)


def test_the_supervisor_sees_queues_load_and_speed(house, lan, minh):
    with clock.stopped_at(MONDAY):
        case, _ = escalated()
        escalated("khác", address=STRANGER)
    with clock.stopped_at(MONDAY + timedelta(minutes=30)):
        answering.answer(case, lan, "Chào anh", key="k")
        seen = supervising.overview(lan)
    assert [(one.waiting, one.held, one.late) for one in seen.queues] == [(1, 1, 0)]
    assert {one.name: (one.held, one.waiting) for one in seen.loads} == {"Lan": (1, 0), "Minh": (0, 0)}
    assert (seen.speed.opened, seen.speed.answered, seen.speed.median_hours, seen.speed.in_time) == (2, 1, 0.5, 1.0)


# --- traces ------------------------------------------------------------------------------------------------------


def test_every_look_and_every_act_leaves_a_trace_of_who_it_was(house, lan):
    case, conversation = escalated()
    page.look(case, lan)
    cases.take(case, lan)
    answering.answer(case, lan, "Chào", key="k")
    cases.close(case, lan)
    with database.reading() as session:
        traces = session.execute(
            select(AuditEntry.tag, AuditEntry.subject).where(AuditEntry.actor == lan.actor).order_by(AuditEntry.id)
        )
        assert [tuple(trace) for trace in traces] == [
            ("conversation:viewed", f"conversation:{conversation}"),
            ("case:taken", f"case:{case}"),
            ("conversation:answered", f"conversation:{conversation}"),
            ("case:given_back", f"case:{case}"),
            ("case:closed", f"case:{case}"),
        ]


def test_words_of_the_rules():
    assert policy.mentioned("@Lan, @minh. và a@b.vn @@x") == {"lan", "minh"}
    assert policy.filled("Chào {ten} {x}", {"ten": "A"}) == ("Chào A {x}", ["x"])
    assert policy.clean_labels(" a ,, A, b" + ",c" * 20) == ["A", "b", "c"]
