"""Results that go by post: ordering the parcel, following it, and ending the dossier when it is delivered.

`acts` only writes down that a parcel is to go; the worker does what waits, again and again until the carrier answers.
"""

from collections.abc import Sequence

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from backend import clock
from backend.database import reading, transaction
from backend.dossiers import acts, carriers, telling
from backend.dossiers.acts import SYSTEM
from backend.dossiers.carriers.base import Parcel, Progress
from backend.dossiers.fees import PaymentState
from backend.dossiers.models import Dossier, Payment, Shipment
from backend.dossiers.parcels import Direction, ShipmentState
from backend.dossiers.policy import Action, State
from backend.errors import NotFound, Unavailable
from backend.logs import logger
from backend.notifications import service as notifications
from backend.notifications.service import Event

log = logger(__name__)

_UNDER_WAY = (ShipmentState.ORDERED, ShipmentState.ON_THE_WAY)


def to_order(limit: int = 200) -> list[int]:
    """Parcels that no carrier knows yet and whose fee is settled: nobody could ask for it once the result is there.

    Those that somebody sends by hand, as they have no carrier, stand in nobody's way.
    """
    with reading() as session:
        query = select(Shipment.id).where(
            Shipment.state == ShipmentState.ORDERED,
            Shipment.direction == Direction.OUT,
            Shipment.tracking_code.is_(None),
            Shipment.carrier.in_(carriers.in_use()),
            Shipment.dossier_id.not_in(_owing()),
        )
        return list(session.scalars(query.order_by(Shipment.id).limit(limit)))


def to_follow(limit: int = 1000) -> list[int]:
    """Parcels under way, those not heard of for longest first."""
    with reading() as session:
        query = select(Shipment.id).where(
            Shipment.state.in_(_UNDER_WAY), Shipment.direction == Direction.OUT, Shipment.tracking_code.is_not(None)
        )
        return list(session.scalars(query.order_by(Shipment.updated_at, Shipment.id).limit(limit)))


def order(shipment_id: int) -> bool:
    """Have a parcel collected and tell the applicant its tracking code; False when the carrier does not answer.

    Asked twice it tells once. Raises NotFound.
    """
    parcel, carrier_name = _parcel(shipment_id)
    carrier = carriers.named(carrier_name)
    if carrier is None:
        return False
    try:  # no session is open: a slow carrier must not hold a connection
        code = carrier.order(parcel)
    except Unavailable:
        log.warning("parcel not ordered yet", shipment=shipment_id)
        return False
    with transaction() as session:
        dossier, shipment = _locked(session, shipment_id)
        if shipment.tracking_code is None:
            shipment.tracking_code, shipment.updated_at = code, clock.now()
            session.flush()
            _tell(session, dossier, shipment)
    return True


def follow(shipment_id: int) -> ShipmentState:
    """Ask the carrier where a parcel is, and write it down. Raises NotFound."""
    parcel, carrier_name = _parcel(shipment_id)
    carrier = carriers.named(carrier_name)
    try:
        told: Sequence[Progress] = carrier.track(parcel) if carrier else ()
    except Unavailable:
        log.warning("parcel not followed", shipment=shipment_id)
        told = ()
    with transaction() as session:
        _, shipment = _locked(session, shipment_id)
        shipment.updated_at = clock.now()
        if shipment.state in _UNDER_WAY and told:
            _note(shipment, told)
        return ShipmentState(shipment.state)


def to_hand_over(limit: int = 1000) -> list[int]:
    """Dossiers whose result was delivered and whose fee is settled."""
    with reading() as session:
        query = (
            select(Dossier.id)
            .join(Shipment)
            .where(
                Shipment.state == ShipmentState.DELIVERED,
                Shipment.direction == Direction.OUT,
                Dossier.state == State.RESULT_READY,
                Dossier.id.not_in(_owing()),
            )
        )
        return list(session.scalars(query.distinct().order_by(Dossier.id).limit(limit)))


def hand_over(dossier_id: int) -> None:
    """End a dossier whose result was delivered. Raises Conflict when somebody has done so, InvalidInput (fee)."""
    acts.act(dossier_id, Action.HAND_OVER, SYSTEM)


def _owing() -> Select[int]:
    return select(Payment.dossier_id).where(Payment.state == PaymentState.DUE, Payment.amount > 0)


def _note(shipment: Shipment, told: Sequence[Progress]) -> None:
    first = shipment.track[:1]  # our own line: that it was ordered
    shipment.track = [*first, *({"at": one.at.isoformat(), "text": one.text} for one in told)]
    shipment.state = told[-1].state


def _parcel(shipment_id: int) -> tuple[Parcel, str]:
    with reading() as session:
        shipment = session.get(Shipment, shipment_id)
        if shipment is None:
            raise NotFound("Không có bưu gửi này.")
        dossier = session.get_one(Dossier, shipment.dossier_id)
        parcel = Parcel(
            shipment.id, dossier.applicant_name, dossier.applicant_phone, shipment.address, shipment.created_at,
            shipment.tracking_code or "",
        )  # fmt: skip
        return parcel, shipment.carrier


def _locked(session: Session, shipment_id: int) -> tuple[Dossier, Shipment]:
    shipment = session.get_one(Shipment, shipment_id)
    dossier = session.get_one(Dossier, shipment.dossier_id, with_for_update=True)
    session.refresh(shipment)
    return dossier, shipment


def _tell(session: Session, dossier: Dossier, shipment: Shipment) -> None:
    told = telling.telling(dossier, Event.POSTED, f"parcel:{shipment.id}", variant=shipment.direction)
    notifications.tell_applicant(session, told, telling.applicant(dossier))
