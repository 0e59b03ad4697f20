"""The table of locations, which is also searched by place: index `by_cell`. (`by_id` serves
stores/owners.py.)

A location's `summary` lies in the index of cells: enough to filter and sort by distance without reading the
location.
"""

import json
from typing import NamedTuple

from emsp.stores.catalogue_table import CatalogueTable
from emsp.stores.table import Item, items_of


class Plug(NamedTuple):
    """Connectors of one location that are alike: EVSE status, connector standard, W (None: unknown), how
    many.
    """

    status: str
    standard: str
    power_w: int | None
    connectors: int


class LocationSummary(NamedTuple):
    """Where a location is (degrees), what can be plugged in there, and whether it may be shown to
    everybody.
    """

    object_key: str
    latitude: float
    longitude: float
    plugs: tuple[Plug, ...]
    published: bool


def write_summary(summary: LocationSummary) -> str:
    """The attribute `summary`. It holds the key as well, so that a search reads this one attribute only."""
    rows = [[each.status, each.standard, each.power_w, each.connectors] for each in summary.plugs]
    return json.dumps(
        [summary.object_key, summary.latitude, summary.longitude, rows, summary.published],
        separators=(",", ":"),
    )


class LocationsTable(CatalogueTable):
    """Locations by object key and by cell."""

    def in_cell(self, cell: str) -> list[LocationSummary]:
        """The summaries of all locations in a cell. Raises StoreUnavailable."""
        items = items_of(
            self.client,
            "query",
            f"reading the locations in cell {cell} from {self.name}",
            TableName=self.name,
            IndexName="by_cell",
            KeyConditionExpression="cell = :cell",
            ExpressionAttributeValues={":cell": {"S": cell}},
            ProjectionExpression="summary",
        )
        return [_summary(item) for item in items]


def _summary(item: Item) -> LocationSummary:
    key, latitude, longitude, rows, published = json.loads(item["summary"]["S"])
    return LocationSummary(key, latitude, longitude, tuple(Plug(*row) for row in rows), published)
