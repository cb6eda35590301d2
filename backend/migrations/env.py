"""Alembic's entry: runs the numbered migrations on the database of the settings."""

from typing import Any, Literal

from alembic import context
from alembic.autogenerate.api import AutogenContext
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
    with connectable.connect() as connection:
        context.configure(
            connection=connection,
            target_metadata=target_metadata,
            render_as_batch=connection.dialect.name == "sqlite",
            compare_type=True,
            render_item=in_plain_words,
        )
        with context.begin_transaction():
            context.run_migrations()


run()
