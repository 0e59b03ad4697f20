"""Pushes from 20 senders, shuffled, 5% invalid, with failing stores: nothing lost, doubled or stale."""

import json
import random
import threading
import time
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest

from emsp.stores.table import LargeBodies, read_body
from tests.demo.event_tap import EventTap, tap
from tests.demo.stored import Stored
from tests.e2e.inbound import live_token
from tests.e2e.storm import Push, Storm, denied
from tests.integration.pushes.model import Model
from tests.integration.samples import cdr, path_of, period, session
from tests.local_cloud.stack import Stack

START = datetime(2026, 11, 22, 10, tzinfo=UTC)


@dataclass
class Plan:
    """What is pushed, and what must come of it."""

    pushes: list[Push] = field(default_factory=list)
    model: Model = field(default_factory=Model)
    invalid: set[str] = field(default_factory=set)
    contested: set[str] = field(default_factory=set)
    plain: list[str] = field(default_factory=list)
    """Sessions that get nothing but PUTs: each write of theirs is one change."""


def plan(seed: int, pushes: int) -> Plan:
    made = Plan()
    chance = random.Random(seed)
    for number in range(pushes // 50):
        session_id = f"STORM-{seed}-{number}"
        made.plain.append(session_id)
        for version in range(20):
            status = "COMPLETED" if version == 19 else "ACTIVE"
            value = session(session_id, at=at(version), status=status, kwh=version)
            made.model.put(value)
            made.pushes.append(Push("PUT", path_of(value), json.dumps(value)))
    for number in range(pushes // 200):
        value = session(f"STORM-{seed}-P{number}", at=at(0))
        made.model.put(value)
        made.pushes.append(Push("PUT", path_of(value), json.dumps(value)))
        for version in range(1, 21):
            change = {"last_updated": at(version), "kwh": version, "charging_periods": [period(version)]}
            made.model.patch(value["id"], change)
            made.pushes.append(Push("PATCH", path_of(value), json.dumps(change)))
    for number in range(pushes // 10):
        closed = f"STORM-{seed}-P{number}" if number < pushes // 400 else None
        value = cdr(f"STORM-{seed}-{number}", session_id=closed)
        made.model.post(value)
        made.pushes.append(Push("POST", "/ocpi/2.2.1/cdrs", json.dumps(value)))
    for number in range(10):
        made.contested.add(f"STORM-{seed}-X{number}")
        for energy in (1, 2):
            value = cdr(f"STORM-{seed}-X{number}", session_id=None, total_energy=energy)
            made.pushes.append(Push("POST", "/ocpi/2.2.1/cdrs", json.dumps(value)))
    for number in range(pushes // 20):
        value = session(f"STORM-{seed}-I{number}", status=None)
        body = json.dumps(value) if number % 2 else json.dumps(value)[: -number - 2]
        made.invalid.add(body)
        made.pushes.append(Push("PUT", path_of(value), body))
    made.pushes += [chance.choice(made.pushes) for _ in range(pushes - len(made.pushes))]
    chance.shuffle(made.pushes)
    return made


def at(version: int) -> str:
    return f"{START + timedelta(seconds=version):%Y-%m-%dT%H:%M:%SZ}"


@pytest.fixture
def token(stack: Stack) -> Iterator[str]:
    with live_token(stack, "token-of-the-storm-5b2e") as live:
        yield live


# The longer storm takes a minute more, for races that are rarer.
@pytest.mark.parametrize("pushes", [800, pytest.param(2000, marks=pytest.mark.nightly)])
def test_a_storm_of_pushes(stack: Stack, token: str, pushes: int) -> None:
    seed = int(time.time())
    made = plan(seed, pushes)
    storm = Storm(stack.api_url, token)
    with tap(stack) as events:
        ended = threading.Event()
        weather = threading.Thread(target=bad_weather, args=(stack, storm, pushes, ended))
        weather.start()
        began = time.monotonic()
        try:
            storm.send(made.pushes)
        finally:
            took = time.monotonic() - began
            ended.set()
            weather.join()
        print(f"{len(made.pushes)} pushes in {storm.sent} tries, {took:.0f} s: {dict(storm.answers)}")
        assert storm.problems == []
        faults = sum(count for (status, _), count in storm.answers.items() if status >= 500)
        assert faults > 20, "the stores never failed, so that nothing was proved"
        assert {code for status, code in storm.answers if status >= 500} == {3000}
        check_sessions(stack, made)
        losers = check_cdrs(stack, made)
        check_rejected(stack, made, seed, losers)
        check_events(stack, made, events)


def bad_weather(stack: Stack, storm: Storm, pushes: int, ended: threading.Event) -> None:
    """Now one store is down, now another, while the pushes come."""
    receivers = ["receive_session", "receive_cdr"]
    for after, actions in (
        (pushes * 0.15, ["dynamodb:UpdateItem"]),
        (pushes * 0.45, ["s3:PutObject"]),
        (pushes * 0.7, ["dynamodb:GetItem", "dynamodb:UpdateItem", "s3:GetObject"]),
    ):
        while storm.sent < after and not ended.wait(0.05):
            pass
        with denied(stack, receivers, actions):
            ended.wait(1.5)


def check_sessions(stack: Stack, made: Plan) -> None:
    items = scan(stack, "sessions")
    kept = {each["id"]: each for each in Stored(stack).sessions()}
    for session_id in made.model.pushes:
        stored = kept[session_id]
        wanted = dict(made.model.session(session_id) or {})
        if session_id in made.model.closed:
            assert items[session_id]["closed_by_cdr"]["S"].startswith("IN#CPO#STORM")
            wanted["status"] = "ACTIVE"
            del wanted["end_date_time"]
        assert stored == wanted


def check_cdrs(stack: Stack, made: Plan) -> set[str]:
    """Returns the bodies of the CDRs that came second under their id."""
    items = scan(stack, "cdrs")
    for cdr_id, value in made.model.cdrs.items():
        assert json.loads(text_of(stack, items[cdr_id])) == value
    winners = {text_of(stack, items[cdr_id]) for cdr_id in made.contested}
    assert len(winners) == len(made.contested)
    pushed = {push.body for push in made.pushes if any(f'"{each}"' in push.body for each in made.contested)}
    return pushed - winners


def text_of(stack: Stack, item: dict[str, Any]) -> str:
    s3 = boto3.client("s3", **stack.client_settings)
    return read_body(item, LargeBodies(stack.buckets["large_bodies"], lambda: s3))


def check_rejected(stack: Stack, made: Plan, seed: int, losers: set[str]) -> None:
    s3 = boto3.client("s3", **stack.client_settings)
    bucket = stack.buckets["rejected"]
    kept = [
        json.loads(s3.get_object(Bucket=bucket, Key=entry["Key"])["Body"].read())
        for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket)
        for entry in page.get("Contents", [])
    ]
    ours = [each["body"] for each in kept if f"STORM-{seed}-" in each["path"] + each.get("body", "")]
    assert sorted(ours) == sorted(made.invalid | losers), "every invalid push is kept, and once"


def check_events(stack: Stack, made: Plan, events: EventTap) -> None:
    """Waits until the streams are through: the last state of each session and every CDR was published."""
    wanted = {
        ("Session Updated", session_id, (made.model.session(session_id) or {})["last_updated"])
        for session_id in made.model.pushes
    }
    wanted |= {
        ("CDR Received", cdr_id, cdr()["last_updated"]) for cdr_id in [*made.model.cdrs, *made.contested]
    }
    changes: defaultdict[str, set[str]] = defaultdict(set)
    deadline = time.monotonic() + 60
    while wanted and time.monotonic() < deadline:
        for event in events.take():
            if event["detail-type"] not in ("Session Updated", "CDR Received"):
                continue
            detail: dict[str, Any] = event["detail"]
            changes[detail["id"]].add(detail["event_id"])
            wanted.discard((event["detail-type"], detail["id"], detail["object"]["last_updated"]))
    assert wanted == set()
    while taken := events.take():
        for event in taken:
            changes[event["detail"]["id"]].add(event["detail"]["event_id"])
    items = scan(stack, "sessions")
    for session_id in made.plain:
        assert len(changes[session_id]) >= int(items[session_id]["revision"]["N"]), "each write was published"


def scan(stack: Stack, table: str) -> dict[str, Any]:
    dynamodb = boto3.client("dynamodb", **stack.client_settings)
    pages = dynamodb.get_paginator("scan").paginate(TableName=stack.tables[table])
    return {item["object_key"]["S"].split("#", 2)[2]: item for page in pages for item in page["Items"]}
