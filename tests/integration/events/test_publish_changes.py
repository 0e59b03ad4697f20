"""No change goes unpublished, whatever the bus does; repeated ones keep their event id."""

import gzip
import json
from typing import Any

import boto3
import pytest

from tests.integration.house import House
from tests.integration.samples import cdr, path_of, period, session
from tests.integration.stored_commands import store_command
from tests.integration.streams import Streams, Tap


@pytest.fixture(scope="module")
def tap(built_house: House) -> Tap:
    return Tap()


@pytest.fixture
def streams(house: House, tap: Tap) -> Streams:
    read = Streams()
    tap.events()
    return read


def publish(house: House, records: list[dict[str, Any]]) -> list[str]:
    answer = house.app("publish_changes").handler({"Records": records}, None)
    return [failure["itemIdentifier"] for failure in answer["batchItemFailures"]]


def push(house: House, value: dict[str, Any]) -> None:
    assert house.call("PUT", path_of(value), value).status_code == 1000


def test_each_change_of_a_session_is_an_event_with_plain_json(
    house: House, streams: Streams, tap: Tap
) -> None:
    push(house, session(status="PENDING", kwh=0.10))
    push(house, session(at="2026-11-22T10:01:00Z", kwh=1))
    push(house, session(at="2026-11-22T10:01:00Z", kwh=1))
    push(house, session(at="2026-11-22T10:00:30Z", kwh=0.5))
    assert publish(house, streams.records()) == []
    first, second = tap.events()
    assert first["detail-type"] == "Session Updated"
    assert first["source"] == "emsp.ocpi"
    assert first["detail"]["object"] == session(status="PENDING", kwh=0.10)
    assert (first["detail"]["country_code"], first["detail"]["party_id"], first["detail"]["id"]) == (
        "IN",
        "CPO",
        "S-1",
    )
    assert first["detail"]["previous_status"] is None
    assert second["detail"]["previous_status"] == "PENDING"
    assert first["detail"]["event_id"] != second["detail"]["event_id"]


def test_an_id_as_a_number_is_told_as_its_text(house: House, streams: Streams, tap: Tap) -> None:
    value = {**session(), "id": 123}
    assert house.call("PUT", "/ocpi/2.2.1/sessions/IN/CPO/123", value).status_code == 1000
    assert publish(house, streams.records()) == []
    [event] = tap.events()
    assert event["detail"]["id"] == "123"
    assert event["detail"]["object"]["id"] == 123


def test_a_cdr_is_received_once_and_its_session_completed(house: House, streams: Streams, tap: Tap) -> None:
    push(house, session())
    value = {**cdr(), "total_time": "0.75"}
    for _ in range(2):
        house.call("POST", "/ocpi/2.2.1/cdrs", value)
    house.call("POST", "/ocpi/2.2.1/cdrs", cdr("C-1-C", credit=True, credit_reference_id="C-1"))
    assert publish(house, streams.records()) == []
    events = tap.events()
    assert sorted(event["detail-type"] for event in events) == [
        "CDR Credited",
        "CDR Received",
        "CDR Received",
        "Session Updated",
        "Session Updated",
    ]
    received = next(event["detail"] for event in events if event["detail"]["id"] == "C-1")
    assert received["object"] == value
    assert received["deviations"] == [{"path": "total_time", "problem": "is not a number", "value": "0.75"}]
    updated = [event["detail"] for event in events if event["detail-type"] == "Session Updated"][-1]
    assert updated["object"]["status"] == "COMPLETED"
    assert updated["closed_by_cdr"] == "IN#CPO#C-1"


def test_a_session_that_comes_after_its_cdr_is_compared_with_it_too(
    house: House, streams: Streams, tap: Tap
) -> None:
    house.call("POST", "/ocpi/2.2.1/cdrs", cdr(total_energy=12.5))
    push(house, session(status="COMPLETED", kwh=11, currency="EUR"))
    assert publish(house, streams.records()) == []
    (updated,) = [event["detail"] for event in tap.events() if event["detail-type"] == "Session Updated"]
    assert updated["closed_by_cdr"] == "IN#CPO#C-1"
    assert [(each["path"], each["value"]) for each in updated["contradictions"]] == [
        ("currency", "INR"),
        ("total_energy", "12.5"),
    ]


def test_a_note_of_a_cdr_on_an_unknown_session_is_no_event(house: House, streams: Streams, tap: Tap) -> None:
    house.call("POST", "/ocpi/2.2.1/cdrs", cdr())
    assert publish(house, streams.records()) == []
    assert [event["detail-type"] for event in tap.events()] == ["CDR Received"]


