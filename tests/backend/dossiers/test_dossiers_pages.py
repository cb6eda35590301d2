"""The dossier page: each role's own next actions, nothing typed is lost, nothing of others is seen."""

import io
from datetime import timedelta

import pytest
from sqlalchemy import select

from backend import clock
from backend.audit import Audit, AuditEntry
from backend.database import reading, transaction
from backend.dossiers import acts, supplements
from backend.dossiers.models import Dossier, DossierEvent, Payment, WorkflowStep
from backend.dossiers.policy import Action, State
from backend.organisation.models import Role
from tests.builders.dossiers import PROCEDURE, dossier_id, get, make_crew, make_dossier, make_house
from tests.builders.files import make_image, make_pdf
from tests.builders.organisation import make_officer, signed_in
from tests.builders.pages import Page

OTHER = "H15.24.999"
XSS = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>"


@pytest.fixture
def browsers(app, crew):
    return {role: signed_in(app, officer.id) for role, officer in crew.items()}


@pytest.fixture
def desk(browsers):
    return browsers[Role.RECEPTIONIST]


def address(dossier):
    return f"/officers/dossiers/{dossier}"


def page(client, dossier):
    answer = client.get(address(dossier))
    assert answer.status_code == 200, answer.get_data(as_text=True)
    return Page(answer.get_data(as_text=True))


def offered(client, dossier):
    forms = page(client, dossier).forms
    return [form.action.rsplit("/", 1)[-1] for name, form in forms.items() if name.startswith("act-")]


def act(client, dossier, action, **fields):
    """Fill in the form of an action and send it."""
    form = next(f for f in page(client, dossier).forms.values() if f.action.endswith(f"/act/{action}"))
    return client.post(form.action, data=form.fields | fields)


def checklist(client, dossier, then="", **fields):
    """Fill in the checklist and send it; `all_` is a state for every paper."""
    form = page(client, dossier).forms["checklist"]
    state = fields.pop("all_", None)
    data = {name: state if state and name.startswith("paper-") and name.endswith("-state") else value
            for name, value in form.fields.items()}  # fmt: skip
    return client.post(form.action, data=data | fields | ({"then": then} if then else {}))


def papers(dossier):
    with reading() as session:
        return list(session.get_one(Dossier, dossier).papers)


def history(dossier):
    with reading() as session:
        query = select(DossierEvent.action).where(DossierEvent.dossier_id == dossier).order_by(DossierEvent.id)
        return list(session.scalars(query))


# --- next actions only -----------------------------------------------------------------------------------------

NEXT = {
    (State.RECEIVED, Role.RECEPTIONIST): {"refuse", "withdraw"},
    (State.RECEIVED, Role.HEAD): {"assign"},
    (State.RECEIVED, Role.SPECIALIST): set(),
    (State.RECEIVED, Role.LEADER): set(),
    (State.ASSIGNED, Role.SPECIALIST): {"start", "return_to_desk"},
    (State.PROCESSING, Role.SPECIALIST): {"submit", "stop_clock", "return_to_desk", "refuse"},
    (State.PROCESSING, Role.RECEPTIONIST): {"refuse", "withdraw"},
    (State.APPROVING, Role.LEADER): {"approve", "send_back"},
    (State.APPROVING, Role.SPECIALIST): set(),
    (State.APPROVED, Role.RECEPTIONIST): {"issue_result"},
    (State.RESULT_READY, Role.RECEPTIONIST): {"hand_over"},
    (State.RETURNED, Role.RECEPTIONIST): set(),
    (State.REFUSED, Role.LEADER): set(),
}


@pytest.mark.parametrize(("state", "role"), NEXT, ids=lambda value: str(value))
def test_every_role_sees_only_its_next_actions(browsers, state, role):
    assert set(offered(browsers[role], dossier_id(make_dossier(state)))) == NEXT[state, role]


