"""The Python in the pages does what stands beside it, on the tables, buckets and bus of template.yaml."""

import gzip
import io
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import boto3
import pytest
from botocore.response import StreamingBody
from botocore.stub import Stubber
from jsonschema import Draft202012Validator

from emsp.catalogue.map_cells import cell_of
from emsp.ocpi.datetimes import canonical_datetime
from emsp.stores.awaited import Awaits
from emsp.stores.catalogue_table import CatalogueObject, CatalogueTable
from emsp.stores.cdrs import CdrStore, StoredCdr
from emsp.stores.command_records import CommandRecord, to_item
from emsp.stores.disputes import Dispute, DisputeStore
from emsp.stores.misuse_findings import FindingStore
from emsp.stores.parties import PartyState, PartyStore
from emsp.stores.plan_assignments import PlanAssignments
from emsp.stores.price_plans import PricePlans
from emsp.stores.sessions import SessionStore, StoredSession
from emsp.stores.table import LargeBodies
from emsp.stores.tariff_versions import TariffVersions
from tests.fresh_aws import fresh_aws
from tests.schemas.payloads import payload_schemas
from tests.template.pages import blocks
from tests.template.stores import create_table
from tests.template.template import resources, template

NOON = datetime(2026, 11, 25, 12, tzinfo=UTC)
TOKEN = "IN#EMS#DRIVER-0001"


@pytest.fixture
def stack(monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, str]]:
    """What the template's outputs name, made as it says, each under its logical id."""
    monkeypatch.setenv("AWS_DEFAULT_REGION", "ap-south-1")
    outputs = {
        name: each["Value"]["Ref"] for name, each in template()["Outputs"].items() if "Ref" in each["Value"]
    }
    client = boto3.client

    def client_of(service: str, *args: Any, **kwargs: Any) -> Any:
        made: Any = client(service, *args, **kwargs)  # type: ignore[call-overload]
        if service == "cloudformation":
            told = [{"OutputKey": name, "OutputValue": value} for name, value in outputs.items()]
            monkeypatch.setattr(made, "describe_stacks", lambda StackName: {"Stacks": [{"Outputs": told}]})  # noqa: N803
        return made

    with fresh_aws():
        for name in resources("AWS::DynamoDB::Table"):
            create_table(client("dynamodb"), name, name)
        for name in resources("AWS::S3::Bucket"):
            client("s3").create_bucket(
                Bucket=name.lower(), CreateBucketConfiguration={"LocationConstraint": "ap-south-1"}
            )
            outputs[f"{name}Name"] = name.lower()
        client("events").create_event_bus(Name=outputs["EventBusName"])
        monkeypatch.setattr(boto3, "client", client_of)
        yield outputs


def run(page: str, names: dict[str, Any] | None = None) -> dict[str, Any]:
    """Everything that the page's code leaves behind, one block after the other."""
    found = names if names is not None else {}
    for block in blocks(page):
        if block.info == "python":
            exec(compile(block.code, f"{page}:{block.line}", "exec"), found)
    return found


def test_every_query_finds_what_the_stores_have_written(stack: dict[str, str]) -> None:
    write_a_charge(stack)
    write_the_catalogue(stack)
    found = run("docs/stored-data.md")
    assert [each["id"] for each in found["of_the_driver"]] == ["S1"]
    for name, key in [
        ("began", "IN#ABC#S1"),
        ("same_id", "IN#ABC#S1"),
        ("ended", "IN#ABC#CDR1"),
        ("of_session", "IN#ABC#CDR1"),
        ("of_token", "IN#ABC#CDR1"),
        ("in_cell", "IN#ABC#LOC1"),
        ("whose", "IN#ABC#LOC1"),
        ("in_force", "IN#ABC#TARIFF1"),
    ]:
        assert [each["object_key"] for each in found[name]] == [key], name
    assert found["waiting_for_their_cdr"] == ["IN#ABC#S1"]
    assert found["billed"] == Decimal("590.85")
    assert [each["command_id"] for each in found["asked"]] == ["reserve", "start"]
    assert [each["command_id"] for each in found["reserved"]] == ["reserve"]
    assert [each["command_id"] for each in found["waiting_for_a_session"]] == ["start"]
    assert (found["location"]["id"], found["tariff"]["id"]) == ("LOC1", "TARIFF1")
    assert [each["version"] for each in found["plan_of_then"]] == [1]
    assert [each["dispute_id"] for each in found["open_cases"]] == ["D-1"]
    assert [each["plan_id"] for each in found["assigned"]] == ["STANDARD"]
    assert found["cpo"]["status"] == "CONNECTED"
    assert found["everything"] == [{"id": "LOC1"}]


