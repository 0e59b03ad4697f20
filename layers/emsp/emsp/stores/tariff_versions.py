"""Every version of each tariff that a pull ever saw: from when it was seen, and when the tariff vanished.

A version holds until the next one. Nothing is ever deleted: what a session costs is decided by the tariff
that was in force at its start, also when that was changed or removed since.
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
    """A version: its JSON as received, and when it was seen: canonical texts, `seen_until` None: still."""

    object_key: str
    text: str
    seen_from: str
    seen_until: str | None


class TariffVersions(CatalogueTable):
    """The table of versions: object key and `seen_from`. What was removed has an item without a body."""

    def mark_removed(self, object_keys: Sequence[str], removed_at: str, expires_at: int) -> None:  # noqa: ARG002
        """Note when these vanished from the Hub. Their versions are kept: nothing expires. Raises
        StoreUnavailable.
        """
        marks = [
            {"object_key": {"S": key}, "seen_from": {"S": removed_at}, "removed_at": {"S": removed_at}}
            for key in object_keys
        ]
        for _ in self._map(self._write_batch, batched(marks, PUTS_PER_WRITE, strict=False)):
            pass

    def in_force(self, object_key: str, moment: str) -> TariffVersion | None:
        """The version that was the latest at `moment` (any text of a time), of a removed tariff its last.

        Its `seen_until` tells only of an end before that moment. Where the tariff was seen only later: its
        first version. None where it was never seen. Raises StoreUnavailable.
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
        # Two, since the nearer one may only tell that the tariff was removed.
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
