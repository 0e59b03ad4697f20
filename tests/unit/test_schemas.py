"""events/schemas/ is what the models say, and the sample events are as it says."""

import json
from typing import Any

import pytest
from jsonschema import Draft202012Validator, ValidationError

from tests.schemas.pages import FOLDER, schemas, text
from tests.schemas.payloads import PAYLOADS, payload_schemas
from tests.template.template import REPOSITORY, functions

SAMPLES = sorted(path for name in payload_schemas() for path in (REPOSITORY / "events" / name).glob("*.json"))


def test_the_schemas_are_current() -> None:
    kept = {path: path.read_text(encoding="utf-8") for path in FOLDER.rglob("*.json")}
    assert kept == {path: text(schema) for path, schema in schemas().items()}, "run `make schemas`"


@pytest.mark.parametrize("path", sorted(schemas()), ids=lambda path: path.stem)
def test_each_is_a_schema_of_2020_12(path: Any) -> None:
    schema = schemas()[path]
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    Draft202012Validator.check_schema(schema)


def test_every_function_that_our_own_services_invoke_has_one() -> None:
    called_by_aws = {
        name
        for name, function in functions().items()
        if {event["Type"] for event in function.get("Events", {}).values()} & {"Api", "SQS", "DynamoDB"}
    }
    by_both = {"check_cdr"}
    assert payload_schemas().keys() == functions().keys() - called_by_aws | by_both


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_a_sample_event_is_as_its_schema_says(path: Any) -> None:
    schema = payload_schemas()[path.parent.name]
    Draft202012Validator(schema).validate(json.loads(path.read_text(encoding="utf-8")))


@pytest.mark.parametrize("name", [*PAYLOADS, "send_command"])
def test_a_misspelt_field_is_no_sample(name: str) -> None:
    path = next(path for path in SAMPLES if path.parent.name == name)
    payload = {**json.loads(path.read_text(encoding="utf-8")), "mispelt": 1}
    with pytest.raises(ValidationError):
        Draft202012Validator(payload_schemas()[name]).validate(payload)


@pytest.mark.parametrize(
    "payload",
    [
        {"command": "STOP_SESSION", "session_id": "1", "token_uid": "A"},
        {"command": "UNLOCK_CONNECTOR", "location_id": "1", "evse_uid": "1"},
        {"command": "START_SESSION", "token_uid": "A"},
        {"command": "RESERVE_NOW", "token_uid": "A", "check": True},
        {"command": "UNLOCK_CONNECTOR", "location_id": "1", "evse_uid": "1", "connector_id": 1},
        {"command": "CHARGE"},
        {"token_uid": "A"},
    ],
    ids=json.dumps,
)
def test_what_is_no_command_is_none_by_the_schema(payload: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Draft202012Validator(payload_schemas()["send_command"]).validate(payload)
