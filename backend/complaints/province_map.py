"""A map of the province as plain SVG: our own projection (web Mercator), so that it needs no script and no tiles.

Tiles of a service, where the house has one (`MAP_TILES_URL`), lie under it as pictures: the projection is theirs.
"""

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from backend.organisation.service import PROVINCE_BOX

WIDTH = 600.0
"""Of the drawing, in its own units; a page shows it as wide as there is room."""
_TALLEST, _FLATTEST = 1.15, 0.6
"""Height by width of a drawing."""
_LEAST_SPAN = 0.04
"""Degrees, about 4 km: a single point is shown with something around it."""
_MARGIN = 0.12
_CELL = 34.0
"""Points nearer than this are one mark with a number."""
_MOST_TILES = 40

TOWNS = (
    ("Buôn Ma Thuột", 12.667, 108.038),
    ("Buôn Hồ", 12.917, 108.266),
    ("Ea H’Leo", 13.212, 108.208),
    ("Buôn Đôn", 12.896, 107.795),
    ("Ea Súp", 13.075, 107.885),
    ("Lắk", 12.412, 108.177),
    ("Krông Bông", 12.505, 108.345),
    ("Ea Kar", 12.815, 108.451),
    ("M’Drắk", 12.741, 108.747),
    ("Sông Hinh", 12.987, 108.903),
    ("Tuy Hòa", 13.095, 109.309),
    ("Sông Cầu", 13.456, 109.223),
    ("Đồng Xuân", 13.372, 109.005),
)
"""Where one is: names and degrees, rounded to 100 m."""

COAST = (
    (14.0, 109.22), (13.68, 109.23), (13.55, 109.29), (13.46, 109.24), (13.38, 109.23), (13.34, 109.29),
    (13.25, 109.30), (13.10, 109.32), (12.97, 109.39), (12.895, 109.455), (12.85, 109.42), (12.83, 109.37),
    (12.72, 109.33), (12.60, 109.28), (12.0, 109.22),
)  # fmt: skip
"""The shore from north to south, by hand and rough: right to some three kilometres."""
_ROUGH = 0.8
"""Degrees; a narrower frame would show points of the shore in the water."""


@dataclass(frozen=True)
class Point:
    """Something at a place; `key` says what."""

    key: str
    latitude: float
    longitude: float


@dataclass(frozen=True)
class Mark:
    """One point of the drawing, or several that lie too near to be told apart; `box` holds them all."""

    x: float
    y: float
    keys: tuple[str, ...]
    box: tuple[float, float, float, float]

    @property
    def radius(self) -> float:
        """Larger where it stands for more."""
        return 11.0 if len(self.keys) == 1 else 13.0 + min(len(self.keys), 50) / 10


@dataclass(frozen=True)
class Label:
    """A word at a place of the drawing."""

    x: float
    y: float
    text: str


@dataclass(frozen=True)
class Tile:
    """A picture of a tile service, `size` units wide and high."""

    x: float
    y: float
    size: float
    url: str


def _rise(latitude: float) -> float:
    """Web Mercator: how far north, in radians of a globe as wide as 2π."""
    return math.log(math.tan(math.pi / 4 + math.radians(latitude) / 2))


def _latitude(rise: float) -> float:
    return math.degrees(2 * math.atan(math.exp(rise)) - math.pi / 2)


@dataclass(frozen=True)
class Frame:
    """The part of the world that is drawn, in degrees."""

    south: float
    west: float
    north: float
    east: float

    @property
    def height(self) -> float:
        """Of the drawing, in its units."""
        return WIDTH * (_rise(self.north) - _rise(self.south)) / math.radians(self.east - self.west)

    def at(self, latitude: float, longitude: float) -> tuple[float, float]:
        """Where a place is in the drawing: units from its left and its top."""
        scale = WIDTH / math.radians(self.east - self.west)
        x, y = math.radians(longitude - self.west) * scale, (_rise(self.north) - _rise(latitude)) * scale
        return round(x, 1), round(y, 1)

    def holds(self, latitude: float, longitude: float) -> bool:
        """Whether the place is drawn."""
        return self.south <= latitude <= self.north and self.west <= longitude <= self.east


PROVINCE = Frame(*PROVINCE_BOX)


