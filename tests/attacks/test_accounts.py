"""A CPO with many large CDRs, or locations at one point, stops nobody's accounts and searches."""

import json
import tracemalloc
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from emsp.catalogue import find_locations
from emsp.catalogue.find_locations import FindLocations, NearQuery
from emsp.charges import claimed_cdr
from emsp.charges.found_charge import charge_json
from emsp.charges.gather_charge import GatheredCharge
from emsp.pushes import list_rejected
from emsp.pushes.list_rejected import ListRejected
from emsp.settlement.linked_cdrs import linked_cdrs
from emsp.settlement.settled_cdr import SettledCdr
from emsp.stores.cdrs import StoredCdr
from emsp.stores.locations import ConnectorGroup, LocationSummary
from emsp.stores.rejected import Entry
from tests.integration.samples import cdr

CDRS = 10
JUNK = [{"a": "x"}] * 600


def large_cdr(number: int) -> StoredCdr:
    value = cdr(f"C-{number}", junk=JUNK)
    for name in ("cdr_location", "cdr_token", "total_cost"):
        value[name]["junk"] = JUNK
    at = value["end_date_time"]
    lines = [{"part": "ENERGY", "price": str(price), "because": "x" * 300} for price in range(150)]
    check = {"verdict": "OVERCHARGED", "lines": lines, "findings": []}
    return StoredCdr(
        *(f"IN#CPO#C-{number}", json.dumps(value), "0", at, at, datetime.now(UTC)),
        session_key=f"IN#CPO#S-{number}",
        credits_key=f"IN#CPO#C-{number + 1}",
        check=json.dumps(check),
    )


def of_a_settlement(cdrs: list[StoredCdr]) -> object:
    return [SettledCdr.read(each, None) for each in cdrs]


def of_linked_cdrs(cdrs: list[StoredCdr]) -> object:
    class Store:
        def of_session(self, key: str) -> list[StoredCdr]:
            return []

        def get(self, key: str) -> StoredCdr | None:
            number = int(key.rpartition("-")[2])
            return large_cdr(number) if number < len(cdrs) else None

    store: Any = Store()
    linked = linked_cdrs(store, {"IN#CPO#C-0": large_cdr(0)})
    assert len(linked) == len(cdrs)
    return linked


def of_a_charge(cdrs: list[StoredCdr]) -> object:
    class Cost:
        gst_percent = None

    cost: Any = Cost()
    return charge_json(GatheredCharge(cdrs=tuple(cdrs)), lambda _: None, cost)


def peak_mb[T](function: Callable[[T], object], cdrs: T) -> float:
    tracemalloc.start()
    try:
        kept = function(cdrs)
        _, peak = tracemalloc.get_traced_memory()
        del kept
        return peak / 1e6
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("function", [of_a_settlement, of_a_charge, of_linked_cdrs])
def test_the_cdrs_of_a_charge_are_not_in_memory_together(
    function: Callable[[list[StoredCdr]], object], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(claimed_cdr, "LINES_AT_MOST", 2)
    cdrs = [large_cdr(number) for number in range(CDRS)]
    function(cdrs)
    assert peak_mb(function, cdrs) < 2 * peak_mb(function, cdrs[:2])


class Crowded:
    """A table with very many locations at one point."""

    def in_cell(self, cell: str) -> Iterator[LocationSummary]:
        for number in range(800 if cell == "129:775" else 0):
            plugs = tuple(ConnectorGroup("AVAILABLE", f"X{number}-{each}", each, 1) for each in range(50))
            yield LocationSummary(f"IN#ABC#{number}", 12.97, 77.59, plugs, True)

    def read_many(self, keys: Iterator[str]) -> dict[str, object]:
        return dict.fromkeys(keys) and {}


def test_locations_at_one_point_are_not_in_memory_together(monkeypatch: pytest.MonkeyPatch) -> None:
    table: Any = Crowded()
    find = FindLocations(table, table, table, table, lambda *_: None)

    def search(metres: float) -> int:
        return find._search(NearQuery(12.97, 77.59, metres)).found

    assert search(100.0) == 800
    assert peak_mb(search, 100.0) < 1  # 16 if all plugs are kept
    monkeypatch.setattr(find_locations, "SEARCH_S", 0.0)
    assert search(100.0) == 0


def test_large_rejected_pushes_are_listed_page_by_page(monkeypatch: pytest.MonkeyPatch) -> None:
    class Slow:
        def entries(self, module: str | None, after: str) -> Iterator[Entry]:
            return (Entry(each, datetime.now(UTC)) for each in "abc" if each > after)

        def get(self, key: str) -> None: ...

    slow: Any = Slow()
    listing = ListRejected(slow)
    assert listing({}) == {"rejected": [], "next": None}
    monkeypatch.setattr(list_rejected, "LOOKED_FOR_S", 0.0)
    assert [listing({})["next"], listing({"next": "a"})["next"], listing({"next": "b"})["next"]] == [
        "a",
        "b",
        None,
    ]
