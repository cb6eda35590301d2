"""Ratings: only of one's own returned dossier, once, correctable for a day."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import select

import backend.ratings.keywords  # noqa: F401
from backend import clock, database
from backend.dossiers.policy import State
from backend.errors import InvalidInput
from backend.ratings import service
from backend.ratings.models import Rating
from tests.builders import messaging as make
from tests.builders.dossiers import OWNER, STRANGER, make_dossier


@pytest.fixture
def conversation(database, monkeypatch):
    make.install(monkeypatch)
    return make.text("xin chào", address=OWNER).conversation_id


def ratings() -> list[tuple[str, int, str]]:
    with database.reading() as session:
        return [(r.dossier_code, r.score, r.words) for r in session.scalars(select(Rating))]


def test_the_last_returned_dossier_is_rated(conversation):
    make_dossier(State.PROCESSING)
    code = make_dossier(State.RETURNED)
    assert service.rate(conversation, 5, "nhanh").outcome == "recorded"
    assert ratings() == [(code, 5, "nhanh")]


def test_a_correction_within_a_day_replaces_and_later_is_refused(conversation):
    code = make_dossier(State.RETURNED)
    service.rate(conversation, 1)
    service.rate(conversation, 4)
    assert ratings() == [(code, 4, "")]
    with clock.stopped_at(clock.now() + timedelta(days=2)):
        assert service.rate(conversation, 1).outcome == "too_late"
    assert ratings() == [(code, 4, "")]


def test_nothing_to_rate(conversation):
    theirs = make_dossier(State.RETURNED, phone=STRANGER)
    assert service.rate(conversation, 5).outcome == "nothing_to_rate"
    assert service.rate(conversation, 5, dossier_code=theirs).outcome == "nothing_to_rate"
    assert ratings() == []


@pytest.mark.parametrize("score", [0, 6, -1])
def test_only_one_to_five(conversation, score):
    with pytest.raises(InvalidInput):
        service.rate(conversation, score)


@pytest.mark.parametrize(
    ("words", "score", "comment"),
    [
        ("DG 5", 5, ""),
        ("dg 4 cán bộ nhiệt tình", 4, "cán bộ nhiệt tình"),
        ("DG 3 diem", 3, ""),
        ("DG {} 2 chậm", 2, "chậm"),
    ],
)
def test_the_keyword_dg(conversation, monkeypatch, words, score, comment):
    make.install(monkeypatch)
    code = make_dossier(State.RETURNED)
    make.text(words.format(code), address=OWNER)
    make.work()
    assert ratings() == [(code, score, comment)]


@pytest.mark.parametrize(
    ("words", "officer", "comment"),
    [
        ("DG 5 4", 4, ""),
        ("DG 5, 2 điểm chậm quá", 2, "chậm quá"),
        ("DG 5 4 lần mới xong", None, "4 lần mới xong"),
        ("dg 5 3 ngay la xong", None, "3 ngay la xong"),
        ("DG 5 2026 la nam tot", None, "2026 la nam tot"),
    ],
)
def test_a_second_number_is_the_officers_score_unless_it_counts_something(
    conversation, monkeypatch, words, officer, comment
):
    make.install(monkeypatch)
    code = make_dossier(State.RETURNED)
    make.text(words, address=OWNER)
    make.work()
    with database.reading() as session:
        given = session.scalars(select(Rating)).one()
    assert (given.dossier_code, given.score, given.officer_score, given.words) == (code, 5, officer, comment)


@pytest.mark.parametrize("words", ["DG", "DG 9", "dg 55"])
def test_dg_without_a_score_explains(conversation, monkeypatch, words):
    channel, _ = make.install(monkeypatch)
    make_dossier(State.RETURNED)
    make.text(words, address=OWNER)
    make.work()
    assert "DG 5" in channel.bodies[-1]
    assert ratings() == []


def test_two_ratings_at_once_are_one_rating(conversation):
    code = make_dossier(State.RETURNED)
    start = threading.Barrier(4)

    def rate(_number: int) -> str:
        start.wait()
        return service.rate(conversation, 5).outcome

    with ThreadPoolExecutor(4) as threads:
        assert list(threads.map(rate, range(4))) == ["recorded"] * 4
    assert ratings() == [(code, 5, "")]
