"""What is kept for some days expires by itself, nothing that is open does, and no event is published."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from emsp.events.remove_unused_bodies import RemoveUnusedBodies
from emsp.stores import command_records
from emsp.stores.aws import s3_client
from emsp.stores.table import LargeBodies
from tests.integration.drivers.driver import LARGE_TEXT
from tests.integration.house import House
from tests.integration.samples import cdr, path_of, session
from tests.integration.stored_commands import stored_command
from tests.integration.streams import Streams, Tap

DAY = timedelta(days=1)
NO_BUCKET = LargeBodies("no-such-bucket", s3_client)
CDRS = "/ocpi/2.2.1/cdrs"


@pytest.fixture
def keeping(house: House, monkeypatch: pytest.MonkeyPatch) -> House:
    """The functions as they are deployed with SessionRetentionDays 40 and CdrRetentionDays 50."""
    monkeypatch.setenv("SESSION_RETENTION_DAYS", "40")
    monkeypatch.setenv("CDR_RETENTION_DAYS", "50")
    return House(house.dynamodb, house.s3)


def put(house: House, value: dict[str, Any]) -> None:
    assert house.call("PUT", path_of(value), value).status_code == 1000


def post(house: House, value: dict[str, Any]) -> None:
    assert house.call("POST", CDRS, value).status_code == 1000


def kept_for(house: House, table: str, key: str) -> float | None:
    """Days from now until it expires; None for what is kept for ever."""
    item = house.item(table, key)
    assert item is not None
    if "expires_at" not in item:
        return None
    left = datetime.fromtimestamp(int(item["expires_at"]["N"]), UTC) - datetime.now(UTC)
    return round(left / DAY, 2)


def long_ago(house: House, table: str, key: str) -> None:
    """As if it had been written 20 days ago."""
    house.dynamodb.update_item(
        TableName=table,
        Key={"object_key": {"S": key}},
        UpdateExpression="SET expires_at = expires_at - :days",
        ExpressionAttributeValues={":days": {"N": str(20 * 86400)}},
    )


def test_without_a_parameter_sessions_and_cdrs_are_kept_for_ever(house: House) -> None:
    put(house, session(status="COMPLETED"))
    post(house, cdr())
    post(house, cdr("C-2", credit=True, credit_reference_id="C-1"))
    assert kept_for(house, "sessions", "IN#CPO#S-1") is None
    assert kept_for(house, "cdrs", "IN#CPO#C-1") is None


def test_a_session_counts_from_its_last_push_and_then_from_its_cdr(keeping: House) -> None:
    put(keeping, session(status="ACTIVE"))
    assert kept_for(keeping, "sessions", "IN#CPO#S-1") == 400, "nobody has ended it"
    put(keeping, session(status="COMPLETED", at="2026-11-22T10:01:00Z"))
    assert kept_for(keeping, "sessions", "IN#CPO#S-1") == 40
    long_ago(keeping, "sessions", "IN#CPO#S-1")
    patch = {"kwh": 3, "last_updated": "2026-11-22T10:02:00Z"}
    assert keeping.call("PATCH", path_of(session()), patch).status_code == 1000
    assert kept_for(keeping, "sessions", "IN#CPO#S-1") == 40
    long_ago(keeping, "sessions", "IN#CPO#S-1")
    post(keeping, cdr())
    assert kept_for(keeping, "sessions", "IN#CPO#S-1") == 40


def test_a_session_that_its_cdr_ends_expires_as_one_that_was_ended(keeping: House) -> None:
    put(keeping, session(status="ACTIVE"))
    post(keeping, cdr())
    assert kept_for(keeping, "sessions", "IN#CPO#S-1") == 40


def test_what_stands_for_an_object_that_never_comes_lapses_too(keeping: House) -> None:
    post(keeping, cdr(session_id="S-NONE"))
    assert kept_for(keeping, "sessions", "IN#CPO#S-NONE") == 40
    post(keeping, cdr("C-2", credit=True, credit_reference_id="C-NONE"))
    assert kept_for(keeping, "cdrs", "IN#CPO#C-NONE") == 50


def test_a_cdr_counts_from_when_it_was_received_and_goes_with_its_credit(keeping: House) -> None:
    post(keeping, cdr())
    assert kept_for(keeping, "cdrs", "IN#CPO#C-1") == 50
    long_ago(keeping, "cdrs", "IN#CPO#C-1")
    post(keeping, cdr())
    assert kept_for(keeping, "cdrs", "IN#CPO#C-1") == 30, "the same again changes nothing"
    post(keeping, cdr("C-2", credit=True, credit_reference_id="C-1"))
    assert kept_for(keeping, "cdrs", "IN#CPO#C-1") == kept_for(keeping, "cdrs", "IN#CPO#C-2") == 50


def test_a_parameter_that_is_taken_back_holds_for_what_is_written_from_then_on(
    house: House, keeping: House
) -> None:
    put(keeping, session(status="COMPLETED"))
    post(keeping, cdr(session_id=None))
    put(house, session(status="COMPLETED", at="2026-11-22T10:01:00Z"))
    assert kept_for(house, "sessions", "IN#CPO#S-1") is None
    assert kept_for(house, "cdrs", "IN#CPO#C-1") == 50


@pytest.mark.parametrize(("days", "left"), [(None, None), (30 * DAY, 30.0), (400 * DAY, 400.0)])
def test_a_command_counts_from_when_it_was_sent(days: timedelta | None, left: float | None) -> None:
    now = datetime.now(UTC)
    item = command_records.to_item(stored_command("id-1", now, state="SENT", times_out_at=now), days)
    expires_at = item.get("expires_at")
    assert (expires_at and int(expires_at["N"])) == (left and int((now + left * DAY).timestamp()))


@pytest.mark.parametrize(("deployed", "days"), [("house", None), ("keeping", 400 + 90)])
def test_a_command_with_a_session_is_kept_longer_than_the_charge(
    request: pytest.FixtureRequest, deployed: str, days: int | None
) -> None:
    """An app knows the charge by the command's id."""
    house, now = request.getfixturevalue(deployed), datetime.now(UTC)
    record = stored_command("id-1", now, state="ACCEPTED", times_out_at=now)
    house.dynamodb.put_item(TableName="commands", Item=command_records.to_item(record))
    linked = {"session_id": "S-1", "session_key": "IN#CPO#S-1", "linked_by": "authorization_reference"}
    assert house.app("link_session").link_session.commands.link_session("id-1", linked)
    [item] = house.items("commands")
    left = int(item["expires_at"]["N"]) - now.timestamp() if "expires_at" in item else None
    assert (left and round(left / DAY.total_seconds())) == days


