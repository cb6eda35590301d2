"""`flask --app chat_gateway.cli zalo …`: consent of the Official Account, and how it stands."""

import click
from flask.cli import AppGroup

from backend.errors import MotCuaError
from backend.messaging.channels import TryLater
from chat_gateway.zalo import accounts, health, tokens
from chat_gateway.zalo.client import Client
from chat_gateway.zalo.settings import ZaloSettings, zalo_settings

commands = AppGroup("zalo", help="The Zalo Official Account.")


def _settings() -> ZaloSettings:
    if not zalo_settings().configured:
        raise click.ClickException("ZALO_OA_ID is not set, see docs/channels.md")
    return zalo_settings()


@commands.command("consent")
def consent() -> None:
    """Print the challenge for Zalo's console and the address at which an administrator of the OA consents."""
    challenge, address = tokens.new_consent(_settings())
    click.echo(f"code challenge: {challenge}\nopen and consent: {address}")
    click.echo("then, within 10 minutes: flask --app chat_gateway.cli zalo exchange CODE")


# Zalo's codes may begin with a dash: nothing here is an option.
@commands.command("exchange", context_settings={"ignore_unknown_options": True})
@click.argument("code")
def exchange(code: str) -> None:
    """Exchange the code that the consent brought for the first pair of tokens."""
    try:
        Client(_settings()).tokens.first(code.strip())
    except MotCuaError as error:
        raise click.ClickException(error.message) from None
    click.echo("tokens kept; what waited goes out by itself")


@commands.command("status")
def status() -> None:
    """How the account stands."""
    found = health.of_account(_settings().zalo_oa_id)
    click.echo(f"state: {found.state}")
    for label, value in found.facts:
        click.echo(f"{label}: {value}")
    for step in found.steps:
        click.echo(f"· {step}")


@commands.command("refresh")
def refresh() -> None:
    """Exchange the tokens now, as a try; the worker does it by itself every 20 hours."""
    mine = Client(_settings())
    try:
        newer = mine.tokens.exchanged(accounts.account(mine.settings.zalo_oa_id))
    except TryLater as error:
        raise click.ClickException(f"{error}; `zalo status` says what to do") from None
    click.echo(f"access token until {newer.expires_at:%Y-%m-%d %H:%M} UTC")
