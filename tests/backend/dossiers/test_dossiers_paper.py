"""Printed papers: which there are, and that what they say is right, letter by letter."""

import io
import re
import unicodedata

import pytest
from pypdf import PdfReader

from backend import clock
from backend.audit import Audit, AuditEntry
from backend.database import reading, transaction
from backend.dossiers import acts
from backend.dossiers.models import Apology, Dossier, Payment, WorkflowStep
from backend.dossiers.paper import custody, press, service, sheets, texts
from backend.dossiers.paper.kinds import Kind, printable
from backend.dossiers.policy import Action, PaperState, ReturnBy, State, StopReason
from backend.errors import Forbidden, NotFound
from backend.organisation.models import Role
from backend.settings import settings
from tests.builders.dossiers import AGENCY, PAPERS, dossier_id, make_crew, make_dossier, make_filing, make_house
from tests.builders.papers import APPLICANT, act, at, file, first_step, loaded, mark, named, unfinished

EVERY_LETTER = (
    "aàảãáạăằẳẵắặâầẩẫấậbcdđeèẻẽéẹêềểễếệghiìỉĩíịklmnoòỏõóọôồổỗốộơờởỡớợpqrstuùủũúụưừửữứựvxyỳỷỹýỵ"
    "AÀẢÃÁẠĂẰẲẴẮẶÂẦẨẪẤẬBCDĐEÈẺẼÉẸÊỀỂỄẾỆGHIÌỈĨÍỊKLMNOÒỎÕÓỌÔỒỔỖỐỘƠỜỞỠỚỢPQRSTUÙỦŨÚỤƯỪỬỮỨỰVXYỲỶỸÝỴ"
    "ƀčĕĭñŏŭ"  # Êđê and M'nông names
)


@pytest.fixture
def people(crew):
    """The four of the house under names of their own."""
    names = {
        Role.RECEPTIONIST: "Trần Thị Một Cửa",
        Role.HEAD: "Lê Văn Trưởng",
        Role.SPECIALIST: "Phạm Thị Chuyên",
        Role.LEADER: "Nguyễn Văn Lãnh Đạo",
    }
    return {role: named(crew[role], name) for role, name in names.items()}


def words(data):
    """The text of a PDF as one line."""
    pages = [page.extract_text() for page in PdfReader(io.BytesIO(data)).pages]
    return unicodedata.normalize("NFC", re.sub(r"\s+", " ", " ".join(pages)))


def printed(dossier, kind):
    with loaded(dossier) as row:
        return words(press.pdf(kind, sheets.sheet(kind, row, texts.shipped(kind))))


def received(people, **filed):
    """Filed and received on the morning of Wednesday 30 September; due on Monday evening."""
    dossier = file("2026-09-30 08:10", make_filing(**{"applicant_name": APPLICANT} | filed), people[Role.RECEPTIONIST])
    act(dossier, "2026-09-30 08:30", Action.RECEIVE, people[Role.RECEPTIONIST])
    return dossier


def assigned(people, crew, **filed):
    dossier = received(people, **filed)
    holder = crew[Role.SPECIALIST].id
    act(dossier, "2026-09-30 10:00", Action.ASSIGN, people[Role.HEAD], officer_id=holder, step_id=first_step(dossier))
    return dossier


def started(people, crew, **filed):
    dossier = assigned(people, crew, **filed)
    act(dossier, "2026-09-30 10:05", Action.START, people[Role.SPECIALIST], step_id=first_step(dossier))
    return dossier


# --- what each says --------------------------------------------------------------------------------------------


def test_a_receipt_says_who_filed_what_and_when_to_come(people):
    dossier = received(people, applicant_address="12 Y Ngông, phường Tân Lợi", applicant_email="huong@example.vn")
    with loaded(dossier) as row:
        code, number = row.code, row.code.rsplit("-", 1)[-1]
    said = printed(dossier, Kind.RECEIPT)
    for part in (
        "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM Độc lập - Tự do - Hạnh phúc",
        "ỦY BAN NHÂN DÂN PHƯỜNG TÂN LỢI BỘ PHẬN TIẾP NHẬN VÀ TRẢ KẾT QUẢ",
        f"Số: {number}/TNHS",
        "ngày 30 tháng 09 năm 2026",
        "GIẤY TIẾP NHẬN HỒ SƠ VÀ HẸN TRẢ KẾT QUẢ",
        f"Mã hồ sơ: {code}",
        f"Ông/Bà: {APPLICANT}",
        "Địa chỉ: 12 Y Ngông, phường Tân Lợi",
        "Số điện thoại: 0900000001",
        "Email: huong@example.vn",
        "Nội dung yêu cầu giải quyết: Đăng ký kết hôn",
        "1 Tờ khai 01 –",
        "2 Giấy xác nhận tình trạng hôn nhân 01 –",
        "Thời hạn giải quyết: 03 ngày làm việc",
        "Nhận hồ sơ: 08 giờ 30 phút, thứ Tư ngày 30/09/2026",
        "Hẹn trả kết quả: 17 giờ 00 phút, thứ Hai ngày 05/10/2026",
        "Nhận kết quả: tại UBND phường Tân Lợi",
        "NGƯỜI NỘP HỒ SƠ",
        "NGƯỜI TIẾP NHẬN HỒ SƠ",
        "Trần Thị Một Cửa",
        settings().hotline,
    ):
        assert part in said, part


