"""A driver in every store, beside another whose ids begin alike, and where either is found."""

import base64
import gzip
import json
import random
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3

from emsp.ocpi.json_text import dump_json
from emsp.ocpi.parties import PartyId
from emsp.stores.authorized_tokens import AuthorizedTokens
from emsp.stores.cdrs import CdrStore
from emsp.stores.command_records import CommandRecord
from emsp.stores.commands import CommandStore
from emsp.stores.failed_changes import ParkedRecords
from emsp.stores.misuse_findings import FindingStore
from emsp.stores.table import LargeBodies
from tests.integration.house import House
from tests.integration.samples import cdr, cdr_token, path_of, period, session

UID, CONTRACT, VISUAL, GROUP = "0a1B2c3D4e", "IN-EMS-C0PRIYA01", "VIS-7788-PRIYA", "GRP-PRIYA-HOME"
NAME, PHONE = "Priya Raman", "+919900112233"
SECRETS = (UID, CONTRACT, VISUAL, GROUP, NAME, PHONE)
TOKEN = {**cdr_token(UID), "contract_id": CONTRACT, "visual_number": VISUAL, "group_id": GROUP}
OTHER = {**cdr_token("0a1B2c3D4e99"), "contract_id": "IN-EMS-C0PRIYA0199"}
CDRS = "/ocpi/2.2.1/cdrs"
# Larger than an item even when compressed, and quick to compress.
LARGE_TEXT = base64.b64encode(random.Random(1).randbytes(420_000)).decode()


def fill(house: House) -> None:
    """Every store holds the driver, and another driver whose ids begin alike."""
    for bucket in ("rejected", "large-bodies"):
        house.s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    put(house, session("S-1", cdr_token=TOKEN, driver_name=NAME, customer={"name": "x", "phone": PHONE}))
    patch = {"charging_periods": [period(5)], "kwh": 2.25, "last_updated": "2026-11-22T10:05:00Z"}
    house.call("PATCH", path_of(session("S-1")), patch)
    put(house, session("S-2", cdr_token=OTHER))
    put(house, session("S-BIG", cdr_token=TOKEN, notes=LARGE_TEXT))
    put(house, session("S-BIG", at="2026-11-22T11:00:00Z", cdr_token=TOKEN, notes=LARGE_TEXT + "more"))
    put(house, session("S-ZIP", cdr_token={**TOKEN, "uid": UID.upper()}, notes="y" * 300_000))
    post(house, cdr("C-1", cdr_token=TOKEN, remark=f"thanks, {UID}"))
    post(house, cdr("C-2", session_id="S-2", cdr_token=TOKEN))  # says another token than its session
    post(house, cdr("C-3", session_id="S-1", cdr_token=OTHER))  # its contradictions name the driver
    bodies = LargeBodies("large-bodies", lambda: house.s3)
    CdrStore(boto3.client("dynamodb"), "cdrs", bodies).keep_check(
        "IN#CPO#C-1", dump_json({"note": f"of {CONTRACT}"}), 0
    )
    rejected(house)
    put_commands()
    findings = FindingStore(boto3.client("dynamodb"), "findings")
    for name, token in (("mine", TOKEN), ("theirs", OTHER)):
        finding = dump_json({"id": name, "message": f"of {token['uid']}", "cdr_token": token})
        findings.add(name, f"IN#EMS#{token['uid'].upper()}", finding, datetime.now(UTC))
    tokens = AuthorizedTokens(boto3.client("dynamodb"), "control")
    for token in (TOKEN, OTHER):
        tokens.keep(PartyId("IN", "EMS"), token["uid"], {**token, "issuer": "Us"}, datetime.now(UTC))
    bodies.write("events/1.json.gz", json.dumps(session("S-1", cdr_token=TOKEN)))
    zipped = gzip.compress(json.dumps(session("S-1", cdr_token=TOKEN)).encode())
    parked = {
        "eventID": "e1",
        "dynamodb": {"NewImage": {"body_gz": {"B": b64(zipped)}, "x": {"S": LARGE_TEXT}}},
    }
    ParkedRecords(bodies).park(parked, "no")


def b64(content: bytes) -> str:

    return base64.b64encode(content).decode()


