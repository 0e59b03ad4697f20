"""The grid of the map: no location within a circle lies outside the circle's cells."""

import math

from hypothesis import example, given
from hypothesis import strategies as st

from emsp.catalogue.map_cells import cell_of, cells_near
from emsp.distance import EARTH_RADIUS_M, distance_m
from tests.profiles import examples


def travelled(latitude: float, longitude: float, bearing: float, metres: float) -> tuple[float, float]:
    """Where one is after going so far along a great circle."""
    angle, start = metres / EARTH_RADIUS_M, math.radians(latitude)
    end = math.asin(
        math.sin(start) * math.cos(angle)
        + math.cos(start) * math.sin(angle) * math.cos(math.radians(bearing))
    )
    turned = math.atan2(
        math.sin(math.radians(bearing)) * math.sin(angle) * math.cos(start),
        math.cos(angle) - math.sin(start) * math.sin(end),
    )
    return math.degrees(end), (longitude + math.degrees(turned) + 540) % 360 - 180


@examples(5)
@given(
    latitude=st.floats(-89, 89),
    longitude=st.floats(-180, 179.9),
    bearing=st.floats(0, 360),
    radius=st.floats(1, 50_000),
    share=st.floats(0, 0.9999),
)
@example(latitude=12.97, longitude=77.59, bearing=45, radius=10_000, share=0.99)
@example(latitude=0.0, longitude=-180.0, bearing=270, radius=10_000, share=0.99)
def test_every_point_within_a_circle_lies_in_one_of_its_cells(
    latitude: float, longitude: float, bearing: float, radius: float, share: float
) -> None:
    there = travelled(latitude, longitude, bearing, radius * share)
    assert distance_m(latitude, longitude, *there) <= radius
    assert cell_of(*there) in cells_near(latitude, longitude, radius)


def test_ten_kilometres_in_bengaluru_touch_few_cells() -> None:
    assert 4 <= len(cells_near(12.9716, 77.5946, 10_000)) <= 9


def test_distances() -> None:
    assert abs(distance_m(12.9716, 77.5946, 13.0827, 80.2707) - 290_200) < 1_000
    assert distance_m(1.0, 2.0, 1.0, 2.0) == 0
