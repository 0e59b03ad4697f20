"""What a charge costs, the slow and obvious way: the opinion that the engine in pricing/ is held to.

Written from the rules alone (OCPI 2.2.1, tariffs and CDRs chapters) by someone who had not seen the engine,
in fractions, so that nothing is ever rounded but where a rule rounds. It knows no bad input.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

Json = dict[str, Any]

WEEKDAYS = ("MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY", "SATURDAY", "SUNDAY")
DIMENSIONS = ("ENERGY", "TIME", "PARKING_TIME")
FOUR_DECIMALS_OF_AN_HOUR_S = Fraction(18, 100)


@dataclass(frozen=True)
class Amount:
    """Money without and with VAT."""

    excl_vat: Fraction = Fraction(0)
    incl_vat: Fraction = Fraction(0)

    def __add__(self, other: "Amount") -> "Amount":
        return Amount(self.excl_vat + other.excl_vat, self.incl_vat + other.incl_vat)


@dataclass(frozen=True)
class Bill:
    """The amounts by part, their sum, and the total, on which the tariff's limits were put."""

    fixed: Amount
    energy: Amount
    time: Amount
    parking: Amount
    reservation: Amount
    total: Amount

    @property
    def sum_of_parts(self) -> Amount:
        return self.fixed + self.energy + self.time + self.parking + self.reservation


@dataclass
class Use:
    """A quantity in one period, and the component that prices it."""

    quantity: Fraction
    component: Json


@dataclass
class Ledger:
    """What was used and priced, in the order of the periods: energy in Wh, the others in seconds."""

    uses: dict[str, list[Use]] = field(
        default_factory=lambda: {"RESERVATION": [], **{d: [] for d in DIMENSIONS}}
    )
    flat: Json | None = None
    reservation_flat: Json | None = None


@dataclass(frozen=True)
class Moment:
    """All that restrictions look at, at the start of one period."""

    local: datetime
    kwh_before: Fraction
    seconds_before: Fraction
    volumes: dict[str, Fraction]


def bill(cdr: Json, tariffs: list[Json], zone: str, *, expired: bool = False) -> Bill:
    """The bill for the charging_periods of `cdr` in a place of this time zone.

    `tariffs`: one, or several that the periods' tariff_id tells apart. `expired`: a reservation that nobody
    came for.
    """
    ledger = Ledger()
    for period, moment in _moments(cdr, ZoneInfo(zone)):
        tariff = _tariff_of(period, tariffs)
        _enter(ledger, tariff, moment, expired=expired)
    for dimension in ("ENERGY", "RESERVATION", "PARKING_TIME" if ledger.uses["PARKING_TIME"] else "TIME"):
        _round_up(ledger.uses[dimension], time_like=dimension != "ENERGY")
    parts = Bill(
        fixed=_flat(ledger.flat),
        energy=_sum(ledger.uses["ENERGY"], per=1000),
        time=_sum(ledger.uses["TIME"], per=3600),
        parking=_sum(ledger.uses["PARKING_TIME"], per=3600),
        reservation=_sum(ledger.uses["RESERVATION"], per=3600) + _flat(ledger.reservation_flat),
        total=Amount(),
    )
    total = parts.sum_of_parts
    if len(tariffs) == 1 and not expired:
        total = _limited(total, tariffs[0])
    return Bill(parts.fixed, parts.energy, parts.time, parts.parking, parts.reservation, total)


def _moments(cdr: Json, zone: ZoneInfo) -> Iterator[tuple[Json, Moment]]:
    began: datetime | None = None
    kwh = Fraction(0)
    for number, period in enumerate(cdr["charging_periods"]):
        start = _utc(period["start_date_time"])
        said = {each["type"]: Fraction(str(each["volume"])) for each in period["dimensions"]}
        volumes = {name: volume for name, volume in said.items() if volume}
        if began is None and volumes.keys() != {"RESERVATION_TIME"}:
            began = start if number else _utc(cdr["start_date_time"])
        yield period, Moment(start.astimezone(zone), kwh, _seconds(start - (began or start)), volumes)
        kwh += volumes.get("ENERGY", Fraction(0))


