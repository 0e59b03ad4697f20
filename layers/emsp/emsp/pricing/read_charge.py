"""Read a CDR or session for pricing: its periods in order, each with what was used before it.

The costs in a CDR are not read here, because they are the claim that is checked.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from fractions import Fraction
from typing import Final
from zoneinfo import ZoneInfo

from emsp.ocpi.dimensions import CdrDimensionType
from emsp.ocpi.json_text import JsonObject, JsonValue, objects_in
from emsp.pricing.amounts import ZERO, exact, seconds_in
from emsp.pricing.local_time import YEARS, zone_named
from emsp.pricing.notes import Code, Note, Remarks
from emsp.pricing.periods import Dimension, PricingPeriod
from emsp.pricing.read_tariff import moment_of, word
from emsp.pricing.reservations import seems_expired, states_no_session

HOUR: Final = Fraction(3600)
_SLACK: Final = Fraction(60)
_NO_TIME: Final = timedelta()
_PRICED: Final = {each.value: each for each in Dimension if each is not Dimension.FLAT}
_MEASURED: Final[Mapping[str, Callable[[Fraction, Fraction], Fraction]]] = {
    **dict.fromkeys(("MIN_POWER", "MIN_CURRENT"), min),
    **dict.fromkeys(("MAX_POWER", "MAX_CURRENT"), max),
}
_KNOWN: Final = frozenset(CdrDimensionType)
_METERED: Final = frozenset({"CURRENT", "ENERGY_EXPORT", "ENERGY_IMPORT", "POWER", "STATE_OF_CHARGE", "SOC"})
_ENERGY: Final = Dimension.ENERGY
_TIMES: Final = frozenset({Dimension.TIME, Dimension.PARKING_TIME, Dimension.RESERVATION_TIME})


@dataclass(frozen=True)
class Charge:
    """A charge as it was read for pricing. If it can't be priced, `reasons` say why.

    `expired`: the charge is a reservation that expired without a session. `either_time`: it is unknown how
    much of the time was parking. `is_by_clock`: no period states its time, so the time is that from start to
    end.
    """

    starts: datetime | None
    currency: str
    periods: tuple[PricingPeriod, ...]
    expired: bool = False
    either_time: bool = False
    is_by_clock: bool = False
    notes: tuple[Note, ...] = ()
    reasons: tuple[Note, ...] = ()


def read_charge(
    value: JsonObject, time_zone: str | None, expired: bool | None = None, *, by_clock: bool | None = None
) -> Charge:
    """Return the charge that `value`, a CDR or session, describes. No content raises an error.

    `expired` says whether a reservation without a session expired (True) or was cancelled (False). Totals
    without energy are then those of the reservation. If it is None, seems_expired decides. `by_clock` says
    whether periods without a stated time get the time from start to end. If it is None, those of a session
    do, and those of a CDR do not.
    """
    reader = _ChargeReader(value, expired=expired)
    reader.by_clock = "total_energy" not in value if by_clock is None else by_clock
    zone = reader.zone(time_zone)
    starts, ends = reader.moment("start_date_time"), reader.moment("end_date_time")
    if starts is None:
        reader.reason(Code.INVALID_CHARGE, "the charge has no readable start_date_time")
        return reader.charge((), None)
    if ends is not None and ends < starts:
        reader.reason(Code.INVALID_CHARGE, "end_date_time is before start_date_time")
        return reader.charge((), starts)
    if value.get("charging_periods"):
        return reader.charge(reader.pricing_periods(starts, ends, zone), starts)
    return reader.charge(reader.whole(starts, ends, zone), starts)


def states_times(value: JsonObject) -> bool:
    """Whether a period states a time (TIME, PARKING_TIME or RESERVATION_TIME)."""
    return any(
        word(dimension.get("type")).upper() in _TIMES
        for period in objects_in(value, "charging_periods")
        for dimension in objects_in(period, "dimensions")
    )


def lacks_times(value: JsonObject) -> bool:
    """Whether there are periods, but none states a time. The time from start to end may then be billed."""
    return bool(value.get("charging_periods")) and not states_times(value)


@dataclass(frozen=True)
class _Period:
    position: int
    starts: datetime
    volumes: Mapping[Dimension, Fraction]
    measured: Mapping[str, Fraction]
    tariff_id: str | None
    stated: frozenset[Dimension] = frozenset()
    """The dimensions that the period states, including those with a volume of 0."""
    unread: frozenset[Dimension] = frozenset()


@dataclass
class _ChargeReader(Remarks):
    """Reads one charge, and collects notes and reasons."""

    value: JsonObject
    expired: bool | None = None
    either_time: bool = False
    by_clock: bool = False
    is_by_clock: bool = False
    is_metered: bool = False
    """Whether a period has a dimension of a meter that is not priced, such as ENERGY_IMPORT or CURRENT."""

    def charge(self, pricing_periods: tuple[PricingPeriod, ...], starts: datetime | None) -> Charge:
        reserved = any(period.volumes for period in pricing_periods) and all(
            period.is_merely_reserved or not period.volumes for period in pricing_periods
        )
        expired = seems_expired(self.value) if self.expired is None else self.expired
        return Charge(
            starts=starts,
            currency=word(self.value.get("currency")).upper(),
            periods=pricing_periods,
            expired=reserved and expired,
            either_time=self.either_time,
            is_by_clock=self.is_by_clock,
            notes=tuple(dict.fromkeys(self.notes)),
            reasons=tuple(dict.fromkeys(self.reasons)),
        )

    def zone(self, name: str | None) -> ZoneInfo | None:
        zone = zone_named(name)
        if zone is None and name is not None and name.strip():
            self.note(Code.UNKNOWN_TIME_ZONE, f"{name[:40]!r} is not a time zone")
        return zone

    def moment(self, name: str) -> datetime | None:
        moment = _moment(self.value.get(name))
        if moment is None and self.value.get(name) is not None:
            self.note(Code.INVALID_CHARGE, f"{name} is not a date and time")
        return moment

    def periods(self, starts: datetime, ends: datetime | None) -> list[_Period]:
        found: list[_Period] = []
        listed = self.value["charging_periods"]
        if not isinstance(listed, list):
            self.reason(Code.INVALID_PERIOD, "charging_periods is not a list")
            return found
        for position, each in enumerate(listed):
            period = self._period(position, each)
            if period is None:
                continue
            if found and period.starts < found[-1].starts:
                self.note(Code.PERIODS_UNORDERED, "the charging periods are not in order")
            if period.starts < starts:
                self._about(Code.PERIOD_BEFORE_START, position, "begins before the charge")
            if ends is not None and period.starts > ends:
                self._about(Code.PERIOD_AFTER_END, position, "begins after the charge's end")
            found.append(period)
        return sorted(found, key=lambda period: period.starts)

    def pricing_periods(
        self, starts: datetime, ends: datetime | None, zone: ZoneInfo | None
    ) -> tuple[PricingPeriod, ...]:
        """Return the periods. If no period states its energy, the total energy is one quantity."""
        periods = self.periods(starts, ends)
        is_cdr = "total_energy" in self.value
        # If all periods have 0 kWh and the total is above 0, the periods do not state their energy.
        stated = any(_ENERGY in (period.volumes if is_cdr else period.stated) for period in periods)
        unread = any(Dimension.ENERGY in period.unread for period in periods)
        total = exact(self.value.get(self._name_of_energy()))
        chained = self._timed(_chained(periods, starts, ends, zone))
        if not periods or (stated and not unread):
            return chained
        if not total or (total < 0 and not is_cdr):
            if self.is_metered and not stated and total is None:
                first = replace(periods[0], unread=periods[0].unread | {Dimension.ENERGY})
                chained = self._timed(_chained([first, *periods[1:]], starts, ends, zone))
            return chained
        tariff_ids = {period.tariff_id for period in periods}
        if len(tariff_ids) > 1:
            # It is unknown which tariff applies to the energy. This is reported only if one of them prices
            # energy.
            unread_all = [replace(each, unread=each.unread | {_ENERGY}) for each in periods]
            return self._timed(_chained(unread_all, starts, ends, zone))
        tariff_id = tariff_ids.pop()
        if not any(period.stated or period.unread for period in periods):
            return tuple(replace(each, tariff_id=tariff_id) for each in self.whole(starts, ends, zone))
        self.note(Code.ENERGY_NOT_DIVIDED, "no period states its energy: priced by the total")
        return _with_energy(chained, total, tariff_id)

    def _timed(self, pricing_periods: tuple[PricingPeriod, ...]) -> tuple[PricingPeriod, ...]:
        """Add the time from start to end if no period states a time. The last total_parking_time is
        parking.
        """
        if not self.by_clock or states_times(self.value):
            return pricing_periods
        parking = exact(self.value.get("total_parking_time"))
        left = max(ZERO, parking or ZERO) * HOUR
        timed: list[PricingPeriod] = []
        for each in reversed(pricing_periods):
            length = seconds_in(each.ends - each.starts)
            parked = min(left, length)
            left -= parked
            times = {Dimension.TIME: length - parked, Dimension.PARKING_TIME: parked}
            found = {kind: volume for kind, volume in times.items() if volume}
            self.either_time = self.either_time or (bool(found) and parking is None)
            timed.append(replace(each, volumes={**each.volumes, **found}))
        self.is_by_clock = True
        return tuple(reversed(timed))

    def _name_of_energy(self) -> str:
        return "total_energy" if "total_energy" in self.value else "kwh"

    def _about(self, code: Code, position: int, problem: str) -> None:
        self.note(code, f"period {position + 1} {problem}")

    def _period(self, position: int, value: JsonValue) -> _Period | None:
        name = f"period {position + 1}"
        starts = _moment(value.get("start_date_time")) if isinstance(value, dict) else None
        if not isinstance(value, dict) or starts is None:
            self.reason(Code.INVALID_PERIOD, f"{name} has no readable start_date_time")
            return None
        volumes: dict[Dimension, Fraction] = {}
        measured: dict[str, Fraction] = {}
        dimensions = value.get("dimensions")
        if not isinstance(dimensions, list):
            self.reason(Code.INVALID_PERIOD, f"{name} has no dimensions")
            dimensions = []
        stated: set[Dimension] = set()
        unread: set[Dimension] = set()
        for dimension in dimensions:
            priced = self._dimension(dimension, name, volumes, measured)
            if priced is not None:
                stated.add(priced[0])
                if not priced[1]:
                    unread.add(priced[0])
        tariff_id = word(value.get("tariff_id")) or None
        return _Period(position, starts, volumes, measured, tariff_id, frozenset(stated), frozenset(unread))

    def _dimension(
        self, value: JsonValue, name: str, volumes: dict[Dimension, Fraction], measured: dict[str, Fraction]
    ) -> tuple[Dimension, bool] | None:
        """Return the dimension, and whether its volume can be read. Return None for a dimension without
        prices.
        """
        kind = word(value.get("type")).upper() if isinstance(value, dict) else ""
        volume = exact(value.get("volume")) if isinstance(value, dict) else None
        if kind in _PRICED:
            if volume is None or (volume.numerator < 0 and kind != _ENERGY):
                message = "below 0" if volume is not None else "no number"
                self.note(Code.INVALID_VOLUME, f"{name}: the volume of {kind} is {message}")
                return _PRICED[kind], False
            dimension = _PRICED[kind]
            if volume.numerator < 0:
                self._fed_back()
            if volume:
                used = volume if dimension is Dimension.ENERGY else volume * HOUR
                if dimension in volumes:
                    self.note(Code.DUPLICATE_DIMENSION, f"{name} has {kind} twice: both are counted")
                    used += volumes[dimension]
                volumes[dimension] = used
            return dimension, True
        if kind in _MEASURED:
            if volume is not None:
                measured[kind] = _MEASURED[kind](measured[kind], volume) if kind in measured else volume
        elif kind not in _KNOWN:
            self.note(Code.UNKNOWN_DIMENSION, f"{name} has an unknown dimension {kind!r}")
        self.is_metered = self.is_metered or kind in _METERED
        return None

    def whole(
        self, starts: datetime, ends: datetime | None, zone: ZoneInfo | None
    ) -> tuple[PricingPeriod, ...]:
        """Return one period for a charge without periods. Its volumes are the totals."""
        self.note(Code.NO_PERIODS, "there are no charging periods: priced by its totals")
        until = ends if ends is not None else starts
        elapsed = seconds_in(until - starts)
        energy = self._total(self._name_of_energy(), ZERO, may_be_fed_back=True)
        if not energy and (self.expired is not None or states_no_session(self.value)):
            volumes = {Dimension.RESERVATION_TIME: self._total_time(elapsed)}
            return (self._undivided(starts, until, zone, volumes),)
        parking = self._total("total_parking_time", ZERO, absent_is_fine=True) * HOUR
        total = self._total_time(elapsed)
        if parking > total:
            parking = self._in_seconds(parking, total)
        if self.value.get("total_parking_time") is None and total:
            self.either_time = True
        volumes = {
            Dimension.ENERGY: energy,
            Dimension.TIME: max(ZERO, total - parking),
            Dimension.PARKING_TIME: parking,
        }
        return (self._undivided(starts, until, zone, volumes),)

    def _undivided(
        self, starts: datetime, until: datetime, zone: ZoneInfo | None, volumes: Mapping[Dimension, Fraction]
    ) -> PricingPeriod:
        energy = volumes.get(Dimension.ENERGY, ZERO)
        hours = sum((volume for kind, volume in volumes.items() if kind is not Dimension.ENERGY), ZERO)
        return PricingPeriod(
            position=0,
            starts=starts,
            ends=until,
            energy=(ZERO, energy),
            seconds=(ZERO, max(seconds_in(until - starts), hours)),
            volumes={kind: volume for kind, volume in volumes.items() if volume},
            zone=zone,
            undivided=True,
        )

    def _fed_back(self) -> None:
        self.note(
            Code.ENERGY_FED_BACK, "negative ENERGY was fed back: it is subtracted at the price of its period"
        )

    def _in_seconds(self, parking: Fraction, total: Fraction) -> Fraction:
        if parking / HOUR <= total + _SLACK:
            return min(parking / HOUR, total)
        self.reason(Code.INVALID_VOLUME, "total_parking_time is more than total_time")
        return ZERO

    def _total(
        self, name: str, otherwise: Fraction, *, absent_is_fine: bool = False, may_be_fed_back: bool = False
    ) -> Fraction:
        value = self.value.get(name)
        number = exact(value)
        if number is not None and number < 0 and may_be_fed_back:
            self._fed_back()
            return number
        if number is not None and number >= 0:
            return number
        if value is not None or not absent_is_fine:
            self.reason(Code.INVALID_VOLUME, f"{name} is not a number of 0 or more")
        return otherwise

    def _total_time(self, elapsed: Fraction) -> Fraction:
        """Return total_time in seconds.

        OCPI has total_time in hours. Some CPOs send seconds. The number is read as seconds if it exceeds the
        hours from start to end, and equals the seconds.
        """
        hours = exact(self.value.get("total_time"))
        if hours is None:
            return elapsed
        if hours < 0 or (hours * HOUR > elapsed + _SLACK and hours > elapsed + _SLACK):
            self.reason(Code.INVALID_VOLUME, "total_time differs from the time between start and end")
            return ZERO
        if hours * HOUR > elapsed + _SLACK:
            self.note(
                Code.TOTAL_TIME_IN_SECONDS, f"total_time {self.value['total_time']} is in seconds, not hours"
            )
            return hours
        return hours * HOUR


def _moment(value: JsonValue) -> datetime | None:
    moment = moment_of(value)
    return moment if moment and moment.year in YEARS else None


def _chained(
    periods: list[_Period],
    starts: datetime,
    ends: datetime | None,
    zone: ZoneInfo | None,
) -> tuple[PricingPeriod, ...]:
    """Return the periods in order, each with the session's totals before and after it."""
    counted_from: datetime | None = None
    energy = ZERO
    pricing_periods = []
    for number, period in enumerate(periods):
        after = periods[number + 1].starts if number + 1 < len(periods) else ends
        until = max(period.starts, after if after is not None else period.starts)
        used = period.volumes.get(Dimension.ENERGY, ZERO)
        merely_reserved = period.volumes.keys() == {Dimension.RESERVATION_TIME}
        if counted_from is None and not merely_reserved:
            counted_from = period.starts if number else starts
        since = counted_from if counted_from is not None else period.starts
        pricing_periods.append(
            PricingPeriod(
                position=period.position,
                starts=period.starts,
                ends=until,
                energy=(energy, energy + used),
                seconds=(
                    seconds_in(max(_NO_TIME, period.starts - since)),
                    seconds_in(max(_NO_TIME, until - since)),
                ),
                volumes=period.volumes,
                measured=period.measured,
                tariff_id=period.tariff_id,
                zone=zone,
                unread=period.unread,
            )
        )
        energy += used
    return tuple(pricing_periods)


def _with_energy(
    pricing_periods: tuple[PricingPeriod, ...], energy: Fraction, tariff_id: str | None
) -> tuple[PricingPeriod, ...]:
    """Add the energy that no period states, as a period of its own from the start to the end."""
    without = [
        replace(
            each,
            energy=(ZERO, energy),
            volumes={kind: volume for kind, volume in each.volumes.items() if kind is not Dimension.ENERGY},
            unread=each.unread - {Dimension.ENERGY},
        )
        for each in pricing_periods
    ]
    if len(without) == 1:
        return (replace(without[0], volumes={**without[0].volumes, Dimension.ENERGY: energy}),)
    alone = replace(
        without[0],
        ends=max(each.ends for each in without),
        seconds=(without[0].seconds[0], max(each.seconds[1] for each in without)),
        volumes={Dimension.ENERGY: energy},
        measured={},
        tariff_id=tariff_id,
        undivided=True,
        unread=frozenset(),
    )
    return (*without, alone)
