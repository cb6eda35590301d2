"""`flask --app backend complaints …`."""

import click
from flask.cli import AppGroup

from backend.complaints import demo
from backend.settings import settings

commands = AppGroup("complaints", help="Reports to the hotline.")


@commands.command("seed-demo")
def seed_demo() -> None:
    """Make demo reports, most of them published, unless there are reports already."""
    if settings().environment == "production":
        raise click.ClickException("demo reports have no place in production")
    made = demo.seed()
    click.echo(f"{made} demo reports made" if made else "reports are there already, nothing made")
