"""The example consumer bills what the simulated CPOs of the demo push, also without an `incl_vat`."""

import json
from decimal import Decimal

import pytest

from consume import GST, Charges
from tests.integration.house import House
from tests.integration.samples import path_of
from tests.integration.streams import Streams, Tap
from tests.unit.hub_simulator.conftest import Connected, connected, emsp, hub
from tests.unit.hub_simulator.test_charging import charge

__all__ = ["connected", "emsp", "hub"]


@pytest.mark.parametrize(("location", "claims_vat"), [(0, True), (4, False)])
def test_a_charge_of_the_demo_is_billed(
    house: House, connected: Connected, location: int, claims_vat: bool
) -> None:
    sessions, cdr = charge(connected, connected.hub.admin.objects("locations")[location])
    streams, tap = Streams(), Tap()
    for each in sessions:
        assert house.call("PUT", path_of(each), each).status_code == 1000
    assert house.call("POST", "/ocpi/2.2.1/cdrs", cdr).status_code == 1000
    house.app("publish_changes").handler({"Records": streams.records()}, None)
    charges = Charges(lambda bucket, key: house.s3.get_object(Bucket=bucket, Key=key)["Body"].read())
    for event in tap.events():
        charges.take(json.dumps(event))
    total = {name: Decimal(str(amount)) for name, amount in cdr["total_cost"].items()}
    assert ("incl_vat" in total) == claims_vat
    owed = total.get("incl_vat", total["excl_vat"] * GST)
    assert charges.owed == {(cdr["cdr_token"]["contract_id"], "INR"): owed}
    assert charges.to_review == []
    assert [each.status for each in charges.sessions.values()] == ["COMPLETED"]
