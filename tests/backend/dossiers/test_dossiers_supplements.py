"""Photos that answer a supplement request: sent, accepted, returned, taken."""

import pytest
from sqlalchemy import select

from backend.database import reading
from backend.dossiers import acts, supplements
from backend.dossiers.acts import APPLICANT, by
from backend.dossiers.models import DossierPaper, PaperFile
from backend.dossiers.policy import Action, FileState, PaperState, State
from backend.errors import Conflict, Forbidden, InvalidInput, NotFound, TooLarge
from backend.notifications import service as notifications
from backend.organisation.models import Role
from backend.wsgi import build
from tests.builders.dossiers import dossier_id, get, make_crew, make_dossier
from tests.builders.public import Citizen, dossier, picture, upload


@pytest.fixture
def waiting(database):
    return make_dossier(State.SUPPLEMENT_REQUESTED, missing=["Giấy chứng sinh", "Văn bản ủy quyền"])


@pytest.fixture
def told(monkeypatch):
    heard = []
    monkeypatch.setattr(notifications, "tell_applicant", lambda _s, telling, _to: heard.append(telling))
    monkeypatch.setattr(notifications, "tell_officers", lambda _s, telling, _to: heard.append(telling))
    return heard


@pytest.fixture
def desk():
    return lambda: by(make_crew()[Role.RECEPTIONIST])


def papers(code):
    with reading() as session:
        query = select(DossierPaper).where(DossierPaper.dossier_id == dossier_id(code)).order_by(DossierPaper.position)
        return list(session.scalars(query))


def files():
    with reading() as session:
        return list(session.scalars(select(PaperFile).order_by(PaperFile.id)))


def send(code, number=0, data=None):
    return supplements.send(dossier(code).key, papers(code)[number].id, data or picture(), "anh.jpg", APPLICANT)


def test_a_photo_is_sent_and_what_still_lacks_is_told(waiting, told):
    assert send(waiting).left == ("Văn bản ủy quyền",)
    assert told == []
    assert send(waiting, 1).left == ()
    assert [one.event for one in told] == ["supplement_arrived"]


def test_the_desk_accepts_item_by_item_and_takes_the_supplement(waiting, desk):
    actor = desk()
    for number in (0, 1):
        supplements.accept(send(waiting, number).paper_file_id, actor)
    supplements.accept(files()[0].id, actor)  # twice
    assert [paper.state for paper in papers(waiting)][:2] == [PaperState.PRESENT] * 2
    acts.act(dossier_id(waiting), Action.TAKE_SUPPLEMENT, actor)
    assert get(dossier_id(waiting)).state == State.RECEIVED


def test_one_that_is_returned_is_told_with_its_remark_and_can_be_sent_again(waiting, told, desk):
    sent = send(waiting)
    assert supplements.return_(sent.paper_file_id, " ảnh mờ ", desk())
    assert (told[-1].event, told[-1].facts["missing"], told[-1].facts["reason"]) == (
        "supplement_item_returned", "Giấy chứng sinh", "ảnh mờ",
    )  # fmt: skip
    assert papers(waiting)[0].state == PaperState.MISSING
    with pytest.raises(Conflict):
        supplements.accept(sent.paper_file_id, desk())
    assert send(waiting).paper_file_id != sent.paper_file_id


@pytest.mark.parametrize("remark", ["", "   ", "x" * 10_000])
def test_a_return_needs_a_remark(waiting, desk, remark):
    with pytest.raises(InvalidInput):
        supplements.return_(send(waiting).paper_file_id, remark, desk())


def test_before_the_request_a_return_only_marks_the_paper(database, told, desk):
    code = make_dossier(State.SUBMITTED)
    assert not supplements.return_(send(code).paper_file_id, "thiếu trang", desk())
    assert (papers(code)[0].state, papers(code)[0].remark) == (PaperState.MISSING, "thiếu trang")
    assert "supplement_item_returned" not in [one.event for one in told]


def test_who_is_not_at_this_desk_may_not_decide(waiting):
    sent = send(waiting)
    elsewhere = by(make_crew("H15.24.999")[Role.RECEPTIONIST])
    for actor in (APPLICANT, elsewhere, by(make_crew()[Role.LEADER])):
        with pytest.raises(Forbidden):
            supplements.accept(sent.paper_file_id, actor)
        with pytest.raises(Forbidden):
            supplements.return_(sent.paper_file_id, "không", actor)
    assert files()[0].state == FileState.SENT


@pytest.mark.parametrize("state", sorted(set(State) - {State.SUBMITTED, State.SUPPLEMENT_REQUESTED}))
def test_nothing_is_added_when_nothing_is_awaited(database, state):
    code = make_dossier(state)
    with pytest.raises(Conflict):
        send(code)


def test_only_missing_papers_of_this_dossier_take_files(waiting):
    with pytest.raises(Conflict):
        send(waiting, 2)
    other = make_dossier(State.SUPPLEMENT_REQUESTED)
    with pytest.raises(NotFound):
        supplements.send(dossier(waiting).key, papers(other)[0].id, picture(), "a.jpg", APPLICANT)
    for key in ("", "sai", dossier_id(waiting) + 999):
        with pytest.raises(NotFound):
            supplements.send(key, 1, picture(), "a.jpg", APPLICANT)


@pytest.mark.parametrize(("data", "error"), [(b"MZ", InvalidInput), (b"x" * (11 * 2**20), TooLarge)])
def test_bad_files_are_refused(waiting, data, error):
    with pytest.raises(error):
        send(waiting, data=data)


def test_there_is_a_most_number_of_files(waiting):
    for _ in range(supplements.MOST_FILES):
        send(waiting)
    with pytest.raises(Conflict):
        send(waiting)


def test_the_page_lists_them_item_by_item_and_takes_photos(waiting, desk):
    citizen = Citizen(build())
    key = dossier(waiting).key
    first, second = papers(waiting)[:2]
    page = citizen.sees(key)
    assert page.count('capture="environment"') == 2
    assert page.count("còn thiếu</span>") == 2
    assert citizen.does(key, f"/giay-to/{first.id}", camera=upload(), file=upload(picture("blue"))).status_code == 303
    assert "đã gửi, đang kiểm tra" in citizen.sees(key)
    supplements.return_(files()[0].id, "ảnh mờ", desk())
    assert "chưa đạt – ảnh mờ" in citizen.sees(key)
    empty = citizen.does(key, f"/giay-to/{second.id}")
    assert (empty.status_code, "chưa chọn ảnh" in empty.get_data(as_text=True)) == (422, True)
    bad = citizen.does(key, f"/giay-to/{second.id}", file=upload(b"MZ", "virus.exe"))
    assert "virus.exe: Loại tệp này không được nhận" in bad.get_data(as_text=True)
    assert citizen.does(key, "/giay-to/999999", file=upload()).status_code == 404


def test_the_page_still_shows_what_was_accepted(database, desk):
    code = make_dossier(State.SUPPLEMENT_REQUESTED)
    supplements.accept(send(code).paper_file_id, desk())
    page = Citizen(build()).sees(dossier(code).key)
    assert "anh.jpg: đã được nhận" in page
    assert "capture" not in page
