"""Officers' lists and the search."""

import pytest

from backend.dossiers import searching, worklists
from backend.dossiers.policy import State
from backend.organisation.models import Role
from backend.wsgi import build
from tests.builders.dossiers import OWNER, make_crew, make_dossier, make_house
from tests.builders.organisation import signed_in

OTHER = "H15.24.999"


def codes(officer, key):
    return [line.code for line in worklists.listed(officer, key).lines]


def found(officer, query):
    return [hit.line.code for hit in searching.search(officer, query).hits]


def test_every_role_finds_its_work_in_its_lists(crew):
    submitted, received, assigned, approving, ready = (
        make_dossier(state)
        for state in (State.SUBMITTED, State.RECEIVED, State.ASSIGNED, State.APPROVING, State.RESULT_READY)
    )
    assert codes(crew[Role.RECEPTIONIST], "check") == [submitted]
    assert codes(crew[Role.RECEPTIONIST], "ready") == [ready]
    assert len(codes(crew[Role.RECEPTIONIST], "all")) == 5
    assert codes(crew[Role.HEAD], "assign") == [received]
    assert codes(crew[Role.SPECIALIST], "new") == [assigned]
    assert codes(crew[Role.LEADER], "approve") == [approving]
    assert worklists.counts(crew[Role.RECEPTIONIST])["all"] == 5


def test_a_refused_dossier_leaves_the_specialists_list(crew):
    make_dossier(State.REFUSED)
    assert codes(crew[Role.SPECIALIST], "mine") == []


def test_pages_follow_each_other_without_gaps(crew):
    made = {make_dossier(State.SUBMITTED) for _ in range(5)}
    for key in ("check", "all"):
        seen, after = [], ""
        while True:
            page = worklists.listed(crew[Role.RECEPTIONIST], key, after=after, size=2)
            seen += [line.code for line in page.lines]
            after = page.after
            if not after:
                break
        assert len(seen) == 5
        assert set(seen) == made


@pytest.mark.parametrize("query", ["Tran Thi Mai", "mai trần", "mai th", "0900 000 001", "+84900000001", "0001"])
def test_search_knows_name_and_phone_in_any_spelling(crew, query):
    code = make_dossier(State.RECEIVED, phone=OWNER)
    for role in (Role.RECEPTIONIST, Role.HEAD, Role.LEADER, Role.SPECIALIST):
        assert found(crew[role], query) == [code]


def test_words_but_the_last_are_whole_ones_unless_nothing_is_called_so(crew):
    mai = make_dossier(State.RECEIVED, applicant_name="Trần Thị Mai")
    mail = make_dossier(State.RECEIVED, applicant_name="Trang Thị Mai Liên")
    desk = crew[Role.RECEPTIONIST]
    assert found(desk, "tran thi mai") == [mai]
    assert set(found(desk, "mai tran")) == {mai, mail}  # the last is still being typed
    assert found(desk, "lie tra") == [mail]  # nobody is called Lie


def test_search_knows_a_code_in_any_spelling_and_by_its_end(crew):
    code = make_dossier(State.RECEIVED, code="H15.24.316-260930-7712")
    for query in (code, code.lower(), "h15 24 316 260930 7712", "260930-7712", "7712", "712"):
        assert found(crew[Role.RECEPTIONIST], query) == [code]


@pytest.mark.parametrize("query", ["%", "_", "%%%%", "____", "'", "' | 'a", ":*", "\\", "12", "", "zzzz"])
def test_wildcards_and_odd_characters_find_nothing(crew, query):
    make_dossier(State.RECEIVED)
    assert found(crew[Role.RECEPTIONIST], query) == []


def test_other_agencies_dossiers_are_in_no_list_and_no_search(crew):
    make_house(OTHER, "UBND xã Khác")
    strangers = make_crew(OTHER)
    for state in State:
        make_dossier(state)
    for officer in strangers.values():
        assert all(codes(officer, tab.key) == [] for tab in worklists.tabs(officer.role))
        assert not any(worklists.counts(officer).values())
        assert found(officer, "Trần Thị Mai") == []


def test_pages_open_for_every_role_and_mark_what_was_found(crew):
    make_dossier(State.RECEIVED)
    app = build()
    for role in (Role.RECEPTIONIST, Role.HEAD, Role.LEADER, Role.SPECIALIST):
        browser = signed_in(app, crew[role].id)
        for address in ("", "?list=all", "?q=mai", "?q=%25_", "?list=all&after=x&state=x&period=30"):
            assert browser.get(f"/officers/dossiers/{address}").status_code == 200
        assert "<mark>Mai</mark>" in browser.get("/officers/dossiers/?q=mai").get_data(as_text=True)
