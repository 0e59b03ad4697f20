"""A list of OCPI objects as the Hub serves it: in order of creation, filtered by time, serialized once."""

import json
from collections.abc import Callable
from datetime import datetime

from tests.hub_simulator.envelope import dump
from tests.hub_simulator.json_types import JsonObject

type Key = tuple[str, str, str]


def object_key(country_code: str, party_id: str, object_id: str) -> Key:
    """The key in upper case, since OCPI ignores the case of these three."""
    return country_code.upper(), party_id.upper(), object_id.upper()


class Entry:
    """One object. It is generated on first use and kept as JSON text."""

    __slots__ = ("body", "key", "make", "updated")

    def __init__(self, key: Key, updated: datetime, make: Callable[[], JsonObject] | None) -> None:
        self.key = key
        self.updated = updated
        self.make = make
        self.body = b""

    def encoded(self) -> bytes:
        """The object's JSON text."""
        if self.make is not None:
            self.body = dump(self.make())
            self.make = None
        return self.body

    def decoded(self) -> JsonObject:
        """A copy of the object."""
        value: JsonObject = json.loads(self.encoded())
        return value

    def replace(self, body: bytes, updated: datetime | None = None) -> None:
        """Replace its text and, optionally, the time by which filters select it."""
        self.make = None
        self.body = body
        self.updated = updated or self.updated


class ObjectList:
    """All objects of one kind. Those of CPOs without a routing rule are hidden."""

    def __init__(self) -> None:
        self.entries: dict[Key, Entry] = {}
        self.unrouted: set[tuple[str, str]] = set()
        self._selections: dict[tuple[datetime | None, datetime | None], list[Entry]] = {}

    def add(self, entry: Entry) -> None:
        """Append an entry, or replace the one with the same key."""
        self.entries[entry.key] = entry
        self.changed()

    def remove(self, key: Key) -> bool:
        """Delete an object, so that all later ones move up by one. Returns whether it existed."""
        self.changed()
        return self.entries.pop(key, None) is not None

    def changed(self) -> None:
        """Forget cached selections. Call this after any change of an entry's time."""
        self._selections.clear()

    def get(self, key: Key) -> Entry | None:
        """The object, whether its CPO is routed or not."""
        return self.entries.get(key)

    def route(self, country_code: str, party_id: str, *, routed: bool) -> None:
        """Show or hide all objects of a CPO. No last_updated changes."""
        party = (country_code.upper(), party_id.upper())
        (self.unrouted.discard if routed else self.unrouted.add)(party)
        self.changed()

    def select(self, date_from: datetime | None = None, date_to: datetime | None = None) -> list[Entry]:
        """Routed objects with date_from <= last_updated < date_to."""
        chosen = self._selections.get((date_from, date_to))
        if chosen is None:
            chosen = [
                entry
                for entry in self.entries.values()
                if (date_from is None or entry.updated >= date_from)
                and (date_to is None or entry.updated < date_to)
                and entry.key[:2] not in self.unrouted
            ]
            if len(self._selections) > 50:
                self._selections.clear()
            self._selections[date_from, date_to] = chosen
        return chosen
