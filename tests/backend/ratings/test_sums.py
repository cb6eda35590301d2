"""Nothing smaller than five can be learnt: not from a figure, not from two of them, not by waiting."""

import os
from datetime import UTC, date, datetime
from itertools import combinations, product

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from backend import clock
from backend.database import reading
from backend.organisation import service as organisation
from backend.organisation.models import Role
from backend.ratings import policy, sums
from backend.ratings.models import OfficerRatingSum, Rating, RatingSum
from backend.ratings.policy import Figures, One
from backend.ratings.sums import Wanted
from tests.builders.dossiers import AGENCY, make_house
from tests.builders.organisation import make_officer
from tests.builders.ratings import make_rating

EXAMPLES = int(os.environ.get("MUTATIONS", "120"))
MONTHS = [date(2026, month, 1) for month in range(1, 7)]
ratings_of_an_agency = st.lists(st.tuples(st.sampled_from(MONTHS), st.sampled_from(["", "A", "B", "C"])), max_size=60)


def ones(pairs: list[tuple[date, str]]) -> list[One]:
    return [One(number, month, procedure) for number, (month, procedure) in enumerate(sorted(pairs), 1)]


def every_figure(groups: list[policy.Group]) -> list[frozenset[int]]:
    """The ratings behind every figure that any combination of filters can bring up."""
    found = {frozenset[int]()}
    kinds = [None, *sorted({group.procedure for group in groups})]
    ends = [None, *sorted({group.last_month for group in groups})]
    for kind, end in product(kinds, ends):
        chosen = [g for g in groups if kind in (None, g.procedure) and end in (None, g.last_month)]
        found.add(frozenset(one for group in chosen for one in group.ids))
    return sorted(found, key=len)


def assert_nothing_small(figures: list[frozenset[int]]) -> None:
    for small, large in combinations(figures, 2):
        for difference in (large - small, small - large, small & large):
            assert len(difference) == 0 or len(difference) >= policy.MINIMUM


@given(ratings_of_an_agency)
@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_no_two_figures_differ_by_fewer_than_five(pairs):
    rows = ones(pairs)
    groups = policy.divided(rows)
    counted = [one for group in groups for one in group.ids]
    assert len(counted) == len(set(counted))  # groups never overlap: any sum or difference is one of whole groups
    assert all(len(group.ids) >= policy.MINIMUM for group in groups)
    assert_nothing_small(every_figure(groups))
    assert len(rows) - len(counted) < policy.MINIMUM  # and no more is held back than must be


@given(ratings_of_an_agency, st.integers(1, 6))
@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_waiting_for_the_next_release_reveals_whole_groups_only(pairs, month):
    rows = ones(pairs)
    early = policy.divided([one for one in rows if one.month.month <= month])
    released = {one for group in early for one in group.ids}
    late = early + policy.divided([one for one in rows if one.id not in released])
    assert_nothing_small([*every_figure(early), *every_figure(late)])


@given(st.lists(st.integers(), max_size=40, unique=True), st.integers(0, 40))
@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_an_officers_sums_grow_by_fives(ids, seen):
    early = policy.in_fives(ids[:seen])
    rest = [one for one in ids if one not in {x for five in early for x in five}]
    assert all(len(five) == policy.MINIMUM for five in [*early, *policy.in_fives(rest)])


def test_figures_say_what_they_are():
    figures = Figures((1, 0, 1, 2, 4)) + Figures((0, 0, 0, 0, 2))
    assert (figures.total, figures.mean, figures.satisfied) == (10, 4.2, 0.8)
    assert round(figures.index, 1) == 14.4
    assert (Figures().mean, Figures().index) == (0.0, 0.0)


def released() -> tuple[int, int]:
    with reading() as session:
        months, fives = session.scalars(select(RatingSum)).all(), session.scalars(select(OfficerRatingSum)).all()
    return sum(sum(row.counts) for row in months), sum(sum(row.counts) for row in fives)


def test_a_month_is_released_when_it_is_over_and_can_no_longer_be_corrected(database):
    officer = make_officer(agency_id=make_house())
    for day in (1, 5, 10, 15, 20, 30):
        make_rating(4, at=datetime(2026, 11, day, 3, tzinfo=UTC), officer_id=officer, officer_score=2)
    for moment, expected in (
        (datetime(2026, 11, 30, 12, tzinfo=UTC), (0, 5)),
        (datetime(2026, 12, 1, 10, tzinfo=UTC), (0, 5)),
        (datetime(2026, 12, 2, 10, tzinfo=UTC), (6, 5)),
        (datetime(2026, 12, 3, 10, tzinfo=UTC), (6, 5)),
    ):
        with clock.stopped_at(moment):
            sums.release()
        assert released() == expected, moment


def test_what_is_too_little_waits_and_stays_out_of_sight(database):
    leader = organisation.officer(make_officer(role=Role.LEADER, agency_id=make_house()))
    for number in range(4):
        make_rating(1, words="lời nói riêng của một người", at=datetime(2026, 8, number + 1, tzinfo=UTC))
    sums.release()
    found = sums.overview(leader, Wanted())
    assert (found.total.total, found.comments, found.pending) == (0, [], 4)
    make_rating(5)
    sums.release()
    found = sums.overview(leader, Wanted())
    assert [(line.title, line.figures.total) for line in found.months] == [("08/2026 – 09/2026", 5)]


def test_nobody_sees_another_agency_nor_words_about_their_own_work(database):
    head = organisation.officer(make_officer(role=Role.HEAD, agency_id=make_house()))
    for number in range(5):
        make_rating(words=f"về chính trưởng phòng {number}", officer_id=head.id)
        make_rating(words="lời của xã khác", agency="H15.77")
    sums.release()
    found = sums.overview(head, Wanted(agency_code="H15.77"))
    assert found.total.total == 0
    assert sums.overview(head, Wanted()).comments == []
    province = organisation.officer(make_officer(role=Role.PROVINCE_LEADER))
    assert len(sums.overview(province, Wanted(agency_code=AGENCY)).agencies) == 1


def test_released_ratings_are_not_released_again(database):
    for _ in range(7):
        make_rating(3)
    with clock.stopped_at(datetime(2026, 10, 5, tzinfo=UTC)):
        assert [sums.release() for _ in range(3)] == [1, 0, 0]
    with reading() as session:
        assert all(row.sum_id for row in session.scalars(select(Rating)))
