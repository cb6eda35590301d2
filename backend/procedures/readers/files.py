"""Finds out what a file is and reads it row by row; what cannot be read is a `Row` with a problem, never an error."""

import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TextIO

import yaml

from backend.errors import InvalidInput
from backend.procedures.models import Source
from backend.procedures.readers import portal, spreadsheet
from backend.procedures.readers.rows import Row, row

CATALOGUE = Path(__file__).resolve().parent.parent / "catalogue"
_YAML = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # seven times as fast; PyYAML's wheels have it
SPREADSHEETS = (".csv", ".xlsx", ".xlsm")


def source_of(path: Path) -> Source:
    """Who speaks in a file, by its ending. Raises InvalidInput for an ending nobody reads."""
    name = path.name.lower()
    if name.endswith(SPREADSHEETS):
        return Source.SPREADSHEET
    if name.endswith((".yml", ".yaml")) or path.is_dir():
        return Source.CATALOGUE
    if name.endswith((".jsonl", ".jsonl.gz", ".json", ".ndjson")):
        return Source.PORTAL
    raise InvalidInput("Chỉ đọc được tệp .jsonl, .jsonl.gz, .csv, .xlsx và .yml.")


def read(path: Path) -> Iterator[Row]:
    """Rows of a file, or of all catalogue files of a folder."""
    source = source_of(path)
    if source is Source.SPREADSHEET:
        yield from spreadsheet.read(path)
    elif source is Source.PORTAL:
        yield from _json_lines(path)
    else:
        for file in sorted(path.glob("*.yml")) if path.is_dir() else [path]:
            yield from _catalogue(file)


def _catalogue(path: Path) -> Iterator[Row]:
    try:
        node, entries = _loaded(path.read_text(encoding="utf-8"))
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        yield Row(mark.line + 1 if mark else 1, problem=f"{path.name}: not YAML")
        return
    lines = [child.start_mark.line + 1 for child in node.value] if node else []
    for line, entry in zip(lines, entries, strict=True):
        if isinstance(entry, dict):
            read = row(line, entry)
            yield read if read.record else Row(line, problem=f"{path.name}: {read.problem}", code=read.code)
        else:
            yield Row(line, problem=f"{path.name}: not a mapping")


def _loaded(text: str) -> tuple[Any, list[Any]]:
    """The parsed tree, which knows its lines, and what it stands for."""
    loader = _YAML(text)
    try:
        node = loader.get_single_node()
        return node, loader.construct_document(node) if node else []
    finally:
        loader.dispose()


def _open(path: Path) -> TextIO:
    if path.name.endswith(".gz"):
        return gzip.open(path, "rt", encoding="utf-8")
    return path.open(encoding="utf-8")


def _json_lines(path: Path) -> Iterator[Row]:
    try:
        with _open(path) as file:
            for number, line in enumerate(file, start=1):
                if line.strip():
                    yield _json_row(number, line)
    except (gzip.BadGzipFile, EOFError, UnicodeDecodeError) as error:
        raise InvalidInput("Tệp bị hỏng hoặc không phải UTF-8.") from error


def _json_row(number: int, line: str) -> Row:
    try:
        entry: Any = json.loads(line)
    except json.JSONDecodeError as error:
        return Row(number, problem=f"not JSON: {error.msg}")
    if not isinstance(entry, dict) or not (portal.is_raw(entry) or portal.is_flattened(entry)):
        return Row(number, problem="neither a portal record nor a flattened one")
    code = str(entry.get("code") or "")[:40]
    try:
        return row(number, portal.record(entry))
    except (AttributeError, KeyError, TypeError, ValueError) as error:  # a shape the portal never showed so far
        return Row(number, problem=f"unexpected shape: {type(error).__name__}", code=code)