def _utc(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _seconds(span: timedelta) -> Fraction:
    return Fraction(span // timedelta(microseconds=1), 1_000_000)


def _tariff_of(period: Json, tariffs: list[Json]) -> Json:
    wanted = period.get("tariff_id")
    if wanted is None:
        [only] = tariffs
        return only
    [found] = [tariff for tariff in tariffs if tariff["id"].lower() == wanted.lower()]
    return found


def _enter(ledger: Ledger, tariff: Json, moment: Moment, *, expired: bool) -> None:
    reserved = moment.volumes.get("RESERVATION_TIME")
    if reserved is not None:
        component = _reservation_component(tariff, moment, "TIME", expired=expired)
        if component is not None:
            ledger.uses["RESERVATION"].append(Use(reserved * 3600, component))
        if ledger.reservation_flat is None:
            ledger.reservation_flat = _reservation_component(tariff, moment, "FLAT", expired=expired)
        if not set(moment.volumes) & set(DIMENSIONS):
            return
    for dimension in DIMENSIONS:
        if dimension not in moment.volumes:
            continue
        component = _component(tariff, moment, dimension, reservation=None)
        if component is not None:
            factor = 1000 if dimension == "ENERGY" else 3600
            ledger.uses[dimension].append(Use(moment.volumes[dimension] * factor, component))
    if ledger.flat is None:
        ledger.flat = _component(tariff, moment, "FLAT", reservation=None)


def _reservation_component(tariff: Json, moment: Moment, dimension: str, *, expired: bool) -> Json | None:
    if expired:
        found = _component(tariff, moment, dimension, reservation="RESERVATION_EXPIRES")
        if found is not None:
            return found
    return _component(tariff, moment, dimension, reservation="RESERVATION")


def _component(tariff: Json, moment: Moment, dimension: str, *, reservation: str | None) -> Json | None:
    """The price component of the first element that matches and has one of this dimension."""
    for element in tariff["elements"]:
        restrictions = element.get("restrictions") or {}
        if restrictions.get("reservation") != reservation or not _matches(restrictions, moment):
            continue
        for component in element["price_components"]:
            if component["type"] == dimension:
                found: Json = component
                return found
    return None


def _matches(restrictions: Json, moment: Moment) -> bool:
    return all(
        (
            _time_matches(restrictions, moment.local.time()),
            _dates_match(restrictions, moment.local.date()),
            not restrictions.get("day_of_week")
            or WEEKDAYS[moment.local.weekday()] in restrictions["day_of_week"],
            _within(restrictions, "kwh", moment.kwh_before),
            _within(restrictions, "duration", moment.seconds_before),
            _within(restrictions, "current", moment.volumes.get("MAX_CURRENT")),
            _within(restrictions, "power", moment.volumes.get("MAX_POWER")),
        )
    )


def _time_matches(restrictions: Json, now: time) -> bool:
    start = time.fromisoformat(restrictions.get("start_time", "00:00"))
    end_text = restrictions.get("end_time", "00:00")
    if end_text == "00:00":
        return now >= start
    end = time.fromisoformat(end_text)
    if end < start:
        return now >= start or now < end
    return start <= now < end


def _dates_match(restrictions: Json, today: date) -> bool:
    start, end = restrictions.get("start_date"), restrictions.get("end_date")
    return (start is None or today >= date.fromisoformat(start)) and (
        end is None or today < date.fromisoformat(end)
    )


def _within(restrictions: Json, what: str, value: Fraction | None) -> bool:
    least, most = restrictions.get(f"min_{what}"), restrictions.get(f"max_{what}")
    if value is None:
        return least is None and most is None
    return (least is None or value >= Fraction(str(least))) and (most is None or value < Fraction(str(most)))


def _round_up(uses: list[Use], *, time_like: bool) -> None:
    """Up to the next multiple of the last step_size; what is added counts as used in the last period."""
    if not uses:
        return
    step = Fraction(str(uses[-1].component["step_size"]))
    if step == 0:
        return
    total = sum((use.quantity for use in uses), Fraction(0))
    steps = total / step
    whole = steps.numerator // steps.denominator
    inexact = FOUR_DECIMALS_OF_AN_HOUR_S * len(uses) if time_like else Fraction(0)
    if total - whole * step > min(inexact, step / 2):
        whole += 1
    uses[-1].quantity += whole * step - total


def _price(component: Json, quantity: Fraction) -> Amount:
    excl_vat = quantity * Fraction(str(component["price"]))
    return Amount(excl_vat, excl_vat * (1 + Fraction(str(component.get("vat") or 0)) / 100))


def _flat(component: Json | None) -> Amount:
    return Amount() if component is None else _price(component, Fraction(1))


def _sum(uses: list[Use], *, per: int) -> Amount:
    total = Amount()
    for use in uses:
        total += _price(use.component, use.quantity / per)
    return total


def _limited(total: Amount, tariff: Json) -> Amount:
    if "min_price" in tariff:
        total = _one_limit(total, tariff["min_price"], max, tariff)
    if "max_price" in tariff:
        total = _one_limit(total, tariff["max_price"], min, tariff)
    return total


def _one_limit(
    total: Amount, limit: Json, choose: Callable[[Fraction, Fraction], Fraction], tariff: Json
) -> Amount:
    """Each amount by its own limit; without one for incl_vat the tax stays in proportion."""
    excl_vat = choose(total.excl_vat, Fraction(str(limit["excl_vat"])))
    if limit.get("incl_vat") is not None:
        return Amount(excl_vat, choose(total.incl_vat, Fraction(str(limit["incl_vat"]))))
    in_proportion = total.incl_vat / total.excl_vat if total.excl_vat else _only_vat(tariff)
    return Amount(excl_vat, excl_vat * in_proportion)


def _only_vat(tariff: Json) -> Fraction:
    """incl./excl. of a tariff whose components all bear the same VAT; 1 where they do not."""
    all_vat = {
        Fraction(str(component.get("vat") or 0))
        for element in tariff["elements"]
        for component in element["price_components"]
    }
    return 1 + all_vat.pop() / 100 if len(all_vat) == 1 else Fraction(1)
