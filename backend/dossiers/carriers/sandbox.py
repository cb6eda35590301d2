"""A carrier that carries nothing: tracking codes in the form of the Universal Postal Union, progress by the clock."""

from collections.abc import Sequence
from datetime import timedelta

from backend import clock
from backend.dossiers.carriers.base import Carrier, Parcel, Progress
from backend.dossiers.parcels import ShipmentState

_SCHEDULE = (
    (timedelta(hours=2), ShipmentState.ON_THE_WAY, "Bưu điện đã nhận kết quả từ bộ phận một cửa."),
    (timedelta(hours=20), ShipmentState.ON_THE_WAY, "Bưu gửi đã đến bưu cục phát."),
    (timedelta(hours=26), ShipmentState.DELIVERED, "Đã phát cho người nhận."),
)
_WEIGHTS = (8, 6, 4, 2, 3, 5, 9, 7)


class Sandbox(Carrier):
    """Delivers 26 hours after it was ordered."""

    name = "sandbox"

    def order(self, parcel: Parcel) -> str:
        """`EX` + number + check digit + `VN` (standard S10), from the parcel's number."""
        number = f"{parcel.number % 10**8:08d}"
        return f"EX{number}{check_digit(number)}VN"

    def track(self, parcel: Parcel) -> Sequence[Progress]:
        """What the schedule has reached by now."""
        return [
            Progress(at, state, text)
            for at, state, text in ((parcel.ordered_at + after, state, text) for after, state, text in _SCHEDULE)
            if at <= clock.now()
        ]


def check_digit(number: str) -> int:
    """Of the eight digits of a tracking code (standard S10)."""
    rest = 11 - sum(int(digit) * weight for digit, weight in zip(number, _WEIGHTS, strict=True)) % 11
    return {10: 0, 11: 5}.get(rest, rest)
