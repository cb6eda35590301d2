"""The words of printed papers: what may be written, versions, drafts, and the page where it is done."""

import pytest
from flask import Flask

from backend.audit import Audit, AuditEntry
from backend.database import reading
from backend.dossiers.paper import service, texts
from backend.dossiers.paper.kinds import Kind
from backend.errors import Conflict, InvalidInput, NotFound
from backend.organisation import service as organisation
from backend.organisation.models import Role
from backend.wsgi import build
from tests.builders.organisation import make_officer, signed_in, token_of

PAGE = "/officers/admin/papers"


@pytest.fixture
def administrator(database):
    return organisation.officer(make_officer(role=Role.ADMINISTRATOR, name="Lê Thị Quản Trị"))


@pytest.fixture
def other(database):
    return organisation.officer(make_officer(role=Role.ADMINISTRATOR, name="Trần Văn Khác"))


def words(**changed):
    return texts.shipped(Kind.RECEIPT) | changed


def in_force():
    with reading() as session:
        return service.in_force(session, Kind.RECEIPT)


# --- what may be written ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", list(Kind))
def test_what_we_ship_may_be_written_and_uses_only_known_placeholders(kind):
    assert texts.checked(kind, texts.shipped(kind)) == texts.shipped(kind)
    assert set(texts.ALLOWED[kind]) <= set(texts.PLACEHOLDERS)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("Xem {sai}", "Không có chỗ điền {sai}"),
        ("Hạn {deadline}", "Không có chỗ điền {deadline}"),  # another paper's
        ("Mã {code", "Dấu { }"),
        ("Mã code}", "Dấu { }"),
        ("{{code}}", "Dấu { }"),
        ("{code.__class__}", "Dấu { }"),
        ("{code!r:>99999}", "Dấu { }"),
        ("{0}", "Dấu { }"),
        ("{ code }", "Dấu { }"),
        ("{Code}", "Dấu { }"),
        ("x" * (texts.LONGEST + 1), "Dài quá"),
    ],
)
def test_a_text_that_could_not_be_printed_is_refused_where_it_stands(text, problem):
    with pytest.raises(InvalidInput) as refused:
        texts.checked(Kind.RECEIPT, words(notes=text))
    assert [entry["field"] for entry in refused.value.fields] == ["notes"]
    assert problem in refused.value.fields[0]["message"]


def test_a_title_may_not_be_empty_or_long_and_everything_else_may_be_left_out():
    for title in ("", "   ", "\u200b", "x" * (texts.LONGEST_LINE + 1)):
        with pytest.raises(InvalidInput) as refused:
            texts.checked(Kind.RECEIPT, words(title=title))
        assert refused.value.fields[0]["field"] == "title"
    bare = texts.checked(Kind.RECEIPT, {"title": "GIẤY"})
    assert bare == {block.name: "GIẤY" if block.name == "title" else "" for block in texts.BLOCKS[Kind.RECEIPT]}
    assert service.preview_pdf(Kind.RECEIPT, bare)


def test_what_was_typed_is_tidied():
    tidy = texts.checked(Kind.RECEIPT, words(title="  GIẤY \n HẸN ", notes="Một\r\n\r\n\r\nHai\u200b \x07"))
    assert (tidy["title"], tidy["notes"]) == ("GIẤY HẸN", "Một\nHai")


def test_a_value_that_looks_like_a_placeholder_is_not_filled_again():
    assert texts.filled({"a": "{code} {applicant}"}, {"code": "{applicant}", "applicant": "Mai"}) == {
        "a": "{applicant} Mai"
    }


@pytest.mark.parametrize("kind", list(Kind))
def test_every_paper_has_a_picture(kind):
    pages = service.preview(kind, texts.shipped(kind))
    assert 1 <= len(pages) <= 2
    assert all(page.startswith(b"\x89PNG") for page in pages)


def test_hostile_words_are_printed_and_nothing_more():
    evil = '#panic("x") ] } $ ` * _ \\ @x <y> // /* "'.replace("}", "")
    typed = {block.name: evil for block in texts.BLOCKS[Kind.RECEIPT]}
    assert service.preview(Kind.RECEIPT, texts.checked(Kind.RECEIPT, typed))


# --- versions --------------------------------------------------------------------------------------------------


def test_saving_makes_a_version_that_is_in_force_and_audited(administrator):
    assert in_force().number == 0
    assert service.save(Kind.RECEIPT, words(notes="Mới"), administrator, seen=0) == 1
    now = in_force()
    assert (now.number, now.texts["notes"], now.officer_name) == (1, "Mới", "Lê Thị Quản Trị")
    assert [v.number for v in service.versions(Kind.RECEIPT)] == [1, 0]
    assert [v.number for v in service.versions(Kind.CONTROL)] == [0]
    with reading() as session:
        entry = session.query(AuditEntry).filter_by(tag=Audit.PAPER_TEMPLATE_SAVED).one()
        assert (entry.actor, entry.subject, entry.details) == (
            administrator.actor, "paper_template:receipt", {"number": 1},
        )  # fmt: skip


def test_saving_without_a_change_makes_no_version(administrator):
    assert service.save(Kind.RECEIPT, words(), administrator, seen=0) == 0
    assert [v.number for v in service.versions(Kind.RECEIPT)] == [0]


def test_the_second_of_two_who_save_is_told_and_loses_nothing(administrator, other):
    service.save(Kind.RECEIPT, words(notes="Của tôi"), administrator, seen=0)
    service.draft(Kind.RECEIPT, words(notes="Của bạn"), other)
    with pytest.raises(Conflict, match="Lê Thị Quản Trị"):
        service.save(Kind.RECEIPT, words(notes="Của bạn"), other, seen=0)
    assert in_force().texts["notes"] == "Của tôi"
    assert service.drafted(Kind.RECEIPT, other)["notes"] == "Của bạn"
    assert service.save(Kind.RECEIPT, words(notes="Của bạn"), other, seen=1) == 2


