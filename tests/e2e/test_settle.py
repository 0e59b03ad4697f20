"""A month settled on the local cloud: by the deployed role, from what the deployed receivers kept."""

import csv
import io
import json
import time
from collections.abc import Iterator
from typing import Any

import boto3
import pytest

from tests.e2e.inbound import live_token, push
from tests.integration.settlement.months import credit, pushed
from tests.local_cloud.stack import Stack
from tests.unit.charges.signing import Meter, signed_data

STAMP = str(time.time_ns())
PARTY = "SET"


@pytest.fixture
def token(stack: Stack) -> Iterator[str]:
    with live_token(stack, f"settle-{STAMP}") as token:
        yield token


def rows(stack: Stack, key: str) -> list[dict[str, str]]:
    s3 = boto3.client("s3", **stack.client_settings)
    body = s3.get_object(Bucket=stack.outputs["SettlementsBucketName"], Key=key)["Body"].read()
    return list(csv.DictReader(io.StringIO(body.decode("utf-8-sig"), newline="")))


def of_the_cpo(stack: Stack, answer: dict[str, Any], name: str) -> list[dict[str, str]]:
    """This test's rows, whatever else was charged in the month."""
    listed = rows(stack, answer["manifest"]["files"][name]["key"])
    return [row for row in listed if row["party_id"] == PARTY]


def test_a_month_is_settled_and_an_invoice_held_against_it(stack: Stack, token: str) -> None:
    def posted(value: dict[str, Any]) -> dict[str, Any]:
        assert push(stack, token, "POST", "/ocpi/2.2.1/cdrs", value).status_code == 1000
        return value

    meter = Meter()
    signed = signed_data(meter.record())
    registered: dict[str, Any] = {
        "control_key": f"meter_key#IN*{PARTY}#{meter.serial}",
        "public_keys": {meter.public_key},
    }
    dynamodb = boto3.resource("dynamodb", **stack.client_settings)
    dynamodb.Table(stack.tables["control"]).put_item(Item=registered)

    def a_cdr(number: int, cost: float) -> dict[str, Any]:
        tariff = {**pushed("X")["tariffs"][0], "party_id": PARTY}
        fields: dict[str, Any] = {"party_id": PARTY, "tariffs": [tariff], "signed_data": signed}
        return pushed(f"{number}-{STAMP}", cost=cost, **fields)

    right, wrong, credited = (posted(a_cdr(number, cost)) for number, cost in ((1, 250), (2, 300), (3, 250)))
    posted(credit(credited, f"3-{STAMP}-X"))
    for each in (right, wrong, credited):
        reference = {name: each[name] for name in ("country_code", "party_id", "id")}
        checked = stack.invoke("check_cdr", {"cdr": reference})
        assert checked["signed_data"]["result"] == "VALID", (
            "by a key that was registered, with the built layer"
        )

    first = stack.invoke("settle", {"month": "2026-10", "cpo": {"country_code": "IN", "party_id": PARTY}})
    assert [each["to_pay"] for each in first["cpo"]] == ["649"]
    assert first["state"] == "SETTLED"
    [sums] = of_the_cpo(stack, first, "by_cpo.csv")
    assert (sums["agreed"], sums["disputed"], sums["credited"]) == ("295", "354", "295")
    assert (sums["to_pay"], sums["over_by"]) == ("649", "59")
    assert {row["cdr_id"] for row in of_the_cpo(stack, first, "disputes.csv")} == {wrong["id"]}
    assert stack.invoke("settle", {"month": "2026-10"})["state"] == "UNCHANGED"

    bucket = stack.outputs["SettlementsBucketName"]
    invoice = f"cdr_id,amount\n{right['id']},295\n{wrong['id']},300\n"
    boto3.client("s3", **stack.client_settings).put_object(
        Bucket=bucket, Key="invoices/set.csv", Body=invoice.encode()
    )
    held = stack.invoke("settle", {"month": "2026-10", "invoice_s3": f"s3://{bucket}/invoices/set.csv"})
    counts = {
        name: each["count"]
        for name, each in held["invoice"].items()
        if isinstance(each, dict) and "count" in each
    }
    told = {name: count for name, count in counts.items() if count}
    assert told == {"matched": 1, "different": 1, "settled_out": 2}

    posted(a_cdr(4, 250))
    later = stack.invoke("settle", {"month": "2026-10"})
    assert (later["state"], later["manifest"]["later"]["added"]) == ("SETTLED", 1)
    assert json.dumps(later).count("TOKEN1") == 0
