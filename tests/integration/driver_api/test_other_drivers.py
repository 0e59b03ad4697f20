"""Every route for everybody who is not the driver: nothing of the driver is read, or changed.

The routes are the resolver's own, so a new one is in the matrix at once. Who brings a bad token is kept out
by the gateway (tests/e2e/test_driver_api.py) and, were it let through, by the function: it finds no claims.
"""

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from types import ModuleType
from typing import Any

import pytest

from emsp.driver_api.route_areas import AREAS
from tests.integration.driver_api.phone import DRIVER, OTHER, Answer, Phone
from tests.integration.driver_api.test_charges import bill, linked, push, started
from tests.integration.emsp_side import Emsp
from tests.template.template import template

OF_ALL = "/openapi.json"


def routes(app: ModuleType) -> list[tuple[str, str]]:
    """Method and path of each."""
    for each in AREAS.values():
        app.areas.add(each)
    known = [*app.resolver._static_routes, *app.resolver._dynamic_routes]
    return [(each.method, each.path) for each in known if each.path != OF_ALL]


@pytest.fixture
def driver(phone: Phone, places: list[dict[str, Any]], emsp: Emsp) -> dict[str, list[str]]:
    """A driver who has something of every kind: by the name of a path's parameter, what it can be."""
    place = places[0]
    charge = started(phone, place).json["id"]
    linked(emsp, charge)
    push(session_id="CARD-OF-DRIVER")
    bill(cdr_id="CDR-OF-DRIVER", session_id="GONE")
    soon = (datetime.now(UTC) + timedelta(hours=1)).isoformat(timespec="seconds")
    wish = {"station": place["station"], "evse_uid": place["evse_uid"], "expires_at": soon}
    reservation = phone("POST", "/reservations", wish, idempotency_key="r-1")
    assert reservation.status == 202, reservation.text
    listed = phone("GET", "/charges", query={"from": "2026-11-01T00:00:00Z"}).json["charges"]
    assert len(listed) == 3
    return {
        "charge_id": [each["id"] for each in listed],
        "reservation_id": [reservation.json["id"]],
        **{name: [place["station"][name]] for name in ("country_code", "party_id", "location_id")},
    }


def asked_for(method: str, path: str, driver: dict[str, list[str]]) -> Iterator[tuple[str, str]]:
    """The route with each of the driver's ids in it. A KeyError: say in `driver` what its parameter is."""
    names = re.findall(r"<(\w+)>", path)
    for number in range(max((len(driver[name]) for name in names), default=1)):
        filled = path
        for name in names:
            filled = filled.replace(f"<{name}>", driver[name][number % len(driver[name])])
        yield method, filled


def ask(phone: Phone, method: str, path: str, driver: dict[str, list[str]]) -> Answer:
    """With all in it that a route could take for whose it is."""
    names = {
        "token_uid": DRIVER,
        "uid": DRIVER,
        "driver": DRIVER,
        "sub": DRIVER,
        "from": "2026-11-01T00:00:00Z",
    }
    place = {name: driver[name][0] for name in ("country_code", "party_id", "location_id")}
    body = {"station": place, "evse_uid": "EVSE-1", "token_uid": DRIVER, "connector_id": "1"}
    return phone(
        method,
        path,
        body if method == "POST" else None,
        query=names,
        idempotency_key="tap-1",
        token_uid=DRIVER,
        x_token_uid=DRIVER,
    )


def test_no_route_reads_or_changes_what_is_another_drivers(
    app: ModuleType, other_phone: Phone, driver: dict[str, list[str]], emsp: Emsp
) -> None:
    before = len(emsp.hub.admin.requests(module="commands"))
    secrets = [*driver["charge_id"], *driver["reservation_id"], DRIVER, "CARD-OF-DRIVER", "CDR-OF-DRIVER"]
    asked = 0
    for method, path in [each for route in routes(app) for each in asked_for(*route, driver)]:
        answer = ask(other_phone, method, path, driver)
        told = json.dumps(answer.json) if answer.text else ""
        assert [each for each in secrets if each in told] == [], (method, path)
        assert answer.status != 403, (method, path)
        if any(each in path for each in secrets):
            assert (answer.status, answer.problem) == (404, "not-found"), (method, path)
        asked += 1
    assert asked > len(routes(app)) > 10
    assert len(emsp.hub.admin.requests(module="commands")) == before, "and nothing of it is stopped"


@pytest.mark.parametrize(
    "claims", [None, {}, {"sub": DRIVER}, {"token_uid": ""}, {"username": OTHER}, {"TOKEN_UID": DRIVER}]
)
def test_without_the_claim_no_route_answers_anything(
    app: ModuleType, driver: dict[str, list[str]], claims: dict[str, str] | None
) -> None:
    for method, path in [each for route in routes(app) for each in asked_for(*route, driver)]:
        answer = ask(Phone(app, claims), method, path, driver)
        assert (answer.status, answer.problem) == (403, "no-token"), (method, path)


def test_the_gateway_asks_for_a_token_on_every_route_but_that_of_the_document() -> None:
    found = [
        each["Properties"]
        for each in template()["Resources"].values()
        if each["Type"] == "AWS::ApiGatewayV2::Route"
    ]
    open_to_all = [each["RouteKey"] for each in found if each["AuthorizationType"] != "JWT"]
    assert open_to_all == [f"GET {OF_ALL}"]
    assert all(
        each["AuthorizerId"] == {"Ref": "DriverAuthorizer"} for each in found if "AuthorizerId" in each
    )
