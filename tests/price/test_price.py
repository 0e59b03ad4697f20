"""What it costs is what the page says, and half of what it was where that was promised."""

import re

import pytest

from tests.local_cloud.places import REPOSITORY
from tests.price.measure import Counts, measure
from tests.price.page import PAGE, of_a_month, of_a_push, of_the_catalogue, page, ways
from tests.price.units import Index, size, write_units

README = REPOSITORY / "README.md"
NUMBER = re.compile(r"\d[\d,]*\.\d+")


@pytest.fixture(scope="module")
def counts() -> Counts:
    return measure()


def test_the_page_says_what_is_counted_today(counts: Counts) -> None:
    """Within a fifth: a log line or an alarm more is no reason to write it anew."""
    today, written = page(counts), PAGE.read_text(encoding="utf-8")
    assert NUMBER.sub("#", today) == NUMBER.sub("#", written), "run `make price`"
    for now, then in zip(NUMBER.findall(today), NUMBER.findall(written), strict=True):
        expected = float(then.replace(",", ""))
        assert float(now.replace(",", "")) == pytest.approx(expected, rel=0.2, abs=0.5), "run `make price`"


def test_a_push_writes_its_session_and_little_else(counts: Counts) -> None:
    """Only the index of what is waited for moves, and that by no push of a running session."""
    assert counts.session_units <= 1.9 < counts.session_units_before / 2


def test_a_push_costs_half_of_what_it_did(counts: Counts) -> None:
    before, now = (sum(of_a_push(counts, way).values()) for way in ways(counts).values())
    assert now <= 0.5 * before


def test_metrics_of_a_small_operator_cost_less_than_12_usd_a_month(counts: Counts) -> None:
    assert of_a_month(counts, ways(counts)["now"], 3_000)["metrics"] < 12


def test_what_is_paid_when_nothing_happens_stands_in_the_table(counts: Counts) -> None:
    """The parts that do not grow with the charges, and no others."""
    none, some = (of_a_month(counts, ways(counts)["now"], charges) for charges in (0, 10_000))
    fixed = {what for what, usd in none.items() if usd}
    assert {what: none[what] for what in fixed} == {what: some[what] for what in fixed}
    assert len(fixed) == 6, "as the page says below its table"
    said = re.search(r"an idle month costs about (\d+) USD", README.read_text(encoding="utf-8"))
    assert said is not None
    assert int(said[1]) == pytest.approx(sum(none.values()), abs=1)


def test_a_changing_catalogue_costs_three_fifths_of_what_it_did(counts: Counts) -> None:
    """Two fifths with texts packed by words of our own, which only our own code could read again."""
    before, now = (sum(of_the_catalogue(counts, way).values()) for way in ways(counts).values())
    assert now <= 0.6 * before


@pytest.mark.parametrize(
    ("before", "after", "index", "units"),
    [
        (None, {"id": {"S": "1"}}, Index(("day",)), 1),
        (None, {"id": {"S": "1"}, "day": {"S": "a"}}, Index(("day",)), 2),
        ({"id": {"S": "1"}, "day": {"S": "a"}}, {"id": {"S": "1"}, "day": {"S": "b"}}, Index(("day",)), 3),
        (
            {"id": {"S": "1"}, "day": {"S": "a"}, "x": {"S": "1"}},
            {"id": {"S": "1"}, "day": {"S": "a"}, "x": {"S": "2"}},
            Index(("day",)),
            1,
        ),
        (
            {"id": {"S": "1"}, "day": {"S": "a"}, "x": {"S": "1"}},
            {"id": {"S": "1"}, "day": {"S": "a"}, "x": {"S": "2"}},
            Index(("day",), None),
            2,
        ),
        ({"id": {"S": "1"}, "x": {"S": "y" * 3000}}, {"id": {"S": "1"}}, Index(("day",)), 3),
    ],
    ids=["no entry", "new", "key moves", "key stays", "all of it is held", "the larger counts"],
)
def test_units_are_counted_as_dynamodb_bills_them(
    before: object, after: object, index: Index, units: int
) -> None:
    assert write_units(before, after, "id", [index]) == units  # type: ignore[arg-type]


def test_sizes_are_dynamodbs() -> None:
    assert size({"ab": {"S": "é"}, "n": {"N": "12.50"}, "b": {"B": b"123"}}) == 2 + 2 + 1 + 3 + 1 + 3
