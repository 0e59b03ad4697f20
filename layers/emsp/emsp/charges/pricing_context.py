"""Look up what a CDR does not contain: the time zone of its location, and the tariffs in force at its
start.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from emsp.catalogue.connector_groups import evses_of, power_w
from emsp.ocpi.datetimes import canonical_datetime
from emsp.ocpi.json_text import JsonObject, JsonValue, as_object, objects_in, parse_json
from emsp.ocpi.parties import object_key
from emsp.pricing.local_time import zone_named
from emsp.pricing.notes import Code, Note
from emsp.pricing.read_tariff import word
from emsp.stores.catalogue_table import CatalogueTable
from emsp.stores.tariff_versions import TariffVersions

ONE_ZONE: Final = {"IND": "Asia/Kolkata", "IN": "Asia/Kolkata"}
"""The time zone of each country that has only one, for locations without `time_zone`."""

_TARIFFS_AT_MOST: Final = 50
TARIFF_CHARACTERS_AT_MOST: Final = 600_000
"""The largest number of characters of all tariffs of a charge. One tariff has at most 500,000, which take 20
MB of memory.
"""


@dataclass(frozen=True)
class PricingContext:
    """The data of the catalogue for the price of a charge. `notes` are its assumptions.

    `published` is used if the CDR contains its tariffs. It has the versions of these tariffs in the Hub's
    list at the start of the charge.
    """

    time_zone: str | None
    tariffs: tuple[JsonObject, ...]
    notes: tuple[Note, ...] = ()
    published: tuple[JsonObject, ...] = ()
    power_kw: Fraction | None = None
    """The largest power of the connector in kW, or None if it is unknown."""
    power_type: str | None = None
    """The PowerType of the connector (OCPI 2.2.1, mod_locations), or None."""
    characters: int = 0
    """The number of characters of all its tariffs."""


type FindPricingContext = Callable[[JsonObject], PricingContext]
"""Returns the pricing context of a CDR or session. Raises StoreUnavailable."""


@dataclass(frozen=True)
class ChargeLocations:
    """Looks up the location of a CDR or session in the catalogue. Raises StoreUnavailable."""

    locations: CatalogueTable

    def location(self, charge: JsonObject) -> JsonObject:
        """Return the location, or an empty object if it is unknown."""
        place = charge.get("cdr_location")
        location_id = word(place.get("id")) if isinstance(place, dict) else word(charge.get("location_id"))
        key = _key(charge, location_id)
        stored = self.locations.read(key) if key else None
        return as_object(parse_json(stored.text) if stored else None)

    def time_zone(self, charge: JsonObject) -> str | None:
        """Return the name of the location's time zone, or None if it is neither stated nor known from the
        country.
        """
        return zone_of(charge, self.location(charge), [])


@dataclass(frozen=True)
class LookUpPricingContext:
    """Looks up the pricing context of a CDR or session in the catalogue. Raises StoreUnavailable."""

    locations: CatalogueTable
    tariffs: CatalogueTable
    versions: TariffVersions

    def __call__(self, charge: JsonObject) -> PricingContext:
        return self.at_location(charge, ChargeLocations(self.locations).location(charge))

    def at_location(self, charge: JsonObject, location: JsonObject) -> PricingContext:
        """Return the pricing context of a charge at this location."""
        notes: list[Note] = []
        zone = zone_of(charge, location, notes)
        read = _Tariffs(notes)
        tariffs = tuple(self._tariffs(charge, location, read))
        published = tuple(self._published(charge, read))
        power = power_kw_of(charge, location)
        types = (word(each.get("power_type")) for each in _connectors(charge, location))
        power_type = next(filter(None, types), None)
        return PricingContext(zone, tariffs, tuple(notes), published, power, power_type, read.characters)

    def _published(self, charge: JsonObject, read: "_Tariffs") -> Iterator[JsonObject]:
        moment = _start(charge)
        for tariff in list(objects_in(charge, "tariffs"))[:_TARIFFS_AT_MOST]:
            key = _key(charge, word(tariff.get("id")))
            version = self.versions.in_force(key, moment) if key and moment else None
            if version is not None and version.seen_from <= str(moment):
                yield from read(key, version.text)

    def _tariffs(self, charge: JsonObject, location: JsonObject, read: "_Tariffs") -> Iterator[JsonObject]:
        moment = _start(charge)
        if moment is None:
            return
        for tariff_id in list(dict.fromkeys(_wanted(charge, location)))[:_TARIFFS_AT_MOST]:
            key = _key(charge, tariff_id)
            if not key:
                continue
            version = self.versions.in_force(key, moment)
            if version is not None and version.seen_from > moment:
                message = f"tariff {tariff_id} was first seen at {version.seen_from}, after the start"
                read.notes.append(Note(Code.TARIFF_SEEN_LATER, message))
            # A tariff that has not changed since versions are kept has no version yet.
            stored = self.tariffs.read(key) if version is None else None
            text = version.text if version is not None else stored.text if stored is not None else None
            if text is not None:
                yield from read(key, text)


@dataclass
class _Tariffs:
    """Reads the tariffs of one charge, until they have TARIFF_CHARACTERS_AT_MOST characters."""

    notes: list[Note]
    characters: int = 0

    def __call__(self, key: str, text: str) -> Iterator[JsonObject]:
        if self.characters + len(text) > TARIFF_CHARACTERS_AT_MOST:
            message = f"tariff {key[:100]} is left out: all tariffs together are too large"
            self.notes.append(Note(Code.TOO_LARGE, message))
            return
        self.characters += len(text)
        value = parse_json(text)
        if isinstance(value, dict):
            yield value


def power_kw_of(charge: JsonObject, location: JsonObject) -> Fraction | None:
    """Return the largest power of the charge's connector in kW, or None if it is unknown."""
    powers = [watts for each in _connectors(charge, location) if (watts := power_w(each))]
    return Fraction(max(powers), 1000) if powers else None


