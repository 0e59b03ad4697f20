"""The stations on a map: the points of a snapshot's GeoJSON on a rough outline of the country, without tiles
or network access.
"""

from collections.abc import Iterable, Sequence
from math import cos, radians
from typing import Any

from tests.demo.report.markup import element, text

# Rough longitudes and latitudes of India's border and coast.
OUTLINE = (
    (74.9, 37.0), (77.8, 35.5), (78.9, 34.3), (78.7, 31.5), (81.0, 30.2), (80.1, 28.8), (84.1, 27.5),
    (88.1, 26.4), (88.1, 27.9), (88.9, 27.3), (89.8, 26.7), (92.1, 26.9), (91.7, 27.8), (94.0, 29.0),
    (97.3, 28.2), (95.2, 26.7), (94.1, 23.9), (93.2, 24.1), (92.6, 22.0), (91.5, 23.0), (92.3, 25.0),
    (89.8, 25.3), (88.1, 25.8), (88.6, 24.3), (88.9, 22.0), (87.0, 21.5), (85.1, 19.5), (82.3, 16.6),
    (80.3, 15.7), (80.2, 13.2), (79.8, 10.3), (78.2, 8.9), (77.5, 8.1), (76.3, 9.9), (74.8, 12.9),
    (73.5, 16.0), (72.8, 19.2), (72.7, 21.2), (70.3, 20.9), (69.0, 22.3), (68.2, 23.7), (71.0, 24.4),
    (69.6, 27.2), (72.9, 29.0), (74.5, 31.1), (74.4, 32.8), (73.8, 34.4), (74.9, 37.0),
)  # fmt: skip
WIDTH = 640
MARGIN = 24


def stations(features: Sequence[dict[str, Any]], charged_at: str) -> str:
    """The map, on which the station with the id `charged_at` is marked, and a sentence with counts."""
    points = [(feature, *feature["geometry"]["coordinates"]) for feature in features]
    if not points:
        return element("p", "The catalogue has no station with coordinates.")
    at = _Projection([*OUTLINE, *((longitude, latitude) for _, longitude, latitude in points)])
    border = " ".join(f"{x:.1f},{y:.1f}" for x, y in (at(*corner) for corner in OUTLINE))
    ordered = sorted(points, key=lambda each: each[0]["properties"]["id"] == charged_at)
    drawn = "".join(
        _dot(feature, *at(longitude, latitude), charged_at) for feature, longitude, latitude in ordered
    )
    shape = element("polygon", points=border, class_="country")
    svg = element(
        "svg",
        shape + drawn,
        viewBox=f"0 0 {WIDTH} {at.height:.0f}",
        role="img",
        aria_label=f"{len(points)} stations on a map",
    )
    free = sum(_is_free(feature) for feature in features)
    told = f"{len(points)} stations, {free} with a free connector (green); the charge was at {charged_at}."
    return svg + element("p", text(told))


class _Projection:
    """Converts degrees to points of the drawing, which is WIDTH wide. The scale is right in its middle."""

    def __init__(self, corners: Iterable[tuple[float, float]]) -> None:
        longitudes, latitudes = zip(*corners, strict=True)
        self.west, self.north = min(longitudes), max(latitudes)
        middle = radians((self.north + min(latitudes)) / 2)
        self.scale = (WIDTH - 2 * MARGIN) / max(0.001, max(longitudes) - self.west)
        self.stretch = 1 / max(0.1, cos(middle))
        self.height = 2 * MARGIN + (self.north - min(latitudes)) * self.scale * self.stretch

    def __call__(self, longitude: float, latitude: float) -> tuple[float, float]:
        x = MARGIN + (longitude - self.west) * self.scale
        return x, MARGIN + (self.north - latitude) * self.scale * self.stretch


def _dot(feature: dict[str, Any], x: float, y: float, charged_at: str) -> str:
    told = feature["properties"]
    plugs = ", ".join(f"{count} x {standard} {status}" for count, standard, _, status in told["evses"])
    here = told["id"] == charged_at
    kind = "charged" if here else "free" if _is_free(feature) else "taken"
    title = element("title", text(f"{told.get('name') or told['id']}: {plugs}"))
    dot = element("circle", title, cx=f"{x:.1f}", cy=f"{y:.1f}", r=11 if here else 6, class_=kind)
    if not here:
        return dot
    anchor = "end" if x > WIDTH / 2 else "start"
    label_x = x - 16 if anchor == "end" else x + 16
    return dot + element("text", text(told["id"]), x=f"{label_x:.1f}", y=f"{y + 7:.1f}", text_anchor=anchor)


def _is_free(feature: dict[str, Any]) -> bool:
    return any(status == "AVAILABLE" for _, _, _, status in feature["properties"]["evses"])