def test_whom_a_breach_affects_is_found_in_each_table(stack: dict[str, str]) -> None:
    write_a_charge(stack)
    write_the_catalogue(stack)
    findings = FindingStore(boto3.client("dynamodb"), stack["FindingsTableName"])
    assert findings.add("f1", "IN#EMS#OTHER", "{}", NOON)
    names = run("docs/stored-data.md")
    found = run("docs/drivers-data.md", names)
    assert found["to_notify"] == {TOKEN, "IN#EMS#OTHER"}
    affected = found["affected"]
    assert affected("2026-11-25T09:00:00", "2026-11-25T11:00:00") == {TOKEN}
    assert affected("2026-11-24T00:00:00", "2026-11-25T00:00:00") == set()


def test_an_object_is_read_however_it_is_kept(stack: dict[str, str]) -> None:
    write_a_charge(stack)
    write_the_catalogue(stack)
    the_object = run("docs/stored-data.md")["the_object"]
    text = gzip.compress(b'{"kwh": 0.1}')
    boto3.client("s3").put_object(Bucket=stack["LargeBodiesBucketName"], Key="large", Body=text)
    for item in (
        {"body": '{"kwh": 0.1}'},
        {"body_gz": text},
        {"body_s3": "large"},
    ):
        assert the_object(item) == {"kwh": Decimal("0.1")}


def write_a_charge(stack: dict[str, str]) -> None:
    dynamodb = boto3.client("dynamodb")
    at = canonical_datetime("2026-11-25T10:00:00Z")
    kept = LargeBodies(stack["LargeBodiesBucketName"], lambda: boto3.client("s3"))
    session = StoredSession(
        object_key="IN#ABC#S1",
        body='{"id": "S1", "kwh": 26.26}',
        status="COMPLETED",
        last_updated=at,
        put_last_updated=at,
        put_hash="0",
        received_at=NOON,
        token_key=TOKEN,
        start_date_time=at,
        awaits=Awaits.CDR,
    )
    SessionStore(dynamodb, stack["SessionsTableName"], kept).write_if_newer(session)
    cdrs = CdrStore(dynamodb, stack["CdrsTableName"], kept)
    for number, ended in enumerate(("2026-11-25T10:00:00Z", "2026-11-25T11:00:00Z"), 1):
        cdr = StoredCdr(
            object_key=f"IN#ABC#CDR{number}",
            body='{"total_cost": {"excl_vat": 590.85}}',
            content_hash="0",
            last_updated=at,
            end_date_time=canonical_datetime(ended),
            received_at=NOON,
            token_key=TOKEN if number == 1 else None,
            session_key=f"IN#ABC#S{number}",
        )
        cdrs.add(cdr)
    for command_id, reservation_id, awaits, minute in (
        ("start", "", "SESSION#0", 0),
        ("reserve", "RES-4711", "", 1),
    ):
        record = CommandRecord(
            command_id=command_id,
            command="START_SESSION",
            state="ACCEPTED",
            created_at=NOON.replace(minute=minute),
            times_out_at=NOON,
            body="{}",
            correlation_id="tap-4711",
            token_key=TOKEN,
            reservation_id=reservation_id,
            awaits=awaits,
            awaits_since=awaits and "2026-11-25T12:00:00.000000Z",
        )
        dynamodb.put_item(TableName=stack["CommandsTableName"], Item=to_item(record))
    party = PartyState("IN*ABC", "CPO", "CONNECTED", at)
    PartyStore(dynamodb, stack["ControlTableName"]).save(party, NOON)


