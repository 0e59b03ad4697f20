"""No charge and no tariff takes more time or memory than is stated, however large or strange it is."""

import json
import subprocess
import sys
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from time import process_time
from typing import Any, Final

import pytest

from emsp.catalogue.find_locations_request import FindLocationsRequest
from emsp.charges import plan_below_cost
from emsp.charges.cached_pricing_context import CHARACTERS_AT_MOST as KEPT_CHARACTERS_AT_MOST
from emsp.charges.cached_pricing_context import CachedPricingContext
from emsp.charges.plan_below_cost import BelowCost
from emsp.charges.price_connectors import CHARACTERS_AT_MOST, KEYS_AT_ONCE, PriceConnectors
from emsp.charges.pricing_context import PricingContext, _Tariffs
from emsp.ocpi.json_text import JsonObject, dump_json
from emsp.ocpi.parties import PartyId, object_key
from emsp.pricing.price_session import PERIODS_AT_MOST, TARIFFS_AT_MOST
from emsp.pricing.read_tariff import ELEMENTS_AT_MOST
from emsp.retail.plan import PricePlan
from emsp.retail.plan_choice import PlanChoice
from emsp.stores.catalogue_table import StoredObject
from tests.attacks.pricing_bombs import tariff_of

NIGHTLY: Final = pytest.mark.nightly
ROOT: Final = Path(__file__).parents[2]


