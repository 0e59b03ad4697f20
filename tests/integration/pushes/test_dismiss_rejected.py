"""A refused push can be found, understood and closed: named keys, lists, dismissals, events."""

import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest

from emsp.invocation import InvalidInvocation
from emsp.ocpi.object_names import object_name_in
from emsp.stores.table import StoreUnavailable
from tests.integration.house import House
from tests.integration.pushes.test_keep_rejected import replay
from tests.integration.samples import cdr, path_of, session
from tests.schemas.validate import validate_event

CDRS = "/ocpi/2.2.1/cdrs"


def ask(house: House, payload: dict[str, Any]) -> dict[str, Any]:
    answer: dict[str, Any] = house.app("list_rejected").handler(payload, None)
    json.dumps(answer)
    return answer


def listed(house: House, **payload: Any) -> list[str]:
    return [each["object_id"] for each in ask(house, payload)["rejected"]]


def dismiss(house: House, key: str, reason: str = "a test of the CPO") -> dict[str, Any]:
    answer: dict[str, Any] = house.app("dismiss_rejected").handler({"key": key, "reason": reason}, None)
    return answer


@pytest.fixture
def told() -> Iterator[Any]:
    """What the bus tells, read from a queue that a rule feeds."""
    events, sqs = boto3.client("events"), boto3.client("sqs")
    url = sqs.create_queue(QueueName="told")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    pattern = json.dumps({"source": ["emsp.ocpi"]})
    events.put_rule(Name="told", EventBusName="emsp", EventPattern=pattern)
    events.put_targets(Rule="told", EventBusName="emsp", Targets=[{"Id": "queue", "Arn": arn}])

    def read() -> list[dict[str, Any]]:
        messages = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", [])
        events = [json.loads(message["Body"]) for message in messages]
        for event in events:
            validate_event(event["detail-type"], event["detail"])
        return events

    yield read
    events.remove_targets(Rule="told", EventBusName="emsp", Ids=["queue"])
    events.delete_rule(Name="told", EventBusName="emsp")
    sqs.delete_queue(QueueUrl=url)


@pytest.mark.parametrize(
    ("body", "name"),
    [
        (b'{"country_code": "IN", "party_id": "ABC", "id": "cdr1"}', "IN*ABC*CDR1"),
        (b'{"country_code": "in", "party_id": "abc", "id": 4711}', "IN*ABC*4711"),
        (b'{"country_code": "IN", "party_id": "ABC", "id": " a/b#c "}', "IN*ABC*A/B#C"),
        (b'{"country_code": "IN", "party_id": "ABC"}', None),
        (b'{"country_code": "IN", "party_id": "ABC", "id": ""}', None),
        (b'{"country_code": "IN", "party_id": "ABC", "id": true}', None),
        (b'{"country_code": ["IN"], "party_id": "ABC", "id": "1"}', None),
        (b"[1]", None),
        (b"null", None),
        (b"\xff no JSON", None),
        (b"", None),
    ],
)
def test_an_object_is_named_by_what_its_body_says(body: bytes, name: str | None) -> None:
    assert object_name_in(body) == name


@pytest.mark.parametrize(
    ("push", "prefix"),
    [
        (("POST", CDRS, cdr("CDR-1", currency=None)), "cdrs/IN*CPO*CDR-1/"),
        (("POST", CDRS, cdr("a/b é?", currency=None)), "cdrs/IN*CPO*A%2FB%20%C3%89%3F/"),
        (("POST", CDRS, {**cdr(), "id": "x" * 5000}), "cdrs/IN*CPO*XXX"),
        (("POST", CDRS, []), "cdrs/"),
        (("PUT", path_of(session("S-1")), session("S-1", status=None)), "sessions/IN*CPO*S-1/"),
        (("PUT", path_of(session("S-1")), []), "sessions/IN*CPO*S-1/"),
        (("POST", "/ocpi/2.2.1/commands/START_SESSION/c-1", {"result": "ACCEPTED"}), "commands/c-1/"),
        (("POST", "/ocpi/2.2.1/commands/START_SESSION/..", {"result": "ACCEPTED"}), "commands/"),
    ],
)
def test_the_key_names_the_object(house: House, push: tuple[str, str, Any], prefix: str) -> None:
    house.call(*push)
    [kept] = house.rejected()
    assert kept["key"].startswith(prefix)
    assert len(kept["key"].encode()) <= 1024
    assert len(kept["key"].rsplit("/", 1)[1]) == 64 + len(".json")
    assert not {".", ".."} & set(kept["key"].split("/"))


