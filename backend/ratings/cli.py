"""`flask --app backend ratings …`."""

import click
from flask.cli import AppGroup

from backend.ratings import sums

commands = AppGroup("ratings", help="Satisfaction: what the worker does by itself at night, at once.")


@commands.command("release")
def release() -> None:
    """Turn the ratings of finished months, and officers' fives, into the sums that pages show."""
    click.echo(f"{sums.release()} new sums")
