"""The latest HubClientInfo of each party: one item of the control table for each party and role.

Item: hash `control_key` = `party#IN*ABC#CPO`; `status` (OCPI ConnectionState, as sent), `last_updated`,
`seen_at` (when it last changed). The item `parties` has the list of the last check, as JSON compressed by
zlib, so that the list can be read without a scan.
"""

import json
import zlib
from collections.abc import Iterable
from datetime import datetime
from typing import Final, NamedTuple

from emsp.stores.attributes import attributes, values_of
from emsp.stores.client_types import DynamoDBClient
from emsp.stores.table import store_errors, time_text

MOST_KEYS_IN_A_READ: Final = 100
LIST_KEY: Final = "parties"


class PartyState(NamedTuple):
    """A party (`IN*ABC`) in one role, and its ConnectionState."""

    party: str
    role: str
    status: str
    last_updated: str

    @property
    def control_key(self) -> str:
        return f"party#{self.party}#{self.role}"


class PartyStore:
    """Reads and writes the states of parties. Raises StoreUnavailable."""

    def __init__(self, client: DynamoDBClient, table: str) -> None:
        self._client = client
        self._table = table

    def status(self, party: str, role: str) -> str | None:
        """Return the last known status of a party, or None if the Hub never listed it."""
        key = PartyState(party, role, "", "").control_key
        with store_errors(f"reading the state of {party}"):
            answer = self._client.get_item(TableName=self._table, Key=attributes({"control_key": key}))
        return values_of(answer.get("Item", {})).get("status")

    def statuses(self, parties: Iterable[PartyState]) -> dict[str, str]:
        """Return the last known status of each party, by control_key."""
        keys = sorted({party.control_key for party in parties})
        known: dict[str, str] = {}
        while keys:
            now, keys = keys[:MOST_KEYS_IN_A_READ], keys[MOST_KEYS_IN_A_READ:]
            with store_errors("reading the states of parties"):
                answer = self._client.batch_get_item(
                    RequestItems={self._table: {"Keys": [attributes({"control_key": key}) for key in now]}}
                )
            for item in map(values_of, answer["Responses"].get(self._table, [])):
                known[item["control_key"]] = item["status"]
            left = answer.get("UnprocessedKeys", {}).get(self._table)
            if left:
                keys += [values_of(key)["control_key"] for key in left["Keys"]]
        return known

    def keep_listed(self, parties: Iterable[PartyState], checked_at: datetime) -> None:
        """Store the list of parties that the Hub returned."""
        listed = json.dumps([[each.party, each.role, each.status, each.last_updated] for each in parties])
        with store_errors("storing the list of parties"):
            self._client.put_item(
                TableName=self._table,
                Item=attributes(
                    {
                        "control_key": LIST_KEY,
                        "listed": zlib.compress(listed.encode()),
                        "checked_at": time_text(checked_at),
                    }
                ),
            )

    def listed(self) -> tuple[list[PartyState], str | None]:
        """Return the list of the last check and its time, or an empty list and None before the first
        check.
        """
        with store_errors("reading the list of parties"):
            answer = self._client.get_item(TableName=self._table, Key=attributes({"control_key": LIST_KEY}))
        item = values_of(answer.get("Item", {}))
        if not item:
            return [], None
        listed = json.loads(zlib.decompress(item["listed"]))
        return [PartyState(*each) for each in listed], item["checked_at"]

    def save(self, party: PartyState, seen_at: datetime) -> None:
        with store_errors(f"storing the state of {party.party}"):
            self._client.put_item(
                TableName=self._table,
                Item=attributes(
                    {"control_key": party.control_key, "seen_at": time_text(seen_at)} | party._asdict()
                ),
            )
