"""The API for drivers through the gateway: who is let in, and what comes back."""

import json
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pytest

from tests.driver_api.issuer import Issuer, new_key
from tests.e2e.conftest import APP_ORIGIN
from tests.e2e.registered_hub import registered_hub
from tests.hub_simulator.simulator import HubSimulator
from tests.local_cloud.stack import Stack

DRIVER = "APP-DRIVER-1"


@dataclass(frozen=True)
class Answer:
    """What the app gets."""

    status: int
    headers: Mapping[str, str]
    text: str

    @property
    def json(self) -> Any:
        return json.loads(self.text)


@dataclass(frozen=True)
class App:
    """An app on the deployed API."""

    url: str

    def __call__(
        self, method: str, path: str, token: str | None = None, body: Any = None, **headers: str
    ) -> Answer:
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        if token:
            sent["Authorization"] = f"Bearer {token}"
        content = None if body is None else json.dumps(body).encode()
        if content:
            sent["Content-Type"] = "application/json"
        request = urllib.request.Request(self.url + path, content, sent, method=method)
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return Answer(answer.status, dict(answer.headers), answer.read().decode())
        except urllib.error.HTTPError as error:
            return Answer(error.code, dict(error.headers), error.read().decode())


@pytest.fixture(scope="module")
def app(stack: Stack) -> App:
    if "DriverApiUrl" not in stack.outputs:
        pytest.skip("the stack that is up has no DriverApiIssuer")
    return App(stack.outputs["DriverApiUrl"])


def test_who_is_signed_in_gets_what_is_the_drivers(app: App, signing: Issuer) -> None:
    assert app.url.endswith("/v1")
    answer = app("GET", "/me", signing.token(DRIVER))
    assert [each["uid"] for each in answer.json["tokens"]] == [DRIVER]
    both = app("GET", "/me", signing.token(DRIVER, "APP-DRIVER-2"))
    assert [each["uid"] for each in both.json["tokens"]] == [DRIVER, "APP-DRIVER-2"]


def test_the_document_is_open_to_all_and_says_where_the_api_is(app: App) -> None:
    document = app("GET", "/openapi.json").json
    assert document["servers"] == [{"url": app.url}]
    assert "/me" in document["paths"]


def test_nobody_else_is_let_in(app: App, signing: Issuer) -> None:
    refused = {
        "no token": None,
        "expired": signing.token(DRIVER, exp=1),
        "other audience": signing.token(DRIVER, aud="others"),
        "other issuer": signing.token(DRIVER, iss="https://issuer.example.com"),
        "alg none": signing.unsigned_token(DRIVER),
        "forged": signing.token(DRIVER, key=new_key()),
        "cut": signing.token(DRIVER)[:-4],
    }
    for method, path in routes(app):
        answered = {name: app(method, path, token).status for name, token in refused.items()}
        assert answered == dict.fromkeys(refused, 401), (method, path)


def routes(app: App) -> list[tuple[str, str]]:
    """All of the document."""
    paths: dict[str, Any] = app("GET", "/openapi.json").json["paths"]
    return [(method.upper(), path) for path, operations in paths.items() for method in operations]


def test_a_page_of_the_origin_may_call(app: App) -> None:
    asked = {
        "Origin": APP_ORIGIN,
        "Access_Control_Request_Method": "POST",
        "Access_Control_Request_Headers": "authorization,idempotency-key",
    }
    answer = app("OPTIONS", "/charges", **asked)
    assert answer.headers["Access-Control-Allow-Origin"] == APP_ORIGIN
    assert "idempotency-key" in answer.headers["Access-Control-Allow-Headers"]
    other = app("OPTIONS", "/charges", **{**asked, "Origin": "https://evil.example.com"})
    assert other.headers.get("Access-Control-Allow-Origin") is None


@pytest.fixture(scope="module")
def hub(stack: Stack) -> Iterator[HubSimulator]:
    with registered_hub(stack, locations=12) as simulator:
        for function in ("pull_tariffs", "pull_locations"):
            stack.invoke(function, {"mode": "full"})
        yield simulator


def test_a_charge_from_the_map_to_the_stop(app: App, signing: Issuer, hub: HubSimulator) -> None:
    """And another driver, and who is not signed in, see nothing of it on any route."""
    token, other = signing.token(DRIVER), signing.token("APP-DRIVER-2")
    place = hub.admin.objects("locations")[0]["coordinates"]
    point = f"latitude={place['latitude']}&longitude={place['longitude']}&radius_m=50000"
    found = app("GET", f"/stations?{point}&available=true&energy_kwh=20", token)
    assert found.status == 200, found.text
    station = found.json["stations"][0]
    evse = next(each for each in station["evses"] if each["status"] == "AVAILABLE")
    start = {
        "station": {name: station[name] for name in ("country_code", "party_id", "location_id")},
        "evse_uid": evse["uid"],
        "connector_id": evse["connectors"][0]["id"],
    }
    began = app("POST", "/charges", token, start, Idempotency_Key="e2e-1")
    assert began.status == 202, began.text
    again = app("POST", "/charges", token, start, Idempotency_Key="e2e-1")
    assert again.json["id"] == began.json["id"]
    path = f"/charges/{began.json['id']}"
    assert began.headers["Location"] == app.url + path
    until(app, path, token, "CHARGING")
    stopped = app("POST", f"{path}/stop", token)
    assert stopped.status == 202, stopped.text
    until(app, path, token, "FINISHED")
    for method, route in routes(app):
        asked = route.replace("{charge_id}", began.json["id"])
        if "charges/" in asked:
            assert app(method, asked, other).status == 404, route
            assert app(method, asked).status == 401, route
    assert app("GET", "/charges", other).json["charges"] == []
    listed = app("GET", "/charges", token)
    assert listed.status == 200, listed.text
    assert [each["id"] for each in listed.json["charges"]] == [began.json["id"]]


def until(app: App, path: str, token: str, state: str, within_s: float = 30) -> None:
    deadline = time.monotonic() + within_s
    while (charge := app("GET", path, token).json)["state"] != state:
        assert time.monotonic() < deadline, charge
        time.sleep(0.3)
