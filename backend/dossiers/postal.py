"""Parcels: papers that come by post and results that go by post."""

from sqlalchemy.orm import Session

from backend.dossiers.models import Dossier


def order_return(session: Session, dossier: Dossier) -> None:
    """Order the parcel that takes the result to the applicant's address."""
