"""Who sees which dossiers."""

from dataclasses import replace

import pytest
from sqlalchemy import select

from backend.database import reading, transaction
from backend.dossiers import access
from backend.dossiers.models import Dossier, DossierStep
from backend.dossiers.policy import State, StepState
from backend.errors import Forbidden, NotFound
from backend.organisation import service as organisation
from backend.organisation.models import Role
from tests.builders.dossiers import AGENCY, dossier_id, make_crew, make_dossier, make_house
from tests.builders.organisation import make_officer

OTHER = "H15.24.999"


def seen_by(officer):
    with reading() as session:
        return set(session.scalars(select(Dossier.id).where(access.visible(officer))))


@pytest.fixture
def strangers(database):
    make_house(OTHER, "UBND xã Khác")
    return make_crew(OTHER)


def one_step(dossier, **values):
    with transaction() as session:
        step = session.scalars(select(DossierStep).where(DossierStep.dossier_id == dossier)).first()
        for name, value in values.items():
            setattr(step, name, value)


def test_an_agency_sees_its_own_dossiers_and_never_anothers(crew, strangers):
    ours = dossier_id(make_dossier(State.RECEIVED))
    theirs = dossier_id(make_dossier(State.RECEIVED, agency_code=OTHER, code=f"{OTHER}-260930-0001"))
    for role in (Role.RECEPTIONIST, Role.HEAD, Role.LEADER, Role.SPECIALIST):
        assert seen_by(crew[role]) == {ours}
        assert seen_by(strangers[role]) == {theirs}
        with reading() as session:
            assert access.load(session, ours, crew[role]).id == ours
            with pytest.raises(Forbidden):
                access.load(session, theirs, crew[role])


def test_the_desk_where_it_was_filed_sees_what_another_agency_decides(crew, strangers):
    shared = dossier_id(make_dossier(State.RECEIVED, agency_code=OTHER, desk_code=AGENCY))
    assert seen_by(crew[Role.RECEPTIONIST]) == seen_by(crew[Role.LEADER]) == {shared}
    assert seen_by(crew[Role.HEAD]) == set()
    assert seen_by(strangers[Role.RECEPTIONIST]) == seen_by(strangers[Role.HEAD]) == {shared}


def test_an_agency_with_one_step_of_an_interconnected_dossier_sees_it(crew, strangers):
    shared = dossier_id(make_dossier(State.RECEIVED))
    assert seen_by(strangers[Role.HEAD]) == set()
    one_step(shared, agency_code=OTHER)
    for role in (Role.RECEPTIONIST, Role.HEAD, Role.LEADER, Role.SPECIALIST):
        assert seen_by(strangers[role]) == {shared}


def test_a_specialist_sees_what_they_hold_and_what_waits_in_their_department(crew):
    waiting = dossier_id(make_dossier(State.RECEIVED))
    held = dossier_id(make_dossier(State.PROCESSING))
    colleague = organisation.officer(make_officer(agency_id=crew[Role.HEAD].agency_id))
    one_step(held, officer_id=colleague.id)
    assert seen_by(crew[Role.SPECIALIST]) == {waiting}
    assert seen_by(colleague) == {waiting, held}
    one_step(held, state=StepState.DONE)
    assert seen_by(colleague) == {waiting, held}


def test_a_head_of_a_department_sees_its_steps_of_other_agencies_dossiers(crew, strangers):
    shared = dossier_id(make_dossier(State.RECEIVED))
    agency_id = strangers[Role.HEAD].agency_id
    mine, other = (
        organisation.officer(make_officer(role=Role.HEAD, agency_id=agency_id, department=name))
        for name in ("Phòng Kinh tế", "Phòng Văn hóa")
    )
    one_step(shared, agency_code=OTHER, department_id=mine.department_id)
    assert seen_by(mine) == {shared}
    assert seen_by(other) == set()
    assert seen_by(strangers[Role.HEAD]) == {shared}


def test_the_province_sees_all_and_administration_and_hotline_nothing(crew):
    number = dossier_id(make_dossier())
    leader = crew[Role.LEADER]
    assert seen_by(replace(leader, role=Role.PROVINCE_LEADER)) == {number}
    for role in (Role.ADMINISTRATOR, Role.HOTLINE_OPERATOR):
        assert seen_by(replace(leader, role=role)) == set()
        with reading() as session, pytest.raises(Forbidden):
            access.load(session, number, replace(leader, role=role))


def test_loading_for_update_reads_the_row_anew(crew):
    number = dossier_id(make_dossier())
    with transaction() as session:
        assert access.load(session, number, crew[Role.LEADER], for_update=True).id == number
        with pytest.raises(NotFound):
            access.load(session, number + 1, crew[Role.LEADER], for_update=True)
