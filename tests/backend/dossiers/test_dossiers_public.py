"""Citizens' pages: the filing form, the receipt, the page of one's own dossier."""

import pytest
from sqlalchemy import func, select

from backend import storage
from backend.clock import now
from backend.database import reading, transaction
from backend.dossiers import acts, online, public, supplements, walking
from backend.dossiers.acts import Facts
from backend.dossiers.models import Dossier, DossierResult, PaperFile
from backend.dossiers.policy import Action, PaperState, State
from backend.wsgi import build
from tests.builders.dossiers import dossier_id, get, make_dossier, make_procedure
from tests.builders.public import Citizen, dossier, picture, upload, wrong


@pytest.fixture
def citizen(database):
    return Citizen(build())


def how_many(model=Dossier):
    with reading() as session:
        return session.scalar(select(func.count()).select_from(model))


def only():
    with reading() as session:
        return session.scalars(select(Dossier)).one()


def test_a_procedure_is_found_by_words_and_its_form_opens(citizen):
    page = citizen.client.get("/nop?q=dang ky ket hon").get_data(as_text=True)
    assert f"/nop/{citizen.procedure}" in page
    assert "Nộp trực tuyến được" in page
    form = citizen.opens()
    assert form.count('type="file"') == 3
    assert "Giấy xác nhận tình trạng hôn nhân" in form
    assert online.CONSENT in form


def test_a_procedure_of_level_two_says_where_to_go(citizen):
    code = make_procedure("9.000777", "Việc chỉ làm tại quầy", service_level=2)
    page = citizen.client.get(f"/nop/{code}").get_data(as_text=True)
    assert "chưa nộp trực tuyến được" in page
    assert '<form method="post"' not in page
    for odd in ("9.999999", "%00", "x" * 3000, "9.000894%00x"):
        assert citizen.client.get(f"/nop/{odd}").status_code == 404
    assert citizen.client.get("/nop?q=%00%E2%80%8B&tu=%00").status_code == 200


def test_a_complete_form_makes_a_dossier_and_a_receipt(citizen):
    key = citizen.key(citizen.files(content="Xin đăng ký"))
    filed = only()
    assert (filed.key, filed.state, filed.filed_via, filed.applicant_phone) == (
        key, "submitted", "online", "+84900000001",
    )  # fmt: skip
    assert how_many(PaperFile) == 3
    receipt = citizen.sees(key, "/da-nop")
    assert filed.code in receipt
    assert "<svg" in receipt
    assert f"/hs/{key}" in receipt


def test_what_is_wrong_is_said_beside_the_field_and_everything_is_kept(citizen):
    response = citizen.files(name="", phone="12", content="lời của tôi", **{"paper-2": None})
    page = response.get_data(as_text=True)
    assert response.status_code == 422
    assert len(wrong(page)) == 3
    assert "lời của tôi" in page
    assert page.count("✓ Đã nhận anh.jpg") == 2
    again = citizen.files(**{"paper-1": None, "paper-3": None})
    citizen.key(again)
    assert how_many(PaperFile) == 3


def test_a_kept_file_can_be_dropped(citizen):
    page = citizen.files(name="").get_data(as_text=True)
    dropped = page.split('name="drop" value="')[1].split('"')[0]
    page = citizen.files(drop=dropped, **{f"paper-{n}": None for n in (1, 2, 3)}).get_data(as_text=True)
    assert wrong(page) == ["Anh/chị chưa gửi giấy này. Chụp ảnh rõ nét hoặc chọn tệp có sẵn."]


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"MZ\x90 a program", "Loại tệp này không được nhận"),
        (b"", "Tệp trống"),
        (b"<svg onload='x'/>", "không được nhận"),
    ],
)
def test_a_wrong_file_is_refused_and_the_others_are_kept(citizen, data, told):
    page = citizen.files(**{"paper-1": upload(data, "la.exe")}).get_data(as_text=True)
    assert told in wrong(page)[0]
    assert page.count("✓ Đã nhận") == 2


def test_a_form_sent_twice_makes_one_dossier(citizen):
    first, second = citizen.files(), citizen.files(name="Người Khác")
    assert citizen.key(first) == citizen.key(second)
    assert how_many() == 1
    assert only().applicant_name == "Trần Thị Mai"


@pytest.mark.parametrize(
    "values",
    [
        {"token": "giả"}, {"token": None}, {"website": "http://spam"}, {"consent": None}, {"consent": "no"},
        {"return_by": "pigeon"}, {"return_by": None}, {"place": "Nơi không có thật xyz"}, {"place": ""},
        {"name": "x" * 10_000}, {"content": "x" * 10_000}, {"email": "không@"}, {"email": "x" * 10_000},
        {"address": ""}, {"phone": "0" * 10_000}, {"name": "\u200b\u200b"}, {"kept": "giả", "paper-1": None},
    ],
)  # fmt: skip
def test_bad_values_file_nothing_and_break_nothing(citizen, values):
    response = citizen.files(**values)
    assert response.status_code == 422
    assert how_many() == 0
    citizen.key(citizen.files(website="", **{f"paper-{n}": None for n in (2, 3)}))


def test_unknown_and_odd_fields_are_left_out(citizen):
    odd = {"paper-99": upload(), "paper-x": upload(), "again": "abc", "drop": "x" * 500}
    citizen.key(citizen.files(**odd))
    assert how_many(PaperFile) == 3


def test_kept_files_of_another_form_are_not_ours(citizen):
    citizen.files(name="")
    stolen = citizen.fields["kept"]
    citizen.opens()
    page = citizen.files(kept=stolen, **{f"paper-{n}": None for n in (1, 2, 3)}).get_data(as_text=True)
    assert "✓ Đã nhận" not in page
    assert len(wrong(page)) == 3