def test_a_receipt_lists_only_what_was_brought(people):
    dossier = received(people)
    mark(dossier, PaperState.NOT_NEEDED, PAPERS[2])
    said = printed(dossier, Kind.RECEIPT)
    assert PAPERS[1] in said
    assert PAPERS[2] not in said


@pytest.mark.parametrize(
    ("state", "paid", "amount", "line"),
    [
        ("due", None, 50_000, "50.000 đồng (chưa nộp)"),
        ("paid", "2026-09-30 08:40", 1_250_000, "1.250.000 đồng (đã nộp ngày 30/09/2026)"),
        ("refund_due", "2026-09-30 08:40", 50_000, "50.000 đồng (chờ hoàn trả)"),
        ("due", None, 0, "Phí, lệ phí: miễn"),
        ("void", None, 77_000, None),
    ],
)
def test_a_receipt_tells_the_fee(people, state, paid, amount, line):
    dossier = received(people)
    with transaction() as session:
        session.add(
            Payment(
                dossier_id=dossier, reference="r", amount=amount, state=state, created_at=at("2026-09-30 08:00"),
                paid_at=paid and at(paid),
            )
        )  # fmt: skip
    said = printed(dossier, Kind.RECEIPT)
    assert line in said if line else "77.000" not in said


@pytest.mark.parametrize(
    ("way", "line"),
    [(ReturnBy.POST, "qua bưu chính, gửi đến 12 Y Ngông"), (ReturnBy.ONLINE, "bản điện tử, tải từ trang hồ sơ")],
)
def test_a_receipt_tells_how_the_result_comes(people, way, line):
    assert line in printed(received(people, return_by=way, applicant_address="12 Y Ngông"), Kind.RECEIPT)


def test_a_receipt_leaves_out_what_is_not_known(people):
    dossier = received(people)
    with transaction() as session:
        row = session.get_one(Dossier, dossier)
        row.due_at, row.duration_value = None, None
    said = printed(dossier, Kind.RECEIPT)
    for label in ("Hẹn trả kết quả:", "Thời hạn giải quyết:", "Địa chỉ:", "Email:", "Phí, lệ phí:"):
        assert label not in said


def test_every_vietnamese_letter_comes_through_upright_bold_and_on_the_next_page(people):
    dossier = received(people, applicant_name=EVERY_LETTER, applicant_address=EVERY_LETTER)
    said = printed(dossier, Kind.RECEIPT)
    assert said.replace(" ", "").count(EVERY_LETTER) >= 2


def test_a_long_checklist_goes_on_on_the_next_page_with_its_number(people):
    names = [f"Giấy tờ số {n} có tên rất dài để chiếm nhiều chỗ trên giấy tiếp nhận" for n in range(1, 31)]
    dossier = received(people)
    with loaded(dossier) as row:
        sheet = sheets.sheet(Kind.RECEIPT, row, texts.shipped(Kind.RECEIPT))
    sheet["papers"] = [{"name": name, "originals": "01", "copies": "–"} for name in names]
    data = press.pdf(Kind.RECEIPT, sheet)
    assert len(PdfReader(io.BytesIO(data)).pages) > 1
    assert re.search(r"Trang 1/[23]", words(data))
    assert all(name in words(data) for name in names)


def test_what_looks_like_markup_is_printed_as_it_is(people):
    evil = '#read("/etc/passwd") *x* $y$ `z` \\u{41} <b> @ref // [=] {code}'
    dossier = received(people, applicant_name=evil, applicant_address='"; #panic("x")')
    said = printed(dossier, Kind.RECEIPT)
    assert evil in said
    assert '"; #panic("x")' in said


