"""`flask --app backend sms …`: the providers, seen and steered from a terminal."""

from collections.abc import Callable

import click
from flask.cli import AppGroup

from backend.errors import MotCuaError
from sms_gateway import health, standing

commands = AppGroup("sms", help="SMS providers: weights, draining.")


@commands.command("providers")
def providers() -> None:
    """How they stand."""
    click.echo("provider  weight (rests at)  errors/min  slow  đ/segment  sent today  failed  đ today  đ this month")
    for each in health.providers():
        share = "–" if each.slow is None else f"{each.slow:.0%}"
        price = "?" if each.price is None else str(each.price)
        standing_now = f"{each.weight} ({each.rest}){' draining' if each.draining else ''}"
        counted = f"{each.sent_today:>10}  {each.failed_today:>6}  {each.cost_today:>7}  {each.cost_this_month:>12}"
        click.echo(f"{each.name:<9} {standing_now:<18} {each.errors:>10}  {share:>4}  {price:>9}  {counted}")


@commands.command("weight")
@click.argument("provider")
@click.argument("weight", type=click.IntRange(0, 100))
def weight(provider: str, weight: int) -> None:
    """Let PROVIDER rest at WEIGHT (0 to 100) from now on; workers follow within seconds."""
    _done(lambda: standing.set_weight(provider, weight))


@commands.command("drain")
@click.argument("provider")
@click.option("--back", is_flag=True, help="Take it back into use.")
def drain(provider: str, back: bool) -> None:
    """Give PROVIDER nothing new; what was begun with it is finished with it."""
    _done(lambda: standing.set_draining(provider, not back))


def _done(act: Callable[[], None]) -> None:
    try:
        act()
    except MotCuaError as error:
        raise click.ClickException(error.message) from error
    click.echo("done")
