"""Loading agencies: the facts under `seed/`, and a province's own addresses and telephone numbers."""

import csv
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ConfigDict
from sqlalchemy import select
from sqlalchemy.orm import Session

from backend import audit
from backend.audit import Audit
from backend.database import transaction
from backend.errors import InvalidInput
from backend.organisation.models import Agency, AgencySuccession, Extent, Level

SEED = Path(__file__).with_name("seed")
PROVINCE = "H15"


class DepartmentFact(BaseModel):
    """One entry of `departments.yml`."""

    model_config = ConfigDict(extra="forbid")
    code: str
    name: str
    since: date
    until: date | None = None
    made_of: list[str] = []
    also: list[str] = []


@dataclass(frozen=True)
class Fact:
    """One agency over one period."""

    code: str
    name: str
    level: str
    parent: str
    valid_from: date
    valid_to: date | None
    unit: str = ""
    unit_id: str | None = None
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True)
class Succession:
    """On `since`, the work of the agency `old` passed to the agency `new`."""

    old: str
    new: str
    since: date
    extent: str


@dataclass(frozen=True)
class Seeded:
    """How many agencies the seed holds, and how many of them were new or differed in the database."""

    total: int
    added: int
    changed: int


def committee_name(unit: str) -> str:
    """What the people's committee of a unit is called: "Xã Ea Tul" → "UBND xã Ea Tul"."""
    return f"UBND {unit[0].lower()}{unit[1:]}"


def units() -> list[Fact]:
    """The people's committees of `units.csv`."""
    return [
        Fact(
            code=row["code"],
            name=committee_name(row["name"]),
            level=Level(row["level"]),
            parent=row["parent"],
            valid_from=date.fromisoformat(row["valid_from"]),
            valid_to=date.fromisoformat(row["valid_to"]) if row["valid_to"] else None,
            unit=row["name"],
            unit_id=row["unit_id"],
            aliases=("UBND tỉnh",) if row["code"] == PROVINCE else (),
        )
        for row in _rows(SEED / "units.csv")
    ]


def _departments() -> list[DepartmentFact]:
    entries = yaml.safe_load((SEED / "departments.yml").read_text("utf-8"))
    return [DepartmentFact.model_validate(entry) for entry in entries]


def departments() -> list[Fact]:
    """The specialised agencies of `departments.yml`."""
    return [
        Fact(entry.code, entry.name, Level.DEPARTMENT, PROVINCE, entry.since, entry.until, aliases=tuple(entry.also))
        for entry in _departments()
    ]


def successions() -> list[Succession]:
    """Who followed whom, units and departments."""
    of_units = [
        Succession(row["old"], row["new"], date.fromisoformat(row["since"]), Extent(row["extent"]))
        for row in _rows(SEED / "unit_successions.csv")
    ]
    return of_units + [
        Succession(old, entry.code, entry.since, Extent.FULL) for entry in _departments() for old in entry.made_of
    ]


class Known(dict[tuple[str, date], Agency]):
    """The agencies of the database by code and first day."""

    def __init__(self, rows: Iterable[Agency]) -> None:
        super().__init__({(row.code, row.valid_from): row for row in rows})

    def at(self, code: str, day: date) -> Agency:
        """The agency that carries `code` on `day`. Raises KeyError."""
        starts = (start for known, start in self if known == code and start <= day)
        row = self[code, max(starts, default=date.max)]
        if row.valid_to is not None and row.valid_to < day:
            raise KeyError(code)
        return row


def seed() -> Seeded:
    """Bring the agencies of the database to what the seed says. Contact data is left alone; nothing is deleted."""
    with transaction() as session:
        facts = units() + departments()
        known = Known(session.scalars(select(Agency)))
        outcomes = [_put(session, known, fact) for fact in facts]
        session.flush()  # the new rows need their ids before anything points at them
        changed_parents = _put_parents(known, facts)
        linked = _put_successions(session, known)
        result = Seeded(len(facts), outcomes.count("added"), len({*_of(outcomes, "changed", facts), *changed_parents}))
        if result.added or result.changed or linked:
            audit.record(
                session, Audit.AGENCIES_SEEDED, actor="system", subject=f"agency:{PROVINCE}", added=result.added
            )
        return result


def _of(outcomes: list[str], outcome: str, facts: list[Fact]) -> set[tuple[str, date]]:
    return {(f.code, f.valid_from) for f, o in zip(facts, outcomes, strict=True) if o == outcome}


def _put(session: Session, known: Known, fact: Fact) -> str:
    values: dict[str, Any] = {
        "name": fact.name,
        "unit": fact.unit,
        "unit_id": fact.unit_id,
        "aliases": list(fact.aliases),
        "level": str(fact.level),
        "province": fact.code.split(".", 1)[0],
        "valid_to": fact.valid_to,
    }
    row = known.get((fact.code, fact.valid_from))
    if row is None:
        row = known[fact.code, fact.valid_from] = Agency(code=fact.code, valid_from=fact.valid_from, **values)
        session.add(row)
        return "added"
    differing = {key: value for key, value in values.items() if getattr(row, key) != value}
    for key, value in differing.items():
        setattr(row, key, value)
    return "changed" if differing else "same"


def _put_parents(known: Known, facts: list[Fact]) -> set[tuple[str, date]]:
    changed = set()
    for fact in facts:
        row = known[fact.code, fact.valid_from]
        parent = known.at(fact.parent, fact.valid_from).id if fact.parent else None
        if row.parent_id != parent:
            if row.parent_id is not None:
                changed.add((fact.code, fact.valid_from))
            row.parent_id = parent
    return changed


def _put_successions(session: Session, known: Known) -> int:
    stored = {(row.old_id, row.new_id): row for row in session.scalars(select(AgencySuccession))}
    added = 0
    for fact in successions():
        old = known.at(fact.old, fact.since - timedelta(days=1))
        new = known.at(fact.new, fact.since)
        row = stored.get((old.id, new.id))
        if row is None:
            session.add(AgencySuccession(old_id=old.id, new_id=new.id, extent=str(fact.extent)))
            added += 1
        else:
            row.extent = str(fact.extent)
    return added


def import_contacts(path: Path, day: date) -> int:
    """Set address, phone and email of the agencies that exist on `day` from a CSV file; an empty cell clears nothing.

    Columns `code,address,phone,email`. Returns the number of agencies; an unknown code raises InvalidInput and
    nothing is changed.
    """
    with transaction() as session:
        known = Known(session.scalars(select(Agency)))
        count = 0
        for line, entry in enumerate(_rows(path), start=2):
            try:
                row = known.at((entry.get("code") or "").strip(), day)
            except KeyError as error:
                raise InvalidInput(f"Dòng {line}: không có cơ quan mang mã {entry.get('code')!r}.") from error
            for column in ("address", "phone", "email"):
                if value := (entry.get(column) or "").strip():
                    setattr(row, column, value)
            count += 1
        audit.record(session, Audit.CONTACTS_IMPORTED, actor="system", subject=f"agency:{PROVINCE}", count=count)
        return count


def _rows(path: Path) -> Iterable[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))
