"""The table of locations, which is also searched by place: index `by_cell`. (`by_id` serves
stores/owners.py.)

A location's `summary` lies in the index of cells: enough to filter and sort by distance without reading the
location.
"""

import json
from dataclasses import dataclass
from typing import Any

from emsp.stores.catalogue_table import CatalogueTable
from emsp.stores.table import Item, store_errors


@dataclass(frozen=True)
class Plug:
    """Connectors of one location that are alike: EVSE status, connector standard, W (None: unknown), how
    many.
    """

    status: str
    standard: str
    power_w: int | None
    count: int


@dataclass(frozen=True)
class LocationSummary:
    """Where a location is (degrees), what can be plugged in there, and whether it may be shown to
    everybody.
    """

    object_key: str
    latitude: float
    longitude: float
    plugs: tuple[Plug, ...]
    published: bool


def write_summary(latitude: float, longitude: float, plugs: list[Plug], *, published: bool) -> str:
    """The attribute `summary`."""
    rows = [[each.status, each.standard, each.power_w, each.count] for each in plugs]
    return json.dumps([latitude, longitude, rows, published], separators=(",", ":"))


class LocationsTable(CatalogueTable):
    """Locations by object key and by cell."""

    def in_cell(self, cell: str) -> list[LocationSummary]:
        """The summaries of all locations in a cell. Raises StoreUnavailable."""
        request: dict[str, Any] = {
            "TableName": self.name,
            "IndexName": "by_cell",
            "KeyConditionExpression": "cell = :cell",
            "ExpressionAttributeValues": {":cell": {"S": cell}},
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
    latitude, longitude, rows, published = json.loads(item["summary"]["S"])
    plugs = tuple(Plug(*row) for row in rows)
    return LocationSummary(item["object_key"]["S"], latitude, longitude, plugs, published)
