"""What an app asks of the catalogue: locations near a point, the location of an EVSE, the tariffs of a
connector.

Near a point: the cells that the circle touches are read side by side from the index `by_cell`, which holds
enough to filter and sort; only the locations that are returned are read whole.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import Final

from emsp.catalogue.map_cells import cells_near, distance_m
from emsp.catalogue.plugs import evses_of, objects_in
from emsp.invocation import InvalidInvocation, optional_text, refuse_unknown_fields, text
from emsp.ocpi.json_text import JsonObject, JsonValue, parse_json
from emsp.ocpi.parties import object_key
from emsp.stores.catalogue_table import StoredObject
from emsp.stores.evse_index import EvseIndex
from emsp.stores.locations import LocationsTable, LocationSummary, Plug
from emsp.stores.tariffs import TariffsTable

DEFAULT_RADIUS_M: Final = 5_000
LARGEST_RADIUS_M: Final = 50_000
DEFAULT_LIMIT: Final = 50
LARGEST_LIMIT: Final = 200
CELLS_AT_MOST: Final = 500
REMOVED: Final = "REMOVED"
NEAR_FIELDS: Final = frozenset(
    {
        "latitude",
        "longitude",
        "radius_m",
        "standards",
        "min_power_w",
        "statuses",
        "limit",
        "include_unpublished",
    }
)


class UnknownLocation(LookupError):
    """The catalogue has no such location, EVSE or connector (any more)."""


@dataclass(frozen=True)
class NearQuery:
    """A circle (degrees, metres) and what at least one connector there must be: empty sets let all pass."""

    latitude: float
    longitude: float
    radius_m: float = DEFAULT_RADIUS_M
    standards: frozenset[str] = frozenset()
    min_power_w: int = 0
    statuses: frozenset[str] = frozenset()
    limit: int = DEFAULT_LIMIT
    include_unpublished: bool = False

    @classmethod
    def read(cls, payload: Mapping[str, JsonValue]) -> "NearQuery":
        """Raises InvalidInvocation."""
        refuse_unknown_fields(dict(payload), NEAR_FIELDS)
        return cls(
            latitude=_number(payload, "latitude", -90, 90),
            longitude=_number(payload, "longitude", -180, 180),
            radius_m=_number(payload, "radius_m", 1, LARGEST_RADIUS_M, DEFAULT_RADIUS_M),
            standards=_texts(payload, "standards"),
            min_power_w=int(_number(payload, "min_power_w", 0, 10_000_000, 0)),
            statuses=_texts(payload, "statuses"),
            limit=int(_number(payload, "limit", 1, LARGEST_LIMIT, DEFAULT_LIMIT)),
            include_unpublished=payload.get("include_unpublished") is True,
        )

    def accepts(self, plug: Plug) -> bool:
        """Whether these connectors are such as asked for. What was removed never is."""
        return (
            plug.status != REMOVED
            and (not self.statuses or plug.status in self.statuses)
            and (not self.standards or plug.standard in self.standards)
            and (plug.power_w or 0) >= self.min_power_w
        )


@dataclass(frozen=True)
class FindLocations:
    """Answers `{"latitude", "longitude", ...}`, `{"evse"}`, `{"location"}` and `{"connector"}`.

    `pool` reads cells side by side; `map` without one.
    """

    locations: LocationsTable
    tariffs: TariffsTable
    evse_index: EvseIndex
    pool: Executor | None = None

    def __call__(self, payload: Mapping[str, JsonValue]) -> JsonObject:
        """Raises InvalidInvocation, UnknownLocation, StoreUnavailable."""
        match payload:
            case {"evse": _}:
                refuse_unknown_fields(dict(payload), frozenset({"evse"}))
                return {"locations": [_told(each) for each in self.with_evse(text(payload, "evse", 48))]}
            case {"location": dict(location)}:
                refuse_unknown_fields(dict(payload), frozenset({"location"}))
                return _told(self.by_key(_key_in(location, "id")))
            case {"connector": dict(connector)}:
                refuse_unknown_fields(dict(payload), frozenset({"connector"}))
                return {"tariffs": [_told(each) for each in self.tariffs_of(connector)]}
        return self.near(NearQuery.read(payload))

    def near(self, query: NearQuery) -> JsonObject:
        """The nearest locations first, at most `limit`, each with its `distance_m`; `found` counts all that
        match.
        """
        cells = cells_near(query.latitude, query.longitude, query.radius_m)
        if len(cells) > CELLS_AT_MOST:
            raise InvalidInvocation("radius_m is too large so near to a pole: search a smaller circle")
        read: list[LocationSummary] = [
            each for found in self._map(self.locations.in_cell, cells) for each in found
        ]
        matching = sorted(
            (distance, each.object_key)
            for each in read
            if (distance := distance_m(query.latitude, query.longitude, each.latitude, each.longitude))
            <= query.radius_m
            and (each.published or query.include_unpublished)
            and any(map(query.accepts, each.plugs))
        )
        nearest = matching[: query.limit]
        stored = self.locations.read_many(key for _, key in nearest)
        found: list[JsonValue] = [
            {"distance_m": round(distance), **_told(stored[key])}
            for distance, key in nearest
            if key in stored and stored[key].removed_at is None
        ]
        return {
            "locations": found,
            "found": len(matching),
            "read": {"cells": len(cells), "summaries": len(read), "locations": len(stored)},
        }

    def by_key(self, key: str) -> StoredObject:
        """One location. Raises UnknownLocation."""
        stored = self.locations.read(key)
        if stored is None or stored.removed_at is not None:
            raise UnknownLocation(
                f"there is no location {key} in the catalogue: pull it, or look for its id's spelling"
            )
        return stored

    def with_evse(self, evse: str) -> list[StoredObject]:
        """The locations that have an EVSE of this `uid` or `evse_id`; a uid is unique per CPO only."""
        wanted = evse.upper()
        stored = self.locations.read_many(self.evse_index.locations_with(wanted))
        return [
            each
            for each in stored.values()
            if each.removed_at is None and any(wanted in _ids_of(evse) for evse in evses_of(_value(each)))
        ]

    def tariffs_of(self, connector: Mapping[str, JsonValue]) -> list[StoredObject]:
        """The tariffs of `{"country_code", "party_id", "location_id", "evse_uid", "connector_id"}`, in its
        order.
        """
        refuse_unknown_fields(
            dict(connector),
            frozenset({"country_code", "party_id", "location_id", "evse_uid", "connector_id"}),
        )
        location = _value(self.by_key(_key_in(connector, "location_id")))
        evse_uid = optional_text(connector, "evse_uid", 36)
        evses = [each for each in evses_of(location) if evse_uid is None or _same(each.get("uid"), evse_uid)]
        connector_id = text(connector, "connector_id", 36)
        found = [
            c for evse in evses for c in objects_in(evse, "connectors") if _same(c.get("id"), connector_id)
        ]
        if not found:
            raise UnknownLocation(
                f"that location has no connector {connector_id} at EVSE {evse_uid or '(any)'}"
            )
        party = (text(connector, "country_code", 2), text(connector, "party_id", 3))
        keys = [object_key(*party, tariff_id) for each in found for tariff_id in _tariff_ids(each)]
        stored = self.tariffs.read_many(keys)
        return [
            stored[key] for key in dict.fromkeys(keys) if key in stored and stored[key].removed_at is None
        ]

    def _map[A, B](self, function: Callable[[A], B], values: Iterable[A]) -> Iterable[B]:
        return self.pool.map(function, values) if self.pool else map(function, values)


def _told(stored: StoredObject) -> JsonObject:
    deviations: list[JsonValue] = [
        {"path": each.path, "problem": each.problem, "value": each.value} for each in stored.deviations
    ]
    return {"object": _value(stored), "received_at": stored.received_at, "deviations": deviations}


def _value(stored: StoredObject) -> JsonObject:
    value = parse_json(stored.text)
    return value if isinstance(value, dict) else {}


def _ids_of(evse: JsonObject) -> set[str]:
    return {each.upper() for each in (evse.get("uid"), evse.get("evse_id")) if isinstance(each, str)}


def _tariff_ids(connector: JsonObject) -> Sequence[str]:
    ids = connector.get("tariff_ids")
    return [each for each in (ids if isinstance(ids, list) else ()) if isinstance(each, str)]


def _same(value: JsonValue, other: str) -> bool:
    return isinstance(value, str) and value.upper() == other.upper()


def _key_in(payload: Mapping[str, JsonValue], id_field: str) -> str:
    return object_key(
        text(payload, "country_code", 2), text(payload, "party_id", 3), text(payload, id_field, 100)
    )


def _number(
    payload: Mapping[str, JsonValue], name: str, lowest: float, highest: float, default: float | None = None
) -> float:
    value = payload.get(name, default)
    if isinstance(value, bool) or value is None or isinstance(value, str | list | dict):
        raise InvalidInvocation(f"{name} must be a number from {lowest:g} to {highest:g}")
    number = float(value)
    if not lowest <= number <= highest:
        raise InvalidInvocation(f"{name} must be a number from {lowest:g} to {highest:g}, not {number:g}")
    return number


def _texts(payload: Mapping[str, JsonValue], name: str) -> frozenset[str]:
    value = payload.get(name) or []
    if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
        raise InvalidInvocation(f'{name} must be a list of strings, such as ["IEC_62196_T2_COMBO"]')
    return frozenset(str(each).upper() for each in value)
