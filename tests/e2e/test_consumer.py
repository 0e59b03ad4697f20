"""events/consumer/ as docs/events.md shows it: its queue beside the stack, and what the Hub pushes in it."""

import time
from collections.abc import Iterator
from decimal import Decimal

import boto3
import pytest

from consume import Charges, consume
from tests.e2e.inbound import live_token, push
from tests.integration.samples import cdr, cdr_token, path_of, session
from tests.local_cloud.stack import Stack
from tests.template.template import REPOSITORY

TEMPLATE = REPOSITORY / "events" / "consumer" / "queue.yaml"
NAME = "charges-of-the-example"
CONTRACT = "IN-EMS-CONSUMER1"
SESSION = "IN*CPO E2E-BILLED"


@pytest.fixture
def queue_url(stack: Stack) -> Iterator[str]:
    cloudformation = boto3.client("cloudformation", **stack.client_settings)
    cloudformation.create_stack(
        StackName=NAME,
        TemplateBody=TEMPLATE.read_text(encoding="utf-8"),
        Parameters=[{"ParameterKey": "EventBusName", "ParameterValue": stack.event_bus}],
    )
    cloudformation.get_waiter("stack_create_complete").wait(StackName=NAME, WaiterConfig={"Delay": 1})
    [made] = cloudformation.describe_stacks(StackName=NAME)["Stacks"]
    [output] = made["Outputs"]
    yield output["OutputValue"]
    cloudformation.delete_stack(StackName=NAME)


def test_what_the_hub_pushes_is_billed(stack: Stack, queue_url: str) -> None:
    token = {**cdr_token("DRIVER-7"), "contract_id": CONTRACT}
    begun = session("E2E-BILLED", cdr_token=token)
    ended = {
        **begun,
        "status": "COMPLETED",
        "kwh": 12.5,
        "end_date_time": "2026-11-22T10:40:00Z",
        "last_updated": "2026-11-22T10:40:30Z",
    }
    bill = cdr("E2E-BILL", session_id="E2E-BILLED", cdr_token=token)
    s3 = boto3.client("s3", **stack.client_settings)
    charges = Charges(lambda bucket, key: s3.get_object(Bucket=bucket, Key=key)["Body"].read())
    with live_token(stack, "token-of-a-hub-whose-charges-are-billed") as live:
        for value in (begun, ended):
            assert push(stack, live, "PUT", path_of(value), value).status_code == 1000
        assert push(stack, live, "POST", "/ocpi/2.2.1/cdrs", bill).status_code == 1000

    sqs = boto3.client("sqs", **stack.client_settings)
    deadline = time.monotonic() + 30
    while not (charges.owed and ended_in(charges)):  # they may come in any order
        assert time.monotonic() < deadline, (charges.owed, charges.to_review)
        consume(sqs, queue_url, charges, wait_s=1)
    assert charges.owed == {(CONTRACT, "INR"): Decimal(str(bill["total_cost"]["incl_vat"]))}
    assert charges.sessions[SESSION].kwh == Decimal("12.5")
    assert charges.to_review == []


def ended_in(charges: Charges) -> bool:
    return SESSION in charges.sessions and charges.sessions[SESSION].status == "COMPLETED"
