"""Ratings of the past and who gave them."""

import itertools
from datetime import UTC, datetime

from backend.database import transaction
from backend.ratings.models import Rating, Way
from tests.builders.dossiers import AGENCY

_numbers = itertools.count(1)


def make_rating(
    score: int = 5,
    *,
    at: datetime = datetime(2026, 9, 10, 3, tzinfo=UTC),
    agency: str = AGENCY,
    procedure: str = "9.000894",
    officer_id: int | None = None,
    officer_score: int | None = None,
    words: str = "",
    **values: object,
) -> int:
    """A rating as it lies in the table; its id."""
    with transaction() as session:
        row = Rating(
            way=Way.LINK, agency_code=agency, agency_name=f"Cơ quan {agency}", procedure_code=procedure,
            procedure_name=f"Thủ tục {procedure}" if procedure else "", officer_id=officer_id, score=score,
            officer_score=officer_score, words=words, reasons=values.pop("reasons", []),
            dossier_code=f"{agency}-260901-{next(_numbers):04d}", created_at=at, updated_at=at, **values,
        )  # fmt: skip
        session.add(row)
        session.flush()
        return row.id
