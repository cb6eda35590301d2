"""Papers, files and the register through the web: who gets what, and what it is sent as."""

import io
from datetime import date, datetime, timedelta

import pytest
from openpyxl import load_workbook
from pypdf import PdfReader

from backend import clock, storage
from backend.audit import Audit, AuditEntry
from backend.database import reading, transaction
from backend.dossiers.models import Dossier, DossierNote, DossierPaper, DossierResult, PaperFile, Payment
from backend.dossiers.paper import register
from backend.dossiers.paper.register import COLUMNS, Period
from backend.dossiers.policy import State
from backend.errors import InvalidInput, TooLarge
from backend.organisation.models import Role
from tests.builders.dossiers import dossier_id, make_crew, make_dossier, make_house
from tests.builders.files import make_docx, make_image, make_pdf
from tests.builders.organisation import make_officer, signed_in
from tests.builders.papers import at

OTHER = "H15.24.999"
HEAD = 4
"""The row of the headings."""


@pytest.fixture
def desk(app, crew):
    return signed_in(app, crew[Role.RECEPTIONIST].id)


@pytest.fixture
def stranger(app, database):
    make_house(OTHER, "UBND xã Khác")
    return signed_in(app, make_crew(OTHER)[Role.RECEPTIONIST].id)


def tags(tag):
    with reading() as session:
        return session.query(AuditEntry).filter_by(tag=tag).count()


# --- papers ----------------------------------------------------------------------------------------------------


def test_a_receipt_is_shown_in_the_browser_under_a_vietnamese_name(desk):
    code = make_dossier(State.RECEIVED)
    answer = desk.get(f"/officers/dossiers/{dossier_id(code)}/paper/receipt.pdf")
    assert (answer.status_code, answer.mimetype) == (200, "application/pdf")
    assert code in PdfReader(io.BytesIO(answer.data)).pages[0].extract_text()
    disposition = answer.headers["Content-Disposition"]
    assert disposition.startswith(f'inline; filename="Giay hen {code}.pdf"')
    assert "filename*=UTF-8''Gi%E1%BA%A5y%20h%E1%BA%B9n" in disposition
    assert answer.headers["Cache-Control"] == "private, no-store"
    saved = desk.get(f"/officers/dossiers/{dossier_id(code)}/paper/receipt.pdf?download=1")
    assert saved.headers["Content-Disposition"].startswith("attachment")


def test_papers_are_only_there_in_their_state_and_for_those_who_may_see_them(app, desk, stranger):
    dossier = dossier_id(make_dossier(State.RECEIVED))
    for kind in ("refusal", "supplement", "apology", "nothing", "../receipt"):
        assert desk.get(f"/officers/dossiers/{dossier}/paper/{kind}.pdf").status_code == 404
    assert desk.get("/officers/dossiers/999999/paper/receipt.pdf").status_code == 404
    assert stranger.get(f"/officers/dossiers/{dossier}/paper/receipt.pdf").status_code == 403
    assert app.test_client().get(f"/officers/dossiers/{dossier}/paper/receipt.pdf").status_code == 303
    for role in (Role.ADMINISTRATOR, Role.HOTLINE_OPERATOR):
        officer = signed_in(app, make_officer(role=role))
        assert officer.get(f"/officers/dossiers/{dossier}/paper/receipt.pdf").status_code == 403
    assert tags(Audit.DOSSIER_PRINTED) == 0


def test_the_applicant_needs_the_key_and_nothing_else(app, crew):
    code = make_dossier(State.PROCESSING)
    with reading() as session:
        key = session.get_one(Dossier, dossier_id(code)).key
    anybody = app.test_client()
    answer = anybody.get(f"/hs/{key}/giay-hen.pdf")
    assert answer.status_code == 200
    assert code in PdfReader(io.BytesIO(answer.data)).pages[0].extract_text()
    for wrong in (key[:-1], key + "x", "x", code):
        assert anybody.get(f"/hs/{wrong}/giay-hen.pdf").status_code == 404


# --- files -----------------------------------------------------------------------------------------------------


