"""What holds for every price: made-up tariffs and sessions of all kinds, broken ones too."""

import math
from decimal import Decimal
from fractions import Fraction
from typing import Any

from hypothesis import example, given
from hypothesis import strategies as st

from emsp.ocpi.json_text import JsonObject, JsonValue, parse_json
from emsp.pricing.amounts import Amount
from emsp.pricing.price_session import price
from emsp.pricing.priced import Priced
from tests.profiles import examples
from tests.unit.pricing.sessions import charge, component, element, period, tariff

CENTS = st.integers(0, 5000).map(lambda cents: Decimal(cents) / 100)
KINDS = st.sampled_from(["ENERGY", "TIME", "PARKING_TIME", "FLAT"])
STEPS = st.sampled_from([0, 1, 60, 300, 900, 1000])
COMPONENTS = st.builds(component, KINDS, CENTS, st.none() | st.sampled_from([0, 5, 18]), STEPS)
CLOCKS = st.integers(0, 47).map(lambda half: f"{half // 2:02}:{half % 2 * 30:02}")


@st.composite
def elements(draw: st.DrawFn) -> JsonObject:
    restrictions: dict[str, Any] = draw(
        st.fixed_dictionaries(
            {},
            optional={
                "start_time": CLOCKS,
                "end_time": CLOCKS,
                "min_kwh": st.integers(0, 20),
                "max_kwh": st.integers(0, 40),
                "min_duration": st.integers(0, 4).map(lambda n: n * 900),
                "max_duration": st.integers(0, 8).map(lambda n: n * 900),
                "min_power": st.integers(0, 50),
                "max_power": st.integers(0, 50),
                "day_of_week": st.lists(st.sampled_from(["MONDAY", "TUESDAY"])),
                "reservation": st.sampled_from(["RESERVATION", "RESERVATION_EXPIRES"]),
            },
        )
    )
    return element(*draw(st.lists(COMPONENTS, min_size=1, max_size=3)), **restrictions)


LIMITS = st.none() | st.fixed_dictionaries({"excl_vat": CENTS}, optional={"incl_vat": CENTS})
TARIFFS = st.builds(
    lambda each, least, most: tariff(*each, min_price=least, max_price=most),
    st.lists(elements(), min_size=1, max_size=5),
    LIMITS,
    LIMITS,
)
# Hundredths of an hour are whole seconds, so that no tolerance comes in.
HUNDREDTHS = st.integers(0, 100).map(lambda n: Decimal(n) / 100)
PERIODS = st.lists(
    st.fixed_dictionaries(
        {},
        optional={
            "ENERGY": st.integers(0, 20_000).map(lambda wh: Decimal(wh) / 1000),
            "TIME": HUNDREDTHS,
            "PARKING_TIME": HUNDREDTHS,
            "RESERVATION_TIME": HUNDREDTHS,
            "MIN_POWER": st.integers(0, 50),
            "MAX_POWER": st.integers(0, 50),
        },
    ),
    min_size=1,
    max_size=5,
)


def cost_of(by: JsonObject, volumes: list[dict[str, Any]]) -> Priced:
    periods = [period(15 * number, **each) for number, each in enumerate(volumes)]
    return price(charge(*periods, tariffs=[by], minutes=15 * len(volumes)), (), "Asia/Kolkata")


@given(TARIFFS, PERIODS)
@examples(0.4)
def test_parts_add_up_to_the_total_unless_a_limit_changed_it(
    by: JsonObject, volumes: list[dict[str, Any]]
) -> None:
    result = cost_of(by, volumes)
    if result.total is None:
        assert result.reasons
        assert not result.parts
        return
    assert result.limits or result.parts_total() == result.total
    assert not result.reasons


@given(TARIFFS, PERIODS)
@examples(0.4)
def test_the_price_lies_between_the_least_and_the_most(by: JsonObject, volumes: list[dict[str, Any]]) -> None:
    result = cost_of(by, volumes)
    if result.total is None or result.least is None or result.most is None:
        assert result.total is None or result.least is not None
        return
    assert result.least.excl_vat <= result.total.excl_vat <= result.most.excl_vat
    assert result.least.incl_vat <= result.total.incl_vat <= result.most.incl_vat


@given(TARIFFS, PERIODS, st.data())
@examples(0.4)
def test_a_split_that_changes_nothing_gives_the_same_price(
    by: JsonObject, volumes: list[dict[str, Any]], data: st.DataObject
) -> None:
    whole = cost_of(by, volumes)
    if any(note.code == "PERIOD_SPANS_CHANGE" for note in whole.notes):
        return  # A split within such a period may change its price, and ought to.
    where = data.draw(st.integers(0, len(volumes) - 1))
    periods = [period(15 * number, **each) for number, each in enumerate(volumes)]
    halves = [
        period(15 * where + late, **{kind: _half(kind, volume) for kind, volume in volumes[where].items()})
        for late in (0, 7.5)
    ]
    split = [*periods[:where], *halves, *periods[where + 1 :]]
    again = price(charge(*split, tariffs=[by], minutes=15 * len(volumes)), (), "Asia/Kolkata")
    if any(note.code == "PERIOD_SPANS_CHANGE" for note in again.notes):
        return
    if whole.least != whole.most or again.least != again.most:
        return
    assert (again.total, again.parts) == (whole.total, whole.parts)


