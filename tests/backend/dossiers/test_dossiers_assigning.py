"""Proposals, bulk assignment, absences and skills."""

import re
from datetime import timedelta

import pytest

from backend import clock
from backend.database import transaction
from backend.dossiers import absences, acts, assigning
from backend.dossiers.acts import Facts
from backend.dossiers.models import Dossier, OfficerSkill
from backend.dossiers.policy import Action, State
from backend.errors import InvalidInput
from backend.organisation.models import Role
from backend.wsgi import build
from tests.builders.dossiers import PROCEDURE, dossier_id, get, make_dossier, make_house
from tests.builders.organisation import make_officer, signed_in, token_of


@pytest.fixture
def colleague(crew):
    return make_officer(agency_id=crew[Role.HEAD].agency_id, name="Lê Thị Bình")


def holder(code):
    with transaction() as session:
        return session.get_one(Dossier, dossier_id(code)).steps[0].officer_id


def away(officer_id, head, days=3):
    today = clock.today()
    return absences.add(officer_id, today, today + timedelta(days=days), "", head)


def proposed(code):
    with transaction() as session:
        return assigning.proposals(session, session.get_one(Dossier, dossier_id(code)).steps[0])


def post(browser, address, page="/officers/team/", **form):
    token = token_of(browser.get(page).get_data(as_text=True))
    return browser.post(address, data={"csrf_token": token, **form})


def test_the_least_loaded_is_proposed_first_and_a_skill_outweighs_a_little_load(crew, colleague):
    busy = crew[Role.SPECIALIST].id
    for _ in range(2):
        acts.act(
            dossier_id(make_dossier(State.RECEIVED)), Action.ASSIGN, acts.by(crew[Role.HEAD]), Facts(officer_id=busy)
        )
    code = make_dossier(State.RECEIVED)
    first = proposed(code)[0]
    assert (first.officer.id, first.why) == (colleague, ("ít việc nhất",))
    with transaction() as session:
        session.add(OfficerSkill(officer_id=busy, skill=PROCEDURE))
    first = proposed(code)[0]
    assert (first.officer.id, first.skilled, first.load.held) == (busy, True, 2)


def test_who_is_away_comes_last_and_cannot_be_assigned(crew, colleague):
    away(colleague, crew[Role.HEAD])
    code = make_dossier(State.RECEIVED)
    last = proposed(code)[-1]
    assert last.officer.id == colleague
    assert last.on_leave > clock.today()
    with pytest.raises(InvalidInput, match=f"Lê Thị Bình đang nghỉ, đi làm lại ngày {last.on_leave:%d/%m/%Y}"):
        acts.act(dossier_id(code), Action.ASSIGN, acts.by(crew[Role.HEAD]), Facts(officer_id=colleague))
    assert get(dossier_id(code)).state == State.RECEIVED


def test_a_lot_is_assigned_each_with_its_result_and_taken_back(crew, colleague):
    make_house("H15.24.999", "UBND xã Khác")
    theirs = make_dossier(State.RECEIVED, agency_code="H15.24.999")
    ours = [make_dossier(State.RECEIVED) for _ in range(2)]
    taken = make_dossier(State.ASSIGNED)
    browser = signed_in(build(), crew[Role.HEAD].id)
    ids = [dossier_id(code) for code in (*ours, taken, theirs)]
    page = post(browser, "/officers/team/assign", "/officers/dossiers/?list=assign", dossier=ids, officer_id="")
    text = page.get_data(as_text=True)
    assert "Xong 2 trên 4 hồ sơ." in text
    assert "không còn chờ phân công" in text
    assert theirs not in text
    assert {holder(code) for code in ours} == {crew[Role.SPECIALIST].id, colleague}
    done = re.findall(r'name="done" value="([^"]+)"', text)
    text = post(browser, "/officers/team/undo", done=done).get_data(as_text=True)
    assert "Xong 2 trên 2 hồ sơ." in text
    assert [holder(code) for code in ours] == [None, None]


