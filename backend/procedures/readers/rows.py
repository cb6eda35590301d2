"""What every reader gives: one `Row` an entry of its file, with the record or the reason why there is none."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from backend.procedures.schemas import ProcedureIn


@dataclass(frozen=True)
class Row:
    """`line` counts from 1 as an editor or a spreadsheet shows it; exactly one of `record` and `problem` is set."""

    line: int
    record: ProcedureIn | None = None
    problem: str = ""
    code: str = ""


def row(line: int, data: Mapping[str, Any]) -> Row:
    """Validate `data` as a procedure; what pydantic refuses becomes the row's problem, without echoing long values."""
    code = str(data.get("code") or "")[:40]
    try:
        return Row(line, ProcedureIn.model_validate(dict(data)), code=code)
    except ValidationError as error:
        reasons = [f"{'.'.join(str(part) for part in e['loc']) or 'row'}: {e['msg']}" for e in error.errors()[:3]]
        return Row(line, problem="; ".join(reasons), code=code)
