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

from emsp.stores.attributes import Value, attributes, values_of
from emsp.stores.client_types import DynamoDBClient
from emsp.stores.keyed_items import KeyedItems
from emsp.stores.table import text_attribute, time_text

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

    def as_json(self) -> dict[str, str]:
        """Return the state as JSON, with OCPI's names."""
        country_code, _, party_id = self.party.partition("*")
        stated = {"role": self.role, "status": self.status, "last_updated": self.last_updated}
        return {"country_code": country_code, "party_id": party_id, **stated}


class PartyStore:
    """Reads and writes the states of parties. Raises StoreUnavailable."""

    def __init__(self, client: DynamoDBClient, table: str) -> None:
        self._items = KeyedItems(client, table)

    def status(self, party: str, role: str) -> str | None:
        """Return the last known status of a party, or None if the Hub never listed it."""
        key = PartyState(party, role, "", "").control_key
        item = self._items.read(key, f"reading the state of {party}", consistent=False)
        return text_attribute(item, "status")

    def statuses(self, parties: Iterable[PartyState]) -> dict[str, str]:
        """Return the last known status of each party, by control_key."""
        keys = (party.control_key for party in parties)
        items = self._items.read_many(keys, "reading the states of parties", consistent=False)
        return {item["control_key"]["S"]: item["status"]["S"] for item in items}

    def keep_listed(self, parties: Iterable[PartyState], checked_at: datetime) -> None:
        """Store the list of parties that the Hub returned."""
        listed = json.dumps([[each.party, each.role, each.status, each.last_updated] for each in parties])
        item: dict[str, Value] = {
            "control_key": LIST_KEY,
            "listed": zlib.compress(listed.encode()),
            "checked_at": time_text(checked_at),
        }
        self._items.put(attributes(item), "storing the list of parties")

    def listed(self) -> tuple[list[PartyState], str | None]:
        """Return the list of the last check and its time, or an empty list and None before the first
        check.
        """
        item = values_of(self._items.read(LIST_KEY, "reading the list of parties", consistent=False))
        if not item:
            return [], None
        listed = json.loads(zlib.decompress(item["listed"]))
        return [PartyState(*each) for each in listed], item["checked_at"]

    def save(self, party: PartyState, seen_at: datetime) -> None:
        item = {"control_key": party.control_key, "seen_at": time_text(seen_at)} | party._asdict()
        self._items.put(attributes(item), f"storing the state of {party.party}")
