"""Stations of a city for the simulated Hub, where the example app's map.geojson draws streets and lakes."""

from dataclasses import dataclass
from typing import Final

from tests.hub_simulator.admin_client import AdminClient
from tests.hub_simulator.generate import make_location
from tests.hub_simulator.json_types import JsonObject
from tests.hub_simulator.networks import CPOS

CENTER: Final = {"latitude": 12.9716, "longitude": 77.5946}
SEED: Final = 7


@dataclass(frozen=True)
class Site:
    """Made up, in streets that exist."""

    name: str
    address: str
    latitude: float
    longitude: float
    evses: int = 2
    status: str = "AVAILABLE"


SITES: Final = (
    Site("Cubbon Park Metro", "Kasturba Road", 12.9797, 77.5978, 3),
    Site("Lalbagh West Gate", "Krumbiegel Road", 12.9478, 77.5795, 2),
    Site("Ulsoor Lakeside", "Kensington Road", 12.9850, 77.6140, 3),
    Site("Indiranagar 100 Feet", "100 Feet Road", 12.9719, 77.6412, 4),
    Site("Koramangala Forum", "Hosur Road", 12.9345, 77.6112, 3),
    Site("Majestic Bus Stand", "Kempegowda Circle", 12.9772, 77.5713, 2, "OUTOFORDER"),
    Site("Malleshwaram 8th Cross", "Sampige Road", 13.0012, 77.5705, 2),
    Site("Jayanagar 4th Block", "11th Main Road", 12.9290, 77.5830, 3),
    Site("Hebbal Flyover", "Bellary Road", 13.0358, 77.5970, 4),
    Site("HSR Layout Sector 1", "27th Main Road", 12.9121, 77.6446, 2, "CHARGING"),
    Site("Rajajinagar Orion Court", "Dr Rajkumar Road", 13.0110, 77.5550, 3),
    Site("Domlur Tech Park", "Old Airport Road", 12.9600, 77.6420, 4),
    Site("Banashankari Temple", "Kanakapura Road", 12.9255, 77.5735, 2),
    Site("Bellandur Lake", "Outer Ring Road", 12.9300, 77.6620, 3),
)


def put_city(hub: AdminClient, sites: tuple[Site, ...] = SITES) -> list[JsonObject]:
    """The locations, as the Hub lists them from now on."""
    locations = [_location(site, i) for i, site in enumerate(sites)]
    for location in locations:
        names = ("country_code", "party_id", "id")
        hub.put_object("locations", *(str(location[name]) for name in names), body=location)
    return locations


def _location(site: Site, i: int) -> JsonObject:
    cpo = CPOS[i % 5]
    location = make_location(cpo, f"{cpo.party_id}-BLR-{i + 1:02d}", SEED, i * len(CPOS), evses=site.evses)
    evses = [{**evse, "status": site.status} for evse in location["evses"]]
    return {
        **location,
        "name": f"{cpo.name} {site.name}",
        "address": site.address,
        "city": "Bengaluru",
        "coordinates": {"latitude": f"{site.latitude:.6f}", "longitude": f"{site.longitude:.6f}"},
        "evses": evses,
    }
