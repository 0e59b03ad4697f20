"""The pull record of a module, in one item of the control table, so that lease, run and cursor change
together.

`control_key` is `pull#<module>`. `run` is the current or last run, and `catalogue` the result of the
completed runs, both as JSON text. `seen` has a bit for each known object that a full run has met. Each write
after `acquire` requires the lease. A process that has lost it gets LeaseLost, and must stop.

Before objects are written, the change log (`pull_log#<log>#<number>`) lists them. So their entries in the
previous snapshot are known to be outdated, even if the process dies.
"""

import json
import zlib
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import asdict, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from emsp.stores.client_types import DynamoDBClient
from emsp.stores.expires_at import EXPIRES_AT, ttl_value
from emsp.stores.keyed_items import KeyedItems
from emsp.stores.pull_records import Catalogue, PullRecord, PullRun, record_of, run_text
from emsp.stores.table import ConditionFailed, StoreUnavailable

HISTORY_LENGTH = 20
ENTRIES_PER_READ = 100
LOG_KEPT = timedelta(days=90)


class AlreadyRunning(Exception):
    """Another process has the lease. `record` shows the progress of its run."""

    def __init__(self, module: str, record: PullRecord) -> None:
        super().__init__(f"a pull of {module} is running until {record.lease_until}: nothing to do")
        self.record = record


class LeaseLost(Exception):
    """Another process has taken the lease. This one must not write any more."""


class PullRuns:
    """The pull record of a module, for one process (`owner`). All methods raise StoreUnavailable."""

    def __init__(
        self,
        client: DynamoDBClient,
        table: str,
        module: str,
        *,
        owner: str,
        lease: timedelta,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._items = KeyedItems(client, table)
        self._module = module
        self._owner = owner
        self._lease = lease
        self._now = now
        self._renewed_at: datetime | None = None

    def read(self) -> PullRecord | None:
        """Return the current record, or None before the first pull."""
        item = self._items.read(_key(self._module), f"reading the pull record of {self._module}")
        return record_of(item) if item else None

    def acquire(self) -> PullRecord:
        """Take the lease, and return the record. Raises AlreadyRunning if another process has the lease."""
        now = self._now()
        try:
            taken = self._items.update(
                _key(self._module),
                f"taking the lease on pulls of {self._module}",
                "SET lease_owner = :owner, lease_until = :until",
                {
                    ":owner": {"S": self._owner},
                    ":until": self._until(now),
                    ":now": {"N": _milliseconds(now)},
                },
                condition="attribute_not_exists(lease_until) OR lease_until < :now",
                returns="ALL_NEW",
            )
        except ConditionFailed as failed:
            raise AlreadyRunning(self._module, record_of(failed.item or {})) from None
        self._renewed_at = now
        return record_of(taken)

    def save(self, run: PullRun, seen: bytes | None = None) -> None:
        """Store the run with its cursor, and extend the lease. Raises LeaseLost."""
        sets = {"run": run_text(self._stamped(run))}
        self._update(sets | ({"seen": {"B": zlib.compress(seen, 1)}} if seen is not None else {}))

    def renew(self) -> None:
        """Extend the lease if a third of it has passed. Raises LeaseLost."""
        if self._renewed_at is None or self._now() - self._renewed_at >= self._lease / 3:
            self._update({})

    def finish(self, run: PullRun, catalogue: Catalogue) -> PullRun:
        """Store the completed run and the new catalogue, and release the lease. Return the stored run.

        Raises LeaseLost.
        """
        run = self._stamped(run)
        kept = replace(catalogue, history=catalogue.history[-HISTORY_LENGTH:])
        sets = {"run": run_text(run), "catalogue": {"S": json.dumps(asdict(kept))}}
        self._update(sets, " REMOVE lease_owner, lease_until, seen")
        return run

    def release(self, run: PullRun | None) -> PullRun | None:
        """Release the lease, and store the unfinished run, if any, for the next process. Return the stored
        run.

        Raises LeaseLost.
        """
        kept = self._stamped(run) if run else None
        self._update({"run": run_text(kept)} if kept else {}, " REMOVE lease_owner, lease_until")
        return kept

    def append_log(self, log: str, number: int, object_keys: Collection[str]) -> None:
        """List the objects that are about to be written.

        Raises LeaseLost if another process has written this entry.
        """
        try:
            self._items.put(
                {
                    "control_key": {"S": _log_key(log, number)},
                    "object_keys": {"S": "\n".join(object_keys)},
                    EXPIRES_AT: ttl_value(self._now(), LOG_KEPT),
                },
                f"writing entry {number} of the change log {log}",
                "attribute_not_exists(control_key)",
            )
        except ConditionFailed:
            raise LeaseLost(
                f"entry {number} of the change log {log} exists already: another process writes the log"
            ) from None

    def read_log(self, log: str, entries: int) -> tuple[set[str], int]:
        """Return the objects in the log, and the number of its entries.

        There are at least `entries`, and possibly more from processes that were killed. Raises
        StoreUnavailable if one of the first `entries` is missing.
        """
        keys: set[str] = set()
        number = 0
        while True:
            numbers = range(number, number + ENTRIES_PER_READ)
            found = self._log_entries(log, numbers)
            for number in numbers:
                if number not in found:
                    break
                keys |= found[number]
            else:
                number += 1
                continue
            if number >= entries:
                return keys, number
            raise StoreUnavailable(
                f"entry {number} of the change log {log} is missing: pull with "
                '{"mode": "full", "restart": true}'
            )

    def _log_entries(self, log: str, numbers: Iterable[int]) -> dict[int, set[str]]:
        keys = (_log_key(log, number) for number in numbers)
        return {
            int(item["control_key"]["S"].rsplit("#", 1)[1]): set(item["object_keys"]["S"].split("\n"))
            for item in self._items.read_many(keys, f"reading the change log {log}")
        }

    def _update(self, sets: Mapping[str, Any], removes: str = "") -> None:
        now = self._now()
        values: dict[str, Any] = {f":{name}": value for name, value in sets.items()}
        expression = ", ".join(f"#{name} = :{name}" for name in sets)
        names = {f"#{name}": name for name in sets}
        if not removes:
            expression += f"{', ' if expression else ''}lease_until = :until"
            values[":until"] = self._until(now)
        try:
            self._items.update(
                _key(self._module),
                f"writing the pull record of {self._module}",
                (f"SET {expression}" if expression else "") + removes,
                values | {":owner": {"S": self._owner}},
                condition="lease_owner = :owner",
                names=names,
            )
        except ConditionFailed:
            raise LeaseLost(
                f"another process has taken over the pull of {self._module}: this one stops"
            ) from None
        self._renewed_at = now

    def _stamped(self, run: PullRun) -> PullRun:
        return replace(run, updated_at=self._now().isoformat())

    def _until(self, now: datetime) -> Any:  # noqa: ANN401 - an attribute value of boto3
        return {"N": _milliseconds(now + self._lease)}


def last_pull_began(client: DynamoDBClient, table: str, module: str) -> str | None:
    """Return when the last completed pull of a module began (ISO text), or None before the first.

    Raises StoreUnavailable.
    """
    doing = f"reading the pull record of {module}"
    item = KeyedItems(client, table).read(_key(module), doing, consistent=False)
    return record_of(item).catalogue.delta_from


def _key(module: str) -> str:
    return f"pull#{module}"


def _log_key(log: str, number: int) -> str:
    return f"pull_log#{log}#{number}"


def _milliseconds(moment: datetime) -> str:
    return str(int(moment.timestamp() * 1000))