def test_an_earlier_version_comes_back_as_a_new_one(administrator):
    service.save(Kind.RECEIPT, words(notes="Một"), administrator, seen=0)
    service.save(Kind.RECEIPT, words(notes="Hai"), administrator, seen=1)
    assert service.restore(Kind.RECEIPT, 1, administrator) == 3
    assert (in_force().texts["notes"], in_force().restored) == ("Một", 1)
    assert service.restore(Kind.RECEIPT, 0, administrator) == 4
    assert in_force().texts == words()
    assert service.restore(Kind.RECEIPT, 0, administrator) == 4, "it is in force already"
    for number in (-1, 99):
        with pytest.raises(NotFound):
            service.restore(Kind.RECEIPT, number, administrator)


def test_a_draft_is_its_writers_alone_and_in_force_for_nobody(administrator, other):
    service.draft(Kind.RECEIPT, words(notes="Nháp"), administrator)
    service.draft(Kind.RECEIPT, words(notes="Nháp hai"), administrator)
    assert service.drafted(Kind.RECEIPT, administrator)["notes"] == "Nháp hai"
    assert service.drafted(Kind.RECEIPT, other) is None
    assert in_force().number == 0
    service.save(Kind.RECEIPT, words(notes="Xong"), administrator, seen=0)
    assert service.drafted(Kind.RECEIPT, administrator) is None


# --- the page --------------------------------------------------------------------------------------------------


@pytest.fixture
def app(database) -> Flask:
    return build()


@pytest.fixture
def client(app, administrator):
    return signed_in(app, administrator.id)


def form(client, **typed):
    page = client.get(f"{PAGE}/receipt").get_data(as_text=True)
    return words() | {"csrf_token": token_of(page), "seen": "0"} | typed


def test_only_administrators_come_in(app, database):
    for role in Role:
        if role is Role.ADMINISTRATOR:
            continue
        stranger = signed_in(app, make_officer(role=role))
        for path in ("/", "/receipt", "/receipt/preview.png", "/receipt/preview.pdf"):
            assert stranger.get(PAGE + path).status_code == 403
    assert app.test_client().get(f"{PAGE}/receipt").status_code == 303


def test_the_page_shows_words_placeholders_and_versions(client):
    assert client.get(f"{PAGE}/").status_code == 200
    page = client.get(f"{PAGE}/receipt").get_data(as_text=True)
    for part in ("GIẤY TIẾP NHẬN HỒ SƠ VÀ HẸN TRẢ KẾT QUẢ", "{due}", "Bản gốc", "preview.png"):
        assert part in page
    assert "{deadline}" not in page


def test_typing_shows_in_the_picture_without_being_in_force(client):
    before = client.get(f"{PAGE}/receipt/preview.png").data
    answer = client.post(f"{PAGE}/receipt", data=form(client, notes="Chữ khác", do="preview"))
    assert answer.status_code == 303
    assert client.get(f"{PAGE}/receipt/preview.png").data != before
    assert in_force().number == 0
    assert "Chữ khác" in client.get(f"{PAGE}/receipt").get_data(as_text=True)
    client.post(f"{PAGE}/receipt", data=form(client, do="discard"))
    assert "Chữ khác" not in client.get(f"{PAGE}/receipt").get_data(as_text=True)


def test_a_script_is_answered_in_json(client):
    accept = {"Accept": "application/json"}
    good = client.post(f"{PAGE}/receipt", data=form(client, notes="Chữ khác", do="preview"), headers=accept)
    assert (good.status_code, good.json) == (200, {"pages": 1})
    bad = client.post(f"{PAGE}/receipt", data=form(client, notes="{sai}", do="preview"), headers=accept)
    assert (bad.status_code, bad.json["error"]["fields"][0]["field"]) == (422, "notes")


def test_a_refused_text_keeps_what_was_typed_and_says_where(client):
    answer = client.post(f"{PAGE}/receipt", data=form(client, notes="Giữ lại {sai}", do="save"))
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert "Giữ lại {sai}" in page
    assert "Không có chỗ điền {sai}" in page
    assert in_force().number == 0


def test_saving_and_restoring_through_the_page(client):
    saved = client.post(f"{PAGE}/receipt", data=form(client, notes="Ghi chú mới", do="save"))
    assert (saved.status_code, in_force().number) == (303, 1)
    late = client.post(f"{PAGE}/receipt", data=form(client, notes="Muộn", do="save", seen="0"))
    assert late.status_code == 409
    assert "Muộn" in late.get_data(as_text=True)
    token = form(client)["csrf_token"]
    back = client.post(f"{PAGE}/receipt/restore", data={"csrf_token": token, "number": "0"})
    assert (back.status_code, in_force().number, in_force().texts) == (303, 2, words())
    assert client.get(f"{PAGE}/receipt/preview.pdf?version=1").data.startswith(b"%PDF-")


@pytest.mark.parametrize(
    "path", ["/nothing", "/nothing/preview.png", "/receipt/preview.png?page=9", "/receipt/preview.png?page=0",
             "/receipt/preview.png?version=9", "/receipt/preview.pdf?version=-1"],
)  # fmt: skip
def test_what_is_not_there_is_not_found(client, path):
    assert client.get(PAGE + path).status_code == 404


def test_a_form_without_the_token_changes_nothing(client):
    assert client.post(f"{PAGE}/receipt", data=words(notes="x") | {"do": "save", "seen": "0"}).status_code == 403
    assert in_force().number == 0
