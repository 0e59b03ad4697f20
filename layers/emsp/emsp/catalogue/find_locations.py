"""Find locations near a point, the location of an EVSE, one location, or the tariffs of a connector.

Near a point, the cells that the circle touches are read in parallel from the index `by_cell`. Its entries are
enough to filter and sort. Only the returned locations are read completely.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from itertools import islice
from typing import Final

from emsp.catalogue.connector_groups import connector_groups_of, evses_of
from emsp.catalogue.find_locations_request import DEFAULT_LIMIT, DEFAULT_RADIUS_M, FindLocationsRequest
from emsp.catalogue.freshness import Aged, Freshness
from emsp.catalogue.map_cells import cells_near
from emsp.catalogue.references import ConnectorReference
from emsp.deadline import Deadline
from emsp.distance import distance_m
from emsp.invocation import InvalidInvocation, read_payload
from emsp.log import log
from emsp.ocpi.ids import id_text, same_id
from emsp.ocpi.json_text import JsonObject, JsonValue, as_object, objects_in, parse_json
from emsp.ocpi.parties import object_key
from emsp.stores.catalogue_table import StoredObject
from emsp.stores.evse_index import EvseIndex
from emsp.stores.locations import ConnectorGroup, LocationsTable, LocationSummary
from emsp.stores.tariffs import TariffsTable

CELLS_AT_MOST: Final = 500
SEARCH_S: Final = 8.0
"""How long cells are read, in seconds. A CPO may list any number of locations in a cell."""
DEFAULT_CALL_S: Final = 15.0
REMOVED: Final = "REMOVED"
SAME_CONNECTOR: Final = frozenset({"NACS", "SAE_J3400"})
ANSWER_CHARACTERS_AT_MOST: Final = 4_000_000
"""The largest number of characters of all locations in an answer. Lambda's limit for an answer is 6 MB."""
LOCATIONS_WITH_EVSE: Final = 20
"""The largest number of locations with the same EVSE. There are several if CPOs use the same uid."""


class UnknownLocation(LookupError):
    """The catalogue does not contain the location, EVSE or connector, or does not contain it any more."""


@dataclass(frozen=True)
class NearQuery:
    """A circle (degrees, metres), and filters that at least one connector must meet, in upper case.

    An empty set matches everything.
    """

    latitude: float
    longitude: float
    radius_m: float = DEFAULT_RADIUS_M
    standards: frozenset[str] = frozenset()
    min_power_w: int = 0
    statuses: frozenset[str] = frozenset()
    limit: int = DEFAULT_LIMIT
    include_unpublished: bool = False
    power_type: str = ""
    """The beginning of the PowerType, such as AC. "" matches all."""

    @classmethod
    def of(cls, question: FindLocationsRequest) -> "NearQuery":
        """Return the query of a request that names a point."""
        return cls(
            latitude=question.latitude or 0.0,
            longitude=question.longitude or 0.0,
            radius_m=question.radius_m,
            standards=_standards(question.standards),
            min_power_w=int(question.min_power_w),
            statuses=frozenset(each.value.upper() for each in question.statuses),
            limit=question.at_most,
            include_unpublished=question.include_unpublished,
            power_type=question.power_type.upper(),
        )

    def shows(self, location: LocationSummary) -> bool:
        """Whether the location may be shown, and one of its connectors meets the filters.

        A location that is not published is shown only on request.
        """
        groups = location.connector_groups
        return (location.published or self.include_unpublished) and any(map(self.accepts, groups))

    def accepts(self, group: ConnectorGroup) -> bool:
        """Whether these connectors meet the filters. Connectors of removed EVSEs never do."""
        return (
            group.status != REMOVED
            and (not self.statuses or group.status in self.statuses)
            and (not self.standards or group.standard.upper() in self.standards)
            and (group.power_w or 0) >= self.min_power_w
            and group.power_type.startswith(self.power_type)
        )