def refuse_some(house: House) -> None:
    house.call("PUT", path_of(session("S-1")), session("S-1", status=None))
    house.call("POST", CDRS, cdr("CDR-1", currency=None))
    house.call("POST", CDRS, {**cdr("CDR-2", total_cost=None), "party_id": "XYZ"})
    sender = {"OCPI-from-country-code": "IN", "OCPI-from-party-id": "XYZ"}
    house.call("POST", CDRS, raw=b"{", headers=sender)


def test_a_refused_push_is_told_with_what_it_was_and_why(house: House) -> None:
    house.call("POST", CDRS, cdr("CDR-1", currency=None))
    house.call("POST", CDRS, cdr("CDR-1", currency=None))
    [kept] = house.rejected()
    [one] = ask(house, {})["rejected"]
    assert (one["key"], one["module"], one["object_id"]) == (kept["key"], "cdrs", "IN*CPO*CDR-1")
    assert (one["party"], one["error"], one["tries"]) == ("IN*CPO", "InvalidPush", 2)
    assert "currency" in one["reason"]
    assert (one["request_id"], one["correlation_id"]) == ("request-1", "correlation-1")
    assert one["first_received_at"] < one["last_received_at"]
    assert "body" not in one


def test_they_are_found_by_module_party_reason_and_time(house: House) -> None:
    refuse_some(house)
    assert set(listed(house)) == {"IN*CPO*CDR-1", "IN*XYZ*CDR-2", "IN*CPO*S-1", None}
    assert listed(house, module="sessions") == ["IN*CPO*S-1"]
    assert listed(house, module="locations") == []
    assert sorted(map(str, listed(house, party="in*xyz"))) == ["IN*XYZ*CDR-2", "None"]
    assert listed(house, module="cdrs", party="IN*CPO") == ["IN*CPO*CDR-1"]
    assert listed(house, reason="CURRENCY") == ["IN*CPO*CDR-1"]
    assert listed(house, reason="MalformedBody") == [None]
    assert len(listed(house, since="2020-01-01T00:00:00Z")) == 4
    assert listed(house, since="2999-01-01T00:00:00Z") == []


def test_pages_lead_to_each_push_once(house: House) -> None:
    refuse_some(house)
    found, after = [], None
    for _ in range(6):
        page = ask(house, {"limit": 1, **({"next": after} if after else {})})
        found += [each["key"] for each in page["rejected"]]
        after = page["next"]
        if after is None:
            break
    assert after is None
    assert found == sorted(kept["key"] for kept in house.rejected())


@pytest.mark.parametrize(
    ("payload", "told"),
    [
        ({"modul": "cdrs"}, "unknown field 'modul'"),
        ({"module": "tokens"}, "module must be one of"),
        ({"party": "CPO"}, "party must match"),
        ({"since": "yesterday"}, "since"),
        ({"since": 5}, "since"),
        ({"limit": 0}, "limit must be at least 1"),
        ({"limit": "5"}, "limit"),
        ({"reason": ""}, "reason must not be empty"),
        ({"dismissed": "yes"}, "dismissed must be true or false"),
    ],
)
def test_what_cannot_be_asked_is_said(house: House, payload: dict[str, Any], told: str) -> None:
    with pytest.raises(InvalidInvocation, match=told):
        ask(house, payload)