@pytest.mark.parametrize("state", State, ids=str)
def test_every_state_has_its_page_in_both_languages(desk, browsers, state):
    dossier = dossier_id(make_dossier(state))
    for browser in (desk, browsers[Role.LEADER]):
        said = page(browser, dossier).text
        assert ("Thời hạn đang tạm dừng" in said) == (state == State.SUPPLEMENT_REQUESTED)
    desk.set_cookie("language", "en")
    assert "What to do next" in page(desk, dossier).text


def test_a_late_dossier_says_so(desk):
    dossier = dossier_id(make_dossier(State.PROCESSING, due_at=clock.now() - timedelta(days=5)))
    said = page(desk, dossier).text
    assert "QUÁ HẠN" in said
    assert "trễ hạn" in said


@pytest.mark.parametrize("state", [State.REFUSED, State.WITHDRAWN])
def test_a_dossier_that_ended_in_time_has_no_late_step(desk, state):
    said = page(desk, dossier_id(make_dossier(state, due_at=clock.now() - timedelta(days=30)))).text
    assert "trễ hạn" not in said
    assert "Dừng khi hồ sơ kết thúc" in said


def test_heads_see_how_much_each_specialist_holds(browsers, crew):
    make_dossier(State.PROCESSING)
    text = page(browsers[Role.HEAD], dossier_id(make_dossier(State.RECEIVED))).text
    assert f"{crew[Role.SPECIALIST].name} · đang giữ 1 hồ sơ" in text


def test_what_is_still_needed_is_said_instead_of_a_dead_button(desk):
    dossier = dossier_id(make_dossier(State.SUBMITTED))
    assert "receive" not in offered(desk, dossier)
    assert "Còn giấy tờ bắt buộc chưa kiểm tra" in page(desk, dossier).text


def test_a_dossier_walks_from_the_desk_to_its_result_through_the_forms(browsers, crew, desk):
    dossier = dossier_id(make_dossier(State.SUBMITTED))
    head, specialist, leader = (browsers[role] for role in (Role.HEAD, Role.SPECIALIST, Role.LEADER))
    assert checklist(desk, dossier, all_="present").status_code == 303
    assert act(desk, dossier, "receive").status_code == 303
    assert act(head, dossier, "assign").status_code == 303
    assert act(specialist, dossier, "start").status_code == 303
    assert act(specialist, dossier, "stop_clock", stop_for="own_request", reason="chờ người nộp").status_code == 303
    assert "submit" not in offered(specialist, dossier)
    assert act(specialist, dossier, "resume_clock").status_code == 303
    assert act(specialist, dossier, "submit").status_code == 303
    assert act(leader, dossier, "send_back", reason="thiếu chữ ký nháy").status_code == 303
    assert act(specialist, dossier, "submit").status_code == 303
    assert act(leader, dossier, "approve").status_code == 303
    assert act(desk, dossier, "issue_result").status_code == 303
    assert act(desk, dossier, "hand_over").status_code == 303
    assert get(dossier).state == State.RETURNED
    said = page(desk, dossier).text
    for sentence in ("phân công xử lý cho", "tạm dừng thời hạn", "thiếu chữ ký nháy", "ký duyệt", "trả kết quả"):
        assert sentence in said


def test_saving_the_papers_and_receiving_is_one_press(desk):
    dossier = dossier_id(make_dossier(State.SUBMITTED))
    assert checklist(desk, dossier, then="receive", all_="present").status_code == 303
    assert get(dossier).state == State.RECEIVED


def test_papers_stay_saved_when_receiving_them_is_refused(desk):
    dossier = dossier_id(make_dossier(State.SUBMITTED))
    first = papers(dossier)[0].id
    assert checklist(desk, dossier, then="receive", **{f"paper-{first}-state": "present"}).status_code == 303
    assert get(dossier).state == State.SUBMITTED
    assert papers(dossier)[0].state == "present"
    assert "Còn giấy tờ bắt buộc" in page(desk, dossier).text


