"""The operator's form for callers, and the prepared words of answers."""

import re
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from backend import clock
from backend.audit import Audit, AuditEntry
from backend.complaints import answer_texts, service
from backend.complaints.models import Complaint, ComplaintEvent, ComplaintIdentity
from backend.complaints.policy import Kind, Protection, State
from backend.complaints.service import Call
from backend.database import reading
from backend.errors import Forbidden, InvalidInput, NotFound
from backend.organisation import sign_in
from backend.organisation.models import Role
from backend.wsgi import build
from tests.builders import organisation as house_of
from tests.builders.complaints import make_report
from tests.builders.pages import Page


@pytest.fixture(scope="module")
def app():
    return build()


def officer(role, agency):
    return sign_in.officer(house_of.make_officer(role=role, agency_id=agency))


@pytest.fixture
def house(database):
    hotline = house_of.make_agency(code="H15.01", name="Văn phòng UBND tỉnh")
    works = house_of.make_agency(code="H15.02", name="Sở Xây dựng")
    return {
        Role.HOTLINE_OPERATOR: officer(Role.HOTLINE_OPERATOR, hotline),
        Role.HEAD: officer(Role.HEAD, works),
        Role.SPECIALIST: officer(Role.SPECIALIST, works),
    }


def newest():
    with reading() as session:
        return session.scalars(select(Complaint).order_by(Complaint.id.desc())).first()


def test_an_operator_files_call_after_call(house, app):
    browser = house_of.signed_in(app, house[Role.HOTLINE_OPERATOR].id)
    page = Page(browser.get("/officers/complaints/new").get_data(as_text=True))
    fields = page.forms["call"].fields
    assert next(iter(page.forms["call"].buttons.values())) == ("then", "next"), "Enter takes the next call"
    call = {"text": "cây đổ chắn đường", "place": "Phường Tân An", "category": "road", "name": "Hồ Văn Mười"}
    answer = browser.post("/officers/complaints/new", data={**fields, **call, "then": "next"}, follow_redirects=True)
    text = answer.get_data(as_text=True)
    assert answer.request.path == "/officers/complaints/new"
    made = newest()
    assert made.code in text
    assert (made.category, made.kind, made.place) == ("road", Kind.REPORT, "Phường Tân An")
    with reading() as session:
        assert session.get_one(ComplaintIdentity, made.id).name == "Hồ Văn Mười"
        assert session.scalars(select(ComplaintEvent.actor)).all() == [house[Role.HOTLINE_OPERATOR].actor]
    opened = browser.post("/officers/complaints/new", data={**fields, **call, "then": "open"})
    assert opened.headers["Location"].endswith(f"/officers/complaints/{newest().id}")


def test_a_form_sent_again_is_one_report_and_the_next_caller_has_one_of_their_own(house):
    call = Call("đèn đường hỏng", place="Tân Lợi", name="Hồ Văn Mười", phone="0905000001")
    operator = house[Role.HOTLINE_OPERATOR]
    taken = service.file_for_caller(operator, call)
    assert service.file_for_caller(operator, call) == taken
    assert service.file_for_caller(operator, replace(call, phone="0905000002")).id != taken.id
    with clock.stopped_at(clock.now() + timedelta(minutes=2)):
        assert service.file_for_caller(operator, call).id != taken.id


def test_an_emergency_is_told_at_once_and_what_protects_is_never_taken_away(house, app):
    browser = house_of.signed_in(app, house[Role.HOTLINE_OPERATOR].id)
    token = house_of.token_of(browser.get("/officers/complaints/new").get_data(as_text=True))

    def files(**form):
        data = {"csrf_token": token, "then": "next", **form}
        return browser.post("/officers/complaints/new", data=data, follow_redirects=True).get_data(as_text=True)

    assert "gọi ngay 114" in files(text="nhà hàng xóm cháy nhà")
    assert newest().kind == Kind.EMERGENCY
    files(text="đèn hỏng", protection="anonymous", name="Hồ Văn Mười")
    assert newest().protection == Protection.ANONYMOUS
    with reading() as session:
        assert session.get(ComplaintIdentity, newest().id) is None
    files(text="tố cáo cán bộ nhận tiền", protection="named")
    assert newest().protection == Protection.PROTECTED
    files(text="tố cáo cán bộ nhận tiền", protection="anonymous")
    assert newest().protection == Protection.PROTECTED


def test_a_call_that_cannot_be_filed_comes_back_with_what_was_typed(house, app):
    browser = house_of.signed_in(app, house[Role.HOTLINE_OPERATOR].id)
    token = house_of.token_of(browser.get("/officers/complaints/new").get_data(as_text=True))
    for words in (" ", "x" * 4_001):
        form = {"csrf_token": token, "text": words, "name": "Hồ Văn Mười", "category": "x", "kind": "x"}
        refused = browser.post("/officers/complaints/new", data=form)
        assert refused.status_code == 422
        assert "Hồ Văn Mười" in refused.get_data(as_text=True)
    assert newest() is None
    head = house_of.signed_in(app, house[Role.HEAD].id)
    assert head.get("/officers/complaints/new").status_code == 403


def test_an_operator_sees_what_a_report_may_repeat(house, app):
    at = {"category": "road", "latitude": 12.68, "longitude": 108.04, "state": State.RECEIVED}
    near, _far = make_report(**at, code="PA-260909-0701"), make_report(**at | {"latitude": 12.9}, code="PA-260909-0702")
    hidden = make_report(**at, code="PA-260909-0703", protection=Protection.PROTECTED)
    report = make_report(**at)
    assert near
    assert hidden
    browser = house_of.signed_in(app, house[Role.HOTLINE_OPERATOR].id)
    text = browser.get(f"/officers/complaints/{report}").get_data(as_text=True)
    assert [code for code in ("0701", "0702", "0703") if f"PA-260909-{code}" in text] == ["0701"]