def around(box: tuple[float, float, float, float]) -> Frame:
    """A frame with this box (south, west, north, east) in its middle, neither too near nor too long or flat."""
    south, west, north, east = box
    rise, across = _rise(north) - _rise(south), math.radians(east - west)
    across = max(across, math.radians(_LEAST_SPAN)) * (1 + 2 * _MARGIN)
    rise = max(rise, math.radians(_LEAST_SPAN) * _FLATTEST) * (1 + 2 * _MARGIN)
    across, rise = max(across, rise / _TALLEST), max(rise, across * _FLATTEST)
    middle, meridian = (_rise(north) + _rise(south)) / 2, (west + east) / 2
    half = math.degrees(across) / 2
    return Frame(_latitude(middle - rise / 2), meridian - half, _latitude(middle + rise / 2), meridian + half)


def box_of(points: Iterable[Point]) -> tuple[float, float, float, float]:
    """The smallest box around some points, at least one."""
    known = list(points)
    latitudes, longitudes = [one.latitude for one in known], [one.longitude for one in known]
    return min(latitudes), min(longitudes), max(latitudes), max(longitudes)


def marks(frame: Frame, points: Sequence[Point]) -> list[Mark]:
    """The points as marks; those within one cell together, at their middle. What lies outside is left out."""
    cells: dict[tuple[int, int], list[Point]] = {}
    for point in points:
        if frame.holds(point.latitude, point.longitude):
            x, y = frame.at(point.latitude, point.longitude)
            cells.setdefault((int(x // _CELL), int(y // _CELL)), []).append(point)
    return [_mark(frame, together) for together in cells.values()]


def _mark(frame: Frame, together: list[Point]) -> Mark:
    number = len(together)
    x, y = frame.at(sum(p.latitude for p in together) / number, sum(p.longitude for p in together) / number)
    return Mark(x, y, tuple(point.key for point in together), box_of(together))


def labels(frame: Frame) -> list[Label]:
    """The towns that are in the frame."""
    return [Label(*frame.at(lat, lon), name) for name, lat, lon in TOWNS if frame.holds(lat, lon)]


def sea(frame: Frame) -> str:
    """The sea as corners of a polygon; "" where the frame shows too little for so rough a coast."""
    if frame.east - frame.west < _ROUGH:
        return ""
    corners = [*COAST, (COAST[-1][0], 111.0), (COAST[0][0], 111.0)]
    return " ".join(f"{x},{y}" for x, y in (frame.at(latitude, longitude) for latitude, longitude in corners))


def grid(frame: Frame) -> tuple[list[Label], list[Label]]:
    """Lines of equal latitude (`y`) and longitude (`x`), at round degrees, with what stands at them."""
    span = frame.east - frame.west
    step = next(step for step in (0.01, 0.02, 0.05, 0.1, 0.2, 0.5) if span / step < 6 or step == 0.5)
    flat = [
        Label(0, frame.at(value, frame.west)[1], _degrees(value, "B"))
        for value in _round(frame.south, frame.north, step)
    ]
    steep = [
        Label(frame.at(frame.south, value)[0], 0, _degrees(value, "Đ"))
        for value in _round(frame.west, frame.east, step)
    ]
    return flat, steep


def _round(first: float, last: float, step: float) -> Iterator[float]:
    for number in range(math.ceil(first / step), math.floor(last / step) + 1):
        yield number * step


def _degrees(value: float, side: str) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".").replace(".", ",") + f"° {side}"


def tiles(frame: Frame, template: str) -> list[Tile]:
    """The tiles under a frame, at the deepest zoom that takes no more than forty; `template` has {z}, {x} and {y}."""
    for zoom in range(18, 0, -1):
        left, right = ((value + 180) / 360 * 2**zoom for value in (frame.west, frame.east))
        top, bottom = ((1 - _rise(value) / math.pi) / 2 * 2**zoom for value in (frame.north, frame.south))
        columns, rows = range(int(left), int(right) + 1), range(int(top), int(bottom) + 1)
        if len(columns) * len(rows) <= _MOST_TILES:
            size = WIDTH / (right - left)
            return [
                Tile(round((x - left) * size, 2), round((y - top) * size, 2), size, _url(template, zoom, x, y))
                for y in rows
                for x in columns
            ]
    return []


def _url(template: str, zoom: int, x: int, y: int) -> str:
    return template.replace("{z}", str(zoom)).replace("{x}", str(x)).replace("{y}", str(y))