def test_a_supplement_is_asked_for_with_its_papers_and_a_default_deadline(desk):
    dossier = dossier_id(make_dossier(State.SUBMITTED))
    first = papers(dossier)[0].id
    checklist(desk, dossier, all_="present", **{f"paper-{first}-state": "missing", f"paper-{first}-remark": "mờ"})
    assert act(desk, dossier, "request_supplement").status_code == 303
    row = get(dossier)
    assert row.state == State.SUPPLEMENT_REQUESTED
    assert row.supplement_due_at > clock.now() + timedelta(days=12)
    assert "request_supplement" not in offered(desk, dossier)


def test_an_interconnected_dossier_goes_from_agency_to_agency(app, browsers, desk):
    make_house(OTHER, "UBND xã Khác")
    theirs = {role: signed_in(app, officer.id) for role, officer in make_crew(OTHER).items()}
    with transaction() as session:
        for number, agency in enumerate(("", OTHER), 1):
            session.add(
                WorkflowStep(
                    procedure_code=PROCEDURE, sequence=number, title=f"Phần {number}", agency_code=agency, share=0.5
                )
            )
    dossier = dossier_id(make_dossier(State.SUBMITTED))
    checklist(desk, dossier, then="receive", all_="present")
    assert offered(theirs[Role.HEAD], dossier) == []
    act(browsers[Role.HEAD], dossier, "assign")
    act(browsers[Role.SPECIALIST], dossier, "start")
    assert "submit" not in offered(browsers[Role.SPECIALIST], dossier)
    assert act(browsers[Role.SPECIALIST], dossier, "finish_step").status_code == 303
    assert offered(browsers[Role.SPECIALIST], dossier) == []
    assert "Phần 1 · Đã xong" in page(desk, dossier).text
    assert act(theirs[Role.HEAD], dossier, "assign").status_code == 303
    assert act(theirs[Role.SPECIALIST], dossier, "start").status_code == 303
    assert act(theirs[Role.SPECIALIST], dossier, "submit").status_code == 303
    assert offered(browsers[Role.LEADER], dossier) == ["approve", "send_back"]
    assert offered(theirs[Role.LEADER], dossier) == []


# --- refusals keep what was typed ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("state", "role", "action", "fields", "kept"),
    [
        (State.RECEIVED, Role.RECEPTIONIST, "refuse", {"reason": "Lý do đã gõ", "legal_ground": " "}, "Lý do đã gõ"),
        (State.RECEIVED, Role.RECEPTIONIST, "withdraw", {"reason": "\u200b"}, "Cần ghi lý do"),
        (State.RECEIVED, Role.HEAD, "assign", {"officer_id": ""}, "Cần chọn một chuyên viên"),
        (State.RECEIVED, Role.HEAD, "assign", {"officer_id": "1 OR 1=1"}, "Số chưa đúng"),
        (State.PROCESSING, Role.SPECIALIST, "stop_clock", {"reason": "x", "stop_for": "whim"}, "chọn lý do tạm dừng"),
        (State.PROCESSING, Role.SPECIALIST, "return_to_desk", {"reason": "x" * 2001}, "dài quá"),
        (State.APPROVING, Role.LEADER, "send_back", {"reason": ""}, "Cần ghi lý do"),
    ],
)
def test_a_refused_form_comes_back_as_it_was(browsers, state, role, action, fields, kept):
    dossier = dossier_id(make_dossier(state))
    answer = act(browsers[role], dossier, action, **fields)
    assert answer.status_code == 422
    assert kept in Page(answer.get_data(as_text=True)).text
    assert get(dossier).state == state


@pytest.mark.parametrize("day", ["2001-01-01", "31/12/2026", "9999-12-31", "2026-02-30", "2099-01-01", "x"])
def test_a_deadline_that_cannot_be_is_refused(desk, day):
    dossier = dossier_id(make_dossier(State.SUBMITTED))
    first = papers(dossier)[0].id
    checklist(desk, dossier, **{f"paper-{first}-state": "missing"})
    assert act(desk, dossier, "request_supplement", deadline=day).status_code == 422
    assert get(dossier).state == State.SUBMITTED


