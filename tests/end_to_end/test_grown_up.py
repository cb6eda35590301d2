"""The same promises grown up: PostgreSQL for both stores, Redis as the queue, two workers side by side."""

import os
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis
from sqlalchemy import Engine, create_engine, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import OperationalError

from backend.settings import ROOT
from tests.conftest import POSTGRESQL
from tests.end_to_end.stack import Stack, wait_for
from tests.end_to_end.test_the_main_job import QUESTION, first_dossier

pytestmark = pytest.mark.end_to_end

REDIS = os.environ.get("TEST_REDIS_URL", "redis://127.0.0.1:6379")
DATABASE = f"mot_cua_grown_up_{os.getpid()}"


def unreachable(what: str, error: Exception) -> None:
    """A server that is missing is a reason to skip on somebody's machine, and a fault in CI."""
    if os.environ.get("CI"):
        raise error
    pytest.skip(f"{what} is not reachable: {error}")


@pytest.fixture(scope="module")
def database_url() -> Iterator[str]:
    """A database of this run's own, dropped afterwards."""
    server = create_engine(POSTGRESQL, isolation_level="AUTOCOMMIT")
    try:
        with server.connect() as connection:
            connection.execute(text(f"CREATE DATABASE {DATABASE}"))
    except OperationalError as error:
        unreachable("PostgreSQL", error)
    url = make_url(POSTGRESQL).set(database=DATABASE, drivername="postgresql")
    yield url.render_as_string(hide_password=False)
    with server.connect() as connection:
        connection.execute(text(f"DROP DATABASE {DATABASE} WITH (FORCE)"))
    server.dispose()


@pytest.fixture(scope="module")
def redis_url() -> Iterator[str]:
    """A numbered database of Redis that nobody uses, emptied afterwards."""
    try:
        number = next(n for n in range(15, 0, -1) if redis.Redis.from_url(f"{REDIS}/{n}").dbsize() == 0)
    except redis.ConnectionError as error:
        unreachable("Redis", error)
    yield f"{REDIS}/{number}"
    redis.Redis.from_url(f"{REDIS}/{number}").flushdb()


@pytest.fixture(scope="module")
def grown_up(database_url: str, redis_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """The running system, one worker."""
    for needed in ("bot/.venv/bin/rasa", "models/.trained"):
        if not (ROOT / needed).exists():
            pytest.skip(f"{needed} is missing: run `make test`, which sets it up")
    stack = Stack(tmp_path_factory.mktemp("grown-up"), database_url, redis_url)
    try:
        stack.seed()
        stack.start()
        stack.wait_until_ready()
        yield stack
    finally:
        stack.stop()


@pytest.fixture
def tables(grown_up: Stack) -> Iterator[Engine]:
    engine = create_engine(make_url(grown_up.database_url).set(drivername="postgresql+psycopg"))
    yield engine
    engine.dispose()


def test_the_main_question_is_answered_and_rasa_keeps_to_its_own_schema(grown_up: Stack, tables: Engine) -> None:
    answer = grown_up.text("+84900910001", QUESTION)
    assert "chung sinh" in answer.lower()
    with tables.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM rasa.events")) > 0
        assert connection.scalar(text("SELECT to_regclass('public.events')")) is None
        assert connection.scalar(text("SELECT to_regclass('rasa.message')")) is None
        assert connection.scalar(text("SELECT count(*) FROM public.message")) >= 2


def test_nothing_is_left_in_embedded_files(grown_up: Stack) -> None:
    grown_up.text("+84900910002", "TRO GIUP")
    assert not [path.name for path in Path(grown_up.folder).glob("*.db*")]


def test_hs_shows_the_dossiers_of_the_number_that_asks(grown_up: Stack) -> None:
    code = first_dossier(grown_up, "+84900000001")
    assert code in grown_up.text("+84900000001", f"HS {code}")
    assert "khong tim thay" in grown_up.text("+84900910003", f"HS {code}")


def test_kill_9_of_one_of_two_workers_loses_no_message_and_answers_none_twice(grown_up: Stack) -> None:
    second = Stack(Path(grown_up.folder) / "second")
    second.environment = grown_up.environment
    second.start("worker")
    phones = [f"+8490093{number:04d}" for number in range(30)]
    accepted: list[str] = []

    def citizens() -> None:
        for phone in phones:
            assert grown_up.post_sms(phone, QUESTION, f"SM{phone[1:]}").status_code == 200
            accepted.append(phone)

    try:
        sender = threading.Thread(target=citizens)
        sender.start()
        wait_for(lambda: len(accepted) >= 8, 30, "nothing was accepted")
        second.kill("worker")
        sender.join()
        assert accepted == phones
        wait_for(lambda: all(grown_up.sent_sms(phone) for phone in phones), 150, "some were never answered")
    finally:
        second.stop()
    for phone in phones:
        answers = grown_up.sent_sms(phone)
        assert len(answers) == 1, (phone, answers)
        assert "chung sinh" in answers[0].lower()


def test_kill_9_of_the_only_worker_loses_nothing_that_waits_in_redis(grown_up: Stack) -> None:
    phones = [f"+8490094{number:04d}" for number in range(10)]
    for phone in phones:
        assert grown_up.post_sms(phone, QUESTION).status_code == 200
    grown_up.kill("worker")
    grown_up.start("worker")
    wait_for(lambda: all(grown_up.sent_sms(phone) for phone in phones), 150, "some were never answered")
    answers = [len(grown_up.sent_sms(phone)) for phone in phones]
    assert answers == [1] * len(phones)


def test_an_emptied_queue_loses_nothing(grown_up: Stack) -> None:
    phone = "+84900910004"
    grown_up.kill("worker")
    assert grown_up.post_sms(phone, QUESTION).status_code == 200
    redis.Redis.from_url(grown_up.redis_url).flushdb()
    grown_up.start("worker")
    wait_for(lambda: grown_up.sent_sms(phone), 150, "the message was lost with the queue")
    assert len(grown_up.sent_sms(phone)) == 1