def test_without_the_token_of_the_page_nothing_is_filed(citizen):
    assert citizen.files(csrf_token="x").status_code == 403
    assert how_many() == 0


def test_too_many_files_of_one_paper_are_refused(citizen):
    many = [upload() for _ in range(11)]
    page = citizen.files(**{"paper-1": many}).get_data(as_text=True)
    assert "tối đa 10 tệp" in wrong(page)[0]


def test_a_wrong_key_looks_like_any_other_and_is_not_tried_for_long(citizen):
    pages = {citizen.client.get(f"/hs/{key}").get_data() for key in ("khongco", "x" * 500, "%00", "..")}
    assert len(pages) == 1
    statuses = [citizen.client.get(f"/hs/sai{n}").status_code for n in range(12)]
    assert statuses[0] == 404
    assert statuses[-1] == 429


def test_the_key_does_not_leak(citizen):
    key = citizen.key(citizen.files())
    headers = citizen.client.get(f"/hs/{key}").headers
    assert headers["Referrer-Policy"] == "no-referrer"
    assert "noindex" in headers["X-Robots-Tag"]
    assert headers["Cache-Control"] == "no-store"
    assert "default-src 'none'" in headers["Content-Security-Policy"]


def test_writing_is_throttled(citizen):
    key = citizen.key(citizen.files())
    for _ in range(public.WRITING._most):
        last = citizen.does(key, "/rut")
    assert last.status_code == 429


def test_the_applicant_withdraws_with_a_reason_and_a_yes(citizen):
    key = citizen.key(citizen.files())
    for form in ({}, {"reason": "đổi ý"}, {"sure": "yes"}, {"sure": "yes", "reason": "x" * 10_000}):
        assert citizen.does(key, "/rut", **form).status_code == 422
    assert citizen.does(key, "/rut", sure="yes", reason="đổi ý").status_code == 303
    assert only().state == State.WITHDRAWN
    assert "Đã rút theo yêu cầu" in citizen.sees(key)
    assert citizen.client.get(f"/hs/{key}/rut").status_code == 409


@pytest.mark.parametrize("state", list(State))
def test_every_state_has_a_page_with_one_place_on_its_timeline(citizen, state):
    page = citizen.sees(dossier(make_dossier(state)).key)
    assert page.count('aria-current="step"') == 1
    assert "Tình trạng hiện nay" in page


def test_a_result_is_downloaded_once_the_fee_is_settled_and_that_hands_it_over(citizen):
    key = citizen.key(citizen.files(return_by="online"))
    row = only()
    _to_result(row.id)
    page = citizen.sees(key)
    assert "Tải kết quả: Giấy chứng nhận" in page
    address = page.split('class="button main" href="')[1].split('"')[0]
    response = citizen.client.get(address)
    assert response.headers["Content-Disposition"].startswith("attachment")
    assert only().state == State.RETURNED
    assert citizen.client.get(f"/hs/{key}/ket-qua/999").status_code == 404


def _to_result(dossier_id):
    officer = walking.specialist_of("H15.24.316")
    stored = storage.store(picture(), "ket-qua.jpg", actor="test")
    with transaction() as session:
        found = session.get_one(Dossier, dossier_id)
        for paper in found.papers:
            paper.state = PaperState.PRESENT
        result = DossierResult(
            title="Giấy chứng nhận", file_id=stored.id, file_name=stored.name, at=now(), officer_id=officer
        )
        found.results.append(result)
        step = found.steps[0].id
    acts.act(dossier_id, Action.RECEIVE, walking.HOUSE)
    acts.act(dossier_id, Action.ASSIGN, walking.HOUSE, Facts(officer_id=officer, step_id=step))
    for action in (Action.START, Action.SUBMIT, Action.APPROVE, Action.ISSUE_RESULT):
        acts.act(dossier_id, action, walking.HOUSE, Facts(step_id=step))


def test_papers_accepted_before_are_offered_to_whoever_shows_the_link(citizen):
    key = citizen.key(citizen.files())
    row = only()
    with reading() as session:
        ids = session.scalars(select(PaperFile.id)).all()
    supplements.accept(ids[0], walking.HOUSE)
    proof = citizen.sees(key).split("tu=")[1].split('"')[0]
    page = citizen.opens(f"?tu={proof}")
    assert "Trần Thị Mai" in page
    assert page.count('name="again"') == 1
    citizen.key(citizen.files(again=str(ids[0]), **{"paper-1": None}))
    assert how_many(PaperFile) == 6
    assert 'name="again"' not in citizen.opens("?tu=gia")
    assert row.state == State.SUBMITTED


def test_somebody_who_files_online_with_my_number_does_not_get_my_papers(citizen):
    citizen.key(citizen.files())
    with reading() as session:
        mine = session.scalars(select(PaperFile.id)).first()
    supplements.accept(mine, walking.HOUSE)
    citizen.opens()
    citizen.key(citizen.files(name="Kẻ Khác"))
    with reading() as session:
        theirs = session.scalars(select(Dossier).where(Dossier.applicant_name == "Kẻ Khác")).one()
    assert supplements.reusable_for(theirs.id) == []
    assert [one.paper_file_id for one in supplements.reusable(theirs.citizen_id)] == [mine]


def test_a_refusal_says_why_and_by_which_law(citizen):
    code = make_dossier(State.REFUSED, reason="không đủ điều kiện cư trú")
    page = citizen.client.get(f"/hs/{get(dossier_id(code)).key}").get_data(as_text=True)
    assert "không đủ điều kiện cư trú" in page
    assert "Điều 9 Luật Hộ tịch 2014" in page
