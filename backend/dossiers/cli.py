"""`flask --app backend dossiers …`."""

import click
from flask.cli import AppGroup

from backend.dossiers import demo
from backend.settings import settings

commands = AppGroup("dossiers", help="Dossiers of citizens.")


@commands.command("seed-demo")
def seed_demo() -> None:
    """Make 300 demo dossiers of invented people, unless there are dossiers already."""
    if settings().environment == "production":
        raise click.ClickException("demo dossiers have no place in production")
    made = demo.seed()
    click.echo(f"{made} demo dossiers made" if made else "dossiers are there already, nothing made")