def test_the_second_officer_is_told_who_changed_what_and_keeps_what_they_typed(app, crew, desk):
    dossier = dossier_id(make_dossier(State.SUBMITTED))
    house = crew[Role.RECEPTIONIST].agency_id
    colleague = signed_in(app, make_officer(role=Role.RECEPTIONIST, agency_id=house, name="Lê Thị Bé"))
    form = page(desk, dossier).forms["checklist"]
    refusal = next(f for f in page(desk, dossier).forms.values() if f.action.endswith("refuse"))
    first = papers(dossier)[0].id
    checklist(colleague, dossier, **{f"paper-{first}-state": "present"})

    typed = {f"paper-{first}-state": "missing", f"paper-{first}-remark": "mờ, chụp lại", "added-name": "Ảnh"}
    answer = desk.post(form.action, data=form.fields | typed)
    again = Page(answer.get_data(as_text=True))
    assert answer.status_code == 409
    assert "Lê Thị Bé vừa lưu danh mục giấy tờ" in again.text
    assert "Hiện đang ghi: Có đủ" in again.text
    fields = again.forms["checklist"].fields
    assert (fields[f"paper-{first}-state"], fields[f"paper-{first}-remark"], fields["added-name"]) == (
        "missing", "mờ, chụp lại", "Ảnh"
    )  # fmt: skip
    assert papers(dossier)[0].state == "present"
    assert desk.post(form.action, data=fields).status_code == 303
    assert papers(dossier)[0].state == "missing"

    typed = {"reason": "Không thuộc thẩm quyền", "legal_ground": "Điều 1"}
    answer = desk.post(refusal.action, data=refusal.fields | typed)
    assert answer.status_code == 409
    assert Page(answer.get_data(as_text=True)).forms["act-refuse"].fields["reason"] == "Không thuộc thẩm quyền"


def test_an_act_after_anothers_act_says_who_it_was(app, crew, desk):
    dossier = dossier_id(make_dossier(State.RECEIVED))
    refusal = next(f for f in page(desk, dossier).forms.values() if f.action.endswith("refuse"))
    with transaction():
        step = acts.Facts(officer_id=crew[Role.SPECIALIST].id)
        acts.act(dossier, Action.ASSIGN, acts.by(crew[Role.HEAD]), step)
    answer = desk.post(refusal.action, data=refusal.fields | {"reason": "Đã gõ dài", "legal_ground": "Điều 3"})
    said = Page(answer.get_data(as_text=True))
    assert answer.status_code == 409
    assert f"{crew[Role.HEAD].name} vừa cập nhật" in said.text
    assert "act-refuse" not in said.forms
    for kept in ("Đã gõ dài", "Điều 3"):
        assert kept in said.text


# --- undo ------------------------------------------------------------------------------------------------------


def test_what_was_just_done_can_be_taken_back_and_the_history_says_so(desk):
    dossier = dossier_id(make_dossier(State.SUBMITTED))
    checklist(desk, dossier, then="receive", all_="present")
    form = page(desk, dossier).forms["undo"]
    assert desk.post(form.action, data=form.fields).status_code == 303
    assert get(dossier).state == State.SUBMITTED
    again = page(desk, dossier)
    assert "undo" not in again.forms
    assert "đã hoàn tác lúc" in again.text
    assert ("s", {}) in again.tags


