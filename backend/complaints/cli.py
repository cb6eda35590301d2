"""`flask --app backend complaints …`."""

import click
from flask.cli import AppGroup

from backend.complaints import demo, open311
from backend.database import LARGEST_ID
from backend.errors import MotCuaError
from backend.settings import settings

commands = AppGroup("complaints", help="Reports to the hotline.")


@commands.command("seed-demo")
def seed_demo() -> None:
    """Make demo reports, most of them published, unless there are reports already."""
    if settings().environment == "production":
        raise click.ClickException("demo reports have no place in production")
    made = demo.seed()
    click.echo(f"{made} demo reports made" if made else "reports are there already, nothing made")


@commands.command("open311-add")
@click.argument("name")
def open311_add(name: str) -> None:
    """Let the programs of NAME post reports by Open311; prints their key, this once."""
    try:
        click.echo(open311.add_client(name))
    except MotCuaError as error:
        raise click.ClickException(error.message) from error


@commands.command("open311-list")
def open311_list() -> None:
    """Who may post by Open311."""
    for one in open311.clients():
        click.echo(f"{one.id:5} {one.created_at:%Y-%m-%d} {one.name}")


@commands.command("open311-revoke")
@click.argument("client_id", type=click.IntRange(1, LARGEST_ID))
def open311_revoke(client_id: int) -> None:
    """Take nothing more from a client."""
    try:
        open311.revoke_client(client_id)
    except MotCuaError as error:
        raise click.ClickException(error.message) from error
    click.echo("Revoked.")
