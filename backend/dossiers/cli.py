"""`flask --app backend dossiers …`."""

import time

import click
from flask.cli import AppGroup
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from backend.dossiers import demo, load
from backend.dossiers import sweep as sweeping
from backend.errors import MotCuaError
from backend.settings import settings

commands = AppGroup("dossiers", help="Dossiers of citizens.")


@commands.command("seed-demo")
def seed_demo() -> None:
    """Make 300 demo dossiers of invented people, unless there are dossiers already."""
    if settings().environment == "production":
        raise click.ClickException("demo dossiers have no place in production")
    made = demo.seed()
    click.echo(f"{made} demo dossiers made" if made else "dossiers are there already, nothing made")


@commands.command("sweep")
def sweep() -> None:
    """Do now what the worker does every minute: warnings, reminders, cancellations, appointments moved by holidays."""
    with click.progressbar(length=sweeping.waiting(), label="dossiers") as bar:
        done = sweeping.sweep(bar.update)
    moved = sweeping.settle_calendar()
    click.echo(
        f"{done.looked_at} dossiers looked at, {done.told} notifications written, {done.drafted} apologies drafted,"
        f" {done.cancelled} cancelled, {moved} appointments moved, {done.failed} put off because of a fault"
    )


@commands.command("generate")
@click.argument("count", type=click.IntRange(1, 5_000_000))
@click.option("--seed", default=1, show_default=True, help="The same seed makes the same dossiers of the same day.")
@click.option("--force", is_flag=True, help="Add to the dossiers that are there already.")
def generate(count: int, seed: int, force: bool) -> None:
    """Make COUNT invented dossiers of the last 18 months, with officers who have no passwords."""
    if settings().environment == "production":
        raise click.ClickException("invented dossiers have no place in production")
    columns = (TextColumn("dossiers"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), TimeRemainingColumn())
    start = time.perf_counter()
    try:
        with Progress(*columns) as progress:
            task = progress.add_task("dossiers", total=count)
            loaded = load.generate(
                count, seed=seed, force=force, advanced=lambda made: progress.update(task, completed=made)
            )
    except MotCuaError as error:
        raise click.ClickException(error.message) from error
    seconds = time.perf_counter() - start
    rows = sum(loaded.rows.values())
    pace = loaded.dossiers / seconds
    click.echo(f"{loaded.dossiers} dossiers, {rows} rows in {seconds:.0f} s ({pace:.0f} dossiers/s)")
