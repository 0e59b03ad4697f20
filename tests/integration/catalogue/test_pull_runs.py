"""The record of pulls: one process at a time, and who lost the lease learns so."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from emsp.hub.get_page import RawPage
from emsp.stores.pull_records import PullMode, PullRun, RunState
from emsp.stores.pull_runs import AlreadyRunning, LeaseLost, PullRuns
from tests.integration.catalogue.house import CatalogueHouse


def a_run(**fields: object) -> PullRun:
    made = {
        "run_id": "r1",
        "mode": PullMode.FULL,
        "state": RunState.LISTING,
        "started_at": "2026-11-22T10:00:00+00:00",
        "date_from": None,
        "cursor": {"url": "https://hub.example/locations?offset=50", "pages": 1},
        "base_index": "b",
        "base_snapshot": None,
        "log": "r1",
    }
    return PullRun(**{**made, **fields})  # type: ignore[arg-type]


def test_of_many_that_want_to_run_one_does(house: CatalogueHouse) -> None:
    def acquired(runs: PullRuns) -> bool:
        try:
            runs.acquire()
        except AlreadyRunning:
            return False
        return True

    contenders = [house.runs() for _ in range(12)]
    with ThreadPoolExecutor(12) as pool:
        assert sum(pool.map(acquired, contenders)) == 1


def test_a_saved_run_is_read_back_whole(house: CatalogueHouse) -> None:
    runs = house.runs()
    runs.acquire()
    run = a_run(counts={"pages": 3}, log_entries=2)
    runs.save(run, b"\x01\x00\xff")
    record = house.runs().read()
    assert record is not None
    assert record.run is not None
    assert record.seen == b"\x01\x00\xff"
    assert (record.run.cursor, record.run.counts, record.run.mode) == (
        run.cursor,
        {"pages": 3},
        PullMode.FULL,
    )


def test_who_lost_the_lease_can_write_nothing_more(house: CatalogueHouse) -> None:
    stalled = house.runs()
    stalled.acquire()
    house.ahead = timedelta(minutes=5)
    successor = house.runs()
    successor.acquire()
    successor.append_log("r1", 0, ["A"])
    writes: list[Callable[[], object]] = [
        lambda: stalled.save(a_run()),
        lambda: stalled.release(a_run()),
        lambda: stalled.append_log("r1", 0, ["B"]),
        stalled.renew,
    ]
    for write in writes:
        stalled._renewed_at = None
        with pytest.raises(LeaseLost):
            write()
    successor.save(a_run())


def test_a_lease_lasts_as_long_as_it_is_renewed(house: CatalogueHouse) -> None:
    runs = house.runs()
    runs.acquire()
    for _ in range(4):
        house.ahead += timedelta(seconds=100)
        runs.renew()
    with pytest.raises(AlreadyRunning):
        house.runs().acquire()
    runs.release(None)
    house.runs().acquire()


def test_the_log_is_read_to_its_end_and_a_hole_is_told(house: CatalogueHouse) -> None:
    runs = house.runs()
    runs.acquire()
    assert runs.read_log("r1", 0) == (set(), 0)
    for number in range(205):
        runs.append_log("r1", number, [f"K{number}", "SAME"])
    assert runs.read_log("r1", 3) == ({*(f"K{number}" for number in range(205)), "SAME"}, 205)
    house.dynamodb.delete_item(TableName="control", Key={"control_key": {"S": "pull_log#r1#100"}})
    with pytest.raises(Exception, match="entry 100"):
        runs.read_log("r1", 205)


def test_a_process_that_lost_its_lease_stops_and_leaves_the_record_alone(house: CatalogueHouse) -> None:
    class Stalled:
        """The Hub's list, during whose second page the process stalls and another takes over."""

        def __init__(self) -> None:
            self.source, self.pages = house.source(), 0

        def endpoint(self) -> str:
            return self.source.endpoint()

        def has(self, *identity: str) -> bool:
            return self.source.has(*identity)

        def get(self, url: str) -> RawPage:
            self.pages += 1
            if self.pages == 2:
                _wait_for_pages(house, 1)  # what is written of it now would meet what the other one writes
                house.ahead = timedelta(minutes=5)
                assert house.pull().state == "COMPLETED"
            return self.source.get(url)

    with pytest.raises(LeaseLost):
        house.use_case(source=Stalled()).pull(PullMode.FULL)
    record = house.runs().read()
    assert record is not None
    assert record.run is not None
    assert record.run.state is RunState.COMPLETED
    assert len(house.items()) == 40


def _wait_for_pages(house: CatalogueHouse, pages: int) -> None:
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        record = house.runs().read()
        if record is not None and record.run is not None and record.run.counts.get("pages") == pages:
            return
        time.sleep(0.02)
    raise TimeoutError(f"{pages} pages were not committed")
