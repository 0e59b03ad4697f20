"""Divide the charge that a driver expects into charging periods, so that it can be priced.

A period ends where the tariff's prices may change: at a time of day, after a duration, or after an amount of
energy. The energy is distributed evenly over the time.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta
from fractions import Fraction
from itertools import pairwise
from typing import Final
from zoneinfo import ZoneInfo

from emsp.invocation import InvalidInvocation
from emsp.ocpi.json_text import JsonObject, JsonValue
from emsp.pricing.amounts import ZERO, plain, seconds_in, text
from emsp.pricing.elements import Reserved
from emsp.pricing.notes import Code, Note
from emsp.pricing.periods import Dimension
from emsp.pricing.price_session import PERIODS_AT_MOST
from emsp.pricing.read_charge import HOUR
from emsp.pricing.read_tariff import PricingTariff
from emsp.pricing.restrictions import Between, Dates, DaysOfWeek, Restriction, TimeOfDay

_MICROSECOND: Final = timedelta(microseconds=1)
_ANY_TIME: Final = timedelta(hours=1)
"""The assumed duration if the duration does not change the price."""
_WATTS: Final = 1000
_DIGITS: Final = 30
LONGEST: Final = timedelta(days=7)
"""The longest expected duration of a charge."""
_LONGEST_S: Final = 10**8


@dataclass(frozen=True)
class ExpectedCharge:
    """The charge that a driver expects: energy in kWh, time of charging, and time of parking after it.

    None means that the driver did not state it.
    """

    start: datetime
    energy: Fraction | None
    charging: timedelta | None
    parking: timedelta = timedelta()

    @property
    def end(self) -> datetime | None:
        return None if self.charging is None else self.start + self.charging + self.parking


def completed(
    expected: ExpectedCharge, tariffs: Iterable[PricingTariff], power_w: int | None
) -> tuple[ExpectedCharge, list[Note]]:
    """Return `expected` with the energy or the time that the tariffs need, and a note for each added value.

    They are computed for the full power of the connector. Raises InvalidInvocation if the power is unknown.
    """
    tariffs = list(tariffs)
    if expected.energy is None and expected.charging:
        if not any(_depends_on_energy(each) for each in tariffs):
            return replace(expected, energy=ZERO), []
        power = _power(power_w, "energy_kwh", "depends on kWh")
        energy = _rounded(power * seconds_in(expected.charging) / HOUR)
        message = (
            f"{text(energy)} kWh: charged for all the minutes at the full {text(power)} kW of the connector"
        )
        return replace(expected, energy=energy), [Note(Code.ENERGY_ASSUMED, message)]
    if expected.energy and expected.charging is None:
        if not any(_depends_on_time(each) for each in tariffs):
            return expected, []
        power = _power(power_w, "minutes", "depends on time")
        seconds = expected.energy / power * HOUR
        if seconds > LONGEST.total_seconds():
            raise InvalidInvocation(
                f"minutes is missing: at the connector's {text(power)} kW it would take more than a week"
            )
        charging = _MICROSECOND * round(seconds * 1_000_000)
        minutes = seconds_in(charging) / 60
        message = f"{text(minutes, 1)} minutes: at the full {text(power)} kW of the connector, or longer"
        return replace(expected, charging=charging), [Note(Code.MINUTES_ASSUMED, message)]
    return replace(expected, energy=expected.energy or ZERO, charging=expected.charging or timedelta()), []


def _power(power_w: int | None, missing: str, why: str) -> Fraction:
    """Return the power in kW. If it is unknown, raise InvalidInvocation for the field `missing`."""
    if not power_w or power_w <= 0:
        raise InvalidInvocation(
            f"{missing} is missing: the tariff {why}, and no connector's power is known to compute it from"
        )
    return Fraction(power_w, _WATTS)


def _depends_on_energy(tariff: PricingTariff) -> bool:
    return (Dimension.ENERGY, Reserved.NO) in tariff.prices or bool(_edges(tariff, "kwh"))


def _depends_on_time(tariff: PricingTariff) -> bool:
    return (Dimension.TIME, Reserved.NO) in tariff.prices or any(
        isinstance(each, TimeOfDay | Dates | DaysOfWeek)
        or (isinstance(each, Between) and each.of == "duration")
        for each in _restrictions(tariff)
    )


def _restrictions(tariff: PricingTariff) -> Iterator[Restriction]:
    for (_, reserved), prices in tariff.prices.items():
        if reserved is Reserved.NO:
            for element, _ in prices:
                yield from element.restrictions


def hypothetical_charge(
    expected: ExpectedCharge,
    tariff: PricingTariff,
    zone: ZoneInfo | None,
    periods_at_most: int = PERIODS_AT_MOST,
) -> JsonObject:
    """Return the charge as a CDR with this tariff. If the time is unknown, its periods have no TIME.

    It has at most `periods_at_most` + 1 periods. A CDR with that many periods is not priced.
    """
    energy = expected.energy or ZERO
    charging = _ANY_TIME if expected.charging is None else expected.charging
    start, charged = expected.start, expected.start + charging
    end = charged + expected.parking
    reached = {start: ZERO, **_kwh_cuts(tariff, start, charging, energy), charged: energy}
    cuts = {*reached, *_clock_cuts(tariff, start, end, zone), *_duration_cuts(tariff, start)}
    ordered = sorted({start, end, *(cut for cut in cuts if start < cut < end)})
    periods: list[JsonValue] = []
    for first, last in pairwise(ordered[: periods_at_most + 2]):
        if first >= charged:
            dimensions: list[JsonValue] = [_dimension("PARKING_TIME", seconds_in(last - first) / HOUR)]
        else:
            before, after = (_energy_at(cut, reached, start, charging, energy) for cut in (first, last))
            dimensions = [_dimension("ENERGY", after - before)]
            if expected.charging is not None:
                dimensions.append(_dimension("TIME", seconds_in(last - first) / HOUR))
        periods.append({"start_date_time": _written(first), "tariff_id": tariff.id, "dimensions": dimensions})
    return {
        "country_code": tariff.country_code,
        "party_id": tariff.party_id,
        "start_date_time": _written(start),
        "end_date_time": _written(end),
        "currency": tariff.currency,
        "charging_periods": periods,
    }


def _energy_at(
    cut: datetime,
    reached: Mapping[datetime, Fraction],
    start: datetime,
    charging: timedelta,
    energy: Fraction,
) -> Fraction:
    """Return the energy until `cut`: the limit of a tier if the tier ends there, or else in proportion to the
    time.
    """
    if cut in reached:
        return reached[cut]
    return _rounded(energy * Fraction((cut - start) // _MICROSECOND, charging // _MICROSECOND))


def _kwh_cuts(
    tariff: PricingTariff, start: datetime, charging: timedelta, energy: Fraction
) -> dict[datetime, Fraction]:
    """Return the times at which min_kwh or max_kwh of an element is reached, with the energy at that time."""
    return {
        start + _MICROSECOND * round(edge / energy * (charging // _MICROSECOND)): edge
        for edge in _edges(tariff, "kwh")
        if 0 < edge < energy
    }


def _duration_cuts(tariff: PricingTariff, start: datetime) -> Iterator[datetime]:
    for edge in _edges(tariff, "duration"):
        if 0 < edge < _LONGEST_S:
            yield start + _MICROSECOND * round(edge * 1_000_000)


def _edges(tariff: PricingTariff, of: str) -> set[Fraction]:
    found = [each for each in _restrictions(tariff) if isinstance(each, Between) and each.of == of]
    return {edge for each in found for edge in (each.least, each.most) if edge is not None}


def _clock_cuts(
    tariff: PricingTariff, start: datetime, end: datetime, zone: ZoneInfo | None
) -> Iterator[datetime]:
    """Return the times at which a start_time or end_time is reached, or daylight saving time begins or
    ends.
    """
    clocks: set[time] = set()
    for each in _restrictions(tariff):
        if isinstance(each, TimeOfDay):
            clocks |= {each.start, each.end}
        elif isinstance(each, Dates | DaysOfWeek):
            clocks.add(time())
    if zone is None or not clocks:
        return
    first, last = start.astimezone(zone).date(), end.astimezone(zone).date()
    for days in range((last - first).days + 1):
        for clock in clocks:
            for fold in (0, 1):
                wall = datetime.combine(first + timedelta(days), clock, zone).replace(fold=fold)
                yield wall.astimezone(UTC)
    hour = start.replace(minute=0, second=0, microsecond=0)
    while (hour := hour + timedelta(hours=1)) < end:
        if (hour - _MICROSECOND).astimezone(zone).utcoffset() != hour.astimezone(zone).utcoffset():
            yield hour


def _dimension(kind: str, volume: Fraction) -> JsonObject:
    return {"type": kind, "volume": text(volume, _DIGITS)}


def _rounded(energy: Fraction) -> Fraction:
    """Return the energy rounded to a finite decimal, so that the volumes add up to the limits of the
    tiers.
    """
    return Fraction(plain(energy, 9))


def _written(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat().removesuffix("+00:00") + "Z"
