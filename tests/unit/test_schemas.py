"""events/schemas/ is what the models say, and the sample events are as it says."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator, ValidationError
from referencing import Registry, Resource

from tests.schemas.answers import ANSWERS
from tests.schemas.bus_samples import SAMPLES as SAMPLES_OF_THE_BUS
from tests.schemas.bus_samples import event_of, name_of
from tests.schemas.pages import FOLDER, event_file, files, published, schemas
from tests.schemas.payloads import NO_FIELDS, PAYLOADS, payload_schemas, remote_start
from tests.schemas.shared import SHARED
from tests.schemas.validate import from_a_stream
from tests.template.template import REPOSITORY, functions, template

SAMPLES = [
    path
    for name in payload_schemas()
    for path in sorted((REPOSITORY / "events" / name).glob("*.json"))
    if not from_a_stream(json.loads(path.read_text(encoding="utf-8")))
]


def test_the_schemas_are_current() -> None:
    kept = {path: path.read_text(encoding="utf-8") for path in FOLDER.rglob("*.json")}
    assert kept == files(), "run `make schemas`"


@pytest.mark.parametrize("path", sorted(schemas()), ids=lambda path: path.stem)
def test_a_file_with_what_it_refers_to_is_the_whole_schema(path: Path) -> None:
    """As whoever follows the references of the files on disk reads it."""
    whole, written = published()[path], json.loads(path.read_text(encoding="utf-8"))
    shared = json.loads((FOLDER / SHARED).read_text(encoding="utf-8"))["$defs"]
    known = shared | written.get("$defs", {})
    assert not shared.keys() & written.get("$defs", {}).keys()
    used, waiting = {}, [written]
    while waiting:
        for name in re.findall(r'"(?:\.\./shared\.json)?#/\$defs/([^"]+)"', json.dumps(waiting.pop())):
            if name not in used:
                used[name] = json.loads(json.dumps(known[name]).replace('"../shared.json#', '"#'))
                waiting.append(known[name])
    assert used == whole.get("$defs", {})


def test_a_sample_is_valid_by_the_files_alone() -> None:
    def read(uri: str) -> Resource[Any]:
        return Resource.from_contents(json.loads(Path(uri.removeprefix("file://")).read_text("utf-8")))

    registry: Registry[Any] = Registry(retrieve=read)  # type: ignore[call-arg]
    path = FOLDER / "events" / "CDR_Received.json"
    validator = Draft202012Validator({"$ref": path.as_uri()}, registry=registry)
    event = json.loads((REPOSITORY / "events" / "bus" / "CDR_Received" / "one.json").read_text("utf-8"))
    validator.validate(event["detail"])
    assert not validator.is_valid(event["detail"] | {"deviations": [{"path": 7}]})


@pytest.mark.parametrize("sample", SAMPLES_OF_THE_BUS, ids=name_of)
def test_an_event_of_a_later_version_with_new_fields_is_valid(sample: Path) -> None:
    """Whoever validates by today's files goes on after an upgrade."""
    event = event_of(sample)
    path = event_file(event["detail-type"])
    Draft202012Validator(published()[path]).validate(_with_a_new_field_everywhere(event["detail"]))


def _with_a_new_field_everywhere(value: Any) -> Any:
    match value:
        case dict():
            return {key: _with_a_new_field_everywhere(each) for key, each in value.items()} | {"new": "field"}
        case list():
            return [_with_a_new_field_everywhere(each) for each in value]
    return value


@pytest.mark.parametrize("path", sorted(schemas()), ids=lambda path: path.stem)
def test_answers_and_events_allow_new_fields_and_payloads_none(path: Path) -> None:
    allowed = '"additionalProperties": false' not in files()[path]
    assert allowed == (path.parent.name != "payloads" or path.stem in NO_FIELDS)


@pytest.mark.parametrize("path", sorted(schemas()), ids=lambda path: path.stem)
def test_each_is_a_schema_of_2020_12(path: Any) -> None:
    schema = schemas()[path]
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    Draft202012Validator.check_schema(schema)


def test_every_function_that_our_own_services_invoke_has_one() -> None:
    called_by_aws = {
        name
        for name, function in functions().items()
        if {event["Type"] for event in function.get("Events", {}).values()}
        & {"Api", "SQS", "DynamoDB", "EventBridgeRule"}
    } | {"driver_api"}  # by an HTTP API, whose routes are resources of their own
    by_both = {"check_cdr"}
    assert payload_schemas().keys() == functions().keys() - called_by_aws | by_both


def test_every_payload_has_an_answer() -> None:
    assert ANSWERS.keys() == payload_schemas().keys()


def test_what_remote_start_takes_is_what_it_hands_on() -> None:
    states = template()["Resources"]["RemoteStart"]["Properties"]["Definition"]["States"]
    handed_on = {
        name
        for state in ("AuthorizeToken", "StartSession")
        for name in re.findall(r"\$states\.input\.(\w+)", states[state]["Arguments"]["Payload"])
    }
    assert remote_start()["properties"].keys() == handed_on
    [sample] = (REPOSITORY / "events" / "remote_start").glob("*.json")
    Draft202012Validator(remote_start()).validate(json.loads(sample.read_text(encoding="utf-8")))


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
