"""`flask --app backend procedures …`: load, import, search, measure."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path

import click
from flask.cli import AppGroup
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from backend.errors import MotCuaError
from backend.procedures import evaluation, imports, lookups, search, service
from backend.procedures.imports import Report
from backend.procedures.models import Source
from backend.procedures.readers import files, spreadsheet
from backend.settings import ROOT

commands = AppGroup("procedures", help="The catalogue of procedures: load, import, search, measure.")
SKIPPED_SHOWN = 20
LOOKUPS = ROOT / "nlu_data/lookups/procedures.txt"


@contextmanager
def _told() -> Iterator[None]:
    """Errors of ours as one line and a non-zero exit, never a traceback."""
    try:
        yield
    except MotCuaError as error:
        click.secho(error.message, fg="red", err=True)
        sys.exit(1)


@commands.command("load-catalogue")
@click.option("--dry-run", is_flag=True, help="Only say what would change.")
def load_catalogue(dry_run: bool) -> None:
    """Load our own catalogue, backend/procedures/catalogue/*.yml."""
    _import(files.CATALOGUE, Source.CATALOGUE, dry_run=dry_run, strict=False, effective_from=None)


@commands.command("import")
@click.argument("path", type=click.Path(exists=True, path_type=Path))
@click.option("--dry-run", is_flag=True, help="Only say what would change.")
@click.option("--strict", is_flag=True, help="Import nothing when a row cannot be taken.")
@click.option("--effective-from", type=click.DateTime(["%Y-%m-%d", "%d/%m/%Y"]), help="Date of what is new or changed.")
def import_file(path: Path, dry_run: bool, strict: bool, effective_from: datetime | None) -> None:
    """Import a file: portal records (.jsonl, .jsonl.gz; raw or flattened), a spreadsheet (.csv, .xlsx) or YAML."""
    with _told():
        source = files.source_of(path)
    start = effective_from.date() if effective_from else None
    _import(path, source, dry_run=dry_run, strict=strict, effective_from=start)


def _import(path: Path, source: Source, *, dry_run: bool, strict: bool, effective_from: date | None) -> None:
    console = Console(stderr=True)
    with _told(), Progress(console=console, transient=True, disable=not console.is_terminal) as progress:
        bar = progress.add_task(path.name, total=None)
        report = imports.run(
            files.read(path),
            source,
            effective_from=effective_from,
            dry_run=dry_run,
            strict=strict,
            advance=lambda: progress.advance(bar),
        )
    _print(report, dry_run)


def _print(report: Report, dry_run: bool) -> None:
    word = "would be " if dry_run else ""
    click.echo(
        f"{len(report.added)} {word}added, {len(report.changed)} {word}changed, "
        f"{report.unchanged} unchanged, {len(report.skipped)} skipped"
    )
    if report.outranked:
        click.echo(f"{report.outranked} of them stand behind a higher-ranked source, which keeps its wording")
    for skipped in report.skipped[:SKIPPED_SHOWN]:
        click.echo(f"  line {skipped.line} {skipped.code or '(no code)'}: {skipped.reason}", err=True)
    if len(report.skipped) > SKIPPED_SHOWN:
        click.echo(f"  and {len(report.skipped) - SKIPPED_SHOWN} more", err=True)


@commands.command("template")
@click.argument("path", type=click.Path(dir_okay=False, path_type=Path))
def template(path: Path) -> None:
    """Write an empty spreadsheet (.xlsx or .csv) with the columns, an explanation and an example."""
    if path.suffix.lower() not in (".xlsx", ".csv"):
        raise click.BadParameter("the file must end in .xlsx or .csv")
    spreadsheet.write_template(path)
    click.echo(f"wrote {path}")


@commands.command("search")
@click.argument("words", nargs=-1, required=True)
@click.option("--limit", default=5, show_default=True)
def search_command(words: tuple[str, ...], limit: int) -> None:
    """Show what a citizen's words find."""
    found = service.search(" ".join(words), limit=limit)
    table = Table(title=f"{found.decision} · {found.residual or 'names no procedure'}")
    for heading in ("code", "name", "field", "level", "score"):
        table.add_column(heading)
    for hit in found.hits:
        entry = hit.entry
        table.add_row(entry.code, entry.short_name, entry.field, entry.level or "", f"{hit.score:.2f}")
    Console().print(table)


@commands.command("evaluate")
@click.argument("path", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def evaluate(path: Path) -> None:
    """Measure the search on questions (JSON lines with question and procedure_codes), with and without accents."""
    with _told():
        questions = evaluation.read(path)
    index = search.index()
    table = Table(title=f"{len(questions)} questions, {len(index.entries)} procedures")
    headings = ("", *(f"hit@{depth}" for depth in evaluation.DEPTHS), "sure", "right when sure", "p50 ms", "p95 ms")
    for heading in headings:
        table.add_column(heading)
    for label, accents in (("as written", True), ("without accents", False)):
        figures = evaluation.measure(index, questions, accents=accents)
        hits = [f"{figures.hits[depth]:.3f}" for depth in evaluation.DEPTHS]
        sure = (f"{figures.sure:.2f}", f"{figures.right_when_sure:.2f}")
        table.add_row(label, *hits, *sure, f"{figures.p50_ms:.1f}", f"{figures.p95_ms:.1f}")
    Console().print(table)


@commands.command("export-lookups")
@click.argument("path", type=click.Path(dir_okay=False, path_type=Path), default=LOOKUPS)
def export_lookups(path: Path) -> None:
    """Write the names and phrases that the assistant's entity matcher knows, one a line."""
    click.echo(f"wrote {lookups.write(path)} lines to {path}")
