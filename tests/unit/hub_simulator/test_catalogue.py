import ast
import re
from pathlib import Path

import pytest

from tests.hub_simulator.catalogue import Catalogue
from tests.hub_simulator.json_types import JsonObject
from tests.hub_simulator.settings import HubSettings

ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def objects(module: str = "locations", **settings: object) -> list[JsonObject]:
    catalogue = Catalogue(HubSettings(**settings))  # type: ignore[arg-type]  # a test's shorthand
    return [entry.decoded() for entry in catalogue.lists[module].select()]


def test_the_same_seed_makes_the_same_catalogue_and_another_one_another() -> None:
    assert objects(seed=3) == objects(seed=3)
    assert objects(seed=3) != objects(seed=4)


def test_as_many_evses_and_connectors_as_were_asked_for() -> None:
    made = objects(locations=50, evses=3, connectors=2)
    assert {len(location["evses"]) for location in made} == {3}
    assert {len(evse["connectors"]) for location in made for evse in location["evses"]} == {2}


def test_locations_are_indian_and_their_fields_fit() -> None:
    made = objects(locations=400, dialects=False)
    for location in made:
        assert (location["country_code"], location["country"]) == ("IN", "IND")
        assert 6 < float(location["coordinates"]["latitude"]) < 38
        assert 68 < float(location["coordinates"]["longitude"]) < 98
        assert len(location["coordinates"]["latitude"]) <= 10
        assert len(location["coordinates"]["longitude"]) <= 11
        assert re.fullmatch(r"\d{6}", location["postal_code"])
        assert len(location["id"]) <= 36
        assert len(location["state"]) <= 20
        for evse in location["evses"]:
            assert len(evse["evse_id"]) <= 48
            assert re.fullmatch(r"IN\*[A-Z]{3}\*E\d{6}\*\d", evse["evse_id"])
    standards = {c["standard"] for v in made for e in v["evses"] for c in e["connectors"]}
    assert {"IEC_62196_T2_COMBO", "CHADEMO", "GBT_DC", "IEC_62196_T2", "DOMESTIC_D"} <= standards
    watts = {c["max_electric_power"] for v in made for e in v["evses"] for c in e["connectors"]}
    assert {3_300, 7_400, 22_000, 30_000, 60_000, 120_000} <= watts


def test_the_tax_number_s_check_character_is_right() -> None:
    for location in objects(locations=30):
        number = location["operator"]["gstin"]
        total = 0
        for i, character in enumerate(number[:14]):
            product = ALPHABET.index(character) * (2 if i % 2 else 1)
            total += product // 36 + product % 36
        assert number[14] == ALPHABET[(36 - total % 36) % 36]


def test_every_connector_s_tariff_exists() -> None:
    known = {(t["party_id"], t["id"]) for t in objects("tariffs")}
    for location in objects(locations=100):
        for evse in location["evses"]:
            for connector in evse["connectors"]:
                assert {(location["party_id"], t) for t in connector["tariff_ids"]} <= known


def test_tariffs_are_in_rupees_with_gst_except_where_the_cpo_forgets_it() -> None:
    for tariff in objects("tariffs"):
        assert tariff["currency"] == "INR"
        vats = {c.get("vat") for c in tariff["elements"][0]["price_components"]}
        assert vats == ({None} if tariff["party_id"] == "GPM" else {18.0})


def test_each_cpo_writes_in_its_own_way() -> None:
    texts = {v["party_id"]: v for v in objects(locations=5)}
    assert texts["TZC"]["last_updated"].endswith("Z")
    assert re.fullmatch(r"[-0-9]+T[:0-9]+", texts["URJ"]["last_updated"])
    assert texts["VDP"]["last_updated"].endswith(".000000Z")
    assert "x_source" in texts["VDP"]
    assert texts["DKS"]["last_updated"].endswith("+00:00")
    assert texts["DKS"]["suboperator"] is None
    assert "time_zone" not in texts["GPM"]
    prices = {c["price"] for t in objects("tariffs") for c in t["elements"][0]["price_components"]}
    assert {str, float} == {type(price) for price in prices}


def test_ids_collide_across_cpos_once() -> None:
    made = objects(locations=40)
    assert len([v for v in made if v["id"] == "SITE-1"]) == 5
    assert len({v["id"] for v in made}) == 36


@pytest.mark.parametrize("path", sorted(Path("tests/hub_simulator").glob("*.py")), ids=lambda p: p.name)
def test_the_simulator_knows_nothing_of_the_application(path: Path) -> None:
    for node in ast.walk(ast.parse(path.read_text())):
        names = [a.name for a in node.names] if isinstance(node, ast.Import) else []
        if isinstance(node, ast.ImportFrom):
            names = [node.module or ""]
        assert not [
            name for name in names if name.split(".")[0] in ("emsp", "functions", "pydantic", "boto3")
        ]
