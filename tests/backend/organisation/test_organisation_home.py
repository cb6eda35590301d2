"""The page where officers arrive: what waits for them."""

from datetime import timedelta

import pytest

from backend import clock
from backend.dossiers.policy import State
from backend.organisation.models import Role
from backend.wsgi import build
from tests.builders.dossiers import make_crew, make_dossier
from tests.builders.organisation import make_officer, signed_in


def told(app, officer_id):
    """The numbers of the page, in words."""
    page = signed_in(app, officer_id).get("/officers/").text
    section = page.partition('id="waiting"')[2].partition("</section>")[0]
    return [" ".join(item.split("<a ")[1].replace("<", " <").split()) for item in section.split("<li>")[1:]]


@pytest.fixture
def app(database):
    return build()


def test_each_role_is_told_what_waits_for_it_and_is_led_there(app):
    crew = make_crew()
    make_dossier(State.SUBMITTED)
    make_dossier(State.PROCESSING, due_at=clock.now() - timedelta(days=5))
    desk, specialist = (" ".join(told(app, crew[role].id)) for role in (Role.RECEPTIONIST, Role.SPECIALIST))
    assert 'href="/officers/dossiers/?list=check"> <strong>1 </strong> Cần kiểm tra' in desk
    assert 'href="/officers/dossiers/?list=late" class="urgent"> <strong>1 </strong> Quá hạn' in specialist
    assert "Cần kiểm tra" not in specialist
    browser = signed_in(app, crew[Role.RECEPTIONIST].id)
    assert browser.get("/officers/dossiers/?list=check").status_code == 200


def test_nothing_waits_and_the_page_says_so(app):
    officer = make_officer(role=Role.ADMINISTRATOR)
    assert told(app, officer) == []
    assert "không có việc nào đang chờ" in signed_in(app, officer).get("/officers/").text


@pytest.mark.parametrize("role", sorted(Role))
def test_the_page_opens_for_every_role(app, role):
    assert signed_in(app, make_officer(role=role)).get("/officers/").status_code == 200
