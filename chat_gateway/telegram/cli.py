"""`flask --app chat_gateway.cli telegram …`: telling Telegram where we are, or asking it ourselves."""

import click
from flask.cli import AppGroup

from backend.messaging.channels import SendError
from chat_gateway.settings import ChatSettings, chat_settings

PATH = "/telegram/webhook"

commands = AppGroup("telegram", help="Connect the Telegram bot.")


def _configured() -> ChatSettings:
    settings = chat_settings()
    if not settings.telegram:
        raise click.ClickException("TELEGRAM_BOT_TOKEN is not set: BotFather gives one")
    return settings


@commands.command("set-webhook")
@click.option("--url", default="", help="Address of this gateway; TELEGRAM_PUBLIC_URL where not given.")
@click.option("--drop-pending", is_flag=True, help="Forget what was written to the bot meanwhile.")
def set_webhook(url: str, drop_pending: bool) -> None:
    """Have Telegram send what people write to our webhook."""
    from chat_gateway.telegram.bot_api import line  # its library takes long to import

    settings = _configured()
    base = (url or settings.telegram_public_url).rstrip("/")
    secret = settings.telegram_webhook_secret.get_secret_value()
    if not base or not secret:
        raise click.ClickException("TELEGRAM_PUBLIC_URL and TELEGRAM_WEBHOOK_SECRET must be set")
    try:
        line().set_webhook(base + PATH, secret, settings.telegram_max_connections, drop_pending=drop_pending)
    except SendError as error:
        raise click.ClickException(str(error)) from None
    click.echo(f"Telegram sends updates to {base}{PATH}")


@commands.command("delete-webhook")
def delete_webhook() -> None:
    """Have Telegram keep what people write, for polling."""
    from chat_gateway.telegram.bot_api import line

    _configured()
    try:
        line().delete_webhook()
    except SendError as error:
        raise click.ClickException(str(error)) from None
    click.echo("Telegram sends no updates; `telegram poll` asks for them")


@commands.command("info")
def info() -> None:
    """Who the bot is, and how its webhook does."""
    from chat_gateway.telegram.bot_api import line

    _configured()
    try:
        name, webhook = line().info()
    except SendError as error:
        raise click.ClickException(str(error)) from None
    click.echo(f"bot: @{name}")
    click.echo(f"webhook: {webhook.url or 'none'}")
    click.echo(f"waiting updates: {webhook.pending_update_count}")
    if webhook.last_error_date:
        click.echo(f"last error: {webhook.last_error_date:%Y-%m-%d %H:%M:%S} UTC, {webhook.last_error_message}")


@commands.command("poll")
def poll() -> None:
    """Ask Telegram for what people write, for ever: no public address is needed. Run it once."""
    from chat_gateway.telegram import polling
    from chat_gateway.telegram.bot_api import line

    _configured()
    try:
        line().delete_webhook()  # with one set, Telegram answers no polling
    except SendError as error:
        click.echo(f"not reached yet: {error}", err=True)
    click.echo("polling Telegram")
    polling.run(line())
