"""A driver is forgotten: what told who it was is nowhere afterwards, and everything else is as it was."""

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from boto3.dynamodb.types import TypeDeserializer

from emsp.invocation import InvalidInvocation
from emsp.stores import aws, page_rewrites
from emsp.stores.table import LargeBodies, read_body
from tests.integration.drivers.driver import (
    CDRS,
    CONTRACT,
    NAME,
    PHONE,
    SECRETS,
    TOKEN,
    UID,
    everything,
    fill,
    post,
    put,
    versions,
    where,
)
from tests.integration.house import House
from tests.integration.samples import cdr, path_of, session
from tests.integration.streams import Streams, Tap


class Context:
    """So much time is left, less with every look."""

    def __init__(self, looks: int = 1_000_000) -> None:
        self.looks = looks

    def get_remaining_time_in_millis(self) -> int:
        self.looks -= 1
        return 600_000 if self.looks >= 0 else 1000


@pytest.fixture
def full(house: House, monkeypatch: pytest.MonkeyPatch) -> Iterator[House]:
    fill(house)
    monkeypatch.setattr(page_rewrites, "ITEMS_OF_A_PAGE", 2)
    monkeypatch.setattr(page_rewrites, "VERSIONS_OF_A_PAGE", 3)
    yield house
    for bucket in ("rejected", "large-bodies"):
        for version in versions(house, bucket, markers=True):
            house.s3.delete_object(Bucket=bucket, Key=version["Key"], VersionId=version["VersionId"])


def forget(house: House, context: Context | None = None, **payload: Any) -> dict[str, Any]:
    answer: dict[str, Any] = house.app("forget_driver").handler(payload, context or Context())
    return answer


ASKED = pytest.mark.parametrize("asked", [{"token_uid": UID.lower()}, {"contract_id": CONTRACT}])


