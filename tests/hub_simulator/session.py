"""A charging session in its CPO's view, and the OCPI objects for it."""

import asyncio
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum

from tests.hub_simulator.auth import Registration
from tests.hub_simulator.costs import HOUR, Use, as_number, costs
from tests.hub_simulator.envelope import now, parse_timestamp, timestamp
from tests.hub_simulator.json_types import JsonObject
from tests.hub_simulator.object_list import Key
from tests.hub_simulator.settings import ChargingSettings


class SessionStatus(StrEnum):
    """OCPI's SessionStatus."""

    ACTIVE = "ACTIVE"
    COMPLETED = "COMPLETED"
    INVALID = "INVALID"
    PENDING = "PENDING"
    RESERVATION = "RESERVATION"


@dataclass(frozen=True)
class Plugged:
    """The charging place: copies of the catalogue's objects at the start of the session."""

    location_key: Key
    location: JsonObject
    evse: JsonObject
    connector: JsonObject
    tariff: JsonObject | None


@dataclass(frozen=True)
class Authorized:
    """Who charges, and how that was authorized."""

    owner: Registration
    cdr_token: JsonObject
    auth_method: str
    authorization_reference: str | None


@dataclass
class Session:
    """A session in the specification's form. The dialect is applied when it is pushed."""

    id: str
    plugged: Plugged
    authorized: Authorized
    correlation_id: str | None
    status: SessionStatus
    started: datetime
    updated: datetime
    ended: datetime | None = None
    periods: list[JsonObject] = field(default_factory=list)
    energy_kwh: Decimal = Decimal(0)
    charging_s: Decimal = Decimal(0)
    parking_s: Decimal = Decimal(0)
    cdr: JsonObject | None = None
    reservation_id: str | None = None
    problem: str | None = None
    stop: asyncio.Event = field(default_factory=asyncio.Event)
    task: asyncio.Task[None] | None = None

    @property
    def party(self) -> tuple[str, str]:
        """The CPO."""
        return self.plugged.location_key[:2]

    def move_to(self, status: SessionStatus) -> None:
        """Change the status; last_updated always increases."""
        self.status = status
        self.updated = max(now(), self.updated + timedelta(milliseconds=1))

    def begin(self) -> None:
        """Start charging."""
        self.move_to(SessionStatus.ACTIVE)
        self.started = self.updated

    def charge(self, settings: ChargingSettings) -> None:
        """Add the energy and the time since the last period."""
        self.move_to(self.status)
        since = self.started + timedelta(seconds=float(self.charging_s + self.parking_s))
        elapsed = Decimal((self.updated - since) // timedelta(milliseconds=1)) / 1000
        kilowatts = Decimal(self.plugged.connector.get("max_electric_power", 7400)) / 1000
        rate = kilowatts * Decimal(str(settings.energy_factor)) / HOUR
        room = Decimal(str(settings.battery_kwh)) - self.energy_kwh
        charging = min(elapsed, (room / rate).quantize(Decimal("0.001"))) if rate else elapsed
        energy = min(room, (rate * charging).quantize(Decimal("0.001")))
        dimensions: list[JsonObject] = []
        if charging > 0:
            dimensions.append({"type": "ENERGY", "volume": as_number(energy)})
            dimensions.append({"type": "TIME", "volume": _hours_more(self.charging_s, charging)})
        if elapsed > charging:
            parked = _hours_more(self.parking_s, elapsed - charging)
            dimensions.append({"type": "PARKING_TIME", "volume": parked})
        if dimensions:
            period: JsonObject = {"start_date_time": timestamp(since), "dimensions": dimensions}
            if self.plugged.tariff is not None:
                period["tariff_id"] = self.plugged.tariff["id"]
            self.periods.append(period)
        self.energy_kwh += energy
        self.charging_s += charging
        self.parking_s += elapsed - charging

    def end(self, status: SessionStatus) -> None:
        """End the session."""
        self.move_to(status)
        self.ended = self.started + timedelta(seconds=float(self.charging_s + self.parking_s))

    def _use(self) -> Use:
        return Use(self.energy_kwh, self.charging_s, self.parking_s)

    def to_ocpi(self) -> JsonObject:
        """The Session object."""
        value: JsonObject = {
            "country_code": self.party[0],
            "party_id": self.party[1],
            "id": self.id,
            "start_date_time": timestamp(self.started),
            "kwh": as_number(self.energy_kwh),
            "cdr_token": self.authorized.cdr_token,
            "auth_method": self.authorized.auth_method,
            "location_id": self.plugged.location["id"],
            "evse_uid": self.plugged.evse["uid"],
            "connector_id": self.plugged.connector["id"],
            "currency": "INR",
            "status": self.status.value,
            "last_updated": timestamp(self.updated),
        }
        if self.ended is not None:
            value["end_date_time"] = timestamp(self.ended)
        if self.authorized.authorization_reference is not None:
            value["authorization_reference"] = self.authorized.authorization_reference
        if self.periods:
            value["charging_periods"] = list(self.periods)
            if self.plugged.tariff is not None:
                value["total_cost"] = costs(self.plugged.tariff, self._use())["TOTAL"].price()
        return value

    def make_cdr(self) -> JsonObject:
        """The CDR, equal to the session in every digit. The caller adds `tariffs`."""
        ended = self.ended or self.updated
        value: JsonObject = {
            "country_code": self.party[0],
            "party_id": self.party[1],
            "id": f"CDR-{self.id}",
            "start_date_time": timestamp(self.started),
            "end_date_time": timestamp(ended),
            "session_id": self.id,
            "cdr_token": self.authorized.cdr_token,
            "auth_method": self.authorized.auth_method,
            "cdr_location": self._cdr_location(),
            "currency": "INR",
            "charging_periods": list(self.periods),
            "total_energy": as_number(self.energy_kwh),
            "total_time": as_number((self.charging_s + self.parking_s) / HOUR),
            "last_updated": timestamp(max(now(), self.updated)),
        }
        if self.parking_s > 0:
            value["total_parking_time"] = as_number(self.parking_s / HOUR)
        if self.authorized.authorization_reference is not None:
            value["authorization_reference"] = self.authorized.authorization_reference
        if self.plugged.tariff is None:
            return value | {"total_cost": {"excl_vat": 0.0}}
        found = costs(self.plugged.tariff, self._use())
        value["total_cost"] = found["TOTAL"].price()
        names = {
            "FLAT": "total_fixed_cost",
            "ENERGY": "total_energy_cost",
            "TIME": "total_time_cost",
            "PARKING_TIME": "total_parking_cost",
        }
        return value | {names[kind]: money.price() for kind, money in found.items() if kind in names}

    def _cdr_location(self) -> JsonObject:
        location, connector = self.plugged.location, self.plugged.connector
        names = ("id", "name", "address", "city", "postal_code", "state", "country", "coordinates")
        return {name: location[name] for name in names if location.get(name) is not None} | {
            "evse_uid": self.plugged.evse["uid"],
            "evse_id": self.plugged.evse["evse_id"],
            "connector_id": connector["id"],
            "connector_standard": connector["standard"],
            "connector_format": connector["format"],
            "connector_power_type": connector["power_type"],
        }


def _hours_more(before_s: Decimal, more_s: Decimal) -> float:
    """The hours of a period, rounded so that the hours of all periods add up to the rounded total."""
    after = Decimal(str(as_number((before_s + more_s) / HOUR)))
    return float(after - Decimal(str(as_number(before_s / HOUR))))


def incomplete(value: JsonObject) -> JsonObject:
    """The object as in the Hub's own samples: fields missing, and seconds in place of hours."""
    left_out = ("auth_method", "charging_periods")
    sample = {name: item for name, item in value.items() if name not in left_out}
    if "total_time" in sample:
        took = parse_timestamp(sample["end_date_time"]) - parse_timestamp(sample["start_date_time"])
        sample["total_time"] = round(took.total_seconds())
    return sample