def _half(kind: str, volume: Any) -> Any:
    return volume if kind.endswith("POWER") else Decimal(volume) / 2


@given(st.lists(COMPONENTS, min_size=1, max_size=3), PERIODS, st.integers(1, 5000))
@examples(0.4)
def test_more_energy_never_costs_less(
    components: list[JsonObject], volumes: list[dict[str, Any]], more_wh: int
) -> None:
    by = tariff(element(*components))
    more = [*volumes[:-1], {**volumes[-1]}]
    more[-1]["ENERGY"] = volumes[-1].get("ENERGY", Decimal(0)) + Decimal(more_wh) / 1000
    less_cost, more_cost = (_least(cost_of(by, each)) for each in (volumes, more))
    assert more_cost.excl_vat >= less_cost.excl_vat
    assert more_cost.incl_vat >= less_cost.incl_vat


def _least(found: Priced) -> Amount:
    """The price, or the least of one that is open: a charge that tells no energy may have used some."""
    least = found.total or found.least
    assert least is not None
    return least


@given(TARIFFS, st.lists(st.integers(1, 20_000).map(lambda wh: Decimal(wh) / 1000), min_size=1, max_size=6))
@examples(0.4)
def test_energy_is_never_billed_for_less_than_was_measured_nor_for_a_block_more(
    by: JsonObject, energies: list[Decimal]
) -> None:
    result = cost_of(by, [{"ENERGY": each} for each in energies])
    lines = [line for line in result.lines if line.use.dimension == "ENERGY"]
    surplus = sum((line.surplus for line in lines), Fraction())
    assert surplus >= 0
    if lines:
        step = lines[-1].use.price.component.step / 1000
        assert surplus < step or not surplus
        billed = sum((line.use.quantity for line in lines), surplus)
        assert not step or math.floor(billed / step) == billed / step


ANYTHING: st.SearchStrategy[JsonValue] = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.decimals()
    | st.text(max_size=5)
    | st.sampled_from(
        ["NaN", "1e999999999", "-1", "25:00", "ENERGY", "2026-11-23T10:00:00Z", "9999-12-31T23:59:59Z"]
    ),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["type", "volume", "price", "vat", "step_size", "excl_vat", "dimensions", "restrictions", "x"]
            ),
            inner,
            max_size=3,
        )
    ),
    max_leaves=6,
)


def _paths(value: JsonValue, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    inner: list[tuple[str | int, JsonValue]] = []
    if isinstance(value, dict):
        inner = list(value.items())
    elif isinstance(value, list):
        inner = list(enumerate(value))
    return [path, *[found for key, member in inner for found in _paths(member, (*path, key))]]


def _replaced(value: JsonValue, path: tuple[str | int, ...], by: JsonValue) -> JsonValue:
    if not path:
        return by
    if isinstance(value, dict):
        return {key: _replaced(each, path[1:], by) if key == path[0] else each for key, each in value.items()}
    assert isinstance(value, list)
    return [_replaced(each, path[1:], by) if at == path[0] else each for at, each in enumerate(value)]


@given(TARIFFS, PERIODS, ANYTHING, st.data())
@examples(0.4)
@example(tariff(element(component("ENERGY", 1))), [{"ENERGY": 1}], "9999-12-31T23:59:59Z", None)
def test_no_nonsense_anywhere_in_a_charge_or_its_tariff_raises(
    by: JsonObject, volumes: list[dict[str, Any]], nonsense: JsonValue, data: st.DataObject | None
) -> None:
    periods = [period(15 * number, **each) for number, each in enumerate(volumes)]
    whole = charge(*periods, tariffs=[by], total_energy=1, total_time=1, total_parking_time=0)
    paths = [path for path in _paths(whole) if path]
    chosen = paths if data is None else [data.draw(st.sampled_from(paths))]
    for path in chosen:
        broken = _replaced(whole, path, nonsense)
        assert isinstance(broken, dict)
        result = price(broken, [by], "Asia/Kolkata")
        assert (result.total is None) == bool(result.reasons)
        for line in result.lines:
            line.as_json()


def test_a_number_is_exact_whether_it_comes_as_a_number_or_as_text() -> None:
    text = '{"price": 0.1234567890123456789, "type": "ENERGY", "step_size": 0}'
    as_number = parse_json(text)
    assert isinstance(as_number, dict)
    as_text: JsonObject = {**as_number, "price": "0.1234567890123456789"}
    costs = [cost_of(tariff(element(each)), [{"ENERGY": 1}]).total for each in (as_number, as_text)]
    assert costs[0] is not None
    assert costs[0].excl_vat == Fraction("0.1234567890123456789")
    assert costs[0] == costs[1]
