"""`flask --app backend inbox …`: from reviewed messages to training data."""

import sys
from pathlib import Path

import click
from flask.cli import AppGroup
from rich.console import Console

from backend.errors import MotCuaError
from backend.inbox import retraining, teaching
from backend.inbox.retraining import Measured

commands = AppGroup("inbox", help="The inbox: export what officers taught the assistant.")


@commands.command("export-nlu")
@click.option("--to", type=click.Path(path_type=Path, dir_okay=False), default=teaching.EXPORTED, show_default=True)
@click.option("--compare/--no-compare", default=True, help="Train without and with the examples, and show the change.")
def export_nlu(to: Path, compare: bool) -> None:
    """Write reviewed examples as training data, and show on the development set what retraining changes.

    Nothing is deployed: `make train` does that, once you are content.
    """
    try:
        done = teaching.export(to)
        click.echo(f"{done.written} examples written to {to}")
        for n, why in ((done.known, "known already"), (done.held_out, "in a test set")):
            if n:
                click.echo(f"{n} left out, {why}")
        if compare and done.written:
            _compare(to)
    except MotCuaError as error:
        click.secho(error.message, fg="red", err=True)
        sys.exit(1)


def _compare(to: Path) -> None:
    with retraining.without(teaching.TRAINING_DATA, teaching.EXPORTED) as data:
        before = _measured("1/2", "without", data)
    with retraining.with_(teaching.TRAINING_DATA, to) as data:
        after = _measured("2/2", "with", data)
    _print(before, after)


def _measured(number: str, how: str, data: Path) -> Measured:
    with Console(stderr=True).status(f"{number}: training {how} the examples, and measuring …"):
        measured = retraining.train_and_measure(data)
    click.echo(f"{number} trained and measured {how} the examples")
    return measured


def _print(before: Measured, after: Measured) -> None:
    click.echo(f"\n{'on ' + retraining.DEV_SET.name:<24}{'before':>9}{'after':>9}{'change':>9}")
    for title, old, new in (
        ("intent accuracy", before.intent_accuracy, after.intent_accuracy),
        ("entity F1", before.entity_f1, after.entity_f1),
    ):
        click.echo(f"{title:<24}{old:>9.3f}{new:>9.3f}{new - old:>+9.3f}")
    change = after.fallbacks - before.fallbacks
    click.echo(f"{'not understood':<24}{before.fallbacks:>9}{after.fallbacks:>9}{change:>+9}")
    for intent in sorted(before.by_intent.keys() | after.by_intent.keys()):
        old, new = before.by_intent.get(intent, 0.0), after.by_intent.get(intent, 0.0)
        if old != new:
            click.echo(f"  {intent:<22}{old:>9.3f}{new:>9.3f}{new - old:>+9.3f}")
