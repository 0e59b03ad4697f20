"""The map as a grid of cells of a tenth of a degree (11 km from south to north, less from west to east).

A location is in one cell. To find the locations near a point, the cells that a circle touches are read.
"""

import math

from emsp.distance import EARTH_RADIUS_M

CELLS_PER_DEGREE = 10
METRES_PER_DEGREE = math.pi * EARTH_RADIUS_M / 180


def cell_of(latitude: float, longitude: float) -> str:
    """Return the cell of a point in degrees, such as `129:776` (12.9 to 13.0 north, 77.6 to 77.7 east)."""
    return f"{_row(latitude)}:{_column(longitude)}"


def cells_near(latitude: float, longitude: float, radius_m: float) -> list[str]:
    """Return the cells that a circle touches."""
    reach = radius_m / METRES_PER_DEGREE
    rows = range(_row(max(-90.0, latitude - reach)), _row(min(90.0, latitude + reach)) + 1)
    cells: dict[str, None] = {}
    for row in rows:
        south, north = row / CELLS_PER_DEGREE, (row + 1) / CELLS_PER_DEGREE
        nearest = min(max(latitude, south), north)
        height_m = abs(nearest - latitude) * METRES_PER_DEGREE
        # On each row the circle is widest, in degrees of longitude, at the side nearer to the pole.
        shrunk = min(math.cos(math.radians(max(abs(south), abs(north), abs(nearest)))), 1.0)
        width_m = math.sqrt(max(0.0, radius_m**2 - height_m**2))
        width = 180.0 if shrunk <= 0.01 else min(180.0, width_m / (METRES_PER_DEGREE * shrunk))
        for column in range(math.floor((longitude - width) * CELLS_PER_DEGREE), _last(longitude + width) + 1):
            cells[f"{row}:{_column(column / CELLS_PER_DEGREE + 0.5 / CELLS_PER_DEGREE)}"] = None
    return list(cells)


def _row(latitude: float) -> int:
    return min(math.floor(latitude * CELLS_PER_DEGREE), 90 * CELLS_PER_DEGREE - 1)


def _column(longitude: float) -> int:
    turned = (longitude + 180.0) % 360.0 - 180.0
    return math.floor(turned * CELLS_PER_DEGREE)


def _last(longitude: float) -> int:
    return math.floor(longitude * CELLS_PER_DEGREE)
