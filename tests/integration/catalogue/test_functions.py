"""The handlers as Lambda calls them: payloads in, plain JSON out, settings from the environment."""

import importlib.util
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import boto3
import pytest

from emsp.catalogue.pull_catalogue import AnotherPullRuns
from emsp.connection import connect_to_hub
from emsp.invocation import InvalidInvocation
from emsp.stores import aws, own_function
from tests.integration.catalogue.house import CatalogueHouse
from tests.integration.lambda_context import Context
from tests.schemas.validate import validate_answers

FUNCTIONS = Path(__file__).resolve().parents[3] / "functions"
ENVIRONMENT = {
    "OUR_COUNTRY_CODE": "IN",
    "OUR_PARTY_ID": "EMS",
    "LOCATIONS_TABLE": "locations",
    "TARIFFS_TABLE": "tariffs",
    "TARIFF_VERSIONS_TABLE": "tariff_versions",
    "CONTROL_TABLE": "control",
    "PRICE_PLANS_TABLE": "price_plans",
    "PLAN_ASSIGNMENTS_TABLE": "plan_assignments",
    "SNAPSHOTS_BUCKET": "snapshots",
    "REJECTED_BUCKET": "rejected",
    "LARGE_BODIES_BUCKET": "bodies",
    "HUB_SECRET_ID": "hub",
    "ALLOW_HTTP_HUB": "true",
    "PULL_PAGE_LIMIT": "10",
    "QUOTA_LISTS_PER_MINUTE": "60000",
    "AWS_LAMBDA_FUNCTION_NAME": "emsp-pull_locations",
}


type Invoke = Callable[..., Any]


@pytest.fixture
def invoke(house: CatalogueHouse, monkeypatch: pytest.MonkeyPatch) -> Invoke:
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    clients: list[Any] = [aws.dynamodb_client, aws.s3_client, aws.secretsmanager_client]
    for kept in [*clients, aws.bulk_dynamodb_client, aws.bulk_s3_client, aws.lambda_client]:
        kept.cache_clear()
    connect_to_hub._clients.clear()
    connection = house.client.connection
    secret = {
        "versions_url": connection.versions_url,
        "token": connection.token,
        "token_encoding": "plain",
        "endpoints": [
            {"identifier": e.identifier, "role": e.role, "url": e.url} for e in connection.endpoints
        ],
    }
    boto3.client("secretsmanager").create_secret(Name="hub", SecretString=json.dumps(secret))

    def call(name: str, payload: Any, *seconds: float) -> Any:
        spec = importlib.util.spec_from_file_location(f"tested_{name}", FUNCTIONS / name / "app.py")
        assert spec is not None
        assert spec.loader is not None
        app = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(app)
        validate_answers(name, app)
        return json.loads(json.dumps(app.handler(payload, Context(*(seconds or (900.0,))))))

    return call


def test_a_pull_answers_with_counts_and_the_snapshots_key(house: CatalogueHouse, invoke: Invoke) -> None:
    answer = invoke("pull_locations", {"mode": "full"})
    assert answer["state"] == "COMPLETED"
    assert answer["counts"]["added"] == 40
    assert answer["snapshot"] == f"locations/{answer['run_id']}/manifest.json"
    assert invoke("pull_tariffs", {"mode": "delta"})["counts"]["added"] > 0
    status = invoke("pull_locations", {"mode": "status"})
    assert status["state"] == "COMPLETED"
    assert status["runs"][0]["run_id"] == answer["run_id"]


