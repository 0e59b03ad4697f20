"""How old the known state of a location is, and how to get its current state from the Hub.

A completed pull confirms all objects that it did not change. So the state is known up to the location's
receipt, or up to the start of the last completed pull if that is later. A state from the Hub is stored as a
pull would store it, unless it is older. The next pull adds it to its snapshot.
"""

import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Final

from emsp.catalogue.get_location import get_location
from emsp.catalogue.module import BadObject, identity_in, prepare
from emsp.catalogue.pull_locations import LOCATIONS
from emsp.deadline import Deadline
from emsp.hub.client import HubClient
from emsp.hub.errors import HubError, NotFound, NotRouted
from emsp.log import log
from emsp.ocpi.datetimes import canonical_datetime
from emsp.ocpi.json_text import JsonObject
from emsp.ocpi.wrong_clocks import BEFORE_ALL
from emsp.stores.catalogue_table import StoredObject
from emsp.stores.locations import LocationsTable

LAST_PULL_READ_EVERY_S: Final = 60.0


@dataclass(frozen=True)
class Aged:
    """A location, and the time up to which its state is known (canonical text).

    `not_fresh_because` is why the requested current state is missing.
    """

    stored: StoredObject
    as_of: str
    fresh: bool = False
    not_fresh_because: str | None = None

    def as_json(self) -> JsonObject:
        """Return the fields of the location in an answer."""
        value: JsonObject = {"as_of": self.as_of, "fresh": self.fresh}
        if self.not_fresh_because is not None:
            value["not_fresh_because"] = self.not_fresh_because
        return value


@dataclass
class LastPull:
    """The start of the last completed pull of locations. It is read at most once a minute."""

    read: Callable[[], str | None]
    clock: Callable[[], float] = time.monotonic
    _began: str = ""
    _read_at: float | None = field(default=None)

    def began(self) -> str:
        """Return the start as canonical text, or "" before the first pull. Raises StoreUnavailable."""
        if self._read_at is None or self.clock() - self._read_at >= LAST_PULL_READ_EVERY_S:
            value = self.read()
            self._began = canonical_datetime(value) if value else ""
            self._read_at = self.clock()
        return self._began


@dataclass(frozen=True)
class Freshness:
    """Finds the age of stored states, and requests current ones. `pool` makes requests in parallel."""

    table: LocationsTable
    last_pull: LastPull
    connect: Callable[[], HubClient]
    pool: Executor | None = None
    now: Callable[[], datetime] = lambda: datetime.now(UTC)

    def known(self, stored: Iterable[StoredObject]) -> list[Aged]:
        """Return the locations with the age of their stored state. Raises StoreUnavailable."""
        began = self.last_pull.began()
        return [Aged(each, max(each.received_at, began)) for each in stored]

    def asked(self, stored: Sequence[StoredObject], max_wait_s: float, deadline: Deadline) -> list[Aged]:
        """Return the locations in their current state from the Hub. Raises StoreUnavailable.

        If the Hub can't be asked, it is the stored state, with the reason.
        """
        known = self.known(stored)
        try:
            hub = self.connect()
        except HubError as error:
            return [replace(each, not_fresh_because=_reason(error)) for each in known]

        def ask(aged: Aged) -> Aged:
            return self._ask(hub, aged, max_wait_s, deadline)

        return list(self.pool.map(ask, known) if self.pool else map(ask, known))

    def _ask(self, hub: HubClient, aged: Aged, max_wait_s: float, deadline: Deadline) -> Aged:
        key = aged.stored.object_key
        try:
            identity = identity_in(aged.stored.text)
            listed = get_location(hub, identity, max_wait_s=max_wait_s, deadline=deadline)
            fresh = prepare(LOCATIONS, key, listed, self.now())
        except (NotFound, NotRouted) as error:
            why = f"{_reason(error)}; the next full pull removes it"
            return replace(aged, not_fresh_because=why)
        except (HubError, BadObject) as error:
            return replace(aged, not_fresh_because=_reason(error))
        asked_at = canonical_datetime(self.now())
        mark = self.table.read_marks([key]).get(key)
        if mark is not None and fresh.last_updated == BEFORE_ALL:
            fresh = replace(fresh, last_updated=mark.last_updated)
        if mark is not None and not mark.removed and mark.content_hash == fresh.content_hash:
            return replace(aged, as_of=asked_at, fresh=True)
        if self.table.replace([fresh], asked_at):
            return replace(aged, not_fresh_because="the Hub reports an older state than the stored one")
        log.info("a location was updated", object_key=key)
        stored = replace(
            aged.stored,
            text=fresh.text,
            received_at=asked_at,
            deviations=fresh.deviations,
        )
        return Aged(stored, asked_at, fresh=True)


def _reason(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"
