"""The START_SESSIONs whose session may have to be stopped, in an index that contains no others.

They have a limit, or must not start late. `enforce` is one of PARTS partitions, so that no partition of the
index is hot. `enforce_at` is the time of the next check, and the index `by_enforcement` finds the commands
that are due. A push of the session sets `enforce_at` to now. A check sets it to the next time at which a
limit in minutes may be reached, or removes it.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from zlib import crc32

from emsp.stores.client_types import DynamoDBClient
from emsp.stores.command_records import CommandChange, CommandRecord, text_to_set
from emsp.stores.keyed_items import KeyedItems
from emsp.stores.table import ConditionFailed, items_of, time_text

PARTS: Final = 4


@dataclass(frozen=True)
class LimitedCommands:
    """The index of these commands. All methods raise StoreUnavailable."""

    client: DynamoDBClient
    table: str

    def due(self, now: datetime) -> Iterator[str]:
        """Yield the ids of the commands whose check is due, the longest due first (eventually consistent)."""
        found: list[tuple[str, str]] = []
        for part in range(PARTS):
            items = items_of(
                self.client,
                "query",
                "looking for limits that are due",
                TableName=self.table,
                IndexName="by_enforcement",
                KeyConditionExpression="enforce = :part AND enforce_at <= :now",
                ExpressionAttributeValues={":part": {"S": str(part)}, ":now": {"S": time_text(now)}},
            )
            found += ((item["enforce_at"]["S"], item["command_id"]["S"]) for item in items)
        yield from (command_id for _, command_id in sorted(found))

    def check_at(self, command_id: str, at: datetime) -> None:
        """Set the time of the next check to `at`."""
        values = {":part": {"S": str(crc32(command_id.encode()) % PARTS)}, ":at": {"S": time_text(at)}}
        # An expired record stays away.
        self._update(
            command_id, "SET enforce = :part, enforce_at = :at", ["attribute_exists(command_id)"], values, ()
        )

    def checked(
        self, seen: CommandRecord, changes: Mapping[str, CommandChange], again: datetime | None
    ) -> bool:
        """Store the changes of a check, and the time of the next check.

        Return False if the command changed, or a push of its session came, after `seen` was read. Then
        nothing is stored, and the command is still due.
        """
        values = _values(changes)
        assigned = [f"#{name} = :{name}" for name in changes]
        removes = ""
        if again is None:
            removes = " REMOVE enforce, enforce_at"
        else:
            assigned.append("enforce_at = :again")
            values[":again"] = {"S": time_text(again)}
        update = (f"SET {', '.join(assigned)}" if assigned else "") + removes
        conditions = ["enforce_at = :seen"]
        values[":seen"] = {"S": seen.enforce_at}
        conditions += _same_stop(seen, values)
        conditions += [
            f"attribute_not_exists({name})"
            for name in ("limit_near", "limit_contradicted", "limit_reached")
            if name in changes
        ]
        return self._update(seen.command_id, update, conditions, values, changes)

    def stop_sent(self, seen: CommandRecord, changes: Mapping[str, CommandChange]) -> bool:
        """Record which STOP_SESSION was sent, after `checked` has returned False because of a push.

        Return False if another check has recorded one.
        """
        values = _values(changes)
        update = "SET " + ", ".join(f"#{name} = :{name}" for name in changes)
        conditions = ["attribute_exists(command_id)", *_same_stop(seen, values)]
        return self._update(seen.command_id, update, conditions, values, changes)

    def _update(
        self,
        command_id: str,
        update: str,
        conditions: Iterable[str],
        values: Mapping[str, Any],
        changed: Iterable[str],
    ) -> bool:
        """Update a command, and return True. Return False if one of the conditions is not met.

        `changed` are the names that `update` sets.
        """
        try:
            KeyedItems(self.client, self.table, "command_id").update(
                command_id,
                f"updating the limit of command {command_id}",
                update,
                values,
                condition=" AND ".join(conditions),
                names={f"#{name}": name for name in changed},
            )
        except ConditionFailed:
            return False
        return True


def _values(changes: Mapping[str, CommandChange]) -> dict[str, Any]:
    return {f":{name}": {"S": text_to_set(value)} for name, value in changes.items()}


def _same_stop(seen: CommandRecord, values: dict[str, Any]) -> list[str]:
    """Return conditions that no other check has recorded a stop. Their values are added to `values`."""
    conditions = []
    for name in ("stop_command_id", "stop_attempts", "stop_outcome"):
        before = getattr(seen, name)
        conditions.append(f"{name} = :seen_{name}" if before else f"attribute_not_exists({name})")
        if before:
            values[f":seen_{name}"] = {"S": before}
    return conditions
