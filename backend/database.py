"""One database, one way to it: `with transaction() as session` writes, `with reading() as session` reads.

Both join the transaction already open in this context, so a service function that owns a transaction can be called
from another one and is committed with it, once, by the outermost. SQLite and PostgreSQL behave alike here: a
transaction that writes takes SQLite's write lock at its start (`BEGIN IMMEDIATE`), never in its middle.
"""

import json
import sqlite3
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from threading import Lock
from typing import Any, cast

from sqlalchemy import (
    DateTime,
    Dialect,
    Engine,
    Executable,
    MetaData,
    Table,
    Text,
    TypeDecorator,
    bindparam,
    column,
    create_engine,
    event,
    func,
    select,
    update,
)
from sqlalchemy import cast as sql_cast
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection, make_url
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import DeclarativeBase, Session
from sqlalchemy.types import JSON

from backend.logs import logger
from backend.settings import settings

log = logger(__name__)

BUSY_TIMEOUT_MS = 10_000
LARGEST_ID = 2**31 - 1
"""Of our integer keys; PostgreSQL refuses to compare them with more, SQLite to take more than 64 bits."""
_NAMES = {
    "ix": "ix_%(column_0_label)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


class UtcDateTime(TypeDecorator[datetime]):
    """An aware UTC datetime on every database; a naive one is a programming error."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("naive datetime")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return None if value is None else value.replace(tzinfo=value.tzinfo or UTC).astimezone(UTC)


class Base(DeclarativeBase):
    """Base of all tables. Integer keys; names of constraints by convention, so that migrations can name them."""

    metadata = MetaData(naming_convention=_NAMES)
    type_annotation_map = {  # noqa: RUF012 - SQLAlchemy's own protocol
        datetime: UtcDateTime,
        dict[str, Any]: JSON().with_variant(postgresql.JSONB(), "postgresql"),
        list[Any]: JSON().with_variant(postgresql.JSONB(), "postgresql"),
        list[str]: JSON().with_variant(postgresql.JSONB(), "postgresql"),
        list[dict[str, Any]]: JSON().with_variant(postgresql.JSONB(), "postgresql"),
    }


def create(url: str) -> Engine:
    """An engine for `url`, with the pragmas and the transaction start that SQLite needs.

    Its errors name no values: they end up in logs, and the values are what citizens wrote.
    """
    if make_url(url).get_backend_name() != "sqlite":
        return create_engine(url, pool_size=10, max_overflow=10, pool_pre_ping=True, hide_parameters=True)
    path = make_url(url).database
    if path and path != ":memory:":
        Path(path).parent.mkdir(mode=0o700, parents=True, exist_ok=True)  # what citizens wrote is no other user's
    wait = {"timeout": BUSY_TIMEOUT_MS / 1000}
    engine = create_engine(url, pool_size=20, max_overflow=20, connect_args=wait, hide_parameters=True)
    event.listen(engine, "connect", _sqlite_pragmas)
    event.listen(engine, "begin", _sqlite_begin)
    return engine


def _sqlite_pragmas(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # we send BEGIN ourselves
    synchronous = f"synchronous={settings().sqlite_synchronous}"
    for pragma in ("journal_mode=WAL", synchronous, "foreign_keys=ON", f"busy_timeout={BUSY_TIMEOUT_MS}"):
        connection.execute(f"PRAGMA {pragma}")


_asking = Lock()


def _sqlite_begin(connection: Connection) -> None:
    """Start reading at once, or take the write lock.

    SQLite's own waiting sleeps longer each time, up to 100 ms, so that whoever has waited long is overtaken by whoever
    just came. Here one thread of each process asks again every millisecond or so; a process that asks more often, a
    gateway, gets the lock sooner, however many threads the worker has.
    """
    raw = connection.connection.driver_connection
    assert raw is not None
    if connection.get_execution_options().get("reads_only"):
        raw.execute("BEGIN")
        return
    give_up_at = time.monotonic() + BUSY_TIMEOUT_MS / 1000
    raw.execute("PRAGMA busy_timeout=0")
    try:
        with _asking:
            while not _locked_by_us(raw, last_try=time.monotonic() > give_up_at):
                time.sleep(settings().lock_poll_seconds)
    finally:
        raw.execute(f"PRAGMA busy_timeout={BUSY_TIMEOUT_MS}")


def _locked_by_us(raw: Any, *, last_try: bool) -> bool:
    try:
        raw.execute("BEGIN IMMEDIATE")
    except sqlite3.OperationalError as error:
        if last_try or error.sqlite_errorcode != sqlite3.SQLITE_BUSY:
            raise OperationalError("BEGIN IMMEDIATE", None, error) from error  # as SQLAlchemy would have
        return False
    return True


@lru_cache
def engine() -> Engine:
    """The process's engine, made on first use (so after a server forked its workers)."""
    return create(settings().database)


@lru_cache
def practice_engine() -> Engine:
    """Where beginners practise: a SQLite file of its own, or a schema of its own in the same PostgreSQL."""
    url = make_url(settings().database)
    if url.get_backend_name() == "sqlite":
        return create(f"sqlite:///{practice_folder() / 'practice.db'}")
    options = f"{url.query.get('options', '')} -csearch_path={settings().practice_schema}".strip()
    return create(url.update_query_dict({"options": options}).render_as_string(hide_password=False))


def practice_folder() -> Path:
    """Where files of the practice mode lie."""
    return settings().data_dir / "practice"


_practising: ContextVar[bool] = ContextVar("practising", default=False)


def practising() -> bool:
    """True while this context works in the practice database: then nothing may leave the house."""
    return _practising.get()


def begin_request(*, practice: bool) -> None:
    """Say for the rest of this request which database it works in. Never inside a transaction."""
    if _current.get() is not None:
        raise RuntimeError("the database cannot change inside a transaction")
    _practising.set(practice)


@contextmanager
def in_practice(practice: bool = True) -> Iterator[None]:
    """Work in the practice database within the block, or, with False, in the real one; never joined to the other's."""
    if practice == _practising.get():
        yield
        return
    database, session, whole = _practising.set(practice), _current.set(None), _whole.set(None)
    try:
        yield
    finally:
        _whole.reset(whole)
        _current.reset(session)
        _practising.reset(database)


def _engine() -> Engine:
    return practice_engine() if _practising.get() else engine()


_current: ContextVar[Session | None] = ContextVar("session", default=None)
_whole: ContextVar[Session | None] = ContextVar("whole", default=None)
_after_commit = "after_commit_calls"


@contextmanager
def transaction() -> Iterator[Session]:
    """A session that is committed at the end of the outermost block, rolled back on an exception."""
    with _joined(Session(_engine(), expire_on_commit=False), commit=True) as session:
        yield session


@contextmanager
def reading() -> Iterator[Session]:
    """A session for reading; it sees the open transaction of this context when there is one."""
    with _joined(Session(_only_read(_engine()), expire_on_commit=False), commit=False) as session:
        yield session


@contextmanager
def together() -> Iterator[None]:
    """Commit what the transactions within the block write once, at its end: all of them or, on an exception, none.

    Unlike within an outer `transaction()`, one that fails takes back its own writing only, and SQLite's write lock is
    taken by the first that writes: what is looked up before it keeps nobody waiting.
    """
    whole = Session(_engine(), expire_on_commit=False)
    token = _whole.set(whole)
    try:
        with whole:
            yield
            whole.commit()
    finally:
        _whole.reset(token)
    _call(whole)


@contextmanager
def _part(whole: Session) -> Iterator[Session]:
    """A transaction, or a look at what those before it wrote, within `together`."""
    calls = list(whole.info.get(_after_commit, []))
    token = _current.set(whole)
    try:
        with whole.begin_nested():
            yield whole
        whole.expunge_all()  # as after a session of its own: the next one reads what is there, not what was
    except BaseException:
        whole.info[_after_commit] = calls
        raise
    finally:
        _current.reset(token)


@lru_cache(maxsize=4)
def _only_read(engine: Engine) -> Engine:
    options = {"reads_only": True}
    return engine.execution_options(**options)


@contextmanager
def _joined(fresh: Session, *, commit: bool) -> Iterator[Session]:
    outer = _current.get()
    if outer is not None and not (commit and outer.info.get("reads_only")):
        yield outer
        return
    whole = _whole.get()
    if whole is not None and (commit or whole.in_transaction()):
        with _part(whole) as part:
            yield part
        return
    fresh.info["reads_only"] = not commit
    token = _current.set(fresh)
    try:
        with fresh:
            yield fresh
            if commit:
                fresh.commit()
    finally:
        _current.reset(token)
    _call(fresh)


def _call(session: Session) -> None:
    for call in session.info.get(_after_commit, []):
        try:
            call()
        except Exception:
            log.exception("call after commit failed")


def after_commit(session: Session, call: Callable[[], object]) -> None:
    """Run `call` once the transaction of `session` is committed, e.g. to wake a worker; never when it rolls back.

    A `call` that fails is logged and nothing more: what is committed must not look failed to the one who asked for it.
    While practising nothing is woken: what is written there is never sent.
    """
    if _practising.get():
        return
    session.info.setdefault(_after_commit, []).append(call)


def insert_for(session: Session, table: Any) -> Any:
    """The dialect's own INSERT, which knows `on_conflict_do_nothing` and `on_conflict_do_update`."""
    return insert_in(session.get_bind().dialect.name, table)


def insert_in(dialect: str, table: Any) -> Any:
    """The same by the dialect's name, for statements that are built once."""
    return (sqlite if dialect == "sqlite" else postgresql).insert(table)


def insert_new(session: Session, model: type[Base], rows: Sequence[Mapping[str, Any]]) -> Sequence[int]:
    """Insert rows of the same columns at once, without those that are there already; the ids of the others."""
    if not rows:
        return []
    connection, table = session.connection(), cast(Table, model.__table__)
    if connection.dialect.name == "sqlite":
        query = insert_in("sqlite", table).on_conflict_do_nothing().returning(table.c.id)
        return connection.execute(query, rows).scalars().all()
    return connection.execute(_insert_given(table, tuple(rows[0])), _given(rows)).scalars().all()


def update_by_id(session: Session, model: type[Base], rows: Sequence[Mapping[str, Any]]) -> None:
    """Set the same columns of many rows at once, each to its own values; `id` says which. No version moves."""
    if not rows:
        return
    connection, table = session.connection(), cast(Table, model.__table__)
    names = tuple(name for name in rows[0] if name != "id")
    if connection.dialect.name == "sqlite":
        query = update(table).where(table.c.id == bindparam("of")).values({name: bindparam(name) for name in names})
        connection.execute(query, [{"of" if name == "id" else name: row[name] for name in row} for row in rows])
    else:
        connection.execute(_update_given(table, names), _given(rows))


# To PostgreSQL many rows go as one JSON value: a parameter for each of their fields takes seven times the work.


def _given(rows: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    return {"given": json.dumps(rows, default=_written_out, ensure_ascii=False)}


def _written_out(moment: datetime) -> str:
    if moment.tzinfo is None:
        raise ValueError("naive datetime")
    return moment.isoformat()


def _as_table(table: Table, names: Sequence[str]) -> Any:
    given = func.json_to_recordset(sql_cast(bindparam("given", type_=Text()), postgresql.JSON))
    columns = [column(name, table.c[name].type) for name in names]
    return given.table_valued(*columns, name="given").render_derived(with_types=True)


@lru_cache
def _insert_given(table: Table, names: tuple[str, ...]) -> Executable:
    rows = select(*_as_table(table, names).c)
    return postgresql.insert(table).from_select(names, rows).on_conflict_do_nothing().returning(table.c.id)


@lru_cache
def _update_given(table: Table, names: tuple[str, ...]) -> Executable:
    given = _as_table(table, ("id", *names))
    return update(table).where(table.c.id == given.c.id).values({name: given.c[name] for name in names})
