"""A driver's charge with the client that `make clients` writes, from the stations to the stop.

It runs with the packages of that client and not with ours.
"""

import json
import sys
import time
import uuid
from typing import Any

from driver_api_client import AuthenticatedClient
from driver_api_client.api.charges import get_charge, start_charge, stop_charge
from driver_api_client.api.stations import estimate_price, list_stations
from driver_api_client.models import (
    AtStation,
    ChargeView,
    EstimateRequest,
    ExpectedPrice,
    Problem,
    SpendingLimit,
    StartRequest,
    State,
    Stations,
)

url, token, latitude, longitude = sys.argv[1:]
client = AuthenticatedClient(base_url=url, token=token, timeout=60)


def until(charge_id: str, state: State) -> ChargeView:
    while True:
        charge: Any = get_charge.sync(charge_id, client=client)
        assert isinstance(charge, ChargeView), charge
        if charge.state == state:
            return charge
        assert charge.state not in (State.FAILED, State.TIMED_OUT), charge.reason
        time.sleep(0.3)


found: Any = list_stations.sync(
    client=client,
    latitude=float(latitude),
    longitude=float(longitude),
    radius_m=50_000,
    energy_kwh=20,
    available=True,
)
assert isinstance(found, Stations), found
station = found.stations[0]
evse = next(each for each in station.evses if each.status == "AVAILABLE")
connector = evse.connectors[0]
at = AtStation(country_code=station.country_code, party_id=station.party_id, location_id=station.location_id)
estimate: Any = estimate_price.sync(
    client=client,
    body=EstimateRequest(station=at, evse_uid=evse.uid, connector_id=connector.id, energy_kwh=20),
)
assert isinstance(estimate, ExpectedPrice), estimate
started = start_charge.sync_detailed(
    client=client,
    idempotency_key=str(uuid.uuid4()),
    body=StartRequest(
        station=at, evse_uid=evse.uid, connector_id=connector.id, limit=SpendingLimit(energy_kwh=500)
    ),
)
charge: Any = started.parsed
assert isinstance(charge, ChargeView), charge
until(charge.id, State.CHARGING)
stop_charge.sync(charge.id, client=client)
finished = until(charge.id, State.FINISHED)
refused: Any = get_charge.sync("of-another", client=client, accept_language="hi")
assert isinstance(refused, Problem), refused
print(
    json.dumps(
        {
            "priced": connector.price.cost.incl_vat,
            "estimated": estimate.cost.incl_vat,
            "location": started.headers["Location"],
            "id": charge.id,
            "limit": finished.limit.to_dict(),
            "state": finished.state,
            "refused": refused.type_,
            "said": refused.message,
        }
    )
)
