"""The module locations: all locations of the CPOs that the Hub routes to us."""

from itertools import islice
from typing import Any, Final

from emsp.catalogue.connector_groups import connector_groups_of, evses_of
from emsp.catalogue.map_cells import cell_of
from emsp.catalogue.module import CatalogueModule
from emsp.ocpi.ids import id_text
from emsp.ocpi.json_text import JsonObject
from emsp.ocpi.locations import Location
from emsp.stores.locations import LocationSummary, write_summary

IDS_AT_MOST: Final = 1000
ID_CHARACTERS_AT_MOST: Final = 100
"""The largest number of characters of the ids of an EVSE. find_locations has the ids of all locations in
memory.
"""


def position_of(location: JsonObject) -> tuple[float, float] | None:
    """Return latitude and longitude in degrees, or None if they are missing or invalid."""
    coordinates = location.get("coordinates")
    if not isinstance(coordinates, dict):
        return None
    try:
        latitude, longitude = (float(str(coordinates.get(name))) for name in ("latitude", "longitude"))
    except ValueError:
        return None
    return (latitude, longitude) if -90 <= latitude <= 90 and -180 <= longitude <= 180 else None


def _attributes(key: str, location: JsonObject) -> dict[str, str]:
    position = position_of(location)
    if position is None:
        return {}
    # Some CPOs omit `publish`. Only false hides a location.
    published = str(location.get("publish")).strip().lower() not in ("false", "0")
    summary = LocationSummary(key, *position, tuple(connector_groups_of(location)), published)
    return {"cell": cell_of(*position), "summary": write_summary(summary)}


def _feature(location: JsonObject) -> dict[str, Any] | None:
    position = position_of(location)
    if position is None:
        return None
    kept = ("country_code", "party_id", "id", "name", "address", "city", "publish", "last_updated")
    properties: dict[str, Any] = {name: location[name] for name in kept if name in location}
    properties["evses"] = [
        [group.connectors, group.standard, group.power_w, group.status]
        for group in connector_groups_of(location)
    ]
    latitude, longitude = position
    return {
        "type": "Feature",
        "geometry": {"type": "Point", "coordinates": [longitude, latitude]},
        "properties": properties,
    }


def _ids(location: JsonObject) -> list[str]:
    ids = [id_text(evse.get(name)) for evse in evses_of(location) for name in ("uid", "evse_id")]
    findable = (each for each in ids if each is not None and len(each) <= ID_CHARACTERS_AT_MOST)
    return [*islice(findable, IDS_AT_MOST)]


LOCATIONS: Final = CatalogueModule("locations", Location, _attributes, _feature, _ids)
