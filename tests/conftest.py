"""What every test of the services environment shares: an empty database of each kind, and no stray environment."""

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

os.environ.update(
    ENVIRONMENT="test",
    DATA_DIR=tempfile.mkdtemp(prefix="mot-cua-tests-"),
    INTERNAL_TOKEN="test-internal-token",
    SECRET_KEY="test-secret-key",
    LOG_LEVEL="WARNING",
)

import hypothesis
import pytest
from argon2 import PasswordHasher
from sqlalchemy import Engine, create_engine, text
from sqlalchemy.exc import OperationalError

from backend import database as db
from backend import models
from backend.organisation import sign_in
from backend.procedures import versions
from backend.settings import Settings, settings

POSTGRESQL = os.environ.get("TEST_DATABASE_URL", "postgresql+psycopg://postgres@127.0.0.1:5432/test")
TABLES = models.ALL

Settings.model_config["env_file"] = None  # somebody's own .env is no part of a test, and slow to read for each
_QUICK = PasswordHasher(time_cost=1, memory_cost=16, parallelism=1)
sign_in._hasher = lambda: _QUICK  # what a good one costs is the point of it, not of tests

hypothesis.settings.register_profile("ours", deadline=None)  # a busy machine is no fault of what is tested
hypothesis.settings.load_profile("ours")


def _postgresql_schema(purpose: str = "test") -> str:
    """URL of an empty schema of this test process's own."""
    schema = f"{purpose}_{os.getpid()}"  # runs side by side do not meet
    try:
        with create_engine(POSTGRESQL).begin() as connection:
            connection.execute(text(f"DROP SCHEMA IF EXISTS {schema} CASCADE"))
            connection.execute(text(f"CREATE SCHEMA {schema}"))
    except OperationalError:
        if os.environ.get("CI"):
            raise
        pytest.skip(f"PostgreSQL is not reachable at {POSTGRESQL}")
    return f"{POSTGRESQL}?options=-csearch_path%3D{schema}%20-csynchronous_commit%3Doff"


def _drop_schemas() -> None:
    """Leave nothing of this test process behind."""
    with create_engine(POSTGRESQL).begin() as connection:
        names = connection.scalars(text("SELECT nspname FROM pg_namespace")).all()
        for name in (name for name in names if name.endswith(f"_{os.getpid()}")):
            connection.execute(text(f"DROP SCHEMA {name} CASCADE"))


@pytest.fixture(scope="session")
def _postgresql() -> Iterator[Engine]:
    engine = db.create(_postgresql_schema())
    TABLES.create_all(engine)
    yield engine
    engine.dispose()
    _drop_schemas()


@pytest.fixture(scope="session")
def _sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("template") / "empty.db"
    engine = db.create(f"sqlite:///{path}")
    TABLES.create_all(engine)
    engine.dispose()
    return path


@pytest.fixture(scope="session")
def _sqlite(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """One engine for all tests: it keeps the statements it has compiled, a third of a test's time."""
    engine = db.create(f"sqlite:///{tmp_path_factory.mktemp('sqlite') / 'test.db'}")
    yield engine
    engine.dispose()


def _renew(engine: Engine, template: Path) -> None:
    """Put an empty database in the place of the last test's."""
    engine.dispose()
    path = Path(str(engine.url.database))
    for old in path.parent.glob("test.db*"):
        old.unlink()
    path.write_bytes(template.read_bytes())


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Engine:
    """An empty database with all tables, as the process's `backend.database.engine()`; each test runs on both kinds."""
    if request.param == "sqlite":
        engine = request.getfixturevalue("_sqlite")
        _renew(engine, request.getfixturevalue("_sqlite_template"))
    else:
        engine = request.getfixturevalue("_postgresql")
        with engine.begin() as connection:  # much faster than TRUNCATE for a handful of rows
            connection.execute(text("; ".join(f'DELETE FROM "{t.name}"' for t in reversed(TABLES.sorted_tables))))
    monkeypatch.setattr(db, "engine", lambda: engine)
    monkeypatch.setattr(versions, "_remembered", None)
    return engine


@pytest.fixture(autouse=True)
def _fresh_settings() -> Iterator[None]:
    settings.cache_clear()
    yield
    settings.cache_clear()