def test_too_late_or_somebody_elses_is_not_taken_back(browsers, desk):
    dossier = dossier_id(make_dossier(State.SUBMITTED))
    checklist(desk, dossier, then="receive", all_="present")
    form = page(desk, dossier).forms["undo"]
    head = browsers[Role.HEAD]
    assert "undo" not in page(head, dossier).forms
    token = page(head, dossier).forms["note"].fields["csrf_token"]
    assert head.post(form.action, data={"csrf_token": token}).status_code == 403
    with clock.stopped_at(clock.now() + timedelta(seconds=11)):
        assert "undo" not in page(desk, dossier).forms
        assert desk.post(form.action, data=form.fields).status_code == 303
        assert "Đã quá thời gian hoàn tác" in page(desk, dossier).text
    assert get(dossier).state == State.RECEIVED


# --- the checklist ---------------------------------------------------------------------------------------------


def test_the_checklist_is_saved_whole(desk):
    dossier = dossier_id(make_dossier(State.SUBMITTED))
    one, two, three = (paper.id for paper in papers(dossier))
    fields = {
        f"paper-{one}-state": "present", f"paper-{one}-compared": "1", f"paper-{one}-copies": "2",
        f"paper-{two}-state": "missing", f"paper-{two}-remark": "hết hạn",
        f"paper-{three}-state": "not_needed", f"paper-{three}-compared": "1",
        "added-name": "Giấy ủy quyền", "added-state": "present",
    }  # fmt: skip
    assert checklist(desk, dossier, **fields).status_code == 303
    saved = [(paper.state, paper.compared, paper.copies, paper.remark, paper.name) for paper in papers(dossier)]
    assert [line[:4] for line in saved] == [
        ("present", True, 2, ""),
        ("missing", False, 0, "hết hạn"),
        ("not_needed", False, 0, ""),
        ("present", False, 0, ""),
    ]
    assert saved[-1][4] == "Giấy ủy quyền"


@pytest.mark.parametrize(
    "fields",
    [
        {"paper-{0}-state": "eaten"},
        {"paper-{0}-copies": "-1"},
        {"paper-{0}-originals": "9999999"},
        {"paper-{0}-remark": "x" * 501},
        {"added-name": "x" * 501},
        {"version": "x"},
        {"version": ""},
    ],
)
def test_a_checklist_that_cannot_be_is_refused_and_nothing_of_it_saved(desk, fields):
    dossier = dossier_id(make_dossier(State.SUBMITTED))
    first, second = papers(dossier)[0].id, papers(dossier)[1].id
    data = {name.format(first): value for name, value in fields.items()} | {f"paper-{second}-state": "present"}
    assert checklist(desk, dossier, **data).status_code == 422
    assert {paper.state for paper in papers(dossier)} == {"unchecked"}
    assert len(papers(dossier)) == 3


def test_papers_of_another_dossier_are_not_touched(desk):
    mine, theirs = dossier_id(make_dossier(State.SUBMITTED)), dossier_id(make_dossier(State.SUBMITTED))
    other = papers(theirs)[0].id
    assert checklist(desk, mine, **{f"paper-{other}-state": "present"}).status_code == 303
    assert papers(theirs)[0].state == "unchecked"


def test_who_does_not_check_papers_cannot_save_them(browsers, desk):
    dossier = dossier_id(make_dossier(State.SUBMITTED))
    form = page(desk, dossier).forms["checklist"]
    head = browsers[Role.HEAD]
    assert "checklist" not in page(head, dossier).forms
    data = form.fields | {"csrf_token": page(head, dossier).forms[""].fields["csrf_token"]}
    assert head.post(form.action, data=data).status_code in (403, 409)
    done = dossier_id(make_dossier(State.RETURNED))
    assert desk.post(f"{address(done)}/checklist", data=form.fields).status_code == 409


def test_a_scan_added_at_the_desk_is_there_and_can_be_seen(desk):
    dossier = dossier_id(make_dossier(State.SUBMITTED))
    first = papers(dossier)[0].id
    scans = [(io.BytesIO(make_image()), "tờ khai.jpg"), (io.BytesIO(make_pdf()), "to khai.pdf")]
    assert checklist(desk, dossier, **{f"paper-{first}-files": scans}).status_code == 303
    with reading() as session:
        files = [(f.file_id, f.name, f.state) for f in session.get_one(Dossier, dossier).papers[0].files]
    assert [file[1:] for file in files] == [("tờ khai.jpg", "accepted"), ("to khai.pdf", "accepted")]
    assert desk.get(f"{address(dossier)}/files/{files[0][0]}").status_code == 200
    assert any(tag == "img" and "small=1" in (values.get("src") or "") for tag, values in page(desk, dossier).tags)


