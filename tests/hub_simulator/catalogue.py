"""The locations and tariffs of all CPOs, and the changes that an admin can make."""

from datetime import datetime
from enum import StrEnum
from functools import partial
from random import Random

from tests.hub_simulator.dialects import speak, time_text
from tests.hub_simulator.envelope import dump, now, parse_timestamp, timestamp
from tests.hub_simulator.generate import EPOCH, location_moment, make_location, make_tariffs
from tests.hub_simulator.json_types import JsonObject
from tests.hub_simulator.networks import CPOS, Cpo, Dialect
from tests.hub_simulator.object_list import Entry, Key, ObjectList, object_key
from tests.hub_simulator.settings import HubSettings


class Mutation(StrEnum):
    """How a mutation changes the objects that it picks."""

    STATUS = "status"  # content and last_updated
    CONTENT_ONLY = "content_only"  # content, but last_updated stays
    TOUCH_ONLY = "touch_only"  # last_updated, but no content
    REMOVE_EVSE = "remove_evse"  # the first EVSE becomes REMOVED, last_updated moves


class Catalogue:
    """Two lists of objects, and the CPOs that own them."""

    def __init__(self, settings: HubSettings) -> None:
        self.cpos: tuple[Cpo, ...] = CPOS[: max(1, min(settings.cpos, len(CPOS)))]
        self.by_party = {(cpo.country_code, cpo.party_id): cpo for cpo in self.cpos}
        self.locations = ObjectList()
        self.tariffs = ObjectList()
        self.lists = {"locations": self.locations, "tariffs": self.tariffs}
        self._dialects = settings.dialects
        self._random = Random(settings.seed)
        self._add_locations(settings)
        for cpo in self.cpos:
            for tariff in make_tariffs(cpo):
                key = object_key(cpo.country_code, cpo.party_id, tariff["id"])
                updated = parse_timestamp(tariff["last_updated"])
                self.tariffs.add(Entry(key, updated, partial(speak, self.dialect(cpo), tariff)))
        if settings.preload:
            for entry in self.locations.entries.values():
                entry.encoded()

    def _add_locations(self, settings: HubSettings) -> None:
        colliding = settings.colliding_ids and settings.locations >= 2 * len(self.cpos)
        for i in range(settings.locations):
            cpo = self.cpos[i % len(self.cpos)]
            last = colliding and i >= settings.locations - len(self.cpos)
            location_id = "SITE-1" if last else f"{cpo.party_id}-LOC-{i + 1:06d}"
            make = partial(self._location, cpo, location_id, settings, i)
            key = object_key(cpo.country_code, cpo.party_id, location_id)
            self.locations.entries[key] = Entry(key, location_moment(settings.seed, i), make)

    def _location(self, cpo: Cpo, location_id: str, settings: HubSettings, i: int) -> JsonObject:
        made = make_location(
            cpo, location_id, settings.seed, i, evses=settings.evses, connectors=settings.connectors
        )
        return speak(self.dialect(cpo), made)

    def dialect(self, cpo: Cpo) -> Dialect:
        """The dialect of a CPO."""
        return cpo.dialect if self._dialects else Dialect.SPEC

    def dialect_of(self, country_code: str, party_id: str) -> Dialect:
        """The dialect of a party that may not be one of these CPOs."""
        cpo = self.by_party.get((country_code.upper(), party_id.upper()))
        return Dialect.SPEC if cpo is None else self.dialect(cpo)

    def routed(self, country_code: str, party_id: str) -> bool:
        """Whether the CPO exists and has a routing rule."""
        party = (country_code.upper(), party_id.upper())
        return party in self.by_party and party not in self.locations.unrouted

    def route(self, country_code: str, party_id: str, *, routed: bool) -> None:
        """Hide a CPO, or show it again, in everything that the Hub serves."""
        for objects in self.lists.values():
            objects.route(country_code, party_id, routed=routed)

    def locations_called(self, location_id: str) -> list[Entry]:
        """The locations with this id, of any routed CPO. An id is unique only within a CPO."""
        keys = [object_key(cc, pid, location_id) for cc, pid in self.by_party if self.routed(cc, pid)]
        return [entry for key in keys if (entry := self.locations.get(key)) is not None]

    def put(self, module: str, key: Key, body: bytes, updated: datetime | None) -> None:
        """Serve any text under this key, in place of the previous object."""
        entry = self.lists[module].get(key) or Entry(key, EPOCH, None)
        entry.replace(body, updated)
        self.lists[module].add(entry)

    def mutate(self, module: str, count: int, mutation: Mutation) -> list[Key]:
        """Change this many routed objects, picked at random. Returns their keys."""
        routed = self.lists[module].select()
        picked = self._random.sample(routed, min(count, len(routed)))
        at = now()
        for entry in picked:
            self._change(entry, mutation, at)
        self.lists[module].changed()
        return [entry.key for entry in picked]

    def _change(self, entry: Entry, mutation: Mutation, at: datetime) -> None:
        value = entry.decoded()
        text = time_text(self.dialect_of(*entry.key[:2]), timestamp(at))
        moves = mutation is not Mutation.CONTENT_ONLY
        if moves:
            value["last_updated"] = text
        if mutation is not Mutation.TOUCH_ONLY:
            if "evses" in value:
                evse = value["evses"][0]
                was = evse["status"]
                evse["status"] = "CHARGING" if was == "AVAILABLE" else "AVAILABLE"
                if mutation is Mutation.REMOVE_EVSE:
                    evse["status"] = "REMOVED"
                if moves:
                    evse["last_updated"] = text
            else:
                component = value["elements"][0]["price_components"][0]
                component["price"] = type(component["price"])(round(float(component["price"]) + 0.5, 2))
        entry.replace(dump(value), at if moves else None)

    def set_evse_status(self, key: Key, evse_uid: str, status: str) -> None:
        """Change one EVSE's status as its CPO would, with the last_updated of EVSE and location."""
        entry = self.locations.get(key)
        if entry is None:
            return
        value = entry.decoded()
        at = now()
        text = time_text(self.dialect_of(*key[:2]), timestamp(at))
        for evse in value["evses"]:
            if evse["uid"].upper() == evse_uid.upper():
                evse["status"] = status
                evse["last_updated"] = text
                value["last_updated"] = text
        entry.replace(dump(value), at)
        self.locations.changed()