def test_the_qr_code_leads_to_the_applicants_page_and_the_control_slip_has_none(people):
    dossier = received(people)
    with loaded(dossier) as row:
        link = f"{settings().public_url}/hs/{row.key}"
        sheet = sheets.sheet(Kind.RECEIPT, row, texts.shipped(Kind.RECEIPT))
        assert (sheet["link"], sheet["qr"]) == (link, press.qr(link))
        slip = press.pdf(Kind.CONTROL, sheets.sheet(Kind.CONTROL, row, texts.shipped(Kind.CONTROL)))
        assert row.key.encode() not in slip
    assert press.qr(link) != press.qr(link + "x")


def test_a_supplement_request_lists_what_is_missing_and_until_when(people):
    dossier = received(people)
    mark(dossier, PaperState.MISSING, PAPERS[1], remark="Quá sáu tháng, xin cấp lại")
    mark(dossier, PaperState.MISSING, PAPERS[2])
    act(dossier, "2026-09-30 09:00", Action.REQUEST_SUPPLEMENT, people[Role.RECEPTIONIST],
        deadline=at("2026-10-14 17:00"), reason="Hồ sơ chưa đủ.")  # fmt: skip

    def complete(said):
        assert "PHIẾU YÊU CẦU BỔ SUNG, HOÀN THIỆN HỒ SƠ" in said
        assert f"1 {PAPERS[1]} Quá sáu tháng, xin cấp lại 2 {PAPERS[2]} Nộp bổ sung" in said
        assert "trước 17 giờ 00 phút, thứ Tư ngày 14/10/2026" in said
        assert "NGƯỜI HƯỚNG DẪN" in said
        assert PAPERS[0] not in said

    complete(printed(dossier, Kind.SUPPLEMENT))
    mark(dossier, PaperState.PRESENT)
    with transaction() as session:
        for paper in session.get_one(Dossier, dossier).papers:
            paper.remark = "Quá sáu tháng, xin cấp lại" if paper.name == PAPERS[1] else ""
    act(dossier, "2026-10-01 09:00", Action.TAKE_SUPPLEMENT, people[Role.RECEPTIONIST])
    complete(printed(dossier, Kind.SUPPLEMENT))


def test_a_refusal_gives_reason_and_legal_ground(people, crew):
    dossier = started(people, crew)
    act(dossier, "2026-10-01 09:00", Action.REFUSE, people[Role.SPECIALIST],
        reason="Hai bên chưa đủ tuổi.", legal_ground="Điều 8 Luật Hôn nhân và gia đình 2014")  # fmt: skip
    said = printed(dossier, Kind.REFUSAL)
    for part in (
        "PHIẾU TỪ CHỐI TIẾP NHẬN, GIẢI QUYẾT HỒ SƠ",
        "ngày 01 tháng 10 năm 2026",
        "Hai bên chưa đủ tuổi.",
        "Căn cứ pháp lý: Điều 8 Luật Hôn nhân và gia đình 2014",
        "Phạm Thị Chuyên",
        "khiếu nại",
    ):
        assert part in said


def test_an_apology_names_both_days_and_is_a_draft_until_signed(people, crew):
    dossier = started(people, crew)
    signer = crew[Role.LEADER]
    with transaction() as session:
        row = session.get_one(Dossier, dossier)
        row.apology = Apology(
            reason="Cần xác minh thêm.", old_due_at=row.due_at, new_due_at=at("2026-10-08 17:00"),
            drafted_at=at("2026-10-02 09:00"),
        )  # fmt: skip
    said = printed(dossier, Kind.APOLOGY)
    assert "DỰ THẢO" in said
    for part in (
        f"Kính gửi: Ông/Bà {APPLICANT}",
        "08 giờ 30 phút, thứ Tư ngày 30/09/2026",
        "hẹn trả kết quả lúc 17 giờ 00 phút, thứ Hai ngày 05/10/2026",
        "Cần xác minh thêm.",
        "xin lỗi",
        "17 giờ 00 phút, thứ Năm ngày 08/10/2026",
        "THỦ TRƯỞNG CƠ QUAN",
    ):
        assert part in said
    with transaction() as session:
        apology = session.get_one(Dossier, dossier).apology
        apology.signed_at, apology.signed_by = at("2026-10-02 10:00"), signer.id
    signed = printed(dossier, Kind.APOLOGY)
    assert "DỰ THẢO" not in signed
    assert signer.name in signed