def hung(dossier, data, where):
    """A stored file hung on the dossier; its id."""
    kept = storage.store(data, "Giấy tờ", actor="applicant")
    with transaction() as session:
        row = session.get_one(Dossier, dossier)
        now, officer = clock.now(), row.steps[0].officer_id
        match where:
            case "paper":
                paper = session.query(DossierPaper).filter_by(dossier_id=dossier).first()
                session.add(
                    PaperFile(paper_id=paper.id, file_id=kept.id, name=kept.name, state="sent", at=now, actor="x")
                )
            case "note":
                session.add(
                    DossierNote(
                        dossier_id=dossier, officer_id=officer, officer_name="x", kind="note", text="x", at=now,
                        file_id=kept.id, file_name=kept.name,
                    )
                )  # fmt: skip
            case "result":
                session.add(
                    DossierResult(
                        dossier_id=dossier, title="x", file_id=kept.id, file_name=kept.name, at=now, officer_id=officer
                    )
                )
    return kept.id


@pytest.mark.parametrize("where", ["paper", "note", "result"])
def test_a_file_is_shown_with_its_dossier_and_with_no_other(desk, stranger, where):
    dossier, another = dossier_id(make_dossier()), dossier_id(make_dossier())
    file_id = hung(dossier, make_pdf(), where)
    answer = desk.get(f"/officers/dossiers/{dossier}/files/{file_id}")
    assert (answer.status_code, answer.mimetype) == (200, "application/pdf")
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert tags(Audit.DOSSIER_FILE_VIEWED) == 1
    assert desk.get(f"/officers/dossiers/{another}/files/{file_id}").status_code == 404
    assert stranger.get(f"/officers/dossiers/{dossier}/files/{file_id}").status_code == 403
    loose = storage.store(make_pdf("x"), "a", actor="applicant").id
    for nothing in (loose, "x", "a" * 22, "..%2f..%2fetc%2fpasswd"):
        assert desk.get(f"/officers/dossiers/{dossier}/files/{nothing}").status_code == 404
    assert tags(Audit.DOSSIER_FILE_VIEWED) == 1


def test_a_thumbnail_is_small_and_a_word_file_is_only_saved(desk):
    dossier = dossier_id(make_dossier())
    picture = hung(dossier, make_image("PNG", (900, 900)), "paper")
    small = desk.get(f"/officers/dossiers/{dossier}/files/{picture}?small=1")
    assert (small.status_code, small.mimetype) == (200, "image/jpeg")
    assert tags(Audit.DOSSIER_FILE_VIEWED) == 0, "the look at the page is audited, not every picture on it"
    word = hung(dossier, make_docx(), "note")
    assert desk.get(f"/officers/dossiers/{dossier}/files/{word}?small=1").status_code == 404
    answer = desk.get(f"/officers/dossiers/{dossier}/files/{word}")
    assert answer.headers["Content-Disposition"].startswith("attachment")


# --- the register ----------------------------------------------------------------------------------------------


def shown(text):
    """A moment as a spreadsheet has it: without a time zone."""
    return datetime.fromisoformat(text)


def sheet_of(data):
    return load_workbook(io.BytesIO(data)).active


def lines(sheet):
    titles = [cell.value for cell in sheet[HEAD]]
    return [dict(zip(titles, (cell.value for cell in row), strict=True)) for row in sheet.iter_rows(min_row=HEAD + 1)]


def test_the_register_has_dates_and_numbers_of_their_kind(app, desk):
    with clock.stopped_at(at("2026-09-30 08:10")):
        code = make_dossier(State.RETURNED, applicant_address="12 Y Ngông")
    with transaction() as session:
        session.add(
            Payment(
                dossier_id=dossier_id(code), reference="r", amount=50_000, state="paid", created_at=clock.now(),
                paid_at=clock.now(),
            )
        )  # fmt: skip
    answer = desk.get("/officers/dossiers/register.xlsx?first=2026-09-01&last=2026-09-30")
    assert answer.status_code == 200
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert answer.headers["Cache-Control"] == "private, no-store"
    sheet = sheet_of(answer.data)
    assert [cell.value for cell in sheet[HEAD]] == [title for title, _ in COLUMNS]
    assert (sheet.freeze_panes, sheet.auto_filter.ref) == ("C5", "A4:R5")
    (line,) = lines(sheet)
    assert line["Mã hồ sơ"] == code
    assert (line["STT"], line["Phí, lệ phí đã nộp (đồng)"]) == (1, 50_000)
    assert line["Nộp lúc"] == line["Trả kết quả lúc"] == shown("2026-09-30 08:10")
    assert line["Số điện thoại"] == "0900000001"
    assert (line["So với hạn"], line["Cách nộp"]) == ("Trước hạn", "Tại một cửa")
    assert line["Tình trạng"].startswith("Đã trả kết quả")
    formats = {title: cell.number_format for cell, (title, _) in zip(sheet[HEAD + 1], COLUMNS, strict=True)}
    assert (formats["Nộp lúc"], formats["Phí, lệ phí đã nộp (đồng)"]) == ("dd/mm/yyyy hh:mm", "#,##0")
    assert tags(Audit.REGISTER_EXPORTED) == 1


