"""Full and delta pulls against the simulated Hub."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest

from emsp.hub.errors import MalformedAnswer, Unavailable
from emsp.hub.get_page import NotAList
from emsp.stores.pull_records import PullMode, RunState
from tests.hub_simulator.simulator import HubSimulator
from tests.integration.catalogue.house import CatalogueHouse, catalogue_house, registered_with


def bodies(house: CatalogueHouse) -> dict[str, object]:
    """What is stored and not removed, parsed."""
    return {
        key: json.loads(item["body"]["S"]) for key, item in house.items().items() if "removed_at" not in item
    }


def served(house: CatalogueHouse) -> dict[str, object]:
    return {key: json.loads(text) for key, text in house.served().items()}


def test_a_first_pull_stores_every_object_as_it_came_and_leaves_a_snapshot(house: CatalogueHouse) -> None:
    outcome = house.pull("full")

    assert outcome.state == "COMPLETED"
    assert outcome.run is not None
    assert outcome.run.counts["added"] == outcome.run.counts["catalogue"] == 40
    assert bodies(house) == served(house)
    objects, features, index = house.snapshot()
    keys = [f"{each['country_code']}#{each['party_id']}#{each['id']}".upper() for each in objects]
    assert keys == sorted(served(house))
    assert len(features["features"]) == 40
    assert len(index.splitlines()) == 40
    assert outcome.run.snapshot == house.snapshots.latest().key


def test_an_unchanged_second_pull_writes_nothing_but_bookkeeping(house: CatalogueHouse) -> None:
    house.pull()
    before = house.items()
    with house.counting_writes() as written:
        counts = house.counts()

    assert counts["unchanged"] == 40
    assert [name for name in written if "locations" in name] == []
    assert house.items() == before
    assert house.snapshots.latest().objects == 40


def test_what_changed_is_written_and_nothing_else(house: CatalogueHouse) -> None:
    house.pull()
    first = house.snapshot()
    changed = house.hub.admin.mutate(count=3, mutation="status")
    with house.counting_writes() as written:
        counts = house.counts("delta")

    assert (counts["changed"], counts.get("added")) == (3, 0)
    assert written["PutItem locations"] == 3
    assert bodies(house) == served(house)
    objects, _, _ = house.snapshot()
    differing = [new["id"] for new, old in zip(objects, first[0], strict=True) if new != old]
    assert sorted(differing, key=str.upper) == sorted(key[2] for key in changed)


def test_a_change_that_moves_no_last_updated_is_found_by_a_full_pull(house: CatalogueHouse) -> None:
    house.pull()
    house.hub.admin.mutate(count=4, mutation="content_only")
    assert house.counts("full")["changed"] == 4
    assert bodies(house) == served(house)


def test_a_last_updated_that_moves_without_a_change_writes_nothing(house: CatalogueHouse) -> None:
    house.pull()
    house.hub.admin.mutate(count=40, mutation="touch_only")
    with house.counting_writes() as written:
        counts = house.counts("full")
    assert (counts["unchanged"], counts["changed"]) == (40, 0)
    assert [name for name in written if "locations" in name] == []


def test_a_removed_evse_stays_as_the_cpo_says(house: CatalogueHouse) -> None:
    house.pull()
    [key] = house.hub.admin.mutate(count=1, mutation="remove_evse")
    house.pull("delta")
    location = bodies(house)["#".join(key)]
    assert isinstance(location, dict)
    assert location["evses"][0]["status"] == "REMOVED"


def test_a_delta_reaches_back_to_the_start_of_the_last_completed_pull(house: CatalogueHouse) -> None:
    first = house.pull()
    delta = house.pull("delta")
    assert first.run is not None
    assert delta.run is not None
    assert delta.run.mode is PullMode.DELTA
    started = house.runs().read()
    assert started is not None
    assert started.catalogue.delta_from == delta.run.started_at
    asked = [
        each["path"] for each in house.hub.admin.requests(module="locations") if "date_from" in each["path"]
    ]
    assert asked
    reach = replace(house.options).overlap
    assert reach == timedelta(minutes=15)
    date_from = str(delta.run.date_from)
    assert date_from[:16] == _minus(first.run.started_at, reach)[:16]


def _minus(moment: str, by: timedelta) -> str:
    from datetime import datetime

    return (datetime.fromisoformat(moment) - by).isoformat()


def test_a_first_delta_is_a_full_pull(house: CatalogueHouse) -> None:
    outcome = house.pull("delta")
    assert outcome.run is not None
    assert outcome.run.mode is PullMode.FULL
    assert len(house.items()) == 40


def test_at_another_hub_a_delta_is_a_full_pull(house: CatalogueHouse) -> None:
    house.pull()
    with HubSimulator(locations=6, seed=99, limits={"per_window": {}}) as other:
        moved = replace(house, client=registered_with(other), hub=other)
        outcome = moved.pull("delta")
        assert outcome.run is not None
        assert (outcome.run.mode, outcome.run.counts["objects"]) == (PullMode.FULL, 6)
        again = moved.pull("delta").run
        assert again is not None
        assert again.mode is PullMode.DELTA


def test_at_another_hub_an_unfinished_run_is_given_up(house: CatalogueHouse) -> None:
    house.hub.admin.add_fault("status", http_status=503, path="offset=10", times=None)
    with pytest.raises(Unavailable):
        house.pull("full")
    with HubSimulator(locations=6, seed=99, limits={"per_window": {}}) as other:
        outcome = replace(house, client=registered_with(other), hub=other).pull("delta")
        assert outcome.run is not None
        assert (outcome.state, outcome.run.attempts, outcome.run.counts["objects"]) == ("COMPLETED", 1, 6)


def test_a_run_tells_when_it_was_last_heard_of(house: CatalogueHouse) -> None:
    run, record = house.pull().run, house.runs().read()
    assert run is not None
    assert record is not None
    assert record.run == run
    assert run.updated_at >= run.started_at


def test_a_failed_page_fails_the_run_and_moves_no_watermark_and_the_next_call_goes_on(
    house: CatalogueHouse,
) -> None:
    house.pull()
    completed = house.runs().read()
    assert completed is not None
    fault = {"path": "offset=20", "times": None}
    house.hub.admin.mutate(count=40, mutation="content_only")
    house.hub.admin.add_fault("status", http_status=503, **fault)
    with pytest.raises(Unavailable):
        house.pull("full")

    failed = house.runs().read()
    assert failed is not None
    assert failed.run is not None
    assert failed.run.state is RunState.LISTING
    assert failed.run.cursor is not None
    assert "offset=20" in str(failed.run.cursor["url"])
    assert "Unavailable" in str(failed.run.error)
    assert failed.lease_until is None
    assert failed.catalogue == completed.catalogue

    house.hub.admin.clear_faults()
    house.hub.admin.forget_requests()
    outcome = house.pull("delta")
    assert outcome.run is not None
    assert outcome.run.run_id == failed.run.run_id
    assert (outcome.run.counts["changed"], outcome.run.counts["vanished"]) == (40, 0)
    assert len(house.hub.admin.requests(module="locations")) == 2
    assert bodies(house) == served(house)


def test_a_cursor_that_fails_again_and_again_is_given_up(house: CatalogueHouse) -> None:
    house.hub.admin.add_fault("status", http_status=503, path="offset=10", times=None)
    for _ in range(3):
        with pytest.raises(Unavailable):
            house.pull("full")
    house.hub.admin.clear_faults()
    house.hub.admin.forget_requests()
    house.pull("full")
    assert "offset=0" in house.hub.admin.requests(module="locations")[0]["path"]
    assert bodies(house) == served(house)


def test_a_page_that_is_no_list_fails_the_run(house: CatalogueHouse) -> None:
    house.hub.admin.add_fault("body", body='{"data": {"a": 1}, "status_code": 1000}', module="locations")
    with pytest.raises(NotAList):
        house.pull()
    house.hub.admin.clear_faults()
    house.hub.admin.add_fault("html", module="locations", times=None, http_status=200)
    with pytest.raises(MalformedAnswer):
        house.pull()


def test_no_second_run_beside_a_running_one(house: CatalogueHouse) -> None:
    runs = house.runs()
    runs.acquire()
    assert house.pull().state == "ALREADY_RUNNING"
    assert house.items() == {}
    house.ahead = timedelta(minutes=4)
    assert house.pull().state == "COMPLETED"


def test_what_vanished_becomes_a_tombstone_and_comes_back(house: CatalogueHouse) -> None:
    house.pull()
    gone = _party_of_few(house)
    house.hub.admin.route(*gone, routed=False)
    counts = house.counts("full")

    assert counts["removed"] == counts["vanished"] == 8
    assert bodies(house) == served(house)
    objects, _, _ = house.snapshot()
    assert len(objects) == 32
    tombstones = [item for item in house.items().values() if "removed_at" in item]
    assert len(tombstones) == 8
    assert all("cell" not in item and "object_id" not in item and "body" in item for item in tombstones)

    house.hub.admin.route(*gone, routed=True)
    assert house.counts("full")["added"] == 8
    assert bodies(house) == served(house)
    assert len(house.snapshot()[0]) == 40


def _party_of_few(house: CatalogueHouse) -> tuple[str, str]:
    country_code, party_id, _ = min(house.items()).split("#", 2)
    return country_code, party_id


def test_the_vanish_guard_removes_nothing_when_too_much_would_go(house: CatalogueHouse) -> None:
    house.pull()
    house.options = replace(house.options, vanish_share=0.1)
    house.hub.admin.route(*_party_of_few(house), routed=False)
    outcome = house.pull("full")
    assert outcome.run is not None
    assert outcome.run.sweep == "guarded"
    assert outcome.run.counts["vanished"] == 8
    assert not any("removed_at" in item for item in house.items().values())
    assert len(house.snapshot()[0]) == 40


def test_a_delta_removes_nothing(house: CatalogueHouse) -> None:
    house.pull()
    house.hub.admin.route(*_party_of_few(house), routed=False)
    house.counts("delta")
    assert not any("removed_at" in item for item in house.items().values())


def test_an_older_object_never_overwrites_a_newer_one(house: CatalogueHouse) -> None:
    house.pull()
    key, text = min(house.served().items())
    older = json.loads(text) | {"name": "Older", "last_updated": "2020-01-01T00:00:00Z"}
    house.hub.admin.put_object("locations", *key.split("#", 2), body=older)
    counts = house.counts("full")
    assert counts["older"] == 1
    assert json.loads(house.items()[key]["body"]["S"])["name"] != "Older"


@pytest.mark.parametrize("of_tariffs", [False, True])
def test_a_last_updated_of_the_future_freezes_no_object(house: CatalogueHouse, of_tariffs: bool) -> None:
    house = house.of_tariffs() if of_tariffs else house
    house.pull()
    key, text = min(house.served().items())
    shown = "address" if not of_tariffs else "currency"
    for at, name in (
        ("2036-01-01T00:00:00Z", "A"),
        ("2036-01-01T00:00:00Z", "B"),
        ("2026-11-30T00:00:00Z", "C"),
    ):
        changed = json.loads(text) | {shown: name, "last_updated": at}
        house.hub.admin.put_object(house.module.name, *key.split("#", 2), body=changed)
        assert house.counts("full")["changed"] == 1
        stored = house.table.read(key)
        assert stored is not None
        assert json.loads(stored.text)[shown] == name
        told = [each.problem for each in stored.deviations if each.path == "last_updated"]
        assert told == (["is later than when it was received"] if at.startswith("2036") else [])


NO_JSON = [
    '"a":1,',
    '"a":',
    '"a":undefined',
    "'a':1",
    '"a":01',
    '"a":[{"b":1}',
    '"a":"}" "b"',
    '"a":"\\x"',
    '"a" 1',
]


@pytest.mark.parametrize(
    ("raw", "why"),
    [
        ('{"country_code": "IN", "party_id": "XYZ", "id": "1", "name": "no time"}', "last_updated"),
        ('{"country_code": "IN", "id": "1", "last_updated": "2026-01-01T00:00:00Z"}', "party_id"),
        ('{"country_code": "IN", "party_id": "XYZ", "id": "1", "last_updated": "yesterday"}', "not a date"),
        (
            '{"country_code":"IN","party_id":"XYZ","id":"1","last_updated":"2026-01-01T00:00:00Z","x":NaN}',
            "NaN",
        ),
        ('"a string"', "not an object"),
        ("null", "not an object"),
        *((f'{{"country_code":"IN","party_id":"XYZ","id":"1",{each}}}', "not JSON") for each in NO_JSON),
        ('{"country_code":"IN","party_id":"XYZ","id":"1","x":' + "[" * 50_000 + "]" * 50_000 + "}", "nested"),
    ],
)
def test_a_bad_object_is_kept_as_rejected_and_stops_nothing(
    house: CatalogueHouse, raw: str, why: str
) -> None:
    house.hub.admin.put_object("locations", "IN", "XYZ", "1", raw=raw)
    counts = house.counts()
    assert (counts["added"], counts["rejected"]) == (40, 1)
    [kept] = house.rejected()
    assert kept["body"] == raw
    assert why in kept["reason"]
    with house.counting_writes() as written:
        house.counts()
    assert [name for name in written if "rejected" in name or "locations" in name] == []


@pytest.mark.parametrize("more", ["", *NO_JSON])
def test_a_bad_version_of_a_known_object_does_not_remove_it(house: CatalogueHouse, more: str) -> None:
    house.pull()
    key = min(house.served())
    cc, pid, id_ = key.split("#", 2)
    raw = json.dumps({"country_code": cc, "party_id": pid, "id": id_})
    house.hub.admin.put_object("locations", cc, pid, id_, raw=f"{raw[:-1]},{more}}}" if more else raw)
    counts = house.counts()
    assert (counts["rejected"], counts["vanished"]) == (1, 0)


def test_deviations_are_noted_beside_what_is_kept(house: CatalogueHouse) -> None:
    house.hub.admin.put_object(
        "locations",
        "IN",
        "XYZ",
        "1",
        body={
            "country_code": "IN",
            "party_id": "XYZ",
            "id": "1",
            "last_updated": "2026-01-01T00:00:00",
            "odd": 1.50,
        },
    )
    house.pull()
    stored = house.table.read("IN#XYZ#1")
    assert stored is not None
    assert {"address", "coordinates"} <= {each.path for each in stored.deviations}
    assert '"odd"' in stored.text


def test_without_a_snapshot_the_table_itself_is_compared_and_a_new_snapshot_is_whole(
    house: CatalogueHouse,
) -> None:
    house.pull()
    for each in house.s3.list_objects_v2(Bucket="snapshots")["Contents"]:
        house.s3.delete_object(Bucket="snapshots", Key=each["Key"])
    house.hub.admin.mutate(count=2, mutation="status")
    house.hub.admin.route(*_party_of_few(house), routed=False)
    counts = house.counts("full")
    assert (counts["added"], counts["removed"]) == (0, 8)
    assert bodies(house) == served(house)
    assert len(house.snapshot()[0]) == 32


def test_restart_compares_with_the_table_itself(house: CatalogueHouse) -> None:
    house.pull()
    key = min(house.items())
    house.dynamodb.delete_item(TableName="locations", Key={"object_key": {"S": key}})
    assert house.counts("full")["added"] == 0
    outcome = house.use_case().pull(PullMode.FULL, restart=True)
    assert outcome.run is not None
    assert outcome.run.counts["added"] == 1
    assert bodies(house) == served(house)


def test_tariffs_are_pulled_alike(house: CatalogueHouse) -> None:
    tariffs = house.of_tariffs()
    added = tariffs.counts()["added"]
    assert added == len(tariffs.served()) > 0
    tariffs.hub.admin.mutate("tariffs", count=2)
    assert tariffs.counts("delta")["changed"] == 2
    assert bodies(tariffs) == served(tariffs)
    assert len(tariffs.snapshot()[0]) == added
    assert house.runs().read() is None


def test_pages_larger_than_a_batch_and_changes_in_all_of_them() -> None:
    with catalogue_house(locations=230) as house:
        house.options = replace(house.options, page_limit=110)
        assert house.counts()["added"] == 230
        house.hub.admin.mutate(count=230, mutation="status")
        assert house.counts("full")["changed"] == 230
        assert bodies(house) == served(house)
        assert len(house.snapshot()[0]) == 230
