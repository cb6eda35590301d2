"""What a carrier does for us. Implementations only try; what a delivery means is decided in `postal`."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from backend.dossiers.parcels import ShipmentState


@dataclass(frozen=True)
class Parcel:
    """A parcel of ours. `number` is unique; `tracking_code` is empty until it has been ordered."""

    number: int
    to_name: str
    to_phone: str
    to_address: str
    ordered_at: datetime
    tracking_code: str = ""


@dataclass(frozen=True)
class Progress:
    """What the carrier tells of one moment, in words for the applicant."""

    at: datetime
    state: ShipmentState
    text: str


class Carrier(ABC):
    """One postal service."""

    name: str

    @abstractmethod
    def order(self, parcel: Parcel) -> str:
        """Have it collected at the desk; its tracking code, the same when it is asked for again. Raises Unavailable."""

    @abstractmethod
    def track(self, parcel: Parcel) -> Sequence[Progress]:
        """Everything that has happened so far, oldest first. Raises Unavailable."""