def test_the_register_holds_the_days_asked_for_in_vietnam_both_included(desk):
    for moment in ("2026-08-31 23:59", "2026-09-01 00:00", "2026-09-30 23:59", "2026-10-01 00:00"):
        with clock.stopped_at(at(moment)):
            make_dossier(State.SUBMITTED)
    data = desk.get("/officers/dossiers/register.xlsx?first=2026-09-01&last=2026-09-30").data
    assert [line["Nộp lúc"] for line in lines(sheet_of(data))] == [
        shown("2026-09-01 00:00"),
        shown("2026-09-30 23:59"),
    ]


def test_everybody_gets_what_they_may_see(app, desk, stranger):
    make_dossier(State.RECEIVED)
    day = clock.today().isoformat()
    address = f"/officers/dossiers/register.xlsx?first={day}&last={day}"
    assert len(lines(sheet_of(desk.get(address).data))) == 1
    assert lines(sheet_of(stranger.get(address).data)) == []
    province = signed_in(app, make_officer(role=Role.PROVINCE_LEADER))
    assert len(lines(sheet_of(province.get(address).data))) == 1
    for role in (Role.ADMINISTRATOR, Role.HOTLINE_OPERATOR):
        assert signed_in(app, make_officer(role=role)).get(address).status_code == 403
    assert app.test_client().get(address).status_code == 303


@pytest.mark.parametrize(
    "name", ["=1+1", '=HYPERLINK("http://x")', "+84 9", "-2+3", "@SUM(A1)", "\t=1", "=cmd|' /C calc'!A0", "\x0b=1"]
)
def test_what_a_citizen_typed_is_never_a_formula(desk, name):
    make_dossier(State.RECEIVED, applicant_name=name, applicant_address="12 Y Ngông")
    day = clock.today().isoformat()
    sheet = sheet_of(desk.get(f"/officers/dossiers/register.xlsx?first={day}&last={day}").data)
    cells = dict(zip((title for title, _ in COLUMNS), sheet[HEAD + 1], strict=True))
    cell = cells["Người nộp"]
    assert (cell.data_type, cell.value.strip()) == ("s", name.replace("\x0b", "").strip())
    assert cell.quotePrefix
    assert not cells["Địa chỉ"].quotePrefix
    assert cells["Nộp lúc"].data_type == "d"


@pytest.mark.parametrize(
    "query",
    [
        "",
        "?first=2026-09-01",
        "?first=x&last=y",
        "?first=2026-09-30&last=2026-09-01",
        "?first=2020-01-01&last=2026-01-01",
        "?first=2026-09-01&last=9999-99-99",
        "?first=9999-12-31&last=9999-12-31",
        "?first=0001-01-01&last=0001-01-01",
    ],
)
def test_a_period_that_makes_no_sense_is_refused_on_the_page(desk, query):
    answer = desk.get(f"/officers/dossiers/register.xlsx{query}")
    assert answer.status_code == 422
    assert 'role="alert"' in answer.get_data(as_text=True)
    assert tags(Audit.REGISTER_EXPORTED) == 0


def test_the_page_offers_this_month(desk):
    with clock.stopped_at(at("2026-09-30 09:00")):
        page = desk.get("/officers/dossiers/register").get_data(as_text=True)
    assert 'value="2026-09-01"' in page
    assert 'value="2026-09-30"' in page


def test_a_register_of_too_many_rows_is_refused(crew, monkeypatch):
    monkeypatch.setattr(register, "MOST_ROWS", 1)
    for _ in range(2):
        make_dossier(State.SUBMITTED)
    with pytest.raises(TooLarge):
        register.register(Period(clock.today(), clock.today()), crew[Role.RECEPTIONIST])


def test_a_period_is_at_most_a_year():
    first = date(2026, 1, 1)
    Period(first, first + timedelta(days=366))
    with pytest.raises(InvalidInput):
        Period(first, first + timedelta(days=367))
