"""Read quantities that a session or a CDR states twice. Without I/O.

The energy is stated by a total and by the periods. The time of a session is stated by the periods, and by its
start and end. If both differ by more than rounding explains, it is unknown which is right. The price is then
a range: by the smaller and by the larger quantity.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from typing import Final

from emsp.ocpi.json_text import JsonObject, JsonValue, objects_in
from emsp.pricing.amounts import ZERO, added_up, exact, higher, lower, seconds_in, text
from emsp.pricing.notes import Code, Note
from emsp.pricing.priced import Priced
from emsp.pricing.read_tariff import moment_of, word

ENERGY: Final = frozenset({"ENERGY"})
TIMES: Final = frozenset({"TIME", "PARKING_TIME"})
RESERVED: Final = frozenset({"RESERVATION_TIME"})
_HALF: Final = Fraction(1, 2)
_QUARTER_HOUR: Final = Fraction(1, 4)
_FASTER: Final = Fraction(3, 2)
"""The factor by which a connector may exceed its stated power. Some CPOs state it per phase, or rounded."""
_DIGITS: Final = 30


@dataclass(frozen=True)
class Reading:
    """A quantity that an object states once or twice: from `least` to `most`, in kWh or hours.

    If both statements agree, `least` and `most` are equal. Otherwise `contradiction` explains the difference.
    """

    least: Fraction
    most: Fraction
    contradiction: Note | None = None


def energy_of(session: JsonObject) -> Reading | None:
    """Return the energy in kWh, or None if no field states it.

    If `kwh` and the periods differ only by rounding, the value of `kwh` is returned.
    """
    whole, periods = _not_negative(session.get("kwh")), _sum(session, ENERGY)
    if whole is None or periods is None:
        known = periods if whole is None else whole
        return None if known is None else Reading(known, known)
    if abs(whole - periods) <= _rounding([session.get("kwh")]) + _rounding([*_volumes(session, ENERGY)]):
        return Reading(whole, whole)
    message = f"the total energy is {text(whole, 3)} kWh, the charging periods add up to {text(periods, 3)}"
    return Reading(min(whole, periods), max(whole, periods), Note(Code.CONTRADICTED, message))


def energy_of_cdr(cdr: JsonObject) -> Reading | None:
    """Return the energy of a CDR in kWh, or None if no field states it.

    Often the periods state less energy than the total. That is no contradiction: they are priced as they are.
    """
    total = _not_negative(cdr.get("total_energy"))
    found = energy_of({**cdr, "kwh": cdr.get("total_energy")}) if total else None
    return None if found is None or found.least != total else found


def each_reading(cdr: JsonObject) -> tuple[JsonObject, ...]:
    """Return the other ways to read a CDR that contradicts itself.

    They have the smaller energy, and the time from start to end instead of that of the periods.
    """
    energy = energy_of_cdr(cdr)
    readings: tuple[JsonObject, ...] = ()
    if energy is not None and energy.contradiction is not None:
        readings = (scaled(cdr, ENERGY, energy.least),)
    clock_h = elapsed_h(cdr, None)
    for each, kinds in _times_of_cdr(cdr, clock_h):
        if each.contradiction and clock_h:
            readings += tuple(scaled(read, kinds, clock_h) for read in (cdr, *readings))
    return readings


def _times_of_cdr(cdr: JsonObject, clock_h: Fraction | None) -> Iterator[tuple[Reading, frozenset[str]]]:
    """Yield the charging time and the parking time, each with its dimension.

    Each is compared with the time from start to end, because a CPO may count parking in both.
    """
    for kind in sorted(TIMES) if clock_h else ():  # a set has no fixed order
        found = time_of(cdr, clock_h, frozenset({kind}))
        if found is not None:
            yield found, frozenset({kind})


def time_of(session: JsonObject, elapsed_h: Fraction | None, kinds: frozenset[str] = TIMES) -> Reading | None:
    """Return the sum, in hours, of the periods' times of these `kinds`, or None if it is unknown.

    `elapsed_h` are the hours from start to end. Periods may state less. If they state more, the Reading has a
    contradiction.
    """
    periods = _sum(session, kinds)
    if periods is None or elapsed_h is None:
        return None
    if periods <= elapsed_h + _QUARTER_HOUR:
        return Reading(periods, periods)
    hours = text(periods, 2), text(elapsed_h, 2)
    named = " and ".join(sorted(kinds))
    message = f"the charging periods have {hours[0]} hours of {named}, but the session only {hours[1]}"
    return Reading(elapsed_h, periods, Note(Code.CONTRADICTED, message))


def _since_first_period_h(session: JsonObject, elapsed_h: Fraction | None) -> Fraction | None:
    """Return `elapsed_h` plus the hours from the first period to the start of the session.

    A reservation has periods before the start of its session.
    """
    start = moment_of(session.get("start_date_time"))
    begun = [moment_of(each.get("start_date_time")) for each in objects_in(session, "charging_periods")]
    known = [each for each in begun if each is not None]
    if elapsed_h is None or start is None or not known or min(known) >= start:
        return elapsed_h
    return elapsed_h + seconds_in(start - min(known)) / 3600


def by_power(energy: Reading, elapsed_h: Fraction | None, power_kw: Fraction | None) -> Reading:
    """Return the energy that the connector can deliver in this time.

    If its power excludes the larger of two stated energies, only the smaller remains. Otherwise the result is
    `energy`.
    """
    if energy.contradiction is None or not elapsed_h or not power_kw:
        return energy
    possible = power_kw * elapsed_h * _FASTER
    return replace(energy, most=energy.least) if energy.least <= possible < energy.most else energy


def elapsed_h(session: JsonObject, until: datetime | None) -> Fraction | None:
    """Return the hours from the session's start to `until`, or to its end. Return None if they are
    unknown.
    """
    start, end = moment_of(session.get("start_date_time")), until or moment_of(session.get("end_date_time"))
    if start is None or end is None or end < start:
        return None
    return seconds_in(end - start) / 3600


def price_between(
    session: JsonObject,
    pricing: Callable[[JsonObject], Priced],
    *,
    elapsed_h: Fraction | None,
    power_kw: Fraction | None = None,
) -> Priced:
    """Return the price of a session or CDR, computed by `pricing`.

    If it contradicts itself, `pricing` is called for the smaller and for the larger quantity, and the result
    is a range.
    """
    is_cdr = "kwh" not in session
    energy = energy_of_cdr(session) if is_cdr else energy_of(session)
    pairs = [(by_power(energy, elapsed_h, power_kw), ENERGY)] if energy else []
    if is_cdr:
        pairs += _times_of_cdr(session, elapsed_h)
    else:
        reserved_h = _since_first_period_h(session, elapsed_h)
        times = ((TIMES, elapsed_h), (RESERVED, reserved_h))
        pairs += [(each, kinds) for kinds, hours in times if (each := time_of(session, hours, kinds))]
    found = [(each, kinds) for each, kinds in pairs if each.contradiction]
    if not found:
        return pricing(session)
    ends: list[JsonObject] = []
    for end in ("least", "most"):
        read = session
        for each, kinds in found:
            read = scaled(read, kinds, getattr(each, end))
        ends.append(read)
    priced = [pricing(each) for each in (ends[:1] if ends[0] == ends[1] else ends)]
    return between(priced, [each.contradiction for each, _ in found if each.contradiction])


def between(priced: Sequence[Priced], why: Sequence[Note]) -> Priced:
    """Return one price for several ways to read a charge.

    If they have different totals, the result is a range, and `why` are its reasons.
    """
    first = priced[0]
    notes = tuple(dict.fromkeys(note for each in priced for note in each.notes))
    if first.total is not None and all(each.total == first.total for each in priced):
        return replace(first, notes=tuple(dict.fromkeys([*notes, *why])), charge=None)
    least, most = first.least, first.most
    for each in priced[1:]:
        least = None if least is None or each.least is None else lower(least, each.least)
        most = None if most is None or each.most is None else higher(most, each.most)
    reasons = [*why, *(note for each in priced for note in each.reasons)]
    return replace(
        first,
        total=None,
        parts={},
        least=least,
        most=most,
        lines=(),
        limits=(),
        notes=notes,
        reasons=tuple(dict.fromkeys(reasons)),
        charge=None,
    )


def scaled(session: JsonObject, kinds: frozenset[str], to: Fraction) -> JsonObject:
    """Return the session with the volumes of these `kinds` scaled to the sum `to` (kWh or hours)."""
    if kinds is ENERGY and "total_energy" in session:
        session = {**session, "total_energy": text(to, _DIGITS)}
    before = _sum(session, kinds)
    listed = session.get("charging_periods")
    if before is None or before == to or not isinstance(listed, list):
        return session
    if before <= 0:  # A sum of 0 can't be scaled. Without these volumes only the total states the energy.
        return {**session, "charging_periods": [_with_volumes(each, kinds, None) for each in listed]}
    factor = to / before
    return {**session, "charging_periods": [_with_volumes(each, kinds, factor) for each in listed]}


def _with_volumes(period: JsonValue, kinds: frozenset[str], factor: Fraction | None) -> JsonValue:
    dimensions = period.get("dimensions") if isinstance(period, dict) else None
    if not isinstance(period, dict) or not isinstance(dimensions, list):
        return period
    made: list[JsonValue] = []
    for each in dimensions:
        if not isinstance(each, dict) or _kind(each) not in kinds:
            made.append(each)
        elif factor is not None:
            volume = exact(each.get("volume")) or ZERO
            made.append({**each, "volume": text(volume * factor, _DIGITS)})
    return {**period, "dimensions": made}


def _volumes(session: JsonObject, kinds: frozenset[str]) -> Iterator[JsonValue]:
    for period in objects_in(session, "charging_periods"):
        for each in objects_in(period, "dimensions"):
            if _kind(each) in kinds:
                yield each.get("volume")


def _sum(session: JsonObject, kinds: frozenset[str]) -> Fraction | None:
    """Return the sum of the volumes of these kinds, or None if there are none or one can't be read."""
    read = exact if kinds is ENERGY else _not_negative  # Energy is negative when a car feeds it back.
    volumes = [read(each) for each in _volumes(session, kinds)]
    known = [each for each in volumes if each is not None]
    return added_up(known) if known and len(known) == len(volumes) else None


def _kind(dimension: JsonObject) -> str:
    return word(dimension.get("type")).upper()


def _not_negative(value: JsonValue) -> Fraction | None:
    number = exact(value)
    return None if number is None or number.numerator < 0 else number


def _rounding(values: Sequence[JsonValue]) -> Fraction:
    """Return the largest possible rounding error of the sum of `values`.

    All are rounded to the same decimals: those of the value with the most. In a list with 0.001, 0 means
    0.000.
    """
    return len(values) * _HALF * min(map(_unit, values), default=ZERO)


def _unit(value: JsonValue) -> Fraction:
    exponent = Decimal(str(value)).as_tuple().exponent
    places = -exponent if isinstance(exponent, int) and exponent < 0 else 0
    return Fraction(1, 10 ** min(places, _DIGITS))
