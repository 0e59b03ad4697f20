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
from datetime import datetime, timedelta
from typing import Any

from emsp.stores.client_types import DynamoDBClient
from emsp.stores.pull_records import Catalogue, PullRecord, PullRun, record_of, run_text
from emsp.stores.table import ConditionFailed, StoreUnavailable, store_errors

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
        now: Callable[[], datetime],
    ) -> None:
        self._client = client
        self._table = table
        self._module = module
        self._owner = owner
        self._lease = lease
        self._now = now
        self._renewed_at: datetime | None = None

    def read(self) -> PullRecord | None:
        """Return the current record, or None before the first pull."""
        with store_errors(f"reading the pull record of {self._module}"):
            answer = self._client.get_item(TableName=self._table, Key=self._key(), ConsistentRead=True)
        item = answer.get("Item")
        return record_of(item) if item else None

    def acquire(self) -> PullRecord:
        """Take the lease, and return the record. Raises AlreadyRunning if another process has the lease."""
        now = self._now()
        try:
            with store_errors(f"taking the lease on pulls of {self._module}"):
                answer = self._client.update_item(
                    TableName=self._table,
                    Key=self._key(),
                    UpdateExpression="SET lease_owner = :owner, lease_until = :until",
                    ConditionExpression="attribute_not_exists(lease_until) OR lease_until < :now",
                    ExpressionAttributeValues={
                        ":owner": {"S": self._owner},
                        ":until": self._until(now),
                        ":now": {"N": _milliseconds(now)},
                    },
                    ReturnValues="ALL_NEW",
                    ReturnValuesOnConditionCheckFailure="ALL_OLD",
                )
        except ConditionFailed as failed:
            raise AlreadyRunning(self._module, record_of(failed.item or {})) from None
        self._renewed_at = now
        return record_of(answer["Attributes"])

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
            with store_errors(f"writing entry {number} of the change log {log}"):
                self._client.put_item(
                    TableName=self._table,
                    Item={
                        "control_key": {"S": _log_key(log, number)},
                        "object_keys": {"S": "\n".join(object_keys)},
                        "expires_at": {"N": str(int((self._now() + LOG_KEPT).timestamp()))},
                    },
                    ConditionExpression="attribute_not_exists(control_key)",
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
        found: dict[int, set[str]] = {}
        wanted: Any = {
            "Keys": [{"control_key": {"S": _log_key(log, number)}} for number in numbers],
            "ConsistentRead": True,
        }
        while wanted:
            with store_errors(f"reading the change log {log}"):
                answer = self._client.batch_get_item(RequestItems={self._table: wanted})
            for item in answer["Responses"].get(self._table, []):
                number = int(item["control_key"]["S"].rsplit("#", 1)[1])
                found[number] = set(item["object_keys"]["S"].split("\n"))
            wanted = answer.get("UnprocessedKeys", {}).get(self._table)
        return found

    def _update(self, sets: Mapping[str, Any], removes: str = "") -> None:
        now = self._now()
        values: dict[str, Any] = {f":{name}": value for name, value in sets.items()}
        expression = ", ".join(f"#{name} = :{name}" for name in sets)
        names = {f"#{name}": name for name in sets}
        if not removes:
            expression += f"{', ' if expression else ''}lease_until = :until"
            values[":until"] = self._until(now)
        request: dict[str, Any] = {
            "TableName": self._table,
            "Key": self._key(),
            "UpdateExpression": (f"SET {expression}" if expression else "") + removes,
            "ConditionExpression": "lease_owner = :owner",
            "ExpressionAttributeValues": values | {":owner": {"S": self._owner}},
        }
        if names:
            request["ExpressionAttributeNames"] = names
        try:
            with store_errors(f"writing the pull record of {self._module}"):
                self._client.update_item(**request)
        except ConditionFailed:
            raise LeaseLost(
                f"another process has taken over the pull of {self._module}: this one stops"
            ) from None
        self._renewed_at = now

    def _stamped(self, run: PullRun) -> PullRun:
        return replace(run, updated_at=self._now().isoformat())

    def _key(self) -> dict[str, Any]:
        return {"control_key": {"S": f"pull#{self._module}"}}

    def _until(self, now: datetime) -> Any:  # noqa: ANN401 - an attribute value of boto3
        return {"N": _milliseconds(now + self._lease)}


def last_pull_began(client: DynamoDBClient, table: str, module: str) -> str | None:
    """Return when the last completed pull of a module began (ISO text), or None before the first.

    Raises StoreUnavailable.
    """
    with store_errors(f"reading the pull record of {module}"):
        answer = client.get_item(TableName=table, Key={"control_key": {"S": f"pull#{module}"}})
    return record_of(answer.get("Item", {})).catalogue.delta_from


def _log_key(log: str, number: int) -> str:
    return f"pull_log#{log}#{number}"


def _milliseconds(moment: datetime) -> str:
    return str(int(moment.timestamp() * 1000))