@ASKED
def test_the_driver_is_nowhere_afterwards(
    full: House, asked: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    before = where(full, *SECRETS)
    assert {each.split(" in ")[0] for each in before} == set(SECRETS)
    assert {each.split(" in ")[1].split("/")[0] for each in before} == {
        *("sessions", "cdrs", "commands", "control", "findings", "rejected", "large-bodies")
    }
    capsys.readouterr()
    answer = forget(full, **asked)
    assert answer["complete"], answer
    assert answer["cursor"] is None
    assert where(full, *SECRETS) == []
    changed = {name: counts["changed"] for name, counts in answer["stores"].items()}
    assert changed == {
        "authorized_tokens": 1,
        "plan_assignments": 0,
        "sessions": 3,
        "cdrs": 3,
        "commands": 1,
        "findings": 1,
        "rejected_pushes": 4,
        "large_bodies": 4,
    }
    logged = capsys.readouterr().out
    assert "pseudonymised" in logged
    assert not [secret for secret in SECRETS if secret.lower() in logged.lower()]


@ASKED
def test_what_is_not_the_driver_stays(full: House, asked: dict[str, Any]) -> None:
    others = {name: held for name, held in everything(full).items() if is_others(name)}
    amounts = full.item("cdrs", "IN#CPO#C-1")
    assert amounts
    answer = forget(full, **asked)
    after = everything(full)
    assert len(others) >= 4
    assert {name: after[name] for name in others} == others
    kept = full.item("cdrs", "IN#CPO#C-1")
    assert kept
    bodies = LargeBodies("large-bodies", aws.s3_client)
    was, now = (json.loads(read_body(each, bodies)) for each in (amounts, kept))
    pseudonym = answer["pseudonym"]
    assert now["cdr_token"] == {
        **was["cdr_token"],
        "uid": pseudonym,
        "contract_id": pseudonym,
        "visual_number": pseudonym,
        "group_id": pseudonym,
    }
    assert {**now, "cdr_token": 0, "remark": 0} == {**was, "cdr_token": 0, "remark": 0}
    assert now["remark"] == f"thanks, {pseudonym}"
    assert kept["token_key"] == {"S": f"IN#EMS#{pseudonym}"}
    same = ("content_hash", "end_date_time", "end_day", "session_key", "received_at", "last_updated")
    assert {name: kept[name] for name in same} == {name: amounts[name] for name in same}
    found = full.dynamodb.query(
        TableName="sessions",
        IndexName="by_token",
        KeyConditionExpression="token_key = :key",
        ExpressionAttributeValues={":key": {"S": f"IN#EMS#{pseudonym}"}},
    )
    assert {item["object_key"]["S"] for item in found["Items"]} == {
        "IN#CPO#S-1",
        "IN#CPO#S-BIG",
        "IN#CPO#S-ZIP",
    }


def is_others(name: str) -> bool:
    theirs = ("S-2'", "theirs", "E99", "inbound_tokens", "/S-7/", "*S-7/")
    return any(each in name for each in theirs)


@pytest.mark.parametrize("looks", [1, 2, 3, 5])
def test_an_interrupted_run_goes_on_where_it_was(full: House, looks: int) -> None:
    answers = [forget(full, Context(looks), contract_id=CONTRACT)]
    while not answers[-1]["complete"]:
        answers.append(forget(full, Context(looks), cursor=answers[-1]["cursor"]))
        assert len(answers) < 60
    whole = answers[-1]
    assert len(answers) >= 2
    assert where(full, *SECRETS) == []
    assert {answer["pseudonym"] for answer in answers} == {whole["pseudonym"]}
    assert whole["stores"]["sessions"]["changed"] == 3
    assert whole["stores"]["sessions"]["looked_at"] == 4


def test_a_store_that_fails_ends_the_invocation_and_not_the_run(
    full: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = full.app("forget_driver")
    stores = app.forget_driver.stores
    failing = replace(stores["cdrs"], table="nowhere")
    with monkeypatch.context() as patch:
        patch.setitem(stores, "cdrs", failing)
        answer = forget(full, contract_id=CONTRACT)
    assert not answer["complete"]
    assert "nowhere" in answer["problem"]
    assert answer["stores"]["sessions"]["changed"] == 0, "nothing is rewritten before all was looked at"
    answer = forget(full, cursor=answer["cursor"])
    assert answer["complete"]
    assert answer["stores"]["sessions"]["changed"] == 3
    assert where(full, *SECRETS) == []


@ASKED
def test_a_repetition_changes_nothing(full: House, asked: dict[str, Any]) -> None:
    forget(full, **asked)
    before = everything(full)
    again = forget(full, **asked)
    assert {counts["changed"] for counts in again["stores"].values()} == {0}
    assert everything(full) == before


def test_the_pseudonym_tells_nothing_and_is_another_for_each_run(full: House) -> None:
    assert forget(full, token_uid=UID)["pseudonym"] != forget(full, token_uid=UID)["pseudonym"]


def test_the_same_cdr_and_session_again_are_still_known(full: House) -> None:
    answer = forget(full, token_uid=UID)
    post(full, cdr("C-1", cdr_token=TOKEN, remark=f"thanks, {UID}"))
    put(full, session("S-1", cdr_token=TOKEN, driver_name=NAME, customer={"name": "x", "phone": PHONE}))
    assert where(full, *SECRETS) == []
    assert full.call("POST", CDRS, cdr("C-1", cdr_token=TOKEN, total_energy=99)).status_code == 2001
    patch = {"kwh": 3.5, "last_updated": "2026-11-22T10:10:00Z"}
    assert full.call("PATCH", path_of(session("S-1")), patch).status_code == 1000
    told = full.call("GET", path_of(session("S-1"))).envelope["data"]
    assert told["kwh"] == 3.5
    assert told["cdr_token"]["uid"] == answer["pseudonym"]


def test_no_event_tells_of_it(full: House) -> None:
    streams, tap = Streams(), Tap()
    publish = full.app("publish_changes").handler
    forget(full, token_uid=UID)
    records = streams.records()
    assert len(records) >= 6
    assert publish({"Records": records}, None) == {"batchItemFailures": []}
    assert tap.events() == []
    patch = {"kwh": 3.5, "last_updated": "2026-11-22T10:10:00Z"}
    full.call("PATCH", path_of(session("S-1")), patch)
    publish({"Records": streams.records()}, None)
    assert [event["detail-type"] for event in tap.events()] == ["Session Updated"]


def test_a_push_at_that_very_moment_is_not_lost(full: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """The item changes between its reading and its rewriting."""
    app = full.app("forget_driver")
    table = app.forget_driver.stores["sessions"]
    scan = table.client.scan

    def scan_then_push(**request: Any) -> Any:
        page = scan(**request)
        if request["TableName"] == "sessions" and "ExclusiveStartKey" not in request:
            for name in ("S-1", "S-ZIP"):
                patch = {"kwh": 7.75, "authorization_reference": "R", "last_updated": "2026-11-22T12:00:00Z"}
                full.call("PATCH", path_of(session(name)), patch)
        return page

    with monkeypatch.context() as patched:
        patched.setattr(table.client, "scan", scan_then_push)
        assert forget(full, token_uid=UID)["complete"]
    assert where(full, *SECRETS) == []
    for name in ("S-1", "S-ZIP"):
        assert full.call("GET", path_of(session(name))).envelope["data"]["kwh"] == 7.75


@pytest.mark.parametrize(
    ("payload", "problem"),
    [
        ({}, "give one of"),
        ({"token_uid": "a", "contract_id": "b"}, "give one of"),
        ({"token_uid": " "}, "token_uid"),
        ({"token_uid": "x" * 301}, "token_uid"),
        ({"uid": "a"}, "unknown field 'uid'"),
        ({"cursor": "not one"}, "cursor is not from"),
        ({"cursor": "e30="}, "cursor is not from"),
    ],
)
def test_what_can_not_be_asked_is_told(house: House, payload: dict[str, Any], problem: str) -> None:
    with pytest.raises(InvalidInvocation, match=problem):
        forget(house, **payload)


def test_items_are_read_back_as_they_are(full: House) -> None:
    """What was gzipped still is, and a list is still one."""
    forget(full, token_uid=UID)
    zipped = full.item("sessions", "IN#CPO#S-ZIP")
    mine = full.item("commands", "mine")
    assert zipped
    assert mine
    assert "body_gz" in zipped
    assert TypeDeserializer().deserialize(mine["extra_results"])[0].startswith("{")
