"""The handlers as Lambda calls them, with the sample events: settings from the environment, JSON in, JSON
out.
"""

import gzip
import importlib.util
import json
from collections.abc import Callable
from copy import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import ModuleType
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from emsp.hub.errors import NotRouted
from emsp.invocation import InvalidInvocation
from emsp.stores import aws
from emsp.stores.command_records import CommandRecord
from emsp.stores.commands import UnknownCommand
from emsp.stores.workflows import NobodyWaits, Workflows
from tests.integration.emsp_side import Emsp
from tests.integration.lambda_context import Context
from tests.schemas.validate import validate_answers
from tests.template.stores import variables

REPOSITORY = Path(__file__).resolve().parents[2]
EVENTS = REPOSITORY / "events"
STARTED = CommandRecord(
    command_id="2c2f8c9e-6f0c-4a55-9d0b-0d5d2f3f5a10",
    command="START_SESSION",
    state="SENT",
    created_at=datetime(2026, 11, 22, 10, tzinfo=UTC),
    times_out_at=datetime.now(UTC) - timedelta(seconds=1),
    body="{}",
    correlation_id="tap-4711",
    to="IN*ABC",
    token_key="IN#EMS#DRIVER-0001",
    location_id="LOC1",
    evse_uid="EVSE1",
    authorization_reference="AUTH-1",
)


def sample(function: str, case: str) -> Any:
    return json.loads((EVENTS / function / f"{case}.json").read_text(encoding="utf-8"))


@pytest.fixture
def load(emsp: Emsp, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], ModuleType]:
    """Imports a function's app.py as a cold start does."""
    boto3.client("events").create_event_bus(Name="bus")
    aws.eventbridge_client.cache_clear()
    extra = variables() | {
        "OUR_BUSINESS_NAME": "Bijli Drive",
        "OUR_WEBSITE": "https://emsp.example.com",
        "EVENT_BUS_NAME": "bus",
        "LARGE_BODIES_BUCKET": "bodies",
        "AWS_LAMBDA_FUNCTION_NAME": "a function",
    }
    for name, value in {**extra, **emsp.environment}.items():
        monkeypatch.setenv(name, value)

    def app(function: str) -> ModuleType:
        spec = importlib.util.spec_from_file_location(
            f"{function}_app", REPOSITORY / "functions" / function / "app.py"
        )
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        validate_answers(function, module)
        return module

    return app


def call(app: ModuleType, event: Any) -> Any:
    """What the caller gets: JSON, as Lambda makes it."""
    return json.loads(json.dumps(app.handler(event, Context(30))))


def test_register(emsp: Emsp, load: Callable[[str], ModuleType]) -> None:
    app = load("register")
    assert call(app, sample("register", "status"))["registered"] is False
    initial = sample("register", "register")
    told = call(app, {**initial, "versions_url": emsp.hub.versions_url, "token": emsp.hub.admin.invite()})
    assert told["registered"] is True
    [role] = emsp.hub.admin.registrations()[-1]["roles"]
    assert role["business_details"] == {"name": "Bijli Drive", "website": "https://emsp.example.com"}
    assert call(app, sample("register", "rotate"))["pending"] is None
    assert call(app, sample("register", "verify"))["verified_at"]
    assert call(app, sample("register", "invite"))["invitation"]["token"]
    assert call(app, sample("register", "revoke"))["revoked"]


def test_authorize_token(emsp: Emsp, load: Callable[[str], ModuleType]) -> None:
    emsp.registered()
    app = load("authorize_token")
    assert call(app, sample("authorize_token", "token_only"))["allowed"] == "ALLOWED"
    with pytest.raises(NotRouted, match="tap-4711"):
        call(app, sample("authorize_token", "at_an_evse"))


@pytest.mark.parametrize(
    "case", ["start_session", "stop_session", "reserve_now", "cancel_reservation", "unlock_connector"]
)
def test_send_command(emsp: Emsp, load: Callable[[str], ModuleType], case: str) -> None:
    """The samples' CPO is none of this Hub's: they are sent, and refused for that alone."""
    emsp.registered()
    with pytest.raises(NotRouted):
        call(load("send_command"), sample("send_command", case))
    assert emsp.hub.admin.requests(module="commands")[-1]["path"].endswith(case.upper())


@pytest.mark.parametrize("case", ["start_session_by_token_uid", "start_session_as_in_the_hub_guide"])
def test_send_command_with_a_token_as_an_authorization_told_of_it(
    emsp: Emsp, load: Callable[[str], ModuleType], case: str
) -> None:
    emsp.registered()
    call(load("authorize_token"), sample("authorize_token", "token_only"))
    [location, *_] = emsp.hub.admin.objects("locations")
    here = {"location_id": location["id"], "evse_uid": location["evses"][0]["uid"]}
    assert call(load("send_command"), {**sample("send_command", case), **here})["state"] == "SENT"


def test_commands_that_are_not_known(emsp: Emsp, load: Callable[[str], ModuleType]) -> None:
    emsp.registered()
    with pytest.raises(InvalidInvocation, match="no command"):
        call(load("send_command"), sample("send_command", "stop_session_by_command"))
    with pytest.raises(UnknownCommand):
        call(load("get_command"), sample("get_command", "one"))