def test_a_dismissed_push_is_kept_and_neither_replayed_nor_listed(
    house: House, capsys: pytest.CaptureFixture[str]
) -> None:
    refuse_some(house)
    [one] = ask(house, {"module": "sessions"})["rejected"]
    before = {kept["key"]: kept for kept in house.rejected()}[one["key"]]
    assert dismiss(house, one["key"])["dismissed"]["reason"] == "a test of the CPO"
    after = {kept["key"]: kept for kept in house.rejected()}[one["key"]]
    assert {name: after[name] for name in before} == before
    line = next(
        json.loads(text) for text in capsys.readouterr().out.splitlines() if "dismissed: it is not" in text
    )
    assert (line["object_id"], line["reason"]) == ("IN*CPO*S-1", "a test of the CPO")

    assert listed(house, module="sessions") == []
    assert listed(house, dismissed=True) == ["IN*CPO*S-1"]
    result = replay(house, {"module": "sessions"})
    assert (result["dismissed"], result["rejected"]) == (1, 0)
    assert result["outcomes"] == [
        {
            "key": one["key"],
            "outcome": "dismissed",
            "reason": "a test of the CPO",
            "object_id": "IN*CPO*S-1",
        }
    ]


def test_what_was_dismissed_stays_so_when_it_comes_again(house: House) -> None:
    push = ("POST", CDRS, cdr("CDR-1", currency=None))
    house.call(*push)
    [kept] = house.rejected()
    dismiss(house, kept["key"])
    assert house.call(*push).status_code == 2001
    [kept] = house.rejected()
    assert (kept["tries"], kept["dismissed"]["reason"]) == (2, "a test of the CPO")


@pytest.mark.parametrize(
    ("payload", "told"),
    [
        ({"key": "cdrs/none.json", "reason": "a test"}, "no rejected push under key cdrs/none.json"),
        ({"key": "cdrs/none.json"}, "reason is missing"),
        ({"reason": "a test"}, "key is missing"),
        ({"key": "", "reason": "a test"}, "key must not be empty"),
        ({"key": "cdrs/none.json", "reason": ""}, "reason must not be empty"),
    ],
)
def test_what_cannot_be_dismissed_is_said(house: House, payload: dict[str, Any], told: str) -> None:
    with pytest.raises(InvalidInvocation, match=told):
        house.app("dismiss_rejected").handler(payload, None)


def test_an_outcome_of_a_replay_names_its_object(house: House) -> None:
    refuse_some(house)
    outcomes = replay(house, {"all": True})["outcomes"]
    assert sorted(str(each["object_id"]) for each in outcomes) == [
        "IN*CPO*CDR-1",
        "IN*CPO*S-1",
        "IN*XYZ*CDR-2",
        "None",
    ]


def test_a_push_kept_under_a_key_of_before_is_replayed_and_dismissed_there(house: House) -> None:
    house.call("POST", CDRS, cdr("CDR-1", currency=None))
    [kept] = house.rejected()
    old = "cdrs/" + kept.pop("key").rsplit("/", 1)[1]
    kept.pop("object_id")
    house.empty()
    house.s3.put_object(Bucket="rejected", Key=old, Body=json.dumps(kept).encode())
    assert replay(house, {"key": old})["rejected"] == 1
    assert dismiss(house, old)["key"] == old
    assert [each["key"] for each in house.rejected()] == [old]


def test_each_try_of_a_refused_push_is_an_event_without_its_body(house: House, told: Any) -> None:
    house.call("POST", CDRS, cdr("CDR-1", currency=None))
    house.call("POST", CDRS, cdr("CDR-1", currency=None))
    first, second = told()
    assert first["detail-type"] == "Push Rejected"
    detail = first["detail"]
    [kept] = house.rejected()
    assert (detail["country_code"], detail["party_id"], detail["id"]) == ("IN", "CPO", "CDR-1")
    assert detail["object"]["key"] == kept["key"]
    assert [event["detail"]["object"]["tries"] for event in (first, second)] == [1, 2]
    assert first["detail"]["event_id"] != second["detail"]["event_id"]
    assert cdr("CDR-1")["cdr_token"]["uid"] not in json.dumps(first)


def test_a_push_that_the_bus_was_not_told_of_comes_again(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    house.call("POST", CDRS, cdr("CDR-1", currency=None))
    client = house.app("receive_cdr").bus()._client

    def refuse(**_: Any) -> Any:
        raise StoreUnavailable("no bus")

    monkeypatch.setattr(client, "put_events", refuse)
    answer = house.call("POST", CDRS, cdr("CDR-1", currency=None))
    assert (answer.http_status, answer.status_code) == (500, 3000)
    [kept] = house.rejected()
    assert kept["tries"] == 2