def write_the_catalogue(stack: dict[str, str]) -> None:
    dynamodb = boto3.client("dynamodb")
    kept = LargeBodies(stack["LargeBodiesBucketName"], lambda: boto3.client("s3"))
    at = canonical_datetime("2026-11-25T10:00:00Z")
    indexed = {"object_id": "LOC1", "cell": cell_of(12.95, 77.65), "summary": "[]"}
    location = CatalogueObject("IN#ABC#LOC1", '{"id": "LOC1"}', at, "0", "0", attributes=indexed)
    tariff = CatalogueObject("IN#ABC#TARIFF1", '{"id": "TARIFF1"}', at, "0", "0")
    CatalogueTable(dynamodb, stack["LocationsTableName"], kept).put_new([location], at)
    CatalogueTable(dynamodb, stack["TariffsTableName"], kept).put_new([tariff], at)
    versions = TariffVersions(dynamodb, stack["TariffVersionsTableName"], kept)
    for seen_from in (at, canonical_datetime("2026-11-25T10:00:01Z")):
        versions.put_new([tariff], seen_from)
    amounts = {"excl_vat": "50", "incl_vat": "59"}
    october = canonical_datetime("2026-10-25T10:00:00Z")
    case = Dispute(
        *("D-1", "IN#ABC#CDR1", "IN", "ABC", "CDR1", october, "OPEN", "INR"),
        *(amounts, amounts, amounts),
        *("OVERCHARGED", at, at),
    )
    DisputeStore(dynamodb, stack["DisputesTableName"]).keep(case, {"state": "OPEN", "note": ""})
    PricePlans(dynamodb, stack["PricePlansTableName"], kept).add("STANDARD", "{}", at)
    PlanAssignments(dynamodb, stack["PlanAssignmentsTableName"]).assign("IN#EMS#DRIVER-0001", "STANDARD", at)
    s3, bucket = boto3.client("s3"), stack["SnapshotsBucketName"]
    latest = {"files": {"objects": {"key": "locations/run/locations.jsonl.gz"}}}
    s3.put_object(Bucket=bucket, Key="locations/latest.json", Body=json.dumps(latest))
    lines = gzip.compress(b'{"id": "LOC1"}\n')
    s3.put_object(Bucket=bucket, Key="locations/run/locations.jsonl.gz", Body=lines)


def test_a_charge_is_driven_by_the_code_that_the_page_shows(stack: dict[str, str]) -> None:
    del stack
    workflows = boto3.client("stepfunctions")
    machine = workflows.create_state_machine(
        name="remote-start",
        definition='{"StartAt": "A", "States": {"A": {"Type": "Pass", "End": true}}}',
        roleArn="arn:aws:iam::123456789012:role/remote-start",
    )
    found = run("docs/drive-a-charge.md", {"remote_start_arn": machine["stateMachineArn"]})
    asked = json.loads(found["ended"]["input"])
    start = {"command": "START_SESSION", **asked}
    Draft202012Validator(payload_schemas()["send_command"]).validate(start)

    with Stubber(found["functions"]) as stubber:
        for function_error in ("", "Unhandled"):
            told = {"errorType": "NotFound", "errorMessage": "no such token"} if function_error else {"n": 1}
            text = json.dumps(told).encode()
            answer: dict[str, Any] = {"Payload": StreamingBody(io.BytesIO(text), len(text))}
            answer |= {"FunctionError": function_error} if function_error else {}
            expected = {"FunctionName": "emsp-get_command", "Payload": '{"command_id": "1"}'}
            stubber.add_response("invoke", answer, expected)
        assert found["invoke"]("get_command", {"command_id": "1"}) == {"n": 1}
        with pytest.raises(RuntimeError, match="no such token"):
            found["invoke"]("get_command", {"command_id": "1"})