def test_expire_command(
    emsp: Emsp, load: Callable[[str], ModuleType], capsys: pytest.CaptureFixture[str]
) -> None:
    emsp.commands.create(STARTED)
    app = load("expire_command")
    assert call(app, sample("expire_command", "two_messages")) == {"batchItemFailures": []}
    assert call(load("get_command"), sample("get_command", "one"))["state"] == "TIMEOUT"
    boto3.client("dynamodb").delete_table(TableName="commands")
    failed = call(app, sample("expire_command", "two_messages"))["batchItemFailures"]
    assert [each["itemIdentifier"] for each in failed] == ["m-1", "m-2"]
    assert capsys.readouterr().out.count('"ExpiriesHeldUp":[1.0]') == 2


def test_check_hub_before_register_is_an_answer_and_no_fault(
    emsp: Emsp, load: Callable[[str], ModuleType]
) -> None:
    assert call(load("check_hub"), sample("check_hub", "scheduled")) == {"state": "NOT_REGISTERED"}


def test_check_hub(emsp: Emsp, load: Callable[[str], ModuleType]) -> None:
    emsp.registered()
    assert call(load("check_hub"), sample("check_hub", "scheduled"))["our_status"] == "CONNECTED"


def test_link_session(emsp: Emsp, load: Callable[[str], ModuleType]) -> None:
    emsp.commands.create(STARTED)
    app = load("link_session")
    assert call(app, sample("link_session", "new_session")) == {"batchItemFailures": []}
    told = call(load("get_command"), sample("get_command", "one"))
    assert told["session"] == {
        "id": "SESSION1",
        "object_key": "IN#ABC#SESSION1",
        "linked_by": "authorization_reference",
    }
    again = sample("link_session", "new_session")
    again["Records"][0]["dynamodb"]["NewImage"]["object_key"] = {"S": "IN#ABC#SESSION2"}
    assert call(app, again) == {"batchItemFailures": []}
    assert emsp.commands.get(STARTED.command_id).session_key == "IN#ABC#SESSION1", "the first session stays"
    boto3.client("dynamodb").delete_table(TableName="commands")
    assert call(app, sample("link_session", "new_session")) == {
        "batchItemFailures": [{"itemIdentifier": "1"}]
    }


@pytest.mark.parametrize("start", ["2026-11-22T15:30:05Z", "2026-11-22T09:40:00Z", "1970-01-01T00:00:00Z"])
def test_a_reference_links_a_session_whatever_its_clock_says(
    emsp: Emsp, load: Callable[[str], ModuleType], start: str
) -> None:
    emsp.commands.create(STARTED)
    event = sample("link_session", "new_session")
    image = event["Records"][0]["dynamodb"]["NewImage"]
    image["body"]["S"] = json.dumps({**json.loads(image["body"]["S"]), "start_date_time": start})
    assert call(load("link_session"), event) == {"batchItemFailures": []}
    assert emsp.commands.get(STARTED.command_id).session_id == "SESSION1"


@pytest.mark.parametrize(
    "strays", [{"id": 123}, {"id": 123, "location_id": 5, "authorization_reference": None}]
)
def test_a_session_with_numbers_for_ids_is_linked_and_stopped_by_its_command(
    emsp: Emsp, load: Callable[[str], ModuleType], strays: dict[str, Any]
) -> None:
    emsp.commands.create(replace(STARTED, location_id="5") if "location_id" in strays else STARTED)
    event = sample("link_session", "new_session")
    image = event["Records"][0]["dynamodb"]["NewImage"]
    image["object_key"] = {"S": "IN#ABC#123"}
    image["body"]["S"] = json.dumps({**json.loads(image["body"]["S"]), **strays})
    assert call(load("link_session"), event) == {"batchItemFailures": []}
    linked = emsp.commands.get(STARTED.command_id)
    assert (linked.session_id, linked.session_key) == ("123", "IN#ABC#123")

    emsp.registered()
    with pytest.raises(NotRouted):  # the simulated Hub knows no party ABC, but got the command
        call(load("send_command"), {"command": "STOP_SESSION", "command_id": STARTED.command_id})
    [sent] = emsp.hub.admin.requests(module="commands")
    assert sent["body"]["session_id"] == "123"


@pytest.mark.parametrize(
    ("token_uid", "status", "elsewhere"),
    [
        ("SOMEONE-ELSE", "PENDING", {}),
        ("DRIVER-0001", "INVALID", {}),
        ("DRIVER-0001", "ACTIVE", {"location_id": "LOC-ELSEWHERE", "evse_uid": "EVSE-ELSEWHERE"}),
    ],
)
def test_sessions_that_did_not_come_from_the_command(
    emsp: Emsp, load: Callable[[str], ModuleType], token_uid: str, status: str, elsewhere: dict[str, str]
) -> None:
    emsp.commands.create(replace(STARTED, authorization_reference="AUTH-9"))
    event = sample("link_session", "new_session")
    image = event["Records"][0]["dynamodb"]["NewImage"]
    session = json.loads(image["body"]["S"])
    session["cdr_token"]["uid"] = token_uid
    image["token_key"] = {"S": f"IN#EMS#{token_uid}"}
    body = {**session, **elsewhere, "status": status}
    image["body"]["S"], image["status"]["S"] = json.dumps(body), status
    call(load("link_session"), event)
    assert emsp.commands.get(STARTED.command_id).session_key == ""