def test_practice_papers_cannot_be_mistaken(people, monkeypatch):
    dossier = received(people)
    assert "BẢN TẬP" not in printed(dossier, Kind.RECEIPT)
    monkeypatch.setattr(sheets, "practising", lambda: True)
    assert "BẢN TẬP" in printed(dossier, Kind.RECEIPT)


# --- which there are -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("state", "kinds"),
    [
        (State.SUBMITTED, {Kind.CONTROL}),
        (State.RECEIVED, {Kind.CONTROL, Kind.RECEIPT}),
        (State.SUPPLEMENT_REQUESTED, {Kind.CONTROL, Kind.RECEIPT, Kind.SUPPLEMENT}),
        (State.CANCELLED, {Kind.CONTROL, Kind.SUPPLEMENT}),
        (State.REFUSED, {Kind.CONTROL, Kind.RECEIPT, Kind.REFUSAL}),
        (State.RETURNED, {Kind.CONTROL, Kind.RECEIPT}),
    ],
)
def test_a_dossier_has_the_papers_of_its_state_and_they_print(crew, state, kinds):
    dossier = dossier_id(make_dossier(state))
    with loaded(dossier) as row:
        assert set(printable(row)) == kinds
    for kind in Kind:
        if kind in kinds:
            made = service.for_officer(dossier, kind, crew[Role.RECEPTIONIST])
            assert made.data.startswith(b"%PDF-")
        else:
            with pytest.raises(NotFound):
                service.for_officer(dossier, kind, crew[Role.RECEPTIONIST])


def test_an_undone_request_for_papers_leaves_no_paper(people, crew):
    dossier = received(people)
    mark(dossier, PaperState.MISSING, PAPERS[0])
    desk = acts.by(crew[Role.RECEPTIONIST])
    done = act(dossier, "2026-09-30 09:00", Action.REQUEST_SUPPLEMENT, desk, deadline=at("2026-10-14 17:00"))
    with loaded(dossier) as row:
        assert Kind.SUPPLEMENT in printable(row)
    with clock.stopped_at(at("2026-09-30 09:00")):
        acts.undo(dossier, done, desk)
    with loaded(dossier) as row:
        assert Kind.SUPPLEMENT not in printable(row)
    assert [row[0] for row in rows_of(dossier, "2026-09-30 09:30")] == ["Nhận, kiểm tra hồ sơ", "Phân công"]


def test_printing_is_audited_and_only_for_those_who_may_see_it(crew):
    make_house("H15.24.999", "UBND xã Khác")
    stranger = make_crew("H15.24.999")[Role.RECEPTIONIST]
    dossier = dossier_id(make_dossier(State.RECEIVED))
    with pytest.raises(Forbidden):
        service.for_officer(dossier, Kind.RECEIPT, stranger)
    service.for_officer(dossier, Kind.RECEIPT, crew[Role.LEADER])
    with reading() as session:
        rows = session.query(AuditEntry).filter_by(tag=Audit.DOSSIER_PRINTED).all()
        assert [(r.actor, r.subject, r.details) for r in rows] == [
            (crew[Role.LEADER].actor, f"dossier:{dossier}", {"kind": "receipt"})
        ]


def test_the_applicant_prints_the_receipt_with_the_key_once_received(crew):
    waiting, there = make_dossier(State.SUBMITTED), make_dossier(State.PROCESSING)
    with loaded(dossier_id(waiting)) as row, pytest.raises(NotFound):
        service.for_applicant(row.key)
    with loaded(dossier_id(there)) as row:
        made = service.for_applicant(row.key)
    assert there in words(made.data)
    assert made.name == f"Giấy hẹn {there}.pdf"
    for key in ("", "x", there, "' OR 1=1"):
        with pytest.raises(NotFound):
            service.for_applicant(key)


# --- who held it -----------------------------------------------------------------------------------------------


def rows_of(dossier, now):
    with loaded(dossier) as row:
        return [
            (h.task, h.person, f"{clock.local(h.since):%d %H:%M}", h.until and f"{clock.local(h.until):%d %H:%M}",
             h.standing and str(h.standing))
            for h in custody.held(row, at(now))
        ]  # fmt: skip


def finished(people, crew):
    dossier = started(people, crew)
    step = first_step(dossier)
    act(dossier, "2026-10-01 15:00", Action.SUBMIT, people[Role.SPECIALIST], step_id=step)
    act(dossier, "2026-10-02 09:00", Action.APPROVE, people[Role.LEADER])
    act(dossier, "2026-10-02 10:00", Action.ISSUE_RESULT, people[Role.RECEPTIONIST])
    return dossier


