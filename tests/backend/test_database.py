"""Transactions: joined, committed once by the outermost, and what happens after the commit; on both databases."""

import stat
import threading
from datetime import UTC, datetime

import pytest
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError, StatementError

from backend import clock
from backend.citizens.models import Citizen
from backend.database import after_commit, create, insert_new, reading, together, transaction, update_by_id
from backend.queue import queue
from backend.settings import settings

pytestmark = pytest.mark.usefixtures("database")
NOW = datetime(2026, 11, 23, 1, 2, 3, 456789, tzinfo=UTC)


def add(name: str) -> None:
    """A service function that owns its transaction."""
    with transaction() as session:
        session.add(Citizen(full_name=name, phone=name, created_at=clock.now()))


def names() -> list[str]:
    """What this context sees."""
    with reading() as session:
        return list(session.scalars(select(Citizen.full_name).order_by(Citizen.id)))


def names_elsewhere() -> list[str]:
    """What everybody else sees: another thread has a context, and a connection, of its own."""
    seen: list[str] = []
    thread = threading.Thread(target=lambda: seen.extend(names()))
    thread.start()
    thread.join()
    return seen


def test_a_transaction_is_committed_at_its_end():
    add("an")
    assert names_elsewhere() == ["an"]


def test_an_inner_transaction_is_committed_by_the_outermost():
    with transaction() as outer:
        with transaction() as inner:
            assert inner is outer
            add("an")
        assert names() == ["an"], "reading joins the open transaction"
        assert names_elsewhere() == []
    assert names_elsewhere() == ["an"]


def test_an_error_rolls_back_what_inner_transactions_did():
    with pytest.raises(RuntimeError), transaction():
        add("an")
        raise RuntimeError
    assert names() == []


def test_the_next_transaction_starts_afresh_after_an_error():
    with pytest.raises(RuntimeError), transaction():
        raise RuntimeError
    add("an")
    assert names_elsewhere() == ["an"]


def test_reading_inside_reading_is_one_session():
    with reading() as outer, reading() as inner:
        assert inner is outer


def test_what_is_changed_while_reading_is_not_kept():
    with reading() as session:
        session.add(Citizen(full_name="an", phone="1", created_at=clock.now()))
    assert names() == []


def test_a_transaction_inside_reading_is_its_own_and_does_not_wait_for_it():
    with reading() as outer:
        outer.scalars(select(Citizen)).all()
        with transaction() as inner:
            assert inner is not outer
            add("an")
        assert names_elsewhere() == ["an"]
    assert names() == ["an"]


def test_threads_do_not_share_a_transaction():
    sessions = []

    def other() -> None:
        with reading() as session:
            sessions.append(session)

    with transaction() as session:
        thread = threading.Thread(target=other)
        thread.start()
        thread.join()
        assert sessions[0] is not session


def test_objects_can_be_read_after_their_session():
    add("an")
    with reading() as session:
        citizen = session.scalars(select(Citizen)).one()
    assert citizen.full_name == "an"


def test_calls_wait_for_the_commit_and_keep_their_order():
    called = []
    with transaction() as session:
        after_commit(session, lambda: called.append(("first", names_elsewhere())))
        after_commit(session, lambda: called.append(("second", names_elsewhere())))
        add("an")
        assert called == []
    assert called == [("first", ["an"]), ("second", ["an"])]


def test_calls_of_an_inner_transaction_wait_for_the_outermost():
    called = []
    with transaction():
        with transaction() as inner:
            after_commit(inner, lambda: called.append("now"))
        assert called == []
    assert called == ["now"]


def test_calls_of_a_transaction_inside_reading_do_not_wait_for_the_reading():
    called = []
    with reading():
        with transaction() as session:
            after_commit(session, lambda: called.append("now"))
        assert called == ["now"]


def test_nothing_is_called_after_a_rollback():
    called = []
    with pytest.raises(RuntimeError), transaction() as session:
        after_commit(session, lambda: called.append("never"))
        raise RuntimeError
    assert called == []


def test_nothing_is_called_when_the_commit_itself_fails():
    called = []
    add("an")
    with pytest.raises(IntegrityError), transaction() as session:
        after_commit(session, lambda: called.append("never"))
        session.add(Citizen(full_name="bình", phone="an", created_at=clock.now()))  # flushed by the commit
    assert called == []
    assert names() == ["an"]


