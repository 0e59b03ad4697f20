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
from emsp.stores.table import Item, read_body, store_errors, text_attribute


@dataclass(frozen=True)
class TariffVersion:
    """A version of a tariff: its JSON as received, and from when until when the Hub listed it (canonical
    texts).

    `seen_until` is None if it is still in force.
    """

    object_key: str
    text: str
    seen_from: str
    seen_until: str | None


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

        For a removed tariff it is the last version. If the tariff was first seen later, it is the first
        version. Return None if it was never seen. `seen_until` is set only if the version ended before
        `moment`.
        """
        until = canonical_datetime(moment)
        before = self._query(object_key, "seen_from <= :moment", until, newest_first=True)
        for number, item in enumerate(before):
            if "removed_at" not in item:
                after = before[number - 1] if number else None
                return self._version(item, text_attribute(after, "seen_from") if after else None)
        for item in self._query(object_key, "seen_from > :moment", until, newest_first=False):
            if "removed_at" not in item:
                return self._version(item, None)
        return None

    def _query(self, object_key: str, condition: str, moment: str, *, newest_first: bool) -> list[Item]:
        request = self._request(object_key)
        request["KeyConditionExpression"] += f" AND {condition}"
        request["ExpressionAttributeValues"][":moment"] = {"S": moment}
        # Two items are read, because the nearer one may be the one that records the removal.
        request |= {"ScanIndexForward": not newest_first, "Limit": 2}
        with store_errors(f"reading the version of {object_key} from {self.name}"):
            return [*self.client.query(**request)["Items"]]

    def _request(self, object_key: str) -> dict[str, Any]:
        return {
            "TableName": self.name,
            "KeyConditionExpression": "object_key = :key",
            "ExpressionAttributeValues": {":key": {"S": object_key}},
        }

    def _version(self, item: Item, seen_until: str | None) -> TariffVersion:
        return TariffVersion(
            object_key=item["object_key"]["S"],
            text=read_body(item, self.large_bodies),
            seen_from=item["seen_from"]["S"],
            seen_until=seen_until,
        )

    def _item(self, each: CatalogueObject, received_at: str) -> dict[str, Any]:
        return {**super()._item(each, received_at), "seen_from": {"S": received_at}}
