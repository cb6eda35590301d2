"""The steps of a procedure: what may be saved, what dossiers get of them, and back again."""

import pytest
from sqlalchemy import select

from backend.audit import Audit, AuditEntry
from backend.database import reading
from backend.dossiers import workflows
from backend.dossiers.models import DossierStep
from backend.dossiers.workflows import Step
from backend.errors import InvalidInput, NotFound
from backend.organisation.models import Role
from tests.builders.dossiers import AGENCY, PROCEDURE, dossier_id, make_crew, make_dossier, make_house, make_procedure
from tests.builders.organisation import make_officer, signed_in, token_of

HOME = "/officers/admin/procedures/"
OTHER = "H15.24.999"
TWO = [Step(1, "Thẩm tra hồ sơ", 60), Step(2, "Trình ký", 40)]


@pytest.fixture(autouse=True)
def _house(database):
    make_house()
    make_house(OTHER, "Sở Thử nghiệm")
    make_procedure()


@pytest.fixture
def browser(app):
    return signed_in(app, make_officer(role=Role.ADMINISTRATOR))


def typed(*rows):
    """Rows of the form as they are typed: sequence, title, agency, department, share."""
    names = ("sequence", "title", "agency", "department", "share")
    return {name: [row[place] for row in rows] for place, name in enumerate(names)}


def send(browser, *rows, path=PROCEDURE, **fields):
    token = token_of(browser.get("/officers/me").text)
    return browser.post(HOME + path, data={"csrf_token": token, **typed(*rows), **fields})


@pytest.mark.parametrize("role", sorted(set(Role) - {Role.ADMINISTRATOR}))
def test_other_roles_are_refused(app, role):
    browser = signed_in(app, make_officer(role=role))
    assert browser.get(HOME).status_code == 403
    assert browser.get(HOME + PROCEDURE).status_code == 403
    assert send(browser, ("1", "Thẩm tra", "", "", "100")).status_code == 403
    assert workflows.steps_of(PROCEDURE) == []


def test_steps_are_saved_in_their_order_and_shown_as_picture_and_table(browser):
    rows = (("2", "Trình ký", "", "", "37,5"), ("1", "Thẩm tra <b>", OTHER, "", "60"), ("3", "", "", "", ""))
    assert send(browser, *rows).status_code == 303
    assert workflows.steps_of(PROCEDURE) == [Step(1, "Thẩm tra <b>", 60, OTHER), Step(2, "Trình ký", 37.5)]
    page = browser.get(HOME + PROCEDURE).text
    assert "<svg" in page
    assert "Thẩm tra <b>" not in page
    assert "97,5" in page
    assert "Đăng ký kết hôn" in browser.get(HOME).text


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([("1", "A", "", "", "60"), ("2", "B", "", "", "50")], "vượt quá 100"),
        ([("1", "A", "", "", "0")], "phần thời gian"),
        ([("1", "A", "", "", "nan")], "phần thời gian"),
        ([("1", "A", "", "", "-5")], "phần thời gian"),
        ([("1", "A", "", "", "inf")], "phần thời gian"),
        ([("0", "A", "", "", "50")], "thứ tự"),
        ([("100", "A", "", "", "50")], "thứ tự"),
        ([("x", "A", "", "", "50")], "thứ tự"),
        ([("1", "A", "H15.0", "", "50")], "không còn cơ quan"),
        ([("1", "A", OTHER, "Phòng Ma", "50")], "không có phòng"),
        ([(str(n), "A", "", "", "1") for n in range(1, 23)], "Nhiều nhất 20"),
    ],
)
def test_what_cannot_be_is_refused_and_kept_to_be_corrected(browser, rows, said):
    workflows.save(PROCEDURE, TWO, actor="system")
    answer = send(browser, *rows)
    assert answer.status_code == 422
    assert said in answer.text
    assert f'value="{rows[0][1]}"' in answer.text
    assert workflows.steps_of(PROCEDURE) == TWO


def test_of_steps_side_by_side_the_longest_counts(browser):
    beside = [Step(1, "Thẩm tra", 60), Step(1, "Lấy ý kiến", 50, OTHER), Step(2, "Ký", 40)]
    assert workflows.longest_path(beside) == 100
    assert workflows.problems(beside) == []
    assert workflows.longest_path([]) == 0


def test_a_preview_saves_nothing(browser):
    answer = send(browser, ("1", "Thẩm tra", "", "", "100"), preview="1")
    assert answer.status_code == 200
    assert "<svg" in answer.text
    assert workflows.steps_of(PROCEDURE) == []


def test_dossiers_filed_from_now_on_take_the_steps_and_older_ones_keep_theirs(database):
    make_crew()
    before = dossier_id(make_dossier())
    workflows.save(PROCEDURE, [Step(1, "Thẩm tra", 50), Step(1, "Lấy ý kiến", 50, OTHER)], actor="system")
    after = dossier_id(make_dossier())
    with reading() as session:
        agencies = [
            sorted(session.scalars(select(DossierStep.agency_code).where(DossierStep.dossier_id == number)))
            for number in (before, after)
        ]
    assert agencies == [[AGENCY], sorted([AGENCY, OTHER])]


def test_an_earlier_saving_is_put_back_and_both_are_in_the_log(browser):
    workflows.save(PROCEDURE, TWO, actor="system")
    workflows.save(PROCEDURE, TWO, actor="system")  # the same again is no change
    workflows.save(PROCEDURE, [Step(1, "Một bước", 100)], actor="system")
    last = workflows.changes(PROCEDURE)[0]
    assert send(browser, path=f"{PROCEDURE}/put-back/{last.id}").status_code == 303
    assert workflows.steps_of(PROCEDURE) == TWO
    with reading() as session:
        tags = session.scalars(select(AuditEntry.tag).where(AuditEntry.subject == f"procedure:{PROCEDURE}")).all()
    assert tags == [Audit.WORKFLOW_CHANGED] * 3


def test_all_steps_removed_leave_the_one_at_the_agency_that_decides(browser):
    workflows.save(PROCEDURE, TWO, actor="system")
    send(browser, ("1", "", "", "", ""))
    assert workflows.steps_of(PROCEDURE) == []
    assert "Một bước duy nhất" in browser.get(HOME + PROCEDURE).text


def test_an_unknown_procedure_or_saving_is_not_found(browser):
    assert browser.get(HOME + "9.999999").status_code == 404
    assert send(browser, ("1", "A", "", "", "50"), path="9.999999").status_code == 404
    assert send(browser, path=f"{PROCEDURE}/put-back/999999").status_code == 404
    with pytest.raises(NotFound):
        workflows.save("9.999999", TWO, actor="system")


def test_the_page_finds_by_words_and_by_code(browser):
    assert "Đăng ký kết hôn" in browser.get(f"{HOME}?q={PROCEDURE}").text
    assert "Đăng ký kết hôn" in browser.get(f"{HOME}?q=dang+ky+ket+hon").text
    assert browser.get(f"{HOME}?q=%00").status_code == 422


def test_a_title_of_blanks_is_none(database):
    with pytest.raises(InvalidInput, match="thiếu tên bước"):
        workflows.save(PROCEDURE, [Step(1, "  ", 50)], actor="system")
