"""Practising the whole workflow leaves the real database, the queue and the real files as they were."""

import os

import pytest
from sqlalchemy import func, select

from backend import database as db
from backend import models
from backend.database import in_practice, reading
from backend.dossiers.models import Dossier
from backend.dossiers.policy import State
from backend.organisation.models import OfficerSession, Role
from backend.queue import queue
from backend.settings import settings
from backend.wsgi import build
from tests.builders.dossiers import dossier_id, make_dossier, make_house, make_procedure
from tests.builders.organisation import make_officer, signed_in
from tests.builders.pages import Page
from tests.conftest import POSTGRESQL


@pytest.fixture
def app(database, tmp_path, monkeypatch):
    monkeypatch.setenv("DATA_DIR", str(tmp_path / "data"))
    if database.dialect.name == "postgresql":
        monkeypatch.setenv("DATABASE_URL", POSTGRESQL)
        monkeypatch.setenv("PRACTICE_SCHEMA", f"practice_{os.getpid()}")
    settings.cache_clear()
    db.practice_engine.cache_clear()
    built = build()
    built.teardown_request(lambda _: db.begin_request(practice=False))  # the test is the thread that served it
    yield built
    models.ALL.drop_all(db.practice_engine())
    db.practice_engine().dispose()
    db.practice_engine.cache_clear()


@pytest.fixture
def person(app):
    make_procedure()
    return signed_in(app, make_officer(role=Role.SPECIALIST, agency_id=make_house()))


@pytest.fixture
def beginner(person):
    send(person, "/officers/practice/guide", "/officers/practice/enter")
    return person


def shown(client, address):
    answer = client.get(address)
    assert answer.status_code == 200, answer.get_data(as_text=True)
    return Page(answer.get_data(as_text=True))


def token(client):
    forms = shown(client, "/officers/practice/guide").forms.values()
    return next(form.fields["csrf_token"] for form in forms if "csrf_token" in form.fields)


def send(client, _from, address, **fields):
    return client.post(address, data={"csrf_token": token(client)} | fields)


def play(client, role):
    answer = send(client, "", "/officers/practice/role", role=role)
    assert answer.status_code == 303, answer.get_data(as_text=True)


def rows(*, without=()):
    """How many rows each table of the real database has."""
    with reading() as session:
        return {
            table.name: session.scalar(select(func.count()).select_from(table))
            for table in models.ALL.sorted_tables
            if table.name not in without
        }


def newest():
    with in_practice(), reading() as session:
        return session.scalars(select(Dossier).order_by(Dossier.id.desc()).limit(1)).one()


def file(client):
    form = shown(client, "/officers/dossiers/new?procedure=9.000894").forms["new"]
    papers = {name: "present" for name in form.fields if name.startswith("paper-") and name.endswith("-state")}
    said = {"phone": "0905123456", "name": "Trần Thị Mai", "do": "receive"}
    answer = client.post("/officers/dossiers/new", data=form.fields | papers | said)
    assert answer.status_code == 303, Page(answer.get_data(as_text=True)).text
    return newest().id


def act(client, dossier, action):
    page = shown(client, f"/officers/dossiers/{dossier}")
    form = next(form for form in page.forms.values() if form.action.endswith(f"/act/{action}"))
    answer = client.post(form.action, data=form.fields)
    assert answer.status_code == 303, Page(answer.get_data(as_text=True)).text


def ticks(client):
    return shown(client, "/officers/practice/guide").text.count("✓")


def walk(client):
    dossier = file(client)
    seen = [ticks(client)]
    for role, actions in (
        (Role.HEAD, ["assign"]),
        (Role.SPECIALIST, ["start", "submit"]),
        (Role.LEADER, ["approve"]),
        (Role.RECEPTIONIST, ["issue_result", "hand_over"]),
    ):
        play(client, role)
        for action in actions:
            act(client, dossier, action)
            seen.append(ticks(client))
    return dossier, seen


