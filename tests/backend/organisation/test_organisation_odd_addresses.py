"""Addresses that no page of ours makes: they show a page, never an error of ours."""

import pytest

from backend.dossiers import worklists
from backend.organisation.models import Role
from backend.wsgi import build
from tests.builders.dossiers import make_crew
from tests.builders.organisation import make_officer, signed_in


@pytest.mark.parametrize(
    "address",
    [
        "officers?page=²",
        "officers?agency=²",
        "calendar?year=²",
        "audit?page=²",
        "audit?first=0001-01-01&last=9999-12-31",
    ],
)
def test_numbers_and_days_that_are_none_show_the_page_all_the_same(database, address):
    client = signed_in(build(), make_officer(role=Role.ADMINISTRATOR))
    assert client.get(f"/officers/admin/{address}").status_code == 200


@pytest.mark.parametrize("number", ["99999999999999999999", "²", "-1", ""])
def test_a_place_in_a_list_that_is_none_begins_at_the_beginning(database, number):
    crew = make_crew()
    listed = worklists.listed(crew[Role.RECEPTIONIST], "all", after=f"20260101000000000000.{number}")
    assert listed.lines == []


@pytest.mark.parametrize(
    ("address", "status"),
    [("/hs/%00", 404), ("/hs/%00/giay-hen.pdf", 404), ("/nop?q=%00", 200), ("/officers/dossiers/?agency=%00", 422)],
)
def test_a_nul_is_refused_at_the_door(database, address, status):
    client = signed_in(build(), make_officer(role=Role.PROVINCE_LEADER))
    assert client.get(address).status_code == status