def run(use: str, periods: int, elements: int, kind: str, tariffs: int = 1) -> Any:
    arguments = map(str, (use, periods, elements, kind, tariffs))
    done = subprocess.run(
        [sys.executable, "-m", "tests.attacks.pricing_bombs", *arguments],
        capture_output=True,
        check=False,
        timeout=180,
        text=True,
        cwd=ROOT,
        env={"PYTHONPATH": f"{ROOT}:{ROOT / 'layers/emsp'}"},
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


# Each kind takes another way through the engine; two that are slow for each change, all of them nightly.
@pytest.mark.parametrize(
    "kind",
    [
        "not_measured",
        "bands",
        *(pytest.param(kind, marks=NIGHTLY) for kind in ("misspelled", "hours", "never")),
    ],
)
def test_2000_periods_by_500_elements_are_checked_within_bounds(kind: str) -> None:
    took = run("check", 2000, 500, kind)
    assert took["s"] < 60
    assert took["mb"] < 256
    assert "TOO_LARGE" not in took["codes"]


@pytest.mark.parametrize(
    ("use", "periods", "elements", "kind", "tariffs"),
    [
        ("check", 2001, 500, "not_measured", 1),
        ("check", PERIODS_AT_MOST + 1, 1, "bands", 1),
        ("check", 45_000, 1, "bands", 1),
        ("check", 1, ELEMENTS_AT_MOST + 1, "hours", 1),
        ("check", 1, 50_000, "hours", 1),
        ("check", 1000, 20, "many", 1),
        ("check", 10, 10, "many", TARIFFS_AT_MOST + 1),
        ("readings", 1000, 260, "not_measured", 1),
        ("so_far", 2000, 500, "not_measured", 1),
        ("so_far", 201, 100, "misspelled", 1),
        ("so_far", 11, ELEMENTS_AT_MOST, "hours", TARIFFS_AT_MOST),
    ],
)
def test_what_is_larger_is_told_as_such_at_once(
    use: str, periods: int, elements: int, kind: str, tariffs: int
) -> None:
    took = run(use, periods, elements, kind, tariffs)
    assert took["s"] < 10
    assert took["mb"] < 512
    assert "TOO_LARGE" in took["codes"]
    if use != "so_far":
        assert "CANNOT_TELL" in took["codes"]


def test_a_push_of_a_session_is_priced_within_bounds() -> None:
    assert run("so_far", 200, 100, "not_measured")["s"] < 5


class Catalogue:
    """Tariffs by key; what is read of them is counted."""

    def __init__(self, tariffs: dict[str, JsonObject]) -> None:
        self.texts = {object_key("IN", "ABC", name): dump_json(each) for name, each in tariffs.items()}
        self.characters = 0

    def read_many(self, keys: Iterable[str]) -> dict[str, StoredObject]:
        found = {key: StoredObject(key, self.texts[key], "", None, ()) for key in keys if key in self.texts}
        self.characters += sum(len(each.text) for each in found.values())
        return found


class Texts:
    """A catalogue that is read whole."""

    def __init__(self, texts: list[str], key: str = "") -> None:
        self.texts, self.key = texts, key

    def scan_texts(self) -> Iterator[tuple[str, str]]:
        yield from ((self.key, text) for text in self.texts)


def located(name: str, connectors: list[Any]) -> JsonObject:
    return {
        "country_code": "IN",
        "party_id": "ABC",
        "id": name,
        "evses": [{"uid": "1", "connectors": connectors}],
    }


def priced_near(locations: list[JsonObject], tariffs: dict[str, JsonObject]) -> Catalogue:
    catalogue: Any = Catalogue(tariffs)
    nobody: Any = None
    plans = PlanChoice(nobody, nobody, None, None)
    now = datetime(2026, 11, 23, 10, tzinfo=UTC)
    use_case = PriceConnectors(catalogue, None, plans, PartyId("IN", "EMS"), lambda: now)
    near: Any = {"latitude": 12.9, "longitude": 77.6, "estimate": {"energy_kwh": 20, "minutes": 600}}
    use_case(locations, FindLocationsRequest.model_validate(near))
    read: Catalogue = catalogue
    return read


def test_one_cpo_keeps_no_other_from_being_priced_near_it() -> None:
    """200 kinds of connectors under a tariff of 2,000 elements, and one under a usual tariff."""
    hostile = [{"id": str(n), "max_electric_power": 1000 + n, "tariff_ids": ["HOSTILE"]} for n in range(200)]
    usual: dict[str, Any] = {"id": "1", "max_electric_power": 22_000, "tariff_ids": ["USUAL"]}
    tariffs = {"HOSTILE": tariff_of(ELEMENTS_AT_MOST, "hours"), "USUAL": tariff_of(3, "hours")}
    began = process_time()
    priced_near([located("A", hostile), located("B", [usual])], tariffs)
    assert process_time() - began < 5
    assert usual["least"] is not None
    assert sum("currency" in each for each in hostile) < 10


def test_one_cpo_keeps_no_plan_from_being_compared_and_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """As many kinds of connectors at one location, under a tariff that takes as long as one can."""
    monkeypatch.setattr(plan_below_cost, "COMPARED_FOR_S", 1.0)
    connectors = [{"id": str(n), "max_electric_power": 1000 + n, "tariff_ids": ["T"]} for n in range(2000)]
    places: Any = Texts([dump_json(located("A", [*connectors]))])
    tariffs: Any = Texts([dump_json(tariff_of(ELEMENTS_AT_MOST, "hours"))], object_key("IN", "ABC", "T"))
    rules: list[Any] = [{"price": {"cost_plus": {"percent": "10"}}}]
    plan = PricePlan.model_validate({"id": "P", "currency": "INR", "rules": rules})
    began = process_time()
    told = BelowCost(places, tariffs, None)(plan, datetime(2026, 11, 23, tzinfo=UTC))
    assert process_time() - began < 10
    assert told["all_compared"] is False
    monkeypatch.setattr(plan_below_cost, "CHARACTERS_AT_MOST", 1000)
    told = BelowCost(places, tariffs, None)(plan, datetime(2026, 11, 23, tzinfo=UTC))
    assert (told["compared_connectors"], told["all_compared"]) == (0, False)


def test_the_tariffs_of_one_answer_are_bounded_in_size() -> None:
    filling = {f"T{n}": {**tariff_of(1, "hours"), "odd": "x" * 490_000} for n in range(100)}
    connectors = [{"id": name, "max_electric_power": 22_000, "tariff_ids": [name]} for name in filling]
    read = priced_near([located("A", [*connectors])], filling)
    assert read.characters < CHARACTERS_AT_MOST + KEYS_AT_ONCE * 500_000
    assert 0 < sum(each["currency"] is not None for each in connectors) < 10


def test_the_tariffs_of_one_charge_are_bounded_in_size_and_few_large_ones_are_kept() -> None:
    large = dump_json({"id": "T", "odd": "x" * 400_000})
    read = _Tariffs([])
    assert len([*read("T", large), *read("T", large)]) == 1
    assert [note.code for note in read.notes] == ["TOO_LARGE"]
    times = iter(range(10**6))
    context = PricingContext("UTC", ({"id": "T"},), characters=read.characters)
    known = CachedPricingContext(lambda _: context, lambda: next(times) / 1000)
    for number in range(100):
        known({"id": "S", "location_id": str(number), "tariffs": ["x" * 1000]})
        assert len(known._known) * read.characters <= KEPT_CHARACTERS_AT_MOST
