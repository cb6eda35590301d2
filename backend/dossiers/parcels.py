"""Where the parcels of a dossier stand; talking to the carrier is in `postal`."""

from enum import StrEnum

from sqlalchemy.orm import Session

from backend import clock
from backend.dossiers.models import Dossier, Shipment
from backend.settings import settings


class ShipmentState(StrEnum):
    """Where a parcel is."""

    ORDERED = "ordered"
    ON_THE_WAY = "on_the_way"
    DELIVERED = "delivered"
    FAILED = "failed"


class Direction(StrEnum):
    """Seen from the desk."""

    IN = "in"
    OUT = "out"


TRACKING_LENGTH = 40


def order_return(session: Session, dossier: Dossier) -> None:
    """Write down that the result goes to the applicant's address; the worker orders the parcel, see `postal`."""
    address = dossier.applicant_address.strip()
    state = ShipmentState.ORDERED if address else ShipmentState.FAILED
    note = "Đã yêu cầu bưu điện đến nhận kết quả." if address else "Hồ sơ không ghi địa chỉ nhận kết quả."
    dossier.shipments.append(_parcel(Direction.OUT, state, address, note))


def incoming(tracking_code: str, sender_address: str) -> Shipment:
    """The parcel in which papers came, for a new dossier."""
    parcel = _parcel(Direction.IN, ShipmentState.DELIVERED, sender_address, "Bộ phận một cửa đã nhận bưu gửi.")
    parcel.tracking_code = tracking_code or None
    return parcel


def outgoing(dossier: Dossier) -> Shipment | None:
    """The parcel with the result, None while there is none."""
    return next((parcel for parcel in reversed(dossier.shipments) if parcel.direction == Direction.OUT), None)


def _parcel(direction: Direction, state: ShipmentState, address: str, note: str) -> Shipment:
    now = clock.now()
    return Shipment(
        direction=direction, carrier=settings().postal_carrier, address=address, state=state, created_at=now,
        updated_at=now, track=[{"at": now.isoformat(), "text": note}],
    )  # fmt: skip
