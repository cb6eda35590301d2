"""Builders for the catalogue: records of any shape, an import in one line, the real files where they are present."""

import gzip
import json
import os
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest

from backend.procedures import imports
from backend.procedures.imports import Report
from backend.procedures.index import Entry, Index
from backend.procedures.models import Source
from backend.procedures.readers import files, portal
from backend.procedures.readers.rows import Row, row
from backend.procedures.schemas import ProcedureIn, ProcedureOut
from backend.settings import ROOT

SHARED = Path(os.environ.get("MOT_CUA_SHARED", ROOT.parent / "shared")) / "data"

BIRTH: dict[str, Any] = {
    "code": "1.001193",
    "name": "Đăng ký khai sinh",
    "field": "Hộ tịch",
    "level": "commune",
    "agency": "Ủy ban nhân dân cấp xã",
    "place": "Bộ phận một cửa xã, phường nơi cha hoặc mẹ cư trú",
    "service_level": 4,
    "online": "full",
    "effective_from": "2025-07-01",
    "phrases": ["làm giấy khai sinh", "khai sinh cho con"],
    "documents": [
        {"name": "Giấy ủy quyền có chứng thực", "original": 1, "required": False, "when": "nhờ người khác đi thay"},
        {"name": "Tờ khai đăng ký khai sinh", "original": 1, "required": True, "form": "Mẫu số 01"},
        {"name": "Giấy chứng sinh", "original": 1, "required": True},
        {"name": "Căn cước của người đi làm", "present": True, "required": True},
    ],
    "steps": ["Nộp hồ sơ tại bộ phận một cửa.", "Nhận giấy khai sinh."],
    "methods": [
        {"channel": "counter", "duration": {"value": 1, "unit": "working_day"}},
        {"channel": "online", "duration": {"value": 1, "unit": "working_day"}},
    ],
    "fees": [{"amount": 0, "text": "miễn lệ phí khi đúng hạn"}, {"amount": 8000, "text": "Mỗi bản sao, nếu xin thêm"}],
    "results": ["Giấy khai sinh"],
}


def make_record(code: str = "9.000001", name: str = "Cấp giấy phép thử nghiệm", **values: Any) -> ProcedureIn:
    """A record as a reader gives it."""
    return ProcedureIn.model_validate({"code": code, "name": name, **values})


def make_out(*, source: Source = Source.CATALOGUE, **values: Any) -> ProcedureOut:
    """A procedure as the service gives it: `BIRTH` with other values."""
    record = ProcedureIn.model_validate(BIRTH | values).model_dump(by_alias=True, exclude={"updated_on"})
    rest = {"effective_to": None, "number": 1, "source": source, "sources": [source]}
    return ProcedureOut.model_validate(record | rest)


def import_records(*records: ProcedureIn, source: Source = Source.CATALOGUE, **options: Any) -> Report:
    """Import records as if read from a file, one a line."""
    rows = [Row(line, record, code=record.code) for line, record in enumerate(records, start=1)]
    return imports.run(rows, source, **options)


def import_birth(**values: Any) -> Report:
    """Import `BIRTH` from our catalogue."""
    return import_records(ProcedureIn.model_validate(BIRTH | values))


def make_entry(code: str, name: str, *phrases: str, ours: bool = True, short: str = "", **values: Any) -> Entry:
    """A procedure as the search index knows it."""
    defaults: dict[str, Any] = {"field": "", "level": None, "levels": (), "agency": "", "documents": ""}
    defaults |= {"results": "", "body": ""}
    return Entry(code=code, names=(name,), short_name=short or name, phrases=phrases, ours=ours, **defaults | values)


def _entries(records: Iterable[tuple[ProcedureIn, bool]]) -> list[Entry]:
    by_code: dict[str, list[tuple[ProcedureIn, bool]]] = {}
    for record, ours in records:
        by_code.setdefault(record.code, []).append((record, ours))
    return [
        Entry(
            code=code,
            names=tuple(dict.fromkeys(r.name for r, _ in group)),
            short_name=group[0][0].short_name,
            field=group[0][0].field,
            level=group[0][0].level,
            levels=tuple(level for r, _ in group for level in r.levels),
            agency=group[0][0].agency,
            phrases=tuple(phrase for r, _ in group for phrase in r.phrases),
            documents=" ".join(d.name for r, _ in group for d in r.documents),
            results=" ".join(text for r, _ in group for text in r.results),
            body=" ".join(text for r, _ in group for text in (*r.steps, *r.conditions)),
            ours=any(ours for _, ours in group),
        )
        for code, group in sorted(by_code.items())
    ]


@lru_cache
def catalogue() -> tuple[ProcedureIn, ...]:
    """Our own catalogue."""
    return tuple(read.record for read in files.read(files.CATALOGUE) if read.record)


@lru_cache
def catalogue_index() -> Index:
    """The search index over our own catalogue alone."""
    return Index(_entries((record, True) for record in catalogue()))


@lru_cache
def whole_index() -> Index:
    """The search index over our catalogue and the 3,008 records; skips where those are not present."""
    theirs = [(read.record, False) for read in portal_rows() if read.record]
    return Index(_entries([*((record, True) for record in catalogue()), *theirs]))


def shared(name: str) -> Path:
    """A file of the shared data; skips the test where it is not present."""
    path = SHARED / name
    if not path.is_file():
        pytest.skip(f"shared data is not present: {path} (set MOT_CUA_SHARED)")
    return path


@lru_cache
def _lines(path: Path) -> dict[str, str]:
    with gzip.open(path, "rt", encoding="utf-8") as file:
        return {json.loads(line)["code"]: line for line in file}


def codes(name: str) -> list[str]:
    """Codes of the real records in a file."""
    return list(_lines(shared(name)))


@lru_cache
def portal_rows(name: str = "procedures.jsonl.gz") -> tuple[Row, ...]:
    """All rows of a file of the shared data, read once."""
    return tuple(files.read(shared(name)))


def portal_record(code: str, file: str = "procedures.jsonl.gz") -> ProcedureIn:
    """A real record of the portal, read as an import would."""
    source = json.loads(_lines(shared(file))[code])
    read = row(1, portal.record(source))
    assert read.record is not None, read.problem
    return read.record


def raw(code: str, file: str = "procedures.jsonl.gz") -> dict[str, Any]:
    """The same record before it was read."""
    found: dict[str, Any] = json.loads(_lines(shared(file))[code])
    return found
