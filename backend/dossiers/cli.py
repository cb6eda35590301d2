"""`flask --app backend dossiers …`."""

import click
from flask.cli import AppGroup

from backend.dossiers import demo

commands = AppGroup("dossiers", help="Dossiers of citizens.")


@commands.command("seed-demo")
def seed_demo() -> None:
    """Make 300 demo dossiers of invented people, unless there are dossiers already."""
    made = demo.seed()
    click.echo(f"{made} demo dossiers made" if made else "dossiers are there already, nothing made")
