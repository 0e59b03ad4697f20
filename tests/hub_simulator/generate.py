"""Generates OCPI locations and tariffs from a seed: object i is the same in every run."""

from datetime import UTC, datetime, timedelta
from random import Random
from typing import Final

from tests.hub_simulator.envelope import timestamp
from tests.hub_simulator.json_types import JsonObject
from tests.hub_simulator.networks import (
    CITIES,
    GST_PERCENT,
    PLACES,
    PLUGS,
    STREETS,
    TARIFFS,
    City,
    Cpo,
    Price,
)

EPOCH: Final = datetime(2025, 1, 1, tzinfo=UTC)
SECONDS: Final = 300 * 24 * 3600
ALPHABET: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def gstin(city: City, pan: str) -> str:
    """A goods and services tax number: state code, PAN, entity, Z, check character."""
    head = f"{city.gst_state}{pan}1Z"
    total = 0
    for i, character in enumerate(head):
        product = ALPHABET.index(character) * (1 + i % 2)
        total += product // 36 + product % 36
    return head + ALPHABET[-total % 36]


def location_moment(seed: int, i: int) -> datetime:
    """`last_updated` of the unchanged location i. It is cheap, because it is computed for all locations."""
    return EPOCH + timedelta(seconds=(i * 7919 + seed * 104_729) % SECONDS)


def make_location(
    cpo: Cpo, location_id: str, seed: int, i: int, *, evses: int = 0, connectors: int = 0
) -> JsonObject:
    """Location i with this many EVSEs and connectors (0: one to three EVSEs, one or two connectors)."""
    random = Random(seed * 1_000_003 + i)
    city = CITIES[i % len(CITIES)] if i < len(CITIES) else random.choice(CITIES)
    place, parking, facility = random.choice(PLACES)
    at = timestamp(location_moment(seed, i))
    site = f"{i + 1:06d}"
    latitude = f"{city.latitude + random.uniform(-0.18, 0.18):.6f}"
    longitude = f"{city.longitude + random.uniform(-0.18, 0.18):.6f}"
    return {
        "country_code": cpo.country_code,
        "party_id": cpo.party_id,
        "id": location_id,
        "publish": True,
        "name": f"{cpo.name} {place}, {city.name}",
        "address": f"{random.randint(1, 400)}, {random.choice(STREETS)}",
        "city": city.name,
        "postal_code": f"{city.pin_prefix}{random.randint(1, 99):03d}",
        "state": city.state,
        "country": "IND",
        "coordinates": {"latitude": latitude, "longitude": longitude},
        "parking_type": parking,
        "evses": [
            _evse(random, cpo, at, site=site, number=number, connectors=connectors, always_free=i < 20)
            for number in range(1, (evses or random.randint(1, 3)) + 1)
        ],
        "operator": {"name": cpo.name, "website": cpo.website, "gstin": gstin(city, cpo.pan)},
        "facilities": [facility],
        "time_zone": "Asia/Kolkata",
        "opening_times": {"twentyfourseven": True},
        "charging_when_closed": True,
        "last_updated": at,
    }


def _evse(
    random: Random, cpo: Cpo, at: str, *, site: str, number: int, connectors: int, always_free: bool
) -> JsonObject:
    status = random.choices(
        ("AVAILABLE", "CHARGING", "OUTOFORDER", "INOPERATIVE", "UNKNOWN"), (78, 14, 3, 2, 3)
    )[0]
    return {
        "uid": f"{cpo.party_id}-{site}-{number}",
        "evse_id": f"{cpo.country_code}*{cpo.party_id}*E{site}*{number}",
        "status": "AVAILABLE" if always_free else status,
        "capabilities": ["REMOTE_START_STOP_CAPABLE", "RESERVABLE", "RFID_READER", "UNLOCK_CAPABLE"],
        "connectors": [
            _connector(random, cpo, str(n), at) for n in range(1, (connectors or random.randint(1, 2)) + 1)
        ],
        "physical_reference": f"{number:02d}",
        "last_updated": at,
    }


def _connector(random: Random, cpo: Cpo, connector_id: str, at: str) -> JsonObject:
    plug = random.choice(PLUGS)
    return {
        "id": connector_id,
        "standard": plug.standard,
        "format": plug.format,
        "power_type": plug.power_type,
        "max_voltage": plug.volts,
        "max_amperage": plug.amperes,
        "max_electric_power": plug.watts,
        "tariff_ids": [f"{cpo.party_id}-{plug.tariff}"],
        "last_updated": at,
    }


def make_tariffs(cpo: Cpo) -> list[JsonObject]:
    """All tariffs of a CPO, in rupees with 18% GST."""
    return [_tariff(cpo, price, n) for n, price in enumerate(TARIFFS)]


def _tariff(cpo: Cpo, price: Price, n: int) -> JsonObject:
    priced = (("ENERGY", price.energy, 1), ("FLAT", price.flat, 1), ("PARKING_TIME", price.parking, 60))
    components = [
        {"type": kind, "price": amount, "vat": GST_PERCENT, "step_size": step}
        for kind, amount, step in priced
        if amount
    ]
    return {
        "country_code": cpo.country_code,
        "party_id": cpo.party_id,
        "id": f"{cpo.party_id}-{price.id}",
        "currency": "INR",
        "type": price.type,
        "tariff_alt_text": [{"language": "en", "text": price.text}],
        "elements": [{"price_components": components}],
        "last_updated": timestamp(EPOCH + timedelta(days=n)),
    }
