"""Ids that are longer than OCPI's: what is accepted can be asked for, priced, commanded and stopped."""

import json
from typing import Any

import pytest

from emsp.invocation import InvalidInvocation, read_payload
from emsp.stores.catalogue_table import CatalogueObject
from emsp.stores.tariff_versions import TariffVersions
from tests.integration.charges.test_check_cdr import bodies, tariff
from tests.integration.charges.test_estimate_price import keep_others
from tests.integration.house import House
from tests.integration.lambda_context import Context
from tests.integration.samples import cdr, cdr_token, path_of, session
from tests.schemas.payloads import PAYLOADS

LENGTHS = [36, 37, 39, 40, 64, 300]
CPO = {"country_code": "IN", "party_id": "CPO"}


def id_of(kind: str, length: int) -> str:
    return f"{kind}-".ljust(length, "7")


@pytest.mark.parametrize("length", LENGTHS)
def test_a_charge_is_found_and_checked(house: House, length: int) -> None:
    session_id, cdr_id, uid = (id_of(kind, length) for kind in ("S", "C", "T"))
    location_id, evse_uid, connector_id = (id_of(kind, length) for kind in ("L", "E", "P"))
    token = {**cdr_token(uid), "contract_id": id_of("CONTRACT", length)}
    place = {"location_id": location_id, "evse_uid": evse_uid, "connector_id": connector_id}
    pushed = session(session_id, cdr_token=token, **place)
    assert house.call("PUT", path_of(pushed), pushed).status_code == 1000
    claim = cdr(cdr_id, session_id=session_id, cdr_token=token)
    claim["cdr_location"] |= {"id": location_id, "evse_uid": evse_uid, "connector_id": connector_id}
    assert house.call("POST", "/ocpi/2.2.1/cdrs", claim).status_code == 1000
    asked: list[dict[str, Any]] = [
        {"session": {**CPO, "id": session_id}},
        {"cdr": {**CPO, "id": cdr_id}},
        {"token_uid": uid, "from": "2026-11-22T00:00:00Z", "to": "2026-11-23T00:00:00Z"},
    ]
    for question in asked:
        [charge] = house.app("find_charges").handler(question, Context(60))["charges"]
        assert (charge["session"]["id"], charge["cdrs"][0]["id"]) == (session_id, cdr_id)
    checked = house.app("check_cdr").handler({"cdr": {**CPO, "id": cdr_id}}, Context(60))
    assert checked["verdict"]
    for whom in ({"token_uid": uid}, {"contract_id": token["contract_id"]}):
        assert read_payload(PAYLOADS["forget_driver"], whom).model_dump()


@pytest.mark.parametrize("length", LENGTHS)
def test_a_price_is_estimated_at_a_connector_and_by_a_tariff(house: House, length: int) -> None:
    location_id, evse_uid, connector_id, tariff_id = (id_of(kind, length) for kind in "LEPT")
    connector = {"id": connector_id, "max_electric_power": 50_000, "tariff_ids": [tariff_id]}
    value = {"evses": [{"uid": evse_uid, "connectors": [connector]}]}
    kept = CatalogueObject(f"IN#CPO#{location_id}", json.dumps(value), "2026", "0", "0")
    TariffVersions(house.dynamodb, "locations", bodies()).put_new([kept], "2026")
    keep_others(house, {**tariff(20), "id": tariff_id})
    where = {**CPO, "location_id": location_id, "evse_uid": evse_uid, "connector_id": connector_id}
    for by in ({"connector": where}, {"tariff": {**CPO, "id": tariff_id}}):
        found = house.app("estimate_price").handler(
            {**by, "start": "2026-11-22T09:55:00Z", "energy_kwh": 12.5}, Context(60)
        )
        assert found["cost"]["excl_vat"] == "250"


@pytest.mark.parametrize("length", LENGTHS)
@pytest.mark.parametrize("question", [
    {"evse": "E"},
    {"location": {**CPO, "id": "L"}},
    {"connector": {**CPO, "location_id": "L", "evse_uid": "E", "connector_id": "P"}},
])  # fmt: skip
def test_find_locations_takes_what_the_catalogue_has(length: int, question: dict[str, Any]) -> None:
    def lengthened(value: Any) -> Any:
        if isinstance(value, dict):
            return {name: lengthened(each) for name, each in value.items()}
        return id_of(value, length) if len(value) == 1 else value

    read_payload(PAYLOADS["find_locations"], lengthened(question))
    with pytest.raises(InvalidInvocation, match="has more than 300 characters"):
        read_payload(
            PAYLOADS["find_locations"], json.loads(json.dumps(lengthened(question)).replace("77", "7" * 400))
        )