class Change:
    """A house whose items are removed as DynamoDB's TTL does."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.streams, self.tap = Streams(), Tap()

    def expired(self) -> list[dict[str, Any]]:
        self.streams.records()
        for table in ("sessions", "cdrs", "commands"):
            key = "command_id" if table == "commands" else "object_key"
            for item in self.house.items(table):
                self.house.dynamodb.delete_item(TableName=table, Key={key: item[key]})
        records = self.streams.records()
        assert {record["eventName"] for record in records} == {"REMOVE"}
        return records

    def parked(self) -> list[str]:
        return [key for key in bodies(self.house) if key.startswith("parked/")]


def bodies(house: House) -> list[str]:
    return [each["Key"] for each in house.s3.list_objects_v2(Bucket="large-bodies").get("Contents", [])]


def test_what_lapses_is_told_to_nobody_and_takes_its_bodies_along(house: House) -> None:
    change = Change(house)
    put(house, session("S-1", status="ACTIVE"))
    put(house, session("S-BIG", status="ACTIVE", notes=LARGE_TEXT))
    put(house, session("S-BIG", at="2026-11-22T11:00:00Z", status="COMPLETED", notes=LARGE_TEXT + "more"))
    post(house, cdr("C-1"))
    post(house, cdr("C-BIG", session_id="S-BIG", notes=LARGE_TEXT))
    house.dynamodb.put_item(
        TableName="commands",
        Item=command_records.to_item(
            stored_command("id-1", datetime.now(UTC), state="ACCEPTED", times_out_at=datetime.now(UTC))
        ),
    )
    check = f"checks/IN/CPO/C-1/{'0' * 64}.json.gz"
    others = [f"sessions/IN/CPO/S-BIG/2/{'0' * 64}.json.gz", f"checks/IN/CPO/C-2/{'0' * 64}.json.gz"]
    for key in (check, *others):
        house.s3.put_object(Bucket="large-bodies", Key=key, Body=b"{}")
    house.dynamodb.update_item(
        TableName="cdrs",
        Key={"object_key": {"S": "IN#CPO#C-1"}},
        UpdateExpression="SET check_s3 = :key",
        ExpressionAttributeValues={":key": {"S": check}},
    )
    assert len(bodies(house)) == 6
    records = change.expired()
    change.tap.events()

    def handed(name: str, table: str) -> Any:
        of_table = [record for record in records if f"/{table}/" in record["eventSourceARN"]]
        assert of_table
        return house.app(name).handler({"Records": of_table}, None)

    for _ in range(2):  # Lambda may bring them again
        assert house.app("publish_changes").handler({"Records": records}, None) == {"batchItemFailures": []}
        assert bodies(house) == sorted(others)
        assert handed("link_session", "sessions") == {"batchItemFailures": []}
        assert handed("check_cdr", "cdrs") == {"batchItemFailures": []}
        assert handed("resume_workflow", "commands") == {"batchItemFailures": []}
    assert change.tap.events() == []
    assert change.parked() == []
    assert change.streams.records() == [], "nothing is written of what is gone"


def test_bodies_of_a_session_that_became_small_go_with_it(house: House) -> None:
    change = Change(house)
    put(house, session("S-BIG", notes=LARGE_TEXT))
    small = session("S-BIG", at="2026-11-22T10:05:00Z")
    put(house, small)
    assert house.stored_object("sessions", "IN#CPO#S-BIG") == small
    assert len(bodies(house)) == 1
    assert house.app("publish_changes").handler({"Records": change.expired()}, None) == {
        "batchItemFailures": []
    }
    assert bodies(house) == []


def test_while_s3_fails_the_removal_comes_again(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    change = Change(house)
    put(house, session("S-BIG", notes=LARGE_TEXT))
    put(house, session("S-2"))
    records = change.expired()
    publish = house.app("publish_changes")
    with monkeypatch.context() as failing:
        failing.setattr(publish, "remove_unused_bodies", RemoveUnusedBodies(NO_BUCKET))
        answer = publish.handler({"Records": records}, None)
    [big] = [record for record in records if "body_s3" in json.dumps(record)]
    assert answer == {"batchItemFailures": [{"itemIdentifier": big["dynamodb"]["SequenceNumber"]}]}
    assert publish.handler({"Records": records}, None) == {"batchItemFailures": []}
    assert bodies(house) == []


def test_a_large_session_leaves_one_body_in_s3_however_often_it_is_pushed(house: House) -> None:
    change = Change(house)
    publish = house.app("publish_changes")
    first: list[dict[str, Any]] = []
    for minute in range(3):
        put(house, session("S-BIG", at=f"2026-11-22T10:{minute:02}:00Z", notes=LARGE_TEXT + str(minute)))
        assert len(of_sessions(house)) == min(minute + 1, 2), "it goes after its event"
        records = change.streams.records()
        assert publish.handler({"Records": records}, None) == {"batchItemFailures": []}
        item = house.item("sessions", "IN#CPO#S-BIG")
        assert item
        assert of_sessions(house) == [item["body_s3"]["S"]]
        first = first or records
    # Another reader of the stream that is late, or a record that was parked, finds the newest body.
    kept = publish.sessions.from_item(first[0]["dynamodb"]["NewImage"])
    assert kept is not None
    assert json.loads(kept.body)["notes"] == LARGE_TEXT + "2"


def of_sessions(house: House) -> list[str]:
    return [each for each in bodies(house) if each.startswith("sessions/")]