def test_a_whole_walk_in_practice_leaves_everything_real_as_it_was(beginner):
    make_dossier()
    before, queued = rows(), queue().pending_count()
    dossier, seen = walk(beginner)
    assert seen == [3, 4, 5, 6, 7, 8, 9]
    assert newest().state == State.RETURNED
    assert rows() == before
    assert queue().pending_count() == queued
    text = shown(beginner, f"/officers/dossiers/{dossier}").text
    assert "khi làm thật người nộp sẽ nhận tin này" in text
    assert newest().code in text.split("Đã báo người nộp")[1]


def test_neither_side_opens_a_dossier_of_the_other(app, beginner):
    dossier = file(beginner)
    real = signed_in(app, make_officer(role=Role.RECEPTIONIST, agency_id=make_house()))
    assert real.get(f"/officers/dossiers/{dossier}").status_code == 404
    assert app.test_client().get(f"/hs/{newest().key}").status_code == 404
    code = make_dossier()
    shared = dossier_id(code)  # ids begin anew in practice: there it is somebody else's, or nobody's
    page = beginner.get(f"/officers/dossiers/{shared}")
    assert page.status_code == 404 or code not in page.get_data(as_text=True)
    assert code not in shown(beginner, f"/officers/dossiers/?q={code}").text.replace(f"“{code}”", "")
    assert beginner.get(f"/officers/dossiers/{dossier}").status_code == 200


def test_leaving_leads_back_and_signing_out_ends_the_real_session(beginner):
    assert "ĐANG TẬP LÀM" in shown(beginner, "/officers/").text
    send(beginner, "", "/officers/practice/leave")
    assert "ĐANG TẬP LÀM" not in shown(beginner, "/officers/").text
    send(beginner, "", "/officers/practice/enter")
    with reading() as session:
        assert session.scalars(select(OfficerSession.practising_as)).one()
    send(beginner, "", "/officers/sign-out")
    assert beginner.get("/officers/").status_code == 303
    with reading() as session:
        assert session.scalars(select(OfficerSession)).all() == []


@pytest.mark.parametrize("role", ["administrator", "province_leader", "hotline_operator", "", "1"])
def test_only_the_roles_of_practice_can_be_played(beginner, role):
    assert send(beginner, "", "/officers/practice/role", role=role).status_code == 404


def test_nobody_plays_a_role_without_having_entered(person):
    assert send(person, "", "/officers/practice/role", role="leader").status_code == 403
    assert send(person, "", "/officers/practice/reset", sure="1").status_code == 403


@pytest.mark.parametrize("name", ["enter", "leave", "role", "reset"])
def test_every_form_needs_its_token_and_somebody_signed_in(app, beginner, name):
    assert beginner.post(f"/officers/practice/{name}", data={"role": "leader", "sure": "1"}).status_code == 403
    assert app.test_client().post(f"/officers/practice/{name}").status_code == 303


def test_fresh_data_only_when_confirmed(beginner):
    dossier = file(beginner)
    send(beginner, "", "/officers/practice/reset")
    assert newest().id == dossier
    before = rows(without={"audit_entry"})
    send(beginner, "", "/officers/practice/reset", sure="1")
    assert newest().id != dossier or newest().applicant_name != "Trần Thị Mai"
    assert ticks(beginner) == 0
    assert rows(without={"audit_entry"}) == before


def test_beginners_do_not_see_each_other(app, beginner):
    dossier = file(beginner)
    other = signed_in(app, make_officer(role=Role.HEAD, agency_id=make_house("H15.24.317", "UBND xã Ea Tul")))
    send(other, "", "/officers/practice/enter")
    assert ticks(other) == 0
    assert ticks(beginner) == 3
    assert beginner.get(f"/officers/dossiers/{dossier}").status_code == 200


def test_files_of_practice_lie_in_their_own_folder(app):
    from backend import storage
    from tests.builders.files import make_pdf

    with in_practice():
        storage.blobs().put("ab" * 32, make_pdf())
    assert not settings().storage.exists()
    assert (db.practice_folder() / "files").is_dir()


def test_production_has_it_too(database, app, person, monkeypatch):
    monkeypatch.setenv("ENVIRONMENT", "production")
    settings.cache_clear()
    assert send(person, "", "/officers/practice/enter").status_code == 303
    assert "ĐANG TẬP LÀM" in shown(person, "/officers/").text