def test_the_control_slip_follows_a_dossier_from_hand_to_hand(people, crew):
    dossier = finished(people, crew)
    act(dossier, "2026-10-06 08:00", Action.HAND_OVER, people[Role.RECEPTIONIST])
    specialist = crew[Role.SPECIALIST].name
    assert rows_of(dossier, "2026-10-07 08:00") == [
        ("Nhận, kiểm tra hồ sơ", "Trần Thị Một Cửa", "30 08:10", "30 08:30", None),
        ("Phân công", "Lê Văn Trưởng", "30 08:30", "30 10:00", None),
        ("Thẩm định, giải quyết", specialist, "30 10:00", "01 15:00", "early"),
        ("Xem xét, ký duyệt", "Nguyễn Văn Lãnh Đạo", "01 15:00", "02 09:00", "early"),
        ("Chuyển kết quả về một cửa", "Trần Thị Một Cửa", "02 09:00", "02 10:00", "early"),
        ("Trả kết quả", "Trần Thị Một Cửa", "02 10:00", "06 08:00", None),
    ]
    with clock.stopped_at(at("2026-10-07 08:00")):
        said = printed(dossier, Kind.CONTROL)
    for part in (
        "PHIẾU KIỂM SOÁT QUÁ TRÌNH GIẢI QUYẾT HỒ SƠ",
        "Toàn bộ quá trình: xong 10:00 02/10/2026, trước hạn (16,5 giờ làm việc",
        f"{specialist} Thẩm định, giải quyết 10:00 30/09/2026 15:00 01/10/2026 17:00 05/10/2026 Trước hạn",
    ):
        assert part in said, part


def test_a_late_step_is_said_to_be_late_with_what_was_told(people, crew):
    dossier = started(people, crew)
    act(dossier, "2026-10-05 14:00", Action.APOLOGISE, people[Role.LEADER],
        reason="Chờ xác minh.", deadline=at("2026-10-07 17:00"))  # fmt: skip
    act(dossier, "2026-10-08 09:00", Action.SUBMIT, people[Role.SPECIALIST], step_id=first_step(dossier))
    row = rows_of(dossier, "2026-10-08 10:00")[2]
    assert row[-1] == "late"
    with clock.stopped_at(at("2026-10-08 10:00")):
        said = printed(dossier, Kind.CONTROL)
    assert "Quá hạn" in said
    assert "Hẹn lại ngày trả kết quả: Chờ xác minh" in said
    assert "đang giữ" in said


def test_waiting_for_papers_is_the_applicants_time(people, crew):
    dossier = started(people, crew)
    mark(dossier, PaperState.MISSING, PAPERS[0])
    act(dossier, "2026-10-01 08:00", Action.REQUEST_SUPPLEMENT, people[Role.SPECIALIST],
        deadline=at("2026-10-14 17:00"))  # fmt: skip
    assert rows_of(dossier, "2026-10-02 08:00")[-1][:4] == (
        "Bổ sung giấy tờ (không tính thời hạn)", "", "01 08:00", None,
    )  # fmt: skip
    mark(dossier, PaperState.PRESENT)
    act(dossier, "2026-10-06 08:00", Action.TAKE_SUPPLEMENT, people[Role.RECEPTIONIST])
    act(dossier, "2026-10-07 08:00", Action.SUBMIT, people[Role.SPECIALIST], step_id=first_step(dossier))
    held = rows_of(dossier, "2026-10-07 08:00")
    assert [(r[0], r[2], r[3], r[4]) for r in held[2:5]] == [
        ("Thẩm định, giải quyết", "30 10:00", "01 08:00", None),
        ("Bổ sung giấy tờ (không tính thời hạn)", "01 08:00", "06 08:00", None),
        ("Thẩm định, giải quyết", "06 08:00", "07 08:00", "early"),
    ]


def test_a_stopped_clock_is_noted_and_not_counted(people, crew):
    dossier = started(people, crew)
    step = first_step(dossier)
    act(dossier, "2026-10-01 08:00", Action.STOP_CLOCK, people[Role.SPECIALIST], step_id=step,
        reason="Xác minh nơi khác", stop_for=StopReason.CHECK_ELSEWHERE)  # fmt: skip
    with clock.stopped_at(at("2026-11-20 08:00")):
        assert rows_of(dossier, "2026-11-20 08:00")[2][-1] == "running"
        said = printed(dossier, Kind.CONTROL)
    assert "Tạm dừng từ 08:00 thứ Năm 01/10/2026: Xác minh nơi khác" in said
    assert "đang xử lý (7 giờ làm việc" in said