def test_prepared_words_are_an_agencys_or_everybodys_and_fill_their_blanks(house):
    operator, head, specialist = house[Role.HOTLINE_OPERATOR], house[Role.HEAD], house[Role.SPECIALIST]
    general = answer_texts.save(operator, None, "Cảm ơn", "Cảm ơn về {ma}.", category="", for_all=True)
    own = answer_texts.save(head, None, "Đèn", "{co_quan} đã sửa ở {noi}.", category="light", for_all=False)
    answer_texts.save(operator, None, "Tổng đài", "x", category="", for_all=False)
    answer_texts.save(head, None, "Rác", "x", category="rubbish", for_all=False)
    with reading() as session:
        report = session.get_one(Complaint, make_report(code="PA-260909-0777", category="light"))
    found = answer_texts.fitting(specialist, report)
    assert [one.id for one in found] == [own, general]
    assert [one.text for one in found] == ["Sở Xây dựng đã sửa ở {noi}.", "Cảm ơn về PA-260909-0777."]
    for who, number, for_all, error in (
        (specialist, None, False, Forbidden),
        (head, None, True, Forbidden),
        (head, general, False, Forbidden),
        (operator, own, True, NotFound),
        (head, 999, False, NotFound),
    ):
        with pytest.raises(error):
            answer_texts.save(who, number, "Tên", "Lời", category="", for_all=for_all)
    for title, text, category in (
        ("", "x", ""),
        ("x", " ", ""),
        ("x", "{ten}", ""),
        ("x", "y" * 2_001, ""),
        ("x", "y", "z"),
    ):
        with pytest.raises(InvalidInput):
            answer_texts.save(head, None, title, text, category=category, for_all=False)
    answer_texts.remove(operator, general)
    with pytest.raises(Forbidden):
        answer_texts.remove(specialist, own)
    assert [one.id for one in answer_texts.fitting(specialist, report)] == [own]
    with reading() as session:
        tags = session.scalars(select(AuditEntry.tag).where(AuditEntry.subject.like("complaint_answer_text:%"))).all()
    assert sorted(tags) == [Audit.COMPLAINT_ANSWER_TEXT_REMOVED] + 4 * [Audit.COMPLAINT_ANSWER_TEXT_SAVED]


def test_prepared_words_go_below_what_was_typed_and_nothing_is_written(house, app):
    browser = house_of.signed_in(app, house[Role.HEAD].id)
    token = house_of.token_of(browser.get("/officers/complaints/texts").get_data(as_text=True))
    form = {"csrf_token": token, "title": "Xong <b>", "text": "Đã xong việc {ma}.", "category": ""}
    assert browser.post("/officers/complaints/texts", data=form).status_code == 303
    assert browser.post("/officers/complaints/texts", data={**form, "text": "{ten}"}).status_code == 422
    number = answer_texts.texts(house[Role.HEAD])[0].id
    report = make_report(state=State.ROUTED, code="PA-260909-0778")
    page = browser.get(f"/officers/complaints/{report}").get_data(as_text=True)
    assert "Xong &lt;b&gt;" in page
    address = f"/officers/complaints/{report}/acts/answer/texts/{number}"
    page = browser.post(address, data={"csrf_token": token, "text": "Kính gửi ông."}).get_data(as_text=True)
    assert re.search(r'<textarea id="answer-text"[^>]*>\s*Kính gửi ông.\nĐã xong việc PA-260909-0778.</textarea>', page)
    assert newest().state == State.ROUTED
    assert browser.post(address.replace("answer", "nothing"), data={"csrf_token": token}).status_code == 404
    removed = browser.post(f"/officers/complaints/texts/{number}/remove", data={"csrf_token": token})
    assert removed.status_code == 303
    assert answer_texts.texts(house[Role.HEAD]) == []


def test_no_form_breaks_on_what_a_database_refuses(house, app):
    browser = house_of.signed_in(app, house[Role.HOTLINE_OPERATOR].id)
    token = house_of.token_of(browser.get("/officers/complaints/new").get_data(as_text=True))
    new, told = make_report(state=State.RECEIVED), make_report()
    page, good = "/officers/complaints", {"step": "publish", "agreed": "1", "version": "0"}
    for path, form in (
        (f"{page}/new", {"text": "a\0", "place": "\0", "name": "b\0", "phone": "\0"}),
        (f"{page}/{told}/publication", {"words": "a\0", "answer": "b\0", "area": "\0", "photo": "\0", **good}),
        (f"{page}/{told}/publication", {"words": "a\0", "answer": "b\0", **good}),
        (f"{page}/{told}/publication/withdraw", {"reason": "a\0"}),
        (f"{page}/texts", {"title": "a\0", "text": "b\0", "category": ""}),
        (f"{page}/texts", {"id": "9" * 30, "title": "a", "text": "b", "category": "\0"}),
        (f"{page}/{told}/identity", {"reason": "a\0"}),
        (f"{page}/{new}/acts/name_subject", {"reason": "a\0", "subject_code": "\0"}),
        (f"{page}/{new}/acts/merge", {"into": "\0"}),
        (f"{page}/{new}/acts/sort", {"kind": "report"}),
        (f"{page}/{new}/acts/route", {"agency_code": "\0"}),
        (f"{page}/{new}/acts/out_of_competence", {"text": "a\0", "version": "9" * 30}),
        (f"{page}/route", {"complaint": "9" * 30, "agency_code": "H15.02"}),
    ):
        assert browser.post(path, data={"csrf_token": token, **form}).status_code < 500, (path, form)
    made = newest()
    assert (made.text, made.place) == ("a", "")
