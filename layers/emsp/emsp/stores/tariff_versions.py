"""The table of tariff versions: every version that a pull has found, and the time when a tariff vanished.

A version is in force until the next one. Nothing is deleted, because the tariff at the start of a session
decides its cost, even if the tariff was changed or removed later.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import batched
from typing import Any

from emsp.ocpi.datetimes import canonical_datetime
from emsp.stores.catalogue_table import PUTS_PER_WRITE, CatalogueObject, CatalogueTable
from emsp.stores.table import read_body, store_errors


@dataclass(frozen=True)
class TariffVersion:
    """A version: its JSON as received, and when it was first seen (canonical text)."""

    text: str
    seen_from: str


class TariffVersions(CatalogueTable):
    """The table, with the keys `object_key` and `seen_from`. The item for a removed tariff has no body."""

    def mark_removed(self, object_keys: Sequence[str], removed_at: str, expires_at: int) -> None:  # noqa: ARG002
        """Record that these tariffs vanished from the Hub. Their versions never expire. Raises
        StoreUnavailable.
        """
        marks = [
            {"object_key": {"S": key}, "seen_from": {"S": removed_at}, "removed_at": {"S": removed_at}}
            for key in object_keys
        ]
        for _ in self._map(self._write_batch, batched(marks, PUTS_PER_WRITE, strict=False)):
            pass

    def in_force(self, object_key: str, moment: str) -> TariffVersion | None:
        """Return the version at `moment` (a time in any form). Raises StoreUnavailable.

        If the tariff was first seen later, this returns its first version. Returns None if it was never seen.
        Raises StoreUnavailable.
        """
        until = canonical_datetime(moment)
        return self._nearest(object_key, "<=", until) or self._nearest(object_key, ">", until)

    def _nearest(self, object_key: str, compared: str, moment: str) -> TariffVersion | None:
        with store_errors(f"reading the version of {object_key} from {self.name}"):
            answer = self.client.query(
                TableName=self.name,
                KeyConditionExpression=f"object_key = :key AND seen_from {compared} :moment",
                ExpressionAttributeValues={":key": {"S": object_key}, ":moment": {"S": moment}},
                ScanIndexForward=compared == ">",
                Limit=2,  # because the nearer one may only record the removal of the tariff
            )
        item = next((each for each in answer["Items"] if "removed_at" not in each), None)
        return (
            None
            if item is None
            else TariffVersion(read_body(item, self.large_bodies), item["seen_from"]["S"])
        )

    def _item(self, each: CatalogueObject, received_at: str) -> dict[str, Any]:
        return {**super()._item(each, received_at), "seen_from": {"S": received_at}}
