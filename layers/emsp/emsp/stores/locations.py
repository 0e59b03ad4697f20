"""The table of locations, with an index by area (`by_cell`). stores/owners.py uses the index `by_id`.

The index by area contains the `summary` of each location. It is enough to filter and sort by distance.
"""

import json
from collections.abc import Iterator
from typing import NamedTuple

from emsp.stores.catalogue_table import CatalogueTable
from emsp.stores.table import Item, items_of


class ConnectorGroup(NamedTuple):
    """Identical connectors of a location: EVSE status, connector standard, power in W (None if unknown),
    their number, and PowerType (empty if unknown).
    """

    status: str
    standard: str
    power_w: int | None
    connectors: int
    power_type: str = ""


class LocationSummary(NamedTuple):
    """The position of a location in degrees, its connectors, and whether everybody may see it."""

    object_key: str
    latitude: float
    longitude: float
    connector_groups: tuple[ConnectorGroup, ...]
    published: bool


def write_summary(summary: LocationSummary) -> str:
    """Return the attribute `summary`. It includes the key, so a search reads no other attribute."""
    rows = [[*each] for each in summary.connector_groups]
    return json.dumps(
        [summary.object_key, summary.latitude, summary.longitude, rows, summary.published],
        separators=(",", ":"),
    )


class LocationsTable(CatalogueTable):
    """Locations by object key and by cell."""

    def in_cell(self, cell: str) -> Iterator[LocationSummary]:
        """Yield the summaries of the locations in a cell, page by page. Raises StoreUnavailable."""
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
        return map(_summary, items)


def _summary(item: Item) -> LocationSummary:
    key, latitude, longitude, rows, published = json.loads(item["summary"]["S"])
    return LocationSummary(key, latitude, longitude, tuple(ConnectorGroup(*row) for row in rows), published)