@pytest.mark.parametrize("data", [b"", b"<svg onload=alert(1)>", b"MZ\x90", make_pdf(js=True)])
def test_a_bad_scan_is_refused_beside_its_paper_and_the_ticks_are_kept(desk, data):
    dossier = dossier_id(make_dossier(State.SUBMITTED))
    first = papers(dossier)[0].id
    fields = {f"paper-{first}-files": (io.BytesIO(data), "a.jpg"), f"paper-{first}-state": "missing"}
    answer = checklist(desk, dossier, **fields)
    assert answer.status_code == 422
    again = Page(answer.get_data(as_text=True))
    assert "a.jpg:" in again.text
    assert again.forms["checklist"].fields[f"paper-{first}-state"] == "missing"


def test_scans_are_kept_even_when_the_ticks_come_too_late(desk):
    dossier = dossier_id(make_dossier(State.SUBMITTED))
    form = page(desk, dossier).forms["checklist"]
    first = papers(dossier)[0].id
    checklist(desk, dossier, all_="present")
    data = form.fields | {f"paper-{first}-files": (io.BytesIO(make_image()), "a.jpg")}
    assert desk.post(form.action, data=data).status_code == 409
    with reading() as session:
        assert len(session.get_one(Dossier, dossier).papers[0].files) == 1


def test_photos_that_the_applicant_sent_are_accepted_or_returned_with_the_checklist(desk):
    dossier = dossier_id(make_dossier(State.SUPPLEMENT_REQUESTED, missing=("Tờ khai", "Giấy xác nhận")))
    one, two = papers(dossier)[:2]
    good = supplements.send(dossier, one.id, make_image(), "a.jpg", acts.APPLICANT)
    bad = supplements.send(dossier, two.id, make_image(), "b.jpg", acts.APPLICANT)
    decisions = {f"file-{good.paper_file_id}-state": "accepted", f"file-{bad.paper_file_id}-state": "returned"}
    refused = checklist(desk, dossier, **decisions)
    assert refused.status_code == 422
    assert "Cần ghi vì sao trả lại" in Page(refused.get_data(as_text=True)).text
    assert papers(dossier)[0].state == "missing"
    decisions[f"file-{bad.paper_file_id}-remark"] = "ảnh mờ"
    assert checklist(desk, dossier, **decisions).status_code == 303
    assert [(paper.state, paper.remark) for paper in papers(dossier)[:2]] == [("present", ""), ("missing", "ảnh mờ")]


# --- notes, results, money, apology ----------------------------------------------------------------------------


def send(client, dossier, form, **fields):
    shown = page(client, dossier).forms[form]
    return client.post(shown.action, data=shown.fields | fields)


def test_a_note_with_a_draft_is_for_colleagues(browsers, desk):
    dossier = dossier_id(make_dossier(State.PROCESSING))
    specialist = browsers[Role.SPECIALIST]
    draft = {"kind": "draft", "text": "Dự thảo trả lời", "file": (io.BytesIO(make_pdf()), "du thao.pdf")}
    assert send(specialist, dossier, "note", **draft).status_code == 303
    assert "Dự thảo trả lời" in page(desk, dossier).text
    for bad in ({"text": " "}, {"text": "x" * 4001}, {"text": "a", "kind": "poem"}):
        assert send(specialist, dossier, "note", **bad).status_code == 422
    refused = send(specialist, dossier, "note", text="giữ lại", file=(io.BytesIO(b"MZ"), "a.exe"))
    assert refused.status_code == 422
    assert Page(refused.get_data(as_text=True)).forms["note"].fields["text"] == "giữ lại"