def put(house: House, value: dict[str, Any]) -> None:
    assert house.call("PUT", path_of(value), value).status_code == 1000


def post(house: House, value: dict[str, Any]) -> None:
    assert house.call("POST", CDRS, value).status_code == 1000


def rejected(house: House) -> None:
    """Refused, refused twice, dismissed, no JSON, no UTF-8, and one that was replayed since."""
    refused = {**session("S-9", cdr_token=TOKEN), "last_updated": "never"}
    for _ in range(2):
        assert house.call("PUT", path_of(refused), refused).status_code == 2001
    key = house.rejected()[0]["key"]
    house.app("dismiss_rejected").handler({"key": key, "reason": f"a test with {UID}"}, None)
    broken = f'{{"cdr_token": {{"uid": "{UID}", "contract_id": "{CONTRACT}"'.encode()
    house.call("POST", CDRS, raw=broken)
    house.call("POST", CDRS, raw=b'{"uid": "' + UID.encode() + b'", "x": "\xff\xfe"}', base64_body=True)
    gone = {**cdr("C-8", cdr_token=TOKEN), "currency": None}
    house.call("POST", CDRS, gone)
    [key] = [each["key"] for each in house.rejected() if "C-8" in each["key"]]
    house.s3.delete_object(Bucket="rejected", Key=key)
    other = {**session("S-7", cdr_token=OTHER), "last_updated": "never"}
    house.call("PUT", path_of(other), other)


def put_commands() -> None:
    store, now = CommandStore(boto3.client("dynamodb"), "commands"), datetime.now(UTC)
    for name, token in (("mine", TOKEN), ("theirs", OTHER)):
        record = CommandRecord(
            command_id=name,
            command="START_SESSION",
            state="SENT",
            created_at=now,
            times_out_at=now + timedelta(seconds=60),
            body=dump_json(
                {"response_url": "https://x", "token": {**token, "issuer": "Us"}, "location_id": "L"}
            ),
            correlation_id="c",
            token_key=f"IN#EMS#{token['uid'].upper()}",
            idempotency_key=f"tap-{token['uid']}-1",
            error=f"HubError: {token['uid']} was refused",
        )
        store.create(record)
        store.keep_extra_result(name, dump_json({"received_at": "x", "result": f"for {token['uid']}"}))


def versions(house: House, bucket: str, *, markers: bool = False) -> list[Any]:
    pages = house.s3.get_paginator("list_object_versions").paginate(Bucket=bucket)
    names = ("Versions", "DeleteMarkers") if markers else ("Versions",)
    return [each for page in pages for name in names for each in page.get(name, [])]


def everything(house: House) -> dict[str, str]:
    """Every item of every table, and every version of every object, by its name, all unpacked."""
    found = {}
    for table in ("sessions", "cdrs", "commands", "findings", "locations", "tariffs", "control"):
        for item in house.items(table):
            plain = {
                name: gzip.decompress(bytes(value["B"])).decode() if "B" in value else value
                for name, value in item.items()
            }
            found[
                f"{table}/{next(iter(sorted(item.items())))}/{item.get('object_key')}{item.get('command_id')}{item.get('finding_id')}"
            ] = json.dumps(plain)
    for bucket in ("rejected", "large-bodies", "snapshots"):
        for version in versions(house, bucket):
            one = {"Key": version["Key"], "VersionId": version["VersionId"]}
            content = house.s3.get_object(Bucket=bucket, **one)["Body"].read()
            content = gzip.decompress(content) if content.startswith(b"\x1f\x8b") else content
            found[f"{bucket}/{version['Key']}/{version['VersionId']}"] = unpacked(content.decode())
    return found


def unpacked(text: str) -> str:

    parts = [text]
    for encoded in re.findall(r'"(?:body_base64|B)\\?": ?\\?"([^"\\]+)', text):
        content = base64.b64decode(encoded)
        parts.append((gzip.decompress(content) if content[:2] == b"\x1f\x8b" else content).decode("latin-1"))
    return " ".join(parts)


def where(house: House, *texts: str) -> list[str]:

    return [
        f"{text} in {name}"
        for name, held in everything(house).items()
        for text in texts
        if re.search(rf"(?<![A-Za-z0-9]){re.escape(text)}(?![A-Za-z0-9])", held, re.IGNORECASE)
    ]