@dataclass(frozen=True)
class FindLocations:
    """Answers the requests of find_locations_request.py. `pool` reads cells in parallel."""

    locations: LocationsTable
    tariffs: TariffsTable
    evse_index: EvseIndex
    freshness: Freshness
    price_connectors: Callable[[Sequence[JsonObject], FindLocationsRequest], None]
    """Adds to each connector of the locations what a charge costs there."""
    pool: Executor | None = None

    def __call__(self, payload: Mapping[str, JsonValue], deadline: Deadline | None = None) -> JsonObject:
        """Return `{"locations": [{"object", "received_at", "as_of", "fresh", "deviations", ...}], "found",
        ...}`.

        `found` is the number of all matches. `as_of` is the time up to which the state is known. Locations
        near a point have `distance_m`, and `read` is the number of locations that the search read. The answer
        about a connector has its `tariffs`. Raises InvalidInvocation, UnknownLocation and StoreUnavailable.
        """
        question = read_payload(FindLocationsRequest, payload)
        found = self._found(question, deadline or Deadline.after(DEFAULT_CALL_S))
        if question.estimate is not None:
            listed = [each["object"] for each in objects_in(found, "locations")]
            self.price_connectors([each for each in listed if isinstance(each, dict)], question)
        return found

    def _found(self, question: FindLocationsRequest, deadline: Deadline) -> JsonObject:
        if question.evse is not None:
            found = self._aged(question, self.with_evse(question.evse), deadline)
            return _answer([_as_json(each) for each in found])
        if question.location is not None:
            [one] = self._aged(question, [self.by_key(question.location.key)], deadline)
            return _answer([_as_json(one)])
        if question.connector is not None:
            [one] = self._aged(question, [self.by_key(question.connector.key)], deadline)
            tariffs: list[JsonValue] = [
                _object(each) for each in self.tariffs_of(question.connector, one.stored)
            ]
            return _answer([_as_json(one)]) | {"tariffs": tariffs}
        return self._near(question, deadline)

    def _near(self, question: FindLocationsRequest, deadline: Deadline) -> JsonObject:
        query = NearQuery.of(question)
        search = self._search(query)
        aged = self._aged(question, [stored for _, stored in search.nearest], deadline)
        return search.answer(aged, query if question.fresh else None)

    def _aged(
        self, question: FindLocationsRequest, stored: Sequence[StoredObject], deadline: Deadline
    ) -> list[Aged]:
        if question.fresh:
            return self.freshness.asked(stored, question.max_wait_s, deadline)
        return self.freshness.known(stored)

    def _search(self, query: NearQuery) -> "_Search":
        cells = cells_near(query.latitude, query.longitude, query.radius_m)
        if len(cells) > CELLS_AT_MOST:
            raise InvalidInvocation("radius_m is too large so near to a pole: search a smaller circle")
        late = Deadline.after(SEARCH_S)

        def in_circle(cell: str) -> tuple[int, list[tuple[float, str]]]:
            """Return the number of locations in a cell, and those that match."""
            read, matches = 0, list[tuple[float, str]]()
            for each in self.locations.in_cell(cell):
                if not late.remaining():
                    log.warning("no time for all locations of a cell", cell=cell, summaries=read)
                    break
                read += 1
                distance = distance_m(query.latitude, query.longitude, each.latitude, each.longitude)
                if distance <= query.radius_m and query.shows(each):
                    matches.append((distance, each.object_key))
            return read, matches

        found = [*(self.pool.map if self.pool else map)(in_circle, cells)]
        matching = sorted(match for _, matches in found for match in matches)
        nearest = matching[: query.limit]
        stored = self.locations.read_many(key for _, key in nearest)
        there = tuple(
            (distance, stored[key])
            for distance, key in nearest
            if key in stored and stored[key].removed_at is None
        )
        numbers = {"cells": len(cells), "summaries": sum(read for read, _ in found), "locations": len(stored)}
        return _Search(_fitting(there), len(matching), numbers)

    def by_key(self, key: str) -> StoredObject:
        """Return a location by its key. Raises UnknownLocation."""
        stored = self.locations.read(key)
        if stored is None or stored.removed_at is not None:
            raise UnknownLocation(
                f"there is no location {key} in the catalogue: check its id, or pull locations"
            )
        return stored

    def with_evse(self, evse: str) -> list[StoredObject]:
        """Return the locations that have an EVSE with this `uid` or `evse_id`. A uid is unique only within a
        CPO.
        """
        wanted = evse.upper()
        keys = islice(self.evse_index.locations_with(wanted), LOCATIONS_WITH_EVSE)
        stored = self.locations.read_many(keys)
        return [
            each
            for _, each in _fitting([(0, each) for each in stored.values()])
            if each.removed_at is None and any(wanted in _ids_of(evse) for evse in evses_of(_value(each)))
        ]

    def tariffs_of(self, connector: ConnectorReference, at: StoredObject) -> list[StoredObject]:
        """Return the tariffs of a connector of the location `at`, in the connector's order. Raises
        UnknownLocation.
        """
        evse_uid, connector_id = connector.evse_uid, connector.connector_id
        evses = [
            each for each in evses_of(_value(at)) if evse_uid is None or same_id(each.get("uid"), evse_uid)
        ]
        found = [
            c for evse in evses for c in objects_in(evse, "connectors") if same_id(c.get("id"), connector_id)
        ]
        if not found:
            raise UnknownLocation(
                f"that location has no connector {connector_id} at EVSE {evse_uid or '(any)'}"
            )
        party = (connector.country_code, connector.party_id)
        keys = [object_key(*party, tariff_id) for each in found for tariff_id in _tariff_ids(each)]
        stored = self.tariffs.read_many(keys)
        return [
            stored[key] for key in dict.fromkeys(keys) if key in stored and stored[key].removed_at is None
        ]