def test_a_result_is_attached_before_it_is_announced(desk):
    dossier = dossier_id(make_dossier(State.APPROVED))
    assert send(desk, dossier, "result", title="Giấy xác nhận").status_code == 422
    assert send(desk, dossier, "result", title="", file=(io.BytesIO(make_pdf()), "kq.pdf")).status_code == 422
    fields = {"title": "Giấy xác nhận", "number": "12/GXN", "file": (io.BytesIO(make_pdf()), "kq.pdf")}
    assert send(desk, dossier, "result", **fields).status_code == 303
    assert "12/GXN" in page(desk, dossier).text
    assert "result" not in page(desk, dossier_id(make_dossier(State.RECEIVED))).forms


def test_the_fee_is_set_and_taken_before_the_result_is_handed_over(browsers, desk):
    dossier = dossier_id(make_dossier(State.RESULT_READY))
    for bad in ("", "-5", "mười", "8.5", "1.00", "1.000.000.000"):
        assert send(desk, dossier, "fee", amount=bad).status_code == 422
    assert send(desk, dossier, "fee", amount="8.000 đ", text="bản sao").status_code == 303
    assert offered(desk, dossier) == []
    assert "Lệ phí chưa được nộp" in page(desk, dossier).text
    with reading() as session:
        payment = session.scalars(select(Payment.id).where(Payment.dossier_id == dossier)).one()
    token = page(desk, dossier).forms["fee"].fields
    other = dossier_id(make_dossier(State.RESULT_READY))
    assert desk.post(f"{address(other)}/payments/{payment}/take", data=token).status_code == 404
    assert browsers[Role.LEADER].post(f"{address(dossier)}/payments/{payment}/take", data=token).status_code == 403
    assert desk.post(f"{address(dossier)}/payments/{payment}/take", data=token).status_code == 303
    assert desk.post(f"{address(dossier)}/payments/{payment}/take", data=token).status_code == 409
    assert offered(desk, dossier) == ["hand_over"]


def test_an_apology_is_drafted_by_the_specialist_and_signed_by_the_leader(browsers):
    dossier = dossier_id(make_dossier(State.PROCESSING))
    specialist, leader = browsers[Role.SPECIALIST], browsers[Role.LEADER]
    assert send(specialist, dossier, "apology-form", do="save", reason="chờ xác minh").status_code == 303
    assert "apology-form" not in page(browsers[Role.RECEPTIONIST], dossier).forms
    assert page(leader, dossier).forms["apology-form"].fields["reason"] == "chờ xác minh"
    assert send(leader, dossier, "apology-form", do="sign", reason="").status_code == 422
    before = get(dossier).due_at
    assert send(specialist, dossier, "apology-form", do="sign", reason="tự ký").status_code == 403
    assert send(leader, dossier, "apology-form", do="sign").status_code == 303
    assert get(dossier).due_at > before
    assert "apology-form" not in page(leader, dossier).forms


def test_a_draft_waits_among_the_next_actions_and_is_gone_once_the_dossier_ended(browsers):
    dossier = dossier_id(make_dossier(State.PROCESSING))
    send(browsers[Role.SPECIALIST], dossier, "apology-form", do="save", reason="")
    assert "dự thảo chờ anh/chị xem và ký" in page(browsers[Role.LEADER], dossier).text
    assert "anh/chị ghi lý do trễ" in page(browsers[Role.SPECIALIST], dossier).text
    with transaction() as session:
        session.get_one(Dossier, dossier).state = State.RETURNED
    for role in (Role.LEADER, Role.RECEPTIONIST):
        assert "dự thảo" not in page(browsers[role], dossier).text.lower()


# --- who may, and what is shown --------------------------------------------------------------------------------