def test_a_run_that_outlives_its_function_goes_on_in_the_next(
    house: CatalogueHouse, invoke: Invoke, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[Any] = []

    class Lambda:
        def invoke(self, **request: Any) -> None:
            sent.append(request)

    monkeypatch.setattr(own_function, "lambda_client", Lambda)
    first = invoke("pull_locations", {"mode": "full", "vanish_share": 0.5}, 900, 900, 900, 100, 100, 40)
    assert first["state"] == "CONTINUES"
    assert 0 < first["counts"]["pages"] < 4
    [request] = sent
    assert request["FunctionName"] == "emsp-pull_locations"
    assert request["InvocationType"] == "Event"
    payload = json.loads(request["Payload"])
    assert payload == {"mode": "full", "continue": first["run_id"], "vanish_share": 0.5}

    second = invoke("pull_locations", payload)
    assert (second["state"], second["run_id"], second["attempts"]) == ("COMPLETED", first["run_id"], 2)
    assert second["counts"]["pages"] == 4
    assert len(house.items()) == 40
    assert invoke("pull_locations", payload) == {"state": "COMPLETED", "run_id": first["run_id"]}


def test_the_status_of_pulls_has_one_shape_before_the_first_one_and_after(invoke: Invoke) -> None:
    never: Any = {"state": "NEVER_RUN", "run": None, "delta_from": None, "snapshot": None, "runs": []}
    assert invoke("pull_tariffs", {"mode": "status"}) == never
    invoke("pull_tariffs", {"mode": "full"})
    assert invoke("pull_tariffs", {"mode": "status"}).keys() == never.keys()


def test_before_register_a_pull_is_an_answer_and_no_fault(invoke: Invoke) -> None:
    boto3.client("secretsmanager").put_secret_value(SecretId="hub", SecretString="{}")
    assert invoke("pull_locations", {"mode": "full", "insist": True}) == {"state": "NOT_REGISTERED"}
    assert invoke("pull_tariffs", {"mode": "delta"}) == {"state": "NOT_REGISTERED"}


def test_a_pull_that_insists_and_finds_another_one_running_comes_again(
    house: CatalogueHouse, invoke: Invoke
) -> None:
    house.runs().acquire()
    assert invoke("pull_locations", {"mode": "full"})["state"] == "ALREADY_RUNNING"
    with pytest.raises(AnotherPullRuns, match="this full one is retried"):
        invoke("pull_locations", {"mode": "full", "insist": True})


def test_a_completed_pull_is_counted_by_its_mode(
    house: CatalogueHouse, invoke: Invoke, capsys: pytest.CaptureFixture[str]
) -> None:
    for mode in ("full", "delta"):
        invoke("pull_locations", {"mode": mode})
        counted = [
            json.loads(line) for line in capsys.readouterr().out.splitlines() if "PullsCompleted" in line
        ]
        assert [(each["module"], each["mode"], each["PullsCompleted"]) for each in counted] == [
            ("locations", mode, [1.0])
        ]


@pytest.mark.parametrize(
    "payload",
    [
        {},
        {"mode": "all"},
        {"mode": "full", "vanish_share": 2},
        {"mode": "full", "insist": "yes"},
        {"mode": "full", "x": 1},
    ],
)
def test_a_payload_that_can_not_be_understood_says_so(invoke: Invoke, payload: Any) -> None:
    with pytest.raises(InvalidInvocation):
        invoke("pull_locations", payload)


def test_locations_are_found_near_a_point_by_evse_and_by_key(house: CatalogueHouse, invoke: Invoke) -> None:
    invoke("pull_locations", {"mode": "full"})
    invoke("pull_tariffs", {"mode": "full"})
    location = json.loads(min(house.served().values()))
    point = {name: float(location["coordinates"][name]) for name in ("latitude", "longitude")}
    near = invoke("find_locations", {**point, "radius_m": 20000})
    assert near["locations"][0]["object"] == location
    assert near["locations"][0]["distance_m"] == 0
    evse = location["evses"][0]
    for name in ("uid", "evse_id"):
        [found] = invoke("find_locations", {"evse": evse[name].lower()})["locations"]
        assert found["object"]["id"] == location["id"]
    who = {"country_code": location["country_code"], "party_id": location["party_id"]}
    [one] = invoke("find_locations", {"location": {**who, "id": location["id"]}})["locations"]
    assert one["object"] == location
    connector = evse["connectors"][0]
    asked = {**who, "location_id": location["id"], "evse_uid": evse["uid"], "connector_id": connector["id"]}
    tariffs = invoke("find_locations", {"connector": asked})["tariffs"]
    assert [each["object"]["id"] for each in tariffs] == connector["tariff_ids"]


@pytest.mark.parametrize("name", ["pull_locations", "pull_tariffs", "find_locations"])
@pytest.mark.parametrize("payload", [None, [], "x"])
def test_a_payload_that_is_no_object_is_refused_as_such(invoke: Invoke, name: str, payload: object) -> None:
    with pytest.raises(InvalidInvocation, match="JSON object"):
        invoke(name, payload)