@dataclass(frozen=True)
class _Search:
    """The result of a search near a point: the nearest locations with their distances, and the number of all
    matches.
    """

    nearest: tuple[tuple[float, StoredObject], ...]
    found: int
    read: Mapping[str, int]

    def answer(self, aged: Sequence[Aged], still: NearQuery | None = None) -> JsonObject:
        """Return the answer. Locations whose current state does not match `still` any more are left out."""
        listed: list[JsonValue] = [
            {"distance_m": round(distance), **_as_json(each)}
            for (distance, _), each in zip(self.nearest, aged, strict=True)
            if still is None or any(map(still.accepts, connector_groups_of(_value(each.stored))))
        ]
        return _answer(listed) | {"found": self.found, "read": dict(self.read)}


def _fitting(found: Sequence[tuple[float, StoredObject]]) -> tuple[tuple[float, StoredObject], ...]:
    """Return the locations that fit in an answer of a Lambda. The largest are left out."""
    kept, size = [*found], sum(len(each.text) for _, each in found)
    for large in sorted(found, key=lambda each: len(each[1].text), reverse=True):
        if size <= ANSWER_CHARACTERS_AT_MOST:
            break
        kept.remove(large)
        size -= len(large[1].text)
        log.warning(
            "a location is left out because the answer would be too large", object_key=large[1].object_key
        )
    return tuple(kept)


def _answer(locations: list[JsonValue]) -> JsonObject:
    return {"locations": locations, "found": len(locations)}


def _as_json(aged: Aged) -> JsonObject:
    return _object(aged.stored) | aged.as_json()


def _object(stored: StoredObject) -> JsonObject:
    deviations: list[JsonValue] = [
        {"path": each.path, "problem": each.problem, "value": each.value} for each in stored.deviations
    ]
    return {"object": _value(stored), "received_at": stored.received_at, "deviations": deviations}


def _value(stored: StoredObject) -> JsonObject:
    return as_object(parse_json(stored.text))


def _ids_of(evse: JsonObject) -> set[str]:
    ids = (id_text(evse.get(name)) for name in ("uid", "evse_id"))
    return {each.upper() for each in ids if each is not None}


def _tariff_ids(connector: JsonObject) -> Sequence[str]:
    ids = connector.get("tariff_ids")
    texts = (id_text(each) for each in (ids if isinstance(ids, list) else ()))
    return [each for each in texts if each is not None]


def _standards(asked: Iterable[str]) -> frozenset[str]:
    """Return the standards in upper case. If a standard has two names, both are included."""
    words = {each.upper() for each in asked}
    return frozenset(words | SAME_CONNECTOR if words & SAME_CONNECTOR else words)
