"""Read from a session and its CDR the values that the rules of misuse need. Without I/O.

Only credible values are used. A session whose start contradicts our own clock is ignored.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from fractions import Fraction
from typing import Final

from emsp.charges.credible_times import Seen, credible_time, start_of, until
from emsp.charges.signed_energy import signed_energy
from emsp.ocpi.json_text import JsonObject, JsonValue, as_object, objects_in, stored_object
from emsp.ocpi.session_status import ENDED, NOT_BEGUN, status_of
from emsp.pricing.amounts import exact
from emsp.pricing.read_tariff import word
from emsp.pricing.stated_quantities import energy_of
from emsp.stores.command_records import CommandRecord

LEAST_READINGS: Final = 3
REFUSED_STARTS: Final = frozenset({"REJECTED", "FAILED", "LATE_REJECTED", "LATE_FAILED"})
"""The failed states of a START_SESSION that the token may have caused. The other failures are caused by the
EVSE, the CPO's system or the Hub.
"""
CDR_TOKEN: Final = ("country_code", "party_id", "uid", "type", "contract_id")


@dataclass(frozen=True)
class TokenCharge:
    """A charge of a token.

    `key` is the same before and after its CDR arrives. `last_seen` is its end if it has `ended`, or else the
    time of its last push. Energies are in kWh. `power_kw` is the power of its connector.
    """

    key: str
    country_code: str
    party_id: str
    session_id: str | None
    cdr_id: str | None
    token: JsonObject
    start: datetime
    last_seen: datetime
    ended: bool
    failed: bool
    location_id: str
    evse_uid: str
    auth_method: str
    command_id: str | None = None
    """The id of a START_SESSION that failed. Only the rule failed_starts counts it as a charge."""
    position: tuple[float, float] | None = None
    session_kwh: Fraction | None = None
    session_ended: bool = False
    session_seen: datetime | None = None
    meter_kwh: Fraction | None = None
    cdr_kwh: Fraction | None = None
    signed_kwh: Fraction | None = None
    power_kw: Fraction | None = None

    @property
    def kwh(self) -> Fraction | None:
        """The energy of the CDR or, without a CDR, that of the session."""
        return self.session_kwh if self.cdr_kwh is None else self.cdr_kwh

    @property
    def evse(self) -> str:
        return f"{self.country_code}#{self.party_id}#{self.location_id}#{self.evse_uid}".upper()


def charge_of_session(key: str, session: JsonObject, seen: Seen) -> TokenCharge | None:
    """Return the charge of a session. Return None if it has not begun, or if its start is not credible."""
    status = status_of(session)
    started = start_of(session, seen)
    if status in NOT_BEGUN or started.latest is None or started.contradiction is not None:
        return None
    last_seen = until(session, started.latest, seen) or started.latest
    energy = energy_of(session)
    return replace(
        _charge(key, session, started.latest, last_seen),
        session_id=word(session.get("id")),
        ended=status in ENDED,
        failed=status == "INVALID",
        location_id=word(session.get("location_id")),
        evse_uid=word(session.get("evse_uid")),
        session_kwh=energy.least if energy else None,
        session_ended=status == "COMPLETED",
        session_seen=last_seen,
        meter_kwh=_metered(session),
    )


def charge_of_cdr(key: str, cdr: JsonObject) -> TokenCharge | None:
    """Return the charge of a CDR. Return None if its start or end is not credible."""
    start, end = credible_time(cdr.get("start_date_time")), credible_time(cdr.get("end_date_time"))
    if start is None or end is None or end < start:
        return None
    where: Mapping[str, JsonValue] = as_object(cdr.get("cdr_location"))
    return replace(
        _charge(key, cdr, start, end),
        session_id=word(cdr.get("session_id")) or None,
        cdr_id=word(cdr.get("id")),
        ended=True,
        location_id=word(where.get("id")),
        evse_uid=word(where.get("evse_uid")),
        position=position_of(where),
        cdr_kwh=exact(cdr.get("total_energy")),
        signed_kwh=signed_energy(cdr),
    )


def charge_of_command(record: CommandRecord) -> TokenCharge | None:
    """Return a rejected START_SESSION as a failed charge. Return None for any other command."""
    if record.command != "START_SESSION" or record.state not in REFUSED_STARTS:
        return None
    stated = as_object(stored_object(record.body, f"command {record.command_id}").get("token"))
    country_code, _, party_id = record.to.partition("*")
    value: JsonObject = {
        "country_code": country_code,
        "party_id": party_id,
        "auth_method": "COMMAND",
        "cdr_token": {name: stated[name] for name in CDR_TOKEN if name in stated},
    }
    return replace(
        _charge(f"command {record.command_id}", value, record.created_at, record.created_at),
        command_id=record.command_id,
        ended=True,
        failed=True,
        location_id=record.location_id,
        evse_uid=record.evse_uid,
    )


def with_cdr(session: TokenCharge, cdr: JsonObject) -> TokenCharge:
    """Return the charge of a session with the end and the energy of its CDR."""
    stated = charge_of_cdr(session.key, cdr)
    if stated is None:
        return session
    return replace(
        session,
        cdr_id=stated.cdr_id,
        cdr_kwh=stated.cdr_kwh,
        signed_kwh=stated.signed_kwh,
        position=stated.position,
        ended=True,
        last_seen=max(stated.last_seen, session.start),
    )


def position_of(place: Mapping[str, JsonValue]) -> tuple[float, float] | None:
    """Return the latitude and longitude, or None if they are invalid or (0, 0)."""
    at = place.get("coordinates")
    numbers = [exact(at.get(name)) for name in ("latitude", "longitude")] if isinstance(at, dict) else []
    if len(numbers) != 2 or numbers[0] is None or numbers[1] is None:
        return None
    latitude, longitude = float(numbers[0]), float(numbers[1])
    if abs(latitude) > 90 or abs(longitude) > 180 or not (latitude or longitude):
        return None
    return latitude, longitude


def _charge(key: str, value: JsonObject, start: datetime, last_seen: datetime) -> TokenCharge:
    token = value.get("cdr_token")
    return TokenCharge(
        key=key,
        country_code=word(value.get("country_code")),
        party_id=word(value.get("party_id")),
        session_id=None,
        cdr_id=None,
        token=as_object(token),
        start=start,
        last_seen=last_seen,
        ended=False,
        failed=False,
        location_id="",
        evse_uid="",
        auth_method=word(value.get("auth_method")).upper(),
    )


def _metered(session: JsonObject) -> Fraction | None:
    """Return the largest energy in kWh that the meter readings of a session can explain, or None.

    The readings are ENERGY_IMPORT dimensions (OCPI 2.2.1, CdrDimensionType). The result is the difference of
    the last and the first reading, plus that of two average intervals, because a meter may be read at any
    time within a period. It is None if there are too few readings, or if they may start at 0 in each session.
    """
    readings = [
        volume
        for period in objects_in(session, "charging_periods")
        for dimension in objects_in(period, "dimensions")
        if word(dimension.get("type")).upper() == "ENERGY_IMPORT"
        if (volume := exact(dimension.get("volume"))) is not None
    ]
    if len(readings) < LEAST_READINGS:
        return None
    risen = max(readings) - min(readings)
    return risen * Fraction(len(readings) + 1, len(readings) - 1) if min(readings) > risen else None
