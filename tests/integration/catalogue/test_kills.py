"""A pull that is killed at any point goes on, and ends in the same tables and snapshot as an undisturbed
one.
"""

import json
import random
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from tests.integration.catalogue.house import CatalogueHouse, catalogue_house

LOCATIONS = 40


class Killed(BaseException):
    """The process is gone: nothing of it comes after."""


@contextmanager
def killed_after(house: CatalogueHouse, requests: int) -> Iterator[list[str]]:
    """No request to AWS gets through after the first `requests`. Gives the operations that were done."""
    done: list[str] = []
    after = random.Random(requests).random() < 0.5

    def before_call(model: Any, **_: Any) -> None:
        if len(done) >= requests:
            raise Killed
        done.append(model.name)

    def after_call(**_: Any) -> None:
        # Half of the kills strike when AWS has done what was asked, before we learn of it.
        if after and len(done) >= requests:
            raise Killed

    for client in (house.dynamodb, house.s3):
        client.meta.events.register("before-call.*", before_call)
        client.meta.events.register("after-call.*", after_call)
    try:
        yield done
    finally:
        for client in (house.dynamodb, house.s3):
            client.meta.events.unregister("before-call.*", before_call)
            client.meta.events.unregister("after-call.*", after_call)


def prepared() -> Any:
    """A catalogue that was pulled once and has changed since in every way."""
    return catalogue_house(locations=LOCATIONS, seed=7)


def change(house: CatalogueHouse) -> None:
    house.pull()
    admin = house.hub.admin
    admin.mutate(count=5, mutation="content_only")
    admin.put_object("locations", "IN", "XYZ", "NEW-1", body=_new("NEW-1"))
    admin.put_object("locations", "IN", "XYZ", "NEW-2", body=_new("NEW-2"))
    admin.put_object("locations", "IN", "XYZ", "BAD", raw='{"country_code": "IN"}')
    for key in sorted(house.items())[:3]:
        admin.delete_object("locations", *key.split("#", 2))


def _new(location_id: str) -> dict[str, Any]:
    return {
        "country_code": "IN",
        "party_id": "XYZ",
        "id": location_id,
        "last_updated": "2026-01-01T00:00:00Z",
        "coordinates": {"latitude": "12.5", "longitude": "77.5"},
    }


def outcome(house: CatalogueHouse) -> Any:
    manifest = house.snapshots.latest()
    checksums = {name: file.sha256 for name, file in manifest.files.items()}
    return house.items(), checksums, manifest.objects, [each["body"] for each in house.rejected()]


@pytest.fixture(scope="module")
def undisturbed() -> tuple[Any, int]:
    """Where an undisturbed run ends, and how many requests to AWS it makes."""
    with prepared() as house:
        change(house)
        with killed_after(house, 1_000_000) as done:
            house.pull("full")
        reached = outcome(house)
    return reached, len(done)


@pytest.mark.parametrize("point", range(20))
def test_killed_at_a_random_point(point: int, undisturbed: tuple[Any, int]) -> None:
    expected, requests = undisturbed
    chosen = random.Random(point)
    with prepared() as house:
        change(house)
        kills = 0
        for _ in range(4):
            house.ahead += timedelta(minutes=4)
            try:
                with killed_after(house, chosen.randrange(1, requests)):
                    house.pull("full")
            except Killed:
                kills += 1
            else:
                break
        house.ahead += timedelta(minutes=4)
        house.pull("full")
        assert kills > 0
        assert outcome(house) == expected


@pytest.mark.parametrize("point", range(4))
def test_killed_while_the_hub_goes_on_changing(point: int) -> None:
    """What the Hub shows after the kill counts, also where a killed page had written something else."""
    chosen = random.Random(point)
    with prepared() as house:
        house.pull()
        house.options = replace(house.options, vanish_share=0.5)
        originals = dict(sorted(house.served().items()))
        for _ in range(3):
            house.hub.admin.mutate(count=30, mutation="content_only")
            house.ahead += timedelta(minutes=4)
            try:
                with killed_after(house, chosen.randrange(8, 40)):
                    house.pull("full")
            except Killed:
                for key in chosen.sample(list(originals), 20):
                    house.hub.admin.put_object("locations", *key.split("#", 2), raw=originals[key])
        house.ahead += timedelta(minutes=4)
        house.pull("full")
        house.pull("full")
        stored = {key: item["body"]["S"] for key, item in house.items().items()}
        served = house.served()
        assert {k: _json(v) for k, v in stored.items()} == {k: _json(v) for k, v in served.items()}
        objects, _, _ = house.snapshot()
        assert len(objects) == LOCATIONS


def test_what_a_killed_process_wrote_is_not_taken_for_what_the_last_snapshot_has() -> None:
    """The Hub shows A, then B, which is written when the process dies, then A again: A has to be written."""
    with prepared() as house:
        house.pull()
        key, item = min(house.items().items())
        original = item["body"]["S"]
        house.hub.admin.put_object("locations", *key.split("#", 2), raw=original.replace('"name"', '"nom"'))
        dead: list[str] = []

        def before_call(params: Any, **_: Any) -> None:
            if dead:
                raise Killed
            if b"TableName" in params["body"] and json.loads(params["body"])["TableName"] == "locations":
                dead.append(key)

        house.dynamodb.meta.events.register("before-call.dynamodb.PutItem", before_call)
        house.dynamodb.meta.events.register("before-call.dynamodb.UpdateItem", before_call)
        with pytest.raises(Killed):
            house.pull()
        house.dynamodb.meta.events.unregister("before-call.dynamodb.PutItem", before_call)
        house.dynamodb.meta.events.unregister("before-call.dynamodb.UpdateItem", before_call)
        assert house.items()[key]["body"]["S"] != original

        house.hub.admin.put_object("locations", *key.split("#", 2), raw=original)
        house.ahead = timedelta(minutes=4)
        house.pull()
        assert house.items()[key]["body"]["S"] == original


def _json(text: str) -> Any:
    return json.loads(text)
