"""Full and delta pulls against the simulated Hub."""

import json

from tests.integration.catalogue.house import House


def test_a_first_pull_stores_every_object_as_it_came_and_leaves_a_snapshot(house: House) -> None:
    outcome = house.pull("full")

    assert outcome.state == "COMPLETED"
    assert outcome.run is not None
    assert outcome.run.counts["added"] == 40
    served, items = house.served(), house.items()
    assert {key: json.loads(item["body"]["S"]) for key, item in items.items()} == {
        key: json.loads(text) for key, text in served.items()
    }
    objects, features, _ = house.snapshot()
    assert len(objects) == len(features["features"]) == 40
    assert outcome.run.snapshot == house.snapshots.latest().key
