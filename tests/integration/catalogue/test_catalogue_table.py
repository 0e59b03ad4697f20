"""The tables of the catalogue: nothing older over something newer, batches that AWS leaves undone, bodies
of any size.
"""

import gzip
import random
from dataclasses import replace
from typing import Any

import pytest

from emsp.ocpi.deviations import Deviation
from emsp.stores.catalogue_table import CatalogueObject
from emsp.stores.table import StoreUnavailable
from tests.integration.catalogue.house import CatalogueHouse

NOW = "2026-11-22T10:00:00.000000000Z"
OLD = "2026-11-21T10:00:00.000000000Z"


def an_object(number: int = 1, **fields: Any) -> CatalogueObject:
    made = CatalogueObject(
        f"IN#ABC#{number}", '{"a":1}', NOW, "c", "t", attributes={"cell": "1:1", "summary": "[]"}
    )
    return replace(made, **fields)


def test_an_older_object_is_left_out_and_named(house: CatalogueHouse) -> None:
    table = house.table
    table.put_new([an_object()], NOW)
    assert table.replace([an_object(last_updated=OLD, text='{"a":0}')], NOW) == ["IN#ABC#1"]
    assert table.replace([an_object(text='{"a":2}')], NOW) == []
    stored = table.read("IN#ABC#1")
    assert stored is not None
    assert stored.text == '{"a":2}'


def test_a_tombstone_is_made_once_and_gives_way_to_whatever_comes_back(house: CatalogueHouse) -> None:
    table = house.table
    table.put_new([an_object()], NOW)
    table.mark_removed(["IN#ABC#1", "IN#ABC#UNKNOWN"], NOW, 1)
    table.mark_removed(["IN#ABC#1"], "later", 2)
    stored = table.read("IN#ABC#1")
    assert stored is not None
    assert stored.removed_at == NOW
    assert table.read("IN#ABC#UNKNOWN") is None
    assert table.replace([an_object(last_updated=OLD)], NOW) == []
    stored = table.read("IN#ABC#1")
    assert stored is not None
    assert stored.removed_at is None


def test_a_body_too_large_for_an_item_is_kept_whole(house: CatalogueHouse) -> None:
    text = (
        '{"a":"' + "".join(random.Random(1).choices("abcdefghijklmnopqrstuvwxyz0123456789", k=900_000)) + '"}'
    )
    house.table.put_new([an_object(text=text), an_object(2, text='{"a":"' + "x" * 500_000 + '"}')], NOW)
    texts = house.table.read_texts(["IN#ABC#1", "IN#ABC#2"])
    assert texts["IN#ABC#1"].read() == text
    assert len(texts["IN#ABC#2"].read()) == 500_008


def test_texts_of_over_300_bytes_are_gzipped(house: CatalogueHouse) -> None:
    long = Deviation("name", "has more than 255 characters", "x" * 300)
    text = '{"a":"' + "y" * 300 + '"}'
    house.table.put_new([an_object(text=text, deviations=(long,)), an_object(2, deviations=())], NOW)
    items = house.dynamodb.scan(TableName=house.table.name)["Items"]
    [item] = [each for each in items if each["object_key"]["S"] == "IN#ABC#1"]
    assert gzip.decompress(item["body_gz"]["B"]).decode() == text
    assert "deviations_gz" in item
    assert not {"body", "deviations"} & item.keys()
    stored = house.table.read("IN#ABC#1")
    assert stored is not None
    assert (stored.text, stored.deviations) == (text, (long,))


class Busy:
    """DynamoDB that leaves half of each batch undone."""

    def __init__(self, client: Any, *, always: bool = False) -> None:
        self._client, self._always, self.asked = client, always, 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._client, name)

    def batch_write_item(self, RequestItems: Any) -> Any:  # noqa: N803
        self.asked += 1
        [(table, puts)] = RequestItems.items()
        done = [] if self._always else puts[: max(1, len(puts) // 2)]
        if done:
            self._client.batch_write_item(RequestItems={table: done})
        left = puts[len(done) :]
        return {"UnprocessedItems": {table: left} if left else {}}

    def batch_get_item(self, RequestItems: Any) -> Any:  # noqa: N803
        self.asked += 1
        [(table, wanted)] = RequestItems.items()
        keys = wanted["Keys"]
        done = [] if self._always else keys[: max(1, len(keys) // 2)]
        left = keys[len(done) :]
        answer: Any = {"Responses": {table: []}}
        if done:
            answer = self._client.batch_get_item(RequestItems={table: {**wanted, "Keys": done}})
        return {**answer, "UnprocessedKeys": {table: {**wanted, "Keys": left}} if left else {}}


def test_what_a_batch_leaves_undone_is_done_again(house: CatalogueHouse) -> None:
    busy: Any = Busy(house.dynamodb)
    table = replace(house.table, client=busy, pause=lambda _: None)
    objects = [an_object(number) for number in range(60)]
    table.put_new(objects, NOW)
    assert len(table.read_many([each.object_key for each in objects])) == 60
    assert busy.asked > 10


def test_a_table_that_never_does_its_part_is_unavailable(house: CatalogueHouse) -> None:
    busy: Any = Busy(house.dynamodb, always=True)
    table = replace(house.table, client=busy, pause=lambda _: None)
    with pytest.raises(StoreUnavailable, match="not written"):
        table.put_new([an_object()], NOW)
    with pytest.raises(StoreUnavailable, match="unread"):
        table.read_many(["IN#ABC#1"])
