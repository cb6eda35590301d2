"""`flask --app backend translations …`."""

import click
from flask.cli import AppGroup

from backend.translations import collect

commands = AppGroup("translations", help="The English of the pages.")


@commands.command("update")
def update() -> None:
    """Write new texts of code and templates into the .po file, drop unused ones, and list what lacks a translation."""
    new, dropped = collect.update()
    click.echo(f"{new} new, {dropped} dropped")
    for text in collect.missing():
        click.echo(f"  {text}")
