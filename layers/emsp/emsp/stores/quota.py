"""The quotas of the Hub's modules: for each module, the places that its calls have taken.

Item of the control table for each module: hash `control_key` = `quota#<module>`; an attribute for each place
that was ever taken, with its number as name (`0`, `1`, ...) and the time of its last request as value;
`hold_until_ms` (nobody calls before this time) and `hold_length_ms`. Times are whole milliseconds since 1970,
and never decrease. So an outdated read may show a taken place as free, which the conditional write detects,
but never a free place as taken. Each module has its own item, so pulls can't use up the places of real-time
calls.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, NamedTuple

from emsp.stores.client_types import DynamoDBClient
from emsp.stores.keyed_items import KeyedItems
from emsp.stores.table import ConditionFailed, Item

FORGIVEN_MS: Final = 60_000
"""If the last hold ended longer ago than this, the next one has the first length again."""

NOT_HELD_SINCE = "(attribute_not_exists(hold_until_ms) OR hold_until_ms <= :held)"


class StoredPlaces(NamedTuple):
    """The places of a module: when each was last taken, and until when nobody may call."""

    taken_ms: Mapping[int, int] = MappingProxyType({})
    held_until_ms: int = 0


class QuotaStore:
    """Reads and takes places, and holds all callers. Raises StoreUnavailable."""

    def __init__(self, client: DynamoDBClient, table: str) -> None:
        self._items = KeyedItems(client, table)

    def read(self, module: str, *, consistent: bool = False) -> StoredPlaces:
        """Return the places. Unless `consistent`, they may be slightly outdated, but the read costs half."""
        return _places(self._read(module, consistent=consistent))

    def take(
        self, module: str, place: int, *, at_ms: int, seen_ms: int | None, held_until_ms: int
    ) -> StoredPlaces | None:
        """Take a place if it was last taken at `seen_ms` and no later hold has begun.

        Return None, or the current places if that was not the case.
        """
        values = {":at": at_ms, ":held": held_until_ms}
        unchanged = "attribute_not_exists(#place)"
        if seen_ms is not None:
            unchanged = "#place = :seen"
            values[":seen"] = seen_ms
        try:
            self._update(
                module,
                "SET #place = :at",
                f"{unchanged} AND {NOT_HELD_SINCE}",
                values,
                {"#place": str(place)},
            )
        except ConditionFailed as failed:
            return _places(failed.item or {})
        return None

    def hold(self, module: str, *, now_ms: int, until_ms: int) -> None:
        """Hold all callers at least until `until_ms`."""
        try:
            self._update(
                module,
                "SET #until = :until, hold_length_ms = :length",
                "attribute_not_exists(#until) OR #until < :until",
                {":until": until_ms, ":length": until_ms - now_ms},
                {"#until": "hold_until_ms"},
            )
        except ConditionFailed:
            return

    def hold_longer(self, module: str, *, now_ms: int, first_ms: int, longest_ms: int) -> int:
        """Hold all callers twice as long as the last hold, or for `first_ms` if that ended long ago.

        Return when the hold ends. An active hold is not made longer, so several callers at once count as one.
        """
        item = self._read(module, consistent=True)
        held_until_ms = _number(item, "hold_until_ms")
        if held_until_ms > now_ms:
            return held_until_ms
        again = now_ms - held_until_ms < FORGIVEN_MS
        length_ms = min(longest_ms, 2 * _number(item, "hold_length_ms")) if again else first_ms
        until_ms = now_ms + max(first_ms, length_ms)
        self.hold(module, now_ms=now_ms, until_ms=until_ms)
        return until_ms

    def _read(self, module: str, *, consistent: bool) -> Item:
        return self._items.read(f"quota#{module}", f"reading the quota of {module}", consistent=consistent)

    def _update(
        self,
        module: str,
        update: str,
        condition: str,
        values: Mapping[str, int],
        names: Mapping[str, str],
    ) -> None:
        self._items.update(
            f"quota#{module}",
            f"changing the quota of {module}",
            update,
            {name: {"N": str(value)} for name, value in values.items()},
            condition=condition,
            names=names,
        )


def _places(item: Item) -> StoredPlaces:
    taken_ms = {int(name): _number(item, name) for name in item if name.isdecimal()}
    return StoredPlaces(taken_ms, _number(item, "hold_until_ms"))


def _number(item: Item, name: str) -> int:
    return int(item[name]["N"]) if name in item else 0