def test_a_command_is_completed_when_it_is_decided(house: House, streams: Streams, tap: Tap) -> None:
    store_command("id-1")
    house.call("POST", "/ocpi/2.2.1/commands/START_SESSION/id-1", {"result": "ACCEPTED"})
    house.call("POST", "/ocpi/2.2.1/commands/START_SESSION/id-1", {"result": "ACCEPTED"})
    assert publish(house, streams.records()) == []
    [event] = tap.events()
    assert event["detail-type"] == "Command Completed"
    assert event["detail"]["id"] == "id-1"
    assert event["detail"]["object"]["state"] == "ACCEPTED"
    assert event["detail"]["object"]["result"] == {"result": "ACCEPTED"}


def test_locations_and_tariffs_come_and_go(house: House, streams: Streams, tap: Tap) -> None:
    key = {"object_key": {"S": "IN#CPO#LOC1"}}
    body = json.dumps({"country_code": "IN", "party_id": "CPO", "id": "LOC1", "name": "A"})
    for table in ("locations", "tariffs"):
        dynamodb = boto3.client("dynamodb")
        dynamodb.put_item(TableName=table, Item={**key, "body": {"S": body}})
        dynamodb.put_item(TableName=table, Item={**key, "body": {"S": body}, "text_hash": {"S": "x"}})
        dynamodb.put_item(TableName=table, Item={**key, "body": {"S": body.replace("A", "B")}})
        dynamodb.update_item(
            TableName=table,
            Key=key,
            UpdateExpression="SET removed_at = :now",
            ExpressionAttributeValues={":now": {"S": "2026-11-22T10:00:00Z"}},
        )
    assert publish(house, streams.records()) == []
    assert [event["detail-type"] for event in tap.events()] == [
        f"{kind} {what}" for kind in ("Location", "Tariff") for what in ("Added", "Changed", "Removed")
    ]


def location(number: int, status: str, **fields: Any) -> dict[str, Any]:
    evses = [{"uid": f"E-{number}", "evse_id": f"IN*CPO*E{number}", "status": status, "last_updated": status}]
    return {"country_code": "IN", "party_id": "CPO", "id": f"L-{number}", "evses": evses, **fields}


def put_location(value: dict[str, Any]) -> None:
    item = {"object_key": {"S": f"IN#CPO#{value['id']}"}, "body": {"S": json.dumps(value)}}
    boto3.client("dynamodb").put_item(TableName="locations", Item=item)


def test_states_of_evses_are_told_together_and_without_their_locations(
    house: House, streams: Streams, tap: Tap
) -> None:
    for number in range(30):
        put_location(location(number, "AVAILABLE"))
    streams.records()
    for number in range(30):
        put_location(location(number, "CHARGING"))
    records = streams.records()
    assert publish(house, records) == []
    [event] = tap.events()
    assert event["detail-type"] == "EVSE Statuses Changed"
    changes = event["detail"]["changes"]
    assert [change["id"] for change in changes] == [f"L-{number}" for number in range(30)]
    assert [change["event_id"] for change in changes] == [record["eventID"] for record in records]
    assert changes[3]["evse_statuses"] == [
        {"uid": "E-3", "evse_id": "IN*CPO*E3", "from": "AVAILABLE", "to": "CHARGING"}
    ]
    assert not any("object" in change for change in changes)


def test_what_is_told_together_keeps_its_place_among_what_is_told_alone(
    house: House, streams: Streams, tap: Tap
) -> None:
    put_location(location(1, "AVAILABLE"))
    put_location(location(2, "AVAILABLE"))
    streams.records()
    put_location(location(1, "CHARGING"))
    put_location(location(2, "CHARGING"))
    put_location(location(1, "AVAILABLE", name="New"))
    put_location(location(1, "CHARGING", name="New"))
    assert publish(house, streams.records()) == []
    told = [
        (event["detail-type"], [change["id"] for change in event["detail"].get("changes", [])])
        if "object" not in event["detail"]
        else (event["detail-type"], [event["detail"]["id"]])
        for event in tap.events()
    ]
    assert told == [
        ("EVSE Statuses Changed", ["L-1", "L-2"]),
        ("Location Changed", ["L-1"]),
        ("EVSE Statuses Changed", ["L-1"]),
    ]