def test_another_agencys_dossier_is_refused_with_the_reason(app, desk):
    dossier = dossier_id(make_dossier(State.SUBMITTED))
    make_house(OTHER, "UBND xã Khác")
    stranger = signed_in(app, make_crew(OTHER)[Role.RECEPTIONIST].id)
    own = page(desk, dossier)
    token = {"csrf_token": Page(stranger.get("/officers/").get_data(as_text=True)).forms[""].fields["csrf_token"]}
    refused = stranger.get(address(dossier))
    assert refused.status_code == 403
    assert "do cơ quan khác tiếp nhận" in refused.text
    assert "Trần" not in refused.text
    assert stranger.get(address(999_999)).status_code == 404
    for form in own.forms.values():
        if form.action.startswith(address(dossier)):
            assert stranger.post(form.action, data=form.fields | token).status_code == 403, form.action
    assert stranger.get(f"/officers/citizens/{get(dossier).citizen_id}").status_code == 404


def test_those_whose_work_is_not_dossiers_are_turned_away(app, crew):
    dossier = dossier_id(make_dossier(State.SUBMITTED))
    for role in (Role.ADMINISTRATOR, Role.HOTLINE_OPERATOR):
        client = signed_in(app, make_officer(role=role))
        assert client.get(address(dossier)).status_code == 403
    assert app.test_client().get(address(dossier)).status_code == 303


def test_a_form_without_its_token_changes_nothing(desk):
    dossier = dossier_id(make_dossier(State.SUBMITTED))
    before = history(dossier)
    for form in page(desk, dossier).forms.values():
        if form.action.startswith(address(dossier)):
            assert desk.post(form.action, data=form.fields | {"csrf_token": "x"}).status_code == 403, form.action
    assert history(dossier) == before


def test_what_no_form_of_ours_sends_is_refused(desk, browsers):
    dossier = dossier_id(make_dossier(State.RECEIVED))
    fields = page(desk, dossier).forms["act-refuse"].fields
    assert desk.post(f"{address(dossier)}/act/explode", data=fields).status_code == 404
    assert desk.post(f"{address(dossier)}/act/approve", data=fields).status_code == 403
    assert desk.post(f"{address(dossier)}/act/cancel", data=fields | {"reason": "x"}).status_code == 403
    assert desk.post(f"{address(dossier)}/undo/1", data=fields).status_code in (303, 403)
    assert get(dossier).state == State.RECEIVED


def test_each_look_leaves_a_trace_without_personal_data(desk, crew):
    dossier = dossier_id(make_dossier(State.SUBMITTED))
    page(desk, dossier)
    with reading() as session:
        entry = session.scalars(select(AuditEntry).where(AuditEntry.tag == Audit.DOSSIER_VIEWED)).one()
        assert (entry.actor, entry.subject, entry.details) == (
            crew[Role.RECEPTIONIST].actor, f"dossier:{dossier}", {}
        )  # fmt: skip


def test_words_of_people_are_shown_as_text(desk, browsers):
    filed = {"applicant_name": XSS, "applicant_address": XSS, "applicant_email": XSS, "content": XSS}
    dossier = dossier_id(make_dossier(State.SUBMITTED, **filed))
    one = papers(dossier)[0].id
    checklist(desk, dossier, all_="present",
              **{f"paper-{one}-remark": XSS, f"paper-{one}-state": "missing", "added-name": XSS})  # fmt: skip
    send(desk, dossier, "note", text=XSS)
    send(desk, dossier, "fee", amount="1000", text=XSS)
    refused = act(desk, dossier, "refuse", reason=XSS, legal_ground="")
    act(desk, dossier, "refuse", reason=XSS, legal_ground=XSS)
    citizen = get(dossier).citizen_id
    shown = [refused, desk.get(address(dossier)), desk.get(f"/officers/citizens/{citizen}")]
    for answer in shown:
        source = answer.get_data(as_text=True)
        assert "<script>alert" not in source
        assert "<img src=x" not in source
        assert not any("onerror" in values for _, values in Page(source).tags)
