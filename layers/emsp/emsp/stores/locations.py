"""The table of locations, which is also searched by place: index `by_cell`. (`by_id` serves
stores/owners.py.)

A location's `summary` lies in the index of cells: enough to filter and sort by distance without reading the
location.
"""

import json
from typing import Any, NamedTuple

from emsp.stores.catalogue_table import CatalogueTable
from emsp.stores.table import Item, store_errors


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
        request: dict[str, Any] = {
            "TableName": self.name,
            "IndexName": "by_cell",
            "KeyConditionExpression": "cell = :cell",
            "ExpressionAttributeValues": {":cell": {"S": cell}},
            "ProjectionExpression": "summary",
        }
        found: list[LocationSummary] = []
        while True:
            with store_errors(f"reading the locations in cell {cell} from {self.name}"):
                page = self.client.query(**request)
            found += map(_summary, page["Items"])
            if "LastEvaluatedKey" not in page:
                return found
            request["ExclusiveStartKey"] = page["LastEvaluatedKey"]


def _summary(item: Item) -> LocationSummary:
    key, latitude, longitude, rows, published = json.loads(item["summary"]["S"])
    return LocationSummary(key, latitude, longitude, tuple(Plug(*row) for row in rows), published)