def test_when_the_bus_does_not_take_what_was_told_together_all_of_it_comes_again(
    house: House, streams: Streams, tap: Tap, monkeypatch: pytest.MonkeyPatch
) -> None:
    for status in ("AVAILABLE", "CHARGING"):
        streams.records()
        for number in range(3):
            put_location(location(number, status))
    records = streams.records()
    monkeypatch.setattr(house.app("publish_changes").publisher.bus._client, "put_events", _raise)
    assert publish(house, records) == [record["dynamodb"]["SequenceNumber"] for record in records]


def test_a_location_of_very_many_evses_is_told_whole(house: House, streams: Streams, tap: Tap) -> None:
    def many(status: str) -> dict[str, Any]:
        evses = [{"uid": f"E-{number}", "status": status} for number in range(2000)]
        return {"country_code": "IN", "party_id": "CPO", "id": "L-1", "evses": evses}

    put_location(many("AVAILABLE"))
    streams.records()
    put_location(many("CHARGING"))
    assert publish(house, streams.records()) == []
    [event] = tap.events()
    assert event["detail-type"] == "Location Changed"


def test_an_object_too_large_for_an_event_is_pointed_at(house: House, streams: Streams, tap: Tap) -> None:
    value = cdr(session_id=None, charging_periods=[period(number % 60, number) for number in range(4000)])
    house.call("POST", "/ocpi/2.2.1/cdrs", value)
    assert publish(house, streams.records()) == []
    [event] = tap.events()
    assert "object" not in event["detail"]
    pointer = event["detail"]["object_s3"]
    content = boto3.client("s3").get_object(Bucket=pointer["bucket"], Key=pointer["key"])["Body"].read()
    assert json.loads(gzip.decompress(content)) == value
    assert event["detail"]["id"] == "C-1"


def test_what_the_bus_does_not_take_is_reported_and_comes_again_with_its_id(
    house: House, streams: Streams, tap: Tap, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(25):
        push(house, session(f"S-{number}"))
    records = streams.records()
    client = house.app("publish_changes").publisher.bus._client
    put_events = client.put_events
    calls = []

    def refuse_some(Entries: list[dict[str, Any]]) -> Any:  # noqa: N803
        calls.append(len(Entries))
        answer = put_events(Entries=Entries[1:])
        refused = {"ErrorCode": "ThrottlingException", "ErrorMessage": "slow down"}
        return {"FailedEntryCount": 1, "Entries": [refused, *answer["Entries"]]}

    monkeypatch.setattr(client, "put_events", refuse_some)
    failed = publish(house, records)
    assert calls == [10, 10, 5]
    assert failed == [records[index]["dynamodb"]["SequenceNumber"] for index in (0, 10, 20)]
    monkeypatch.setattr(client, "put_events", put_events)
    first = tap.events()
    assert len(first) == 22
    assert publish(house, records) == []
    again = {event["detail"]["event_id"]: event["detail"]["id"] for event in tap.events()}
    assert len(again) == 25
    assert {event["detail"]["event_id"] for event in first} < set(again)


def test_a_bus_that_is_down_loses_nothing(
    house: House, streams: Streams, tap: Tap, monkeypatch: pytest.MonkeyPatch
) -> None:
    push(house, session())
    records = streams.records()
    with monkeypatch.context() as patched:
        client = house.app("publish_changes").publisher.bus._client
        patched.setattr(client, "put_events", _raise)
        assert publish(house, records) == [records[0]["dynamodb"]["SequenceNumber"]]
    assert publish(house, records) == []
    assert len(tap.events()) == 1


def test_one_record_that_makes_no_sense_does_not_hold_up_the_others(
    house: House, streams: Streams, tap: Tap
) -> None:
    push(house, session("S-1"))
    push(house, session("S-2", charging_periods=[period(1, number) for number in range(3000)]))
    push(house, session("S-3"))
    records = streams.records()
    for number in (0, 1):
        records[number]["dynamodb"]["NewImage"]["received_at"] = {"S": "spoiled"}
    assert publish(house, records) == []
    assert [event["detail"]["id"] for event in tap.events()] == ["S-3"]

    failed = house.app("publish_changes").handler({"Records": records, "redrive": True}, None)
    assert [each["itemIdentifier"] for each in failed["batchItemFailures"]] == [
        record["dynamodb"]["SequenceNumber"] for record in records[:2]
    ], "brought again, they are not parked again"


def _raise(**_: Any) -> None:
    from botocore.exceptions import EndpointConnectionError

    raise EndpointConnectionError(endpoint_url="https://events")
