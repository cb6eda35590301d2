"""`flask --app backend database …`: migrations. The features bring their own commands."""

from pathlib import Path

import click
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from flask.cli import AppGroup
from sqlalchemy import Engine
from sqlalchemy.schema import CreateSchema

from backend import database
from backend.settings import settings

commands = AppGroup("database", help="Create and change the tables.")


def migrations(engine: Engine | None = None) -> Config:
    """Alembic's configuration, without an .ini file; `engine` instead of the one of the settings."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.set_main_option("file_template", "%%(rev)s_%%(slug)s")
    config.attributes["engine"] = engine
    return config


@commands.command("upgrade")
def upgrade() -> None:
    """Bring the database to the newest migration, with room for Rasa beside our tables."""
    command.upgrade(migrations(), "head")
    make_assistants_schema(database.engine())
    head = ScriptDirectory.from_config(migrations()).get_current_head()
    click.echo(f"database at {database.engine().url.render_as_string(hide_password=True)} is at migration {head}")


def make_assistants_schema(engine: Engine) -> None:
    """On PostgreSQL Rasa's events have a schema of their own; without it Rasa starts, and fails at every turn."""
    if engine.dialect.name == "postgresql":
        with engine.begin() as connection:
            connection.execute(CreateSchema(settings().postgresql_schema, if_not_exists=True))


@commands.command("revision")
@click.argument("message")
def revision(message: str) -> None:
    """Write the next numbered migration from the difference between models and database."""
    script = ScriptDirectory.from_config(migrations())
    number = int(script.get_current_head() or 0) + 1
    command.revision(migrations(), message=message, autogenerate=True, rev_id=f"{number:04d}")
