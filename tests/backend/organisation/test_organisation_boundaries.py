"""In which commune a place lies, from a file of the house's own."""

import json

import pytest

from backend.organisation import boundaries, service
from backend.settings import settings

SQUARE = [[108.0, 12.6], [108.1, 12.6], [108.1, 12.7], [108.0, 12.7], [108.0, 12.6]]
HOLE = [[108.04, 12.64], [108.06, 12.64], [108.06, 12.66], [108.04, 12.66], [108.04, 12.64]]
FAR = [[108.5, 12.6], [108.6, 12.6], [108.55, 12.7], [108.5, 12.6]]


def feature(kind, coordinates, **properties):
    return {"type": "Feature", "properties": properties, "geometry": {"type": kind, "coordinates": coordinates}}


COMMUNES = [
    feature("Polygon", [SQUARE, HOLE], ten_xa="Xã Có Lỗ"),
    feature("MultiPolygon", [[HOLE], [FAR]], name="Xã Hai Phần"),
    feature("Point", [108.0, 12.6], name="Trụ sở"),
    {"type": "Feature", "properties": None, "geometry": None},
]


@pytest.fixture
def given(tmp_path, monkeypatch):
    """Write the file, as text, and let the setting name it."""

    def write(text):
        path = tmp_path / "communes.geojson"
        path.write_text(text, "utf-8")
        monkeypatch.setenv("COMMUNES_GEOJSON", str(path))
        settings.cache_clear()
        boundaries._areas.cache_clear()

    yield write
    boundaries._areas.cache_clear()


@pytest.mark.parametrize(
    ("latitude", "longitude", "name"),
    [
        (12.62, 108.02, "Xã Có Lỗ"),
        (12.65, 108.05, "Xã Hai Phần"),
        (12.65, 108.55, "Xã Hai Phần"),
        (12.69, 108.51, ""),
        (12.65, 107.99, ""),
        (21.03, 105.85, ""),
        (float("nan"), 108.05, ""),
    ],
)
def test_the_commune_of_a_place(given, database, latitude, longitude, name):
    given(json.dumps({"features": COMMUNES}))
    assert service.place_name(latitude, longitude) == name


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"features": [{"geometry": {"type": "Polygon", "coordinates": []}}]}']
)
def test_a_broken_file_names_nothing_and_breaks_nothing(given, database, text):
    given(text)
    assert service.place_name(12.65, 108.05) == ""


def test_without_a_file_only_the_province_can_be_told():
    assert boundaries.area_at(12.68, 108.05) is None
    assert service.near_province(12.68, 108.05)  # Buôn Ma Thuột
    assert service.near_province(13.09, 109.30)  # Tuy Hòa
    assert not service.near_province(21.03, 105.85)  # Hà Nội
