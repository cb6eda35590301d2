"""A place that a citizen shared."""

from dataclasses import dataclass

from backend.organisation import service as organisation


@dataclass(frozen=True)
class Place:
    """In degrees (WGS 84); `commune` is "" where it could not be told."""

    latitude: float
    longitude: float
    commune: str = ""

    @property
    def is_inside(self) -> bool:
        """False where it is surely outside the province."""
        return organisation.near_province(self.latitude, self.longitude)
