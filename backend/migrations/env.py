"""Alembic's entry: runs the numbered migrations on the database of the settings."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Literal

from alembic import context
from alembic.autogenerate.api import AutogenContext
from sqlalchemy import Connection
from sqlalchemy.types import JSON

from backend import database, models
from backend.database import UtcDateTime

target_metadata = models.ALL


def in_plain_words(kind: str, item: Any, context: AutogenContext) -> str | Literal[False]:
    """Our own types as plain SQLAlchemy: a migration must not change when the code does."""
    if kind == "type" and isinstance(item, UtcDateTime):
        return "sa.DateTime(timezone=True)"
    if kind == "type" and isinstance(item, JSON):
        context.imports.add("from sqlalchemy.dialects import postgresql")
        return "sa.JSON().with_variant(postgresql.JSONB(), 'postgresql')"
    return False


def run() -> None:
    """Apply migrations inside one transaction where the database can."""
    connectable = context.config.attributes.get("engine") or database.engine()
    with connectable.connect() as connection, tables_made_anew(connection):
        context.configure(
            connection=connection,
            target_metadata=target_metadata,
            render_as_batch=connection.dialect.name == "sqlite",
            compare_type=True,
            render_item=in_plain_words,
            transactional_ddl=True,  # SQLite can, as `backend.database` says BEGIN itself
        )
        with context.begin_transaction():
            context.run_migrations()
            refuse_dangling(connection)


@contextmanager
def tables_made_anew(connection: Connection) -> Iterator[None]:
    """SQLite changes a table by dropping and making it anew, which references to its rows forbid while they count."""
    raw = connection.connection.driver_connection
    if connection.dialect.name != "sqlite" or raw is None:
        yield
        return
    raw.execute("PRAGMA foreign_keys=OFF")
    try:
        yield
    finally:
        raw.execute("PRAGMA foreign_keys=ON")


def refuse_dangling(connection: Connection) -> None:
    """What SQLite did not look at meanwhile. Raises RuntimeError, which undoes the migrations."""
    if connection.dialect.name == "sqlite":
        dangling = connection.exec_driver_sql("PRAGMA foreign_key_check").fetchall()
        if dangling:
            raise RuntimeError(f"references to nothing in {sorted({row[0] for row in dangling})}")


run()