def test_a_dossier_sent_back_is_held_again_by_the_same_hands(people, crew):
    dossier = started(people, crew)
    step = first_step(dossier)
    act(dossier, "2026-10-01 15:00", Action.SUBMIT, people[Role.SPECIALIST], step_id=step)
    act(dossier, "2026-10-01 16:00", Action.SEND_BACK, people[Role.LEADER], reason="Sai tên")
    held = rows_of(dossier, "2026-10-02 08:00")
    assert held[-1][:3] == ("Thẩm định, giải quyết", crew[Role.SPECIALIST].name, "01 16:00")
    with loaded(dossier) as row:
        assert custody.held(row, at("2026-10-02 08:00"))[-2].notes == ("Trả lại: Sai tên",)


def test_a_dossier_returned_to_the_desk_is_the_desks(people, crew):
    dossier = started(people, crew)
    act(dossier, "2026-10-01 09:00", Action.RETURN_TO_DESK, people[Role.SPECIALIST], reason="Sai thẩm quyền.",
        step_id=first_step(dossier))  # fmt: skip
    with loaded(dossier) as row:
        *_, before, last = custody.held(row, at("2026-10-02 08:00"))
    assert before.notes == ("Trả lại một cửa: Sai thẩm quyền",)
    assert (last.place, last.task, last.until) == ("UBND phường Tân Lợi", "Xem lại hồ sơ bị trả", None)


def test_agencies_side_by_side_hold_it_at_the_same_time(people, crew):
    make_house("H15.24.999", "UBND xã Khác")
    other = make_crew("H15.24.999")[Role.SPECIALIST]
    filed = make_filing(applicant_name=APPLICANT)
    with transaction() as session:
        session.add_all(
            [
                WorkflowStep(procedure_code=filed.procedure_code, sequence=1, title="Xác minh", share=0.4),
                WorkflowStep(
                    procedure_code=filed.procedure_code, sequence=1, title="Phối hợp", agency_code="H15.24.999",
                    share=0.4,
                ),
                WorkflowStep(procedure_code=filed.procedure_code, sequence=2, title="Tổng hợp", share=0.6),
            ]
        )  # fmt: skip
    dossier = file("2026-09-30 08:10", filed, people[Role.RECEPTIONIST])
    act(dossier, "2026-09-30 08:30", Action.RECEIVE, people[Role.RECEPTIONIST])
    ours, theirs, _ = unfinished(dossier)
    head, holder = people[Role.HEAD], crew[Role.SPECIALIST]
    act(dossier, "2026-09-30 09:00", Action.ASSIGN, head, officer_id=holder.id, step_id=ours)
    act(dossier, "2026-09-30 10:00", Action.ASSIGN, head, officer_id=other.id, step_id=theirs)
    act(dossier, "2026-09-30 10:30", Action.START, people[Role.SPECIALIST], step_id=ours)
    act(dossier, "2026-10-01 09:00", Action.FINISH_STEP, people[Role.SPECIALIST], step_id=ours)
    act(dossier, "2026-10-02 09:00", Action.FINISH_STEP, people[Role.SPECIALIST], step_id=theirs)
    with loaded(dossier) as row:
        held = custody.held(row, at("2026-10-02 10:00"))
        partners = dict(sheets.sheet(Kind.CONTROL, row, texts.shipped(Kind.CONTROL))["times"])["Cơ quan phối hợp"]
    assert partners == "UBND xã Khác"
    assert [(h.place, h.task, h.standing and str(h.standing)) for h in held[1:]] == [
        ("UBND phường Tân Lợi", "Phân công", None),
        ("UBND xã Khác", "Phân công", None),
        ("UBND phường Tân Lợi", "Xác minh", "on_time"),
        ("UBND xã Khác", "Phối hợp", "late"),
        ("UBND phường Tân Lợi", "Phân công", None),
    ]
    assert held[-1].until is None


@pytest.mark.parametrize("state", list(State))
def test_a_control_slip_prints_in_every_state_and_closes_what_is_closed(crew, state):
    dossier = dossier_id(make_dossier(state))
    with loaded(dossier) as row:
        held = custody.held(row, clock.now())
        over = state in (State.RETURNED, State.REFUSED, State.CANCELLED, State.WITHDRAWN)
        assert all(h.until is not None for h in held) is over
        assert held[0].place == row.desk_name
    assert AGENCY in printed(dossier, Kind.CONTROL)
