"""Empty databases of a benchmark's own, put in the place of the process's."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Engine, create_engine, text
from sqlalchemy.exc import OperationalError

from backend import database
from tests.bench import report

POSTGRESQL = os.environ.get("TEST_DATABASE_URL", "postgresql+psycopg://postgres@127.0.0.1:5432/test")


@contextmanager
def sqlite() -> Iterator[Engine]:
    """A file of its own."""
    with tempfile.TemporaryDirectory() as folder, _in_use(f"sqlite:///{folder}/mot_cua.db") as engine:
        yield engine


@contextmanager
def postgresql() -> Iterator[Engine | None]:
    """A schema of its own, dropped afterwards; None, and a line that says so, where there is no PostgreSQL."""
    schema, server = f"bench_{os.getpid()}", create_engine(POSTGRESQL)
    try:
        with server.begin() as connection:
            connection.execute(text(f"CREATE SCHEMA {schema}"))
    except OperationalError:
        report.console.print("PostgreSQL: skipped, it is not there")
        yield None
        return
    try:
        with _in_use(f"{POSTGRESQL}?options=-csearch_path%3D{schema}") as engine:
            yield engine
    finally:
        with server.begin() as connection:
            connection.execute(text(f"DROP SCHEMA {schema} CASCADE"))
        server.dispose()


@contextmanager
def _in_use(url: str) -> Iterator[Engine]:
    engine, ours = database.create(url), database.engine
    database.engine = lambda: engine  # type: ignore[assignment]
    try:
        yield engine
    finally:
        database.engine = ours
        engine.dispose()