def test_resume_workflow(
    emsp: Emsp, load: Callable[[str], ModuleType], monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[tuple[str, str]] = []
    monkeypatch.setattr(Workflows, "succeed", lambda self, token, output: told.append((token, output)))
    assert call(load("resume_workflow"), sample("resume_workflow", "accepted")) == {"batchItemFailures": []}
    [(token, output)] = told
    assert token == "task-1"
    assert json.loads(output)["result"] == {"result": "ACCEPTED"}


def test_a_task_that_step_functions_does_not_know() -> None:
    class Refusing:
        """Step Functions' answers, as boto3 raises them."""

        def send_task_success(self, **asked: str) -> None:
            raise ClientError({"Error": {"Code": "TaskTimedOut", "Message": "gone"}}, "SendTaskSuccess")

    with pytest.raises(NobodyWaits):
        Workflows(Refusing()).succeed("task-1", "{}")  # type: ignore[arg-type]


@pytest.mark.parametrize("start", ["0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z"])
def test_a_session_without_a_clock_is_linked_by_when_it_came(
    emsp: Emsp, load: Callable[[str], ModuleType], start: str
) -> None:
    emsp.commands.create(STARTED)
    event = sample("link_session", "new_session")
    image = event["Records"][0]["dynamodb"]["NewImage"]
    session = {**json.loads(image["body"]["S"]), "start_date_time": start, "status": "pending"}
    image["body"]["S"], image["status"]["S"] = json.dumps(session), "pending"
    assert call(load("link_session"), event) == {"batchItemFailures": []}
    assert emsp.commands.get(STARTED.command_id).session_id == "SESSION1"


def test_a_session_that_can_not_be_dealt_with_is_parked(
    emsp: Emsp, load: Callable[[str], ModuleType]
) -> None:
    emsp.commands.create(STARTED)
    s3 = boto3.client("s3")
    s3.create_bucket(Bucket="bodies", CreateBucketConfiguration={"LocationConstraint": "ap-south-1"})
    event = sample("link_session", "new_session")
    bad = json.loads(json.dumps(event["Records"][0]))
    bad["dynamodb"]["NewImage"]["body"]["S"] = "[" * 10
    event["Records"].insert(0, bad)
    assert call(load("link_session"), event) == {"batchItemFailures": []}
    assert emsp.commands.get(STARTED.command_id).session_id == "SESSION1", "the one behind it is linked"
    [kept] = s3.list_objects_v2(Bucket="bodies")["Contents"]
    body = s3.get_object(Bucket="bodies", Key=kept["Key"])["Body"].read()
    assert json.loads(json.loads(gzip.decompress(body))["payload"]) == {"Records": [bad]}
    assert call(load("link_session"), {"Records": [bad], "redrive": True}) == {
        "batchItemFailures": [{"itemIdentifier": bad["dynamodb"]["SequenceNumber"]}]
    }


FUNCTIONS_OF_OURS = ("authorize_token", "check_hub", "get_command", "register", "send_command")


@pytest.mark.parametrize("function", FUNCTIONS_OF_OURS)
def test_a_payload_that_is_no_object_is_refused_as_such(
    emsp: Emsp, load: Callable[[str], ModuleType], function: str
) -> None:
    emsp.registered()
    app = load(function)
    events: tuple[object, ...] = (None, [], "x")
    for event in events:
        with pytest.raises(InvalidInvocation, match="JSON object"):
            app.handler(event, Context(30))


def test_fractions_in_an_answer_reach_the_caller(
    emsp: Emsp, load: Callable[[str], ModuleType], monkeypatch: pytest.MonkeyPatch
) -> None:
    emsp.registered()
    info = '{"data": {"allowed": "ALLOWED", "price": 8.10}, "status_code": 1000}'
    emsp.hub.admin.add_fault("body", module="authorize", body=info)
    assert call(load("authorize_token"), sample("authorize_token", "token_only"))["price"] == 8.1
    emsp.commands.create(replace(STARTED, response='{"result": "ACCEPTED", "timeout": 30.5}'))
    assert call(load("get_command"), sample("get_command", "one"))["response"]["timeout"] == 30.5


def test_the_output_of_a_waiting_task_is_what_get_command_tells(
    emsp: Emsp, load: Callable[[str], ModuleType], monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[str] = []
    monkeypatch.setattr(Workflows, "succeed", lambda self, token, output: told.append(output))
    event = sample("resume_workflow", "accepted")
    event["Records"][0]["dynamodb"]["NewImage"]["response"] = {"S": '{"timeout": 1E+999, "n": 8.10}'}
    call(load("resume_workflow"), event)
    assert json.loads(told[0])["response"] == {"timeout": "1E+999", "n": 8.1}
