"""In which commune a place lies. The boundaries are a file of the house's own (`COMMUNES_GEOJSON`): none come with us.

Its form: a GeoJSON FeatureCollection in WGS 84, each feature a Polygon or MultiPolygon with the statistics office's
number of the commune (`ma_xa`, `unit_id`) or its name (`ten_xa`, `name`) among its properties.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import Any

from backend.logs import logger
from backend.settings import settings

log = logger(__name__)

Ring = Sequence[Sequence[float]]
"""Corners as `[longitude, latitude]`, the first one again at the end."""

PROVINCE_BOX = (12.16, 107.48, 13.76, 109.49)
"""South, west, north, east of the province since 2025-07-01, in degrees: the published extremes of Đắk Lắk and of the
former Phú Yên, widened to the next hundredth. What lies outside is surely not in the province, what lies inside may
be."""
_NUMBER, _NAME = ("ma_xa", "unit_id"), ("ten_xa", "name")


@dataclass(frozen=True)
class Area:
    """A commune's territory. Each polygon is its outer ring and then its holes; `box` as `PROVINCE_BOX`."""

    unit_id: str
    name: str
    polygons: tuple[Sequence[Ring], ...]
    box: tuple[float, float, float, float]

    def holds(self, latitude: float, longitude: float) -> bool:
        """Whether the place lies in it."""
        return _in_box(self.box, latitude, longitude) and any(
            sum(_encloses(ring, latitude, longitude) for ring in polygon) == 1 for polygon in self.polygons
        )


def near_province(latitude: float, longitude: float) -> bool:
    """False where a place is surely outside the province."""
    return _in_box(PROVINCE_BOX, latitude, longitude)


def area_at(latitude: float, longitude: float) -> Area | None:
    """The commune that a place lies in; None outside all of them, or where no boundaries are at hand."""
    path = settings().communes_geojson
    return next((area for area in _areas(path) if area.holds(latitude, longitude)), None) if path else None


@lru_cache(maxsize=4)
def _areas(path: Path) -> Sequence[Area]:
    """All areas of the file; none, and an error in the log, where it cannot be read."""
    try:
        features = json.loads(path.read_text("utf-8"))["features"]
        return tuple(area for feature in features if (area := _area(feature)) is not None)
    except (OSError, ValueError, KeyError, TypeError, IndexError) as error:
        log.error("no boundaries of communes", error=type(error).__name__)
        return ()


def _area(feature: Mapping[str, Any]) -> Area | None:
    geometry, properties = feature["geometry"], feature.get("properties") or {}
    if geometry is None or geometry["type"] not in {"Polygon", "MultiPolygon"}:
        return None
    polygons = tuple([geometry["coordinates"]] if geometry["type"] == "Polygon" else geometry["coordinates"])
    corners = [corner for polygon in polygons for corner in polygon[0]]
    longitudes, latitudes = [float(corner[0]) for corner in corners], [float(corner[1]) for corner in corners]
    return Area(
        unit_id=_property(properties, _NUMBER),
        name=_property(properties, _NAME),
        polygons=polygons,
        box=(min(latitudes), min(longitudes), max(latitudes), max(longitudes)),
    )


def _property(properties: Mapping[str, Any], names: Sequence[str]) -> str:
    return next((str(properties[name]) for name in names if properties.get(name)), "")


def _in_box(box: tuple[float, float, float, float], latitude: float, longitude: float) -> bool:
    south, west, north, east = box
    return south <= latitude <= north and west <= longitude <= east


def _encloses(ring: Ring, latitude: float, longitude: float) -> bool:
    """Whether a ray to the east crosses the ring an odd number of times."""
    inside = False
    for (x1, y1, *_), (x2, y2, *_) in pairwise(ring):
        if (y1 > latitude) != (y2 > latitude) and longitude < x1 + (latitude - y1) * (x2 - x1) / (y2 - y1):
            inside = not inside
    return inside
