"""Every version of a tariff that a pull saw is kept, and the one in force at a moment is one read."""

from datetime import timedelta
from typing import Any

import pytest

from emsp.ocpi.datetimes import write_datetime
from emsp.ocpi.json_text import parse_json
from emsp.stores.table import LargeBodies
from emsp.stores.tariff_versions import TariffVersion, TariffVersions
from tests.integration.catalogue.house import CatalogueHouse


@pytest.fixture
def tariffs(house: CatalogueHouse) -> CatalogueHouse:
    return house.of_tariffs()


def versions(house: CatalogueHouse) -> TariffVersions:
    return TariffVersions(house.dynamodb, "tariff_versions", LargeBodies("bodies", lambda: house.s3))


def price_in(version: TariffVersion | None) -> Any:
    assert version is not None
    tariff: Any = parse_json(version.text)
    return tariff["elements"][0]["price_components"][0]["price"]


def change_price(house: CatalogueHouse, tariff: dict[str, Any], price: float) -> None:
    component: dict[str, Any] = {**tariff["elements"][0]["price_components"][0], "price": price}
    changed = {
        **tariff,
        "elements": [{"price_components": [component]}],
        "last_updated": write_datetime(house.now()),
    }
    identity = (str(tariff["country_code"]), str(tariff["party_id"]), str(tariff["id"]))
    house.hub.admin.put_object("tariffs", *identity, body=changed)


def test_each_version_holds_until_the_next_and_the_first_also_before(tariffs: CatalogueHouse) -> None:
    tariffs.pull("full")
    tariff = tariffs.hub.admin.objects("tariffs", limit=1)[0]
    key = f"{tariff['country_code']}#{tariff['party_id']}#{tariff['id']}".upper()
    before = price_in(versions(tariffs).in_force(key, write_datetime(tariffs.now())))
    moments = []
    for price in (11, 12):
        tariffs.ahead += timedelta(hours=1)
        moments.append(write_datetime(tariffs.now() - timedelta(minutes=30)))
        change_price(tariffs, tariff, price)
        tariffs.pull("full")
    moments.append(write_datetime(tariffs.now() + timedelta(minutes=30)))

    found = [versions(tariffs).in_force(key, moment) for moment in moments]
    assert [price_in(each) for each in found] == [before, 11, 12]
    assert price_in(versions(tariffs).in_force(key, "2020-01-01T00:00:00Z")) == before
    begun = [each.seen_from for each in found if each]
    assert begun == sorted(set(begun))


def test_a_pull_that_changes_nothing_adds_no_version(tariffs: CatalogueHouse) -> None:
    tariffs.pull("full")
    first = tariffs.dynamodb.scan(TableName="tariff_versions")["Count"]
    assert first == len(tariffs.items()) > 0
    tariffs.ahead += timedelta(hours=1)
    tariffs.pull("full")
    assert tariffs.dynamodb.scan(TableName="tariff_versions")["Count"] == first


def test_a_removed_tariff_keeps_its_versions(tariffs: CatalogueHouse) -> None:
    tariffs.pull("full")
    tariff = tariffs.hub.admin.objects("tariffs", limit=1)[0]
    key = f"{tariff['country_code']}#{tariff['party_id']}#{tariff['id']}".upper()
    tariffs.ahead += timedelta(hours=1)
    tariffs.hub.admin.delete_object("tariffs", tariff["country_code"], tariff["party_id"], tariff["id"])
    assert tariffs.counts("full")["removed"] == 1
    last = versions(tariffs).in_force(key, write_datetime(tariffs.now() + timedelta(days=400)))
    assert last is not None
    assert parse_json(last.text) == tariff


def test_a_tariff_that_was_never_seen_has_none(tariffs: CatalogueHouse) -> None:
    assert versions(tariffs).in_force("IN#ABC#T1", "2026-01-01T00:00:00Z") is None
