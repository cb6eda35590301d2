"""Alembic's entry: runs the numbered migrations on the database of the settings."""

from alembic import context

from backend import database, models

target_metadata = models.ALL


def run() -> None:
    """Apply migrations inside one transaction where the database can."""
    connectable = context.config.attributes.get("engine") or database.engine()
    with connectable.connect() as connection:
        context.configure(
            connection=connection,
            target_metadata=target_metadata,
            render_as_batch=connection.dialect.name == "sqlite",
            compare_type=True,
        )
        with context.begin_transaction():
            context.run_migrations()


run()