def zone_of(charge: JsonObject, location: JsonObject, notes: list[Note]) -> str | None:
    """Return the name of the location's time zone. If it is that of the country, add a note to `notes`."""
    stated = word(location.get("time_zone"))
    if zone_named(stated):
        return stated
    countries = [location.get("country"), as_object(charge.get("cdr_location")).get("country")]
    countries.append(charge.get("country_code"))
    country = next((named for each in countries if (named := word(each).upper())), "")
    if country not in ONE_ZONE:
        return stated or None
    names = f"names the unknown time_zone {stated[:40]!r}" if stated else "names no time_zone"
    message = f"the location {names}: {country} has one, {ONE_ZONE[country]}"
    notes.append(Note(Code.TIME_ZONE_ASSUMED, message))
    return ONE_ZONE[country]


def _start(charge: JsonObject) -> str | None:
    try:
        return canonical_datetime(word(charge.get("start_date_time")))
    except ValueError:
        return None


def _key(charge: JsonObject, object_id: str) -> str:
    country_code, party_id = word(charge.get("country_code")), word(charge.get("party_id"))
    return object_key(country_code, party_id, object_id) if country_code and party_id and object_id else ""


def _wanted(charge: JsonObject, location: JsonObject) -> Iterator[str]:
    """Return the ids of the pulled tariffs that the charge needs: those of its periods, or of its
    connector.
    """
    own = {word(each.get("id")).casefold() for each in objects_in(charge, "tariffs")}
    periods = list(objects_in(charge, "charging_periods"))
    named = [tariff_id for period in periods if (tariff_id := word(period.get("tariff_id")))]
    yield from (each for each in named if each.casefold() not in own)
    if not own and len(named) < max(1, len(periods)):
        yield from _of_connector(charge, location)


def _of_connector(charge: JsonObject, location: JsonObject) -> Iterable[str]:
    for connector in _connectors(charge, location):
        if isinstance(connector.get("tariff_ids"), list):
            return tariff_ids_of(connector)
    return []


def tariff_ids_of(connector: JsonObject) -> list[str]:
    """Return the ids of a connector's tariffs, in its order."""
    ids = connector.get("tariff_ids")
    return [named for each in (ids if isinstance(ids, list) else ()) if (named := word(each))]


def _connectors(charge: JsonObject, location: JsonObject) -> Iterator[JsonObject]:
    """Return the connector of the charge, or several if the catalogue has its ids more than once."""
    place = charge.get("cdr_location")
    where = place if isinstance(place, dict) else charge
    evse_uid, connector_id = _folded(where.get("evse_uid")), _folded(where.get("connector_id"))
    for evse in evses_of(location):
        if evse_uid and evse_uid in (_folded(evse.get("uid")), _folded(evse.get("evse_id"))):
            for connector in objects_in(evse, "connectors"):
                if _folded(connector.get("id")) == connector_id:
                    yield connector


def _folded(value: JsonValue) -> str:
    return word(value).casefold()