def test_calls_may_use_the_database():
    with transaction() as session:
        after_commit(session, lambda: add("bình"))
        add("an")
    assert names_elsewhere() == ["an", "bình"]


def test_a_call_that_fails_neither_fails_the_caller_nor_the_other_calls():
    def down() -> None:
        raise ConnectionError("the queue is down")

    called = []
    with transaction() as session:
        after_commit(session, down)
        after_commit(session, lambda: called.append("now"))
        add("an")
    assert called == ["now"]
    assert names_elsewhere() == ["an"]


def rows(*names: str) -> list[dict[str, object]]:
    """Of citizens, with all kinds of values a row can have."""
    return [{"full_name": name, "phone": f"+84{n}", "created_at": NOW} for n, name in enumerate(names)]


def test_many_rows_are_inserted_once():
    with transaction() as session:
        first = insert_new(session, Citizen, rows("Ân", "bò \\ 'x' \"y\" {}"))
        again = insert_new(session, Citizen, rows("Khác", "khác", "mới"))
        assert (len(first), len(again), insert_new(session, Citizen, [])) == (2, 1, [])
    assert names_elsewhere() == ["Ân", "bò \\ 'x' \"y\" {}", "mới"]
    with reading() as session:
        assert session.scalars(select(Citizen.created_at)).all() == [NOW] * 3


def test_many_rows_are_updated_each_to_its_own():
    with transaction() as session:
        one, two, three = insert_new(session, Citizen, rows("an", "bình", "chi"))
        update_by_id(session, Citizen, [{"id": one, "full_name": "ân"}, {"id": three, "full_name": "châu"}])
        update_by_id(session, Citizen, [])
    assert names_elsewhere() == ["ân", "bình", "châu"]
    assert two


def test_a_moment_without_a_zone_is_refused():
    with pytest.raises((ValueError, StatementError)), transaction() as session:
        insert_new(session, Citizen, [{"full_name": "an", "phone": "1", "created_at": datetime(2026, 11, 23)}])  # noqa: DTZ001


def test_the_folder_of_the_embedded_database_is_its_owners(tmp_path, monkeypatch):
    """What citizens wrote is not for the other users of the machine."""
    create(f"sqlite:///{tmp_path / 'var' / 'mot_cua.db'}").connect().close()
    assert stat.S_IMODE((tmp_path / "var").stat().st_mode) == 0o700
    monkeypatch.setenv("DATA_DIR", str(tmp_path / "other"))
    settings.cache_clear()
    queue.__wrapped__()
    assert stat.S_IMODE((tmp_path / "other").stat().st_mode) == 0o700


class TestTogether:
    """Transactions one after the other that are committed at the end of the block, or never."""

    def test_all_of_them_or_none(self):
        with together():
            add("an")
            add("bình")
            assert names() == ["an", "bình"]
            assert names_elsewhere() == []
        assert names_elsewhere() == ["an", "bình"]
        with pytest.raises(ZeroDivisionError), together():
            add("chi")
            _ = 1 / 0
        assert names() == names_elsewhere() == ["an", "bình"]

    def test_one_that_fails_takes_back_its_own_writing_only(self):
        called = []
        with together():
            with transaction() as session:
                session.add(Citizen(full_name="an", phone="1", created_at=NOW))
                after_commit(session, lambda: called.append("an"))
            with pytest.raises(IntegrityError), transaction() as session:
                after_commit(session, lambda: called.append("never"))
                add("bình")
                session.add(Citizen(id=1, full_name=None, phone="2", created_at=NOW))
                session.flush()
            add("chi")
            assert called == []
        assert (names(), called) == (["an", "chi"], ["an"])

    def test_who_only_looks_things_up_keeps_nobody_waiting(self):
        with together():
            assert names() == []
            thread = threading.Thread(target=add, args=["an"])
            thread.start()
            thread.join(5)
            assert names() == ["an"]
            add("bình")
        assert names() == ["an", "bình"]

    def test_each_reads_what_is_there_and_not_what_was(self):
        add("an")
        with together():
            with transaction() as session:
                first = session.scalars(select(Citizen)).one()
                first.phone = "1"
            with transaction() as session:
                session.execute(update(Citizen).values(phone="2"), execution_options={"synchronize_session": False})
            with reading() as session:
                assert session.scalars(select(Citizen)).one().phone == "2"
            assert first.phone == "1", "still to be read, as after any transaction"