@pytest.mark.parametrize("kind", ["stranger", "receptionist", "away", "unknown"])
def test_a_forged_or_absent_officer_is_refused(crew, colleague, kind):
    away(colleague, crew[Role.HEAD])
    forged = {"away": colleague, "unknown": 999_999, "receptionist": crew[Role.RECEPTIONIST].id}.get(kind)
    forged = forged or make_officer()
    code = make_dossier(State.RECEIVED)
    browser = signed_in(build(), crew[Role.HEAD].id)
    page = post(browser, "/officers/team/assign", dossier=[dossier_id(code)], officer_id=str(forged))
    assert "Xong 0 trên 1 hồ sơ." in page.get_data(as_text=True)
    assert holder(code) is None


def test_an_absent_officers_work_is_given_to_others(crew, colleague):
    codes = [make_dossier(State.PROCESSING) for _ in range(2)]
    gone = holder(codes[0])
    other = colleague if gone != colleague else crew[Role.SPECIALIST].id
    away(gone, crew[Role.HEAD])
    browser = signed_in(build(), crew[Role.HEAD].id)
    assert "Xong 2 trên 2" in post(browser, f"/officers/team/{gone}/reassign", officer_id="").get_data(as_text=True)
    assert [holder(code) for code in codes] == [other, other]


def test_absences_and_skills_are_kept_on_the_page(crew, colleague):
    browser = signed_in(build(), crew[Role.LEADER].id)
    today = clock.today()
    days = {"first_day": (today - timedelta(days=1)).isoformat(), "last_day": (today + timedelta(days=2)).isoformat()}
    assert post(browser, f"/officers/team/{colleague}/absences", **days).status_code == 303
    assert absences.back_of(colleague)
    assert "trùng" in post(browser, f"/officers/team/{colleague}/absences", **days).text
    with transaction() as session:
        entered = absences.of(session, [colleague], crew[Role.LEADER])[colleague][0]
    post(browser, f"/officers/team/{colleague}/absences/{entered.id}/end")
    assert absences.back_of(colleague) is None
    make_dossier(State.RECEIVED)  # so that its procedure is known
    post(browser, f"/officers/team/{colleague}/skills", skill=PROCEDURE)
    assert PROCEDURE in browser.get("/officers/team/").get_data(as_text=True)
    refused = post(browser, f"/officers/team/{colleague}/skills", skill="không có").text
    assert "Anh/chị chọn một lĩnh vực" in refused
    assert 'value="không có"' in refused


def test_an_absence_that_has_begun_can_only_be_removed_just_now(crew, colleague):
    absence = away(colleague, crew[Role.HEAD])
    with clock.stopped_at(clock.now() + timedelta(seconds=11)), transaction() as session:
        assert not absences.of(session, [colleague], crew[Role.HEAD])[colleague][0].removable
    absences.remove(absence, colleague, crew[Role.HEAD])
    assert absences.back_of(colleague) is None


@pytest.mark.parametrize(
    ("first", "last"), [("", ""), ("x", "y"), ("2020-01-01", "2020-01-02"), ("2030-02-02", "2030-02-01")]
)
def test_days_that_make_no_sense_are_refused(crew, colleague, first, last):
    browser = signed_in(build(), crew[Role.HEAD].id)
    refused = post(browser, f"/officers/team/{colleague}/absences", first_day=first, last_day=last, reason="đi học")
    assert refused.status_code == 422
    assert 'value="đi học"' in refused.text, "nothing typed is lost"
    with transaction() as session:
        assert absences.of(session, [colleague], crew[Role.HEAD]) == {}


def test_other_roles_and_other_agencies_people_are_refused(crew, colleague):
    app = build()
    assert signed_in(app, crew[Role.SPECIALIST].id).get("/officers/team/").status_code == 403
    leader = signed_in(app, crew[Role.LEADER].id)
    assert post(leader, "/officers/team/assign", dossier=["1"]).status_code == 403
    stranger = make_officer()
    for address in (f"{stranger}/absences", f"{stranger}/skills"):
        assert post(leader, f"/officers/team/{address}").status_code == 404
    head = signed_in(app, crew[Role.HEAD].id)
    assert post(head, f"/officers/team/{stranger}/reassign", officer_id="").status_code == 404
