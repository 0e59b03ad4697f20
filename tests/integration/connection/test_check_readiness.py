"""check_readiness from an empty account to a live one, and what it says where something is wrong."""

import gzip
import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest

from emsp.connection.check_hub import CheckHub
from emsp.connection.check_readiness import CheckReadiness
from emsp.connection.connect_to_hub import connect_to_hub
from emsp.connection.find_parties import FindParties
from emsp.connection.our_tokens import OurTokens
from emsp.connection.pull_results import CatalogueEvidence
from emsp.connection.reach_ourselves import ReachOurselves
from emsp.deadline import Deadline
from emsp.hub.errors import Unavailable
from emsp.invocation import InvalidInvocation
from emsp.ocpi.headers import token_candidates
from emsp.stores import aws
from emsp.stores.command_records import CommandRecord
from emsp.stores.pull_runs import PullRuns
from emsp.stores.readiness_evidence import Evidence
from emsp.stores.snapshots import Snapshots
from tests.integration.emsp_side import OURS, Emsp
from tests.integration.house import REPOSITORY, House
from tests.integration.house import house as furnished_house
from tests.integration.http_server import serving
from tests.integration.lambda_context import Context
from tests.ready import say
from tests.schemas.answers import ANSWERS
from tests.template.stores import create_tables


@dataclass
class OurApi:
    """Answers as our API does to a token that is stored, or as something else in its place."""

    emsp: Emsp
    url: str = ""
    instead: tuple[int, bytes] | None = None
    asked: list[str] = field(default_factory=list)

    def answer(self, path: str, authorization: str) -> tuple[int, bytes]:
        self.asked.append(path)
        if self.instead is not None:
            return self.instead
        live = {
            each.sha256: each
            for each in self.emsp.inbound.read()
            if each.not_after is None or each.not_after > datetime.now(UTC)
        }
        shown = [hashlib.sha256(each.encode()).hexdigest() for each in token_candidates(authorization)]
        found = [live[each] for each in shown if each in live]
        if not found:
            return 401, b'{"status_code": 2002}'
        assert found[0].speaks_for == (), "nothing can be pushed with it"
        if path == "/ocpi/versions":
            return 200, b'{"status_code": 1000, "data": []}'
        return 404, b'{"status_code": 2003, "status_message": "no such object"}'


@pytest.fixture
def api(emsp: Emsp) -> Iterator[OurApi]:
    served = OurApi(emsp)

    create_tables(boto3.client("dynamodb"), "cdrs")
    boto3.client("s3").create_bucket(
        Bucket="snapshots", CreateBucketConfiguration={"LocationConstraint": "ap-south-1"}
    )
    aws.s3_client.cache_clear()
    with serving(served.answer) as served.url:
        yield served


def check(emsp: Emsp, api: OurApi, *targets: str) -> dict[str, dict[str, Any]]:
    """The items by their names."""
    known = emsp.credentials.read()
    tokens = OurTokens(emsp.credentials, emsp.inbound, timedelta(hours=24), now)
    use_case = CheckReadiness(
        us=OURS,
        known=known,
        hub=connect_to_hub(emsp.settings) if known.token else None,
        parties=tuple(emsp.parties.listed()[0]),
        catalogue=CatalogueEvidence(runs, lambda module: Snapshots(aws.s3_client(), "snapshots", module)),
        evidence=Evidence(aws.dynamodb_client(), "sessions", "cdrs", "commands"),
        ourselves=ReachOurselves(api.url, tokens.probe(), True, emsp.connect),
        now=now,
    )
    told: Any = use_case({"target_cpos": list(targets)} if targets else {}, Deadline.after(20))
    items = {each["item"]: each for each in told["items"]}
    assert told["ready"] is all(each["status"] == "DONE" for each in items.values())
    for each in items.values():
        assert (each["next"] is None) is (each["status"] == "DONE"), each
    return items


def now() -> datetime:
    return datetime.now(UTC)


def runs(module: str) -> PullRuns:
    return PullRuns(aws.dynamodb_client(), "control", module, owner="", lease=timedelta(), now=now)


class Bus:
    def put(self, entries: list[Any]) -> list[str | None]:
        return [None] * len(entries)


def check_hub(emsp: Emsp) -> dict[str, Any]:
    told: Any = CheckHub(connect_to_hub(emsp.settings), emsp.parties, Bus())(Deadline.after(20))  # type: ignore[arg-type]
    return told  # type: ignore[no-any-return]


def pulled(module: str, *keys: str, at: datetime | None = None) -> None:
    s3 = boto3.client("s3")
    index = "".join(f"{key}\thash\thash\t\n" for key in keys).encode()
    s3.put_object(Bucket="snapshots", Key=f"{module}/run/index.tsv.gz", Body=gzip.compress(index))
    moment = (at or now()).isoformat()
    file = {"key": f"{module}/run/index.tsv.gz", "bytes": 1, "sha256": ""}
    manifest = {
        "run_id": "run",
        "module": module,
        "mode": "full",
        "started_at": moment,
        "completed_at": moment,
        "objects": len(keys),
        "counts": {},
        "files": {"index": file},
    }
    s3.put_object(Bucket="snapshots", Key=f"{module}/latest.json", Body=json.dumps(manifest).encode())


def pushed(table: str, day: str, moment: str, key: str) -> None:
    item = {
        "object_key": {"S": key},
        day: {"S": now().date().isoformat()},
        moment: {"S": now().isoformat()},
        "received_at": {"S": now().isoformat()},
    }
    boto3.client("dynamodb").put_item(TableName=table, Item=item)


def sent(emsp: Emsp, command: str, state: str, **more: Any) -> None:
    emsp.commands.create(
        CommandRecord(
            command_id=f"{command}-{state}",
            command=command,
            state=state,
            created_at=now(),
            times_out_at=now(),
            body="{}",
            correlation_id="c",
            **more,
        )
    )


NOT_YET_AT_FIRST = {
    "credentials_exchanged",
    "our_party_connected",
    "routing",
    "token_authorization_tested",
    "start_session_tested",
    "stop_session_tested",
    "session_receiver",
    "cdr_receiver",
    "locations_pulled",
    "tariffs_pulled",
}


def test_an_empty_account_knows_what_comes_next(emsp: Emsp, api: OurApi) -> None:
    items = check(emsp, api)
    assert {name for name, each in items.items() if each["status"] == "NOT_YET"} == NOT_YET_AT_FIRST
    assert {name for name, each in items.items() if each["status"] == "DONE"} == {"versions_reachable"}
    assert '{"action": "register"' in items["credentials_exchanged"]["next"]
    assert items["session_receiver"]["evidence"]["url"].startswith(f"{api.url}/ocpi/2.2.1/sessions/")


def test_a_live_account_is_ready_and_shows_its_evidence(emsp: Emsp, api: OurApi) -> None:
    emsp.registered()
    check_hub(emsp)
    [cpo, *_] = [each for each in emsp.hub.admin.parties() if each["role"] == "CPO"]
    key = f"{cpo['country_code']}#{cpo['party_id']}"
    target = f"{cpo['country_code']}*{cpo['party_id']}"
    pulled("locations", f"{key}#L1", f"{key}#L2", "IN#ZZZ#L1")
    pulled("tariffs", f"{key}#T1")
    sent(emsp, "START_SESSION", "ACCEPTED", session_id="S1", authorization_reference="A1")
    sent(emsp, "STOP_SESSION", "ACCEPTED")
    pushed("sessions", "start_day", "start_date_time", f"{key}#S1")
    pushed("cdrs", "end_day", "end_date_time", f"{key}#C1")
    items = check(emsp, api, target)
    assert {name: each for name, each in items.items() if each["status"] != "DONE"} == {}
    assert items["credentials_exchanged"]["evidence"]["versions_url"] == emsp.hub.versions_url
    assert items[f"routing_{target}"]["evidence"] == {"status": "CONNECTED", "locations": 2, "tariffs": 1}
    assert items["routing"]["evidence"]["routed"] == 2
    assert items["start_session_tested"]["evidence"]["session_id"] == "S1"
    assert items["cdr_receiver"]["evidence"]["last_push"]["id"] == "C1"
    assert items["session_receiver"]["evidence"]["last_push"]["received_at"]
    assert items["locations_pulled"]["evidence"]["objects"] == 3
    assert items["versions_reachable"]["evidence"]["milliseconds"] >= 0


@pytest.mark.parametrize(
    ("state", "status"),
    [
        ("PENDING", "NOT_YET"),
        ("SENT", "NOT_YET"),
        ("ACCEPTED", "DONE"),
        ("LATE_ACCEPTED", "DONE"),
        ("REJECTED", "FAILED"),
        ("TIMEOUT", "FAILED"),
        ("NOT_SENT", "FAILED"),
    ],
)
def test_a_command_counts_when_a_charge_point_accepted_it(
    emsp: Emsp, api: OurApi, state: str, status: str
) -> None:
    sent(emsp, "STOP_SESSION", state)
    item = check(emsp, api)["stop_session_tested"]
    assert (item["status"], item["evidence"]["state"]) == (status, state)


@pytest.mark.parametrize(
    ("instead", "why"),
    [
        ((403, b'{"message": "Forbidden"}'), "403"),
        ((404, b'{"message": "Not Found"}'), "404"),
        ((401, b'{"status_code": 2002}'), "Unauthorized"),
        ((500, b""), "500"),
        ((200, b"<html>"), "HTML"),
    ],
)
def test_receivers_that_are_not_ours_are_not_reached(
    emsp: Emsp, api: OurApi, instead: tuple[int, bytes], why: str
) -> None:
    pushed("sessions", "start_day", "start_date_time", "IN#ABC#S1")
    api.instead = instead
    items = check(emsp, api)
    for name in ("session_receiver", "cdr_receiver", "versions_reachable"):
        assert items[name]["status"] == "FAILED"
        assert why in items[name]["next"]
        assert "PublicBaseUrl" in items[name]["next"]


def test_an_address_where_nobody_answers(emsp: Emsp, api: OurApi) -> None:
    item = check(emsp, replace(api, url="http://127.0.0.1:9"))["versions_reachable"]
    assert item["status"] == "FAILED"
    assert "no connection" in item["next"]


def test_what_the_hub_says_no_to_has_failed(emsp: Emsp, api: OurApi) -> None:
    emsp.registered()
    emsp.hub.admin.set_party("IN", "EMS", "OFFLINE")
    check_hub(emsp)
    emsp.hub.admin.revoke_tokens("all")
    items = check(emsp, api)
    assert items["credentials_exchanged"]["status"] == "FAILED"
    assert '{"action": "verify"}' in items["credentials_exchanged"]["next"]
    assert items["our_party_connected"]["evidence"]["status"] == "OFFLINE"
    assert items["our_party_connected"]["status"] == "FAILED"


def test_targets(emsp: Emsp, api: OurApi) -> None:
    emsp.registered()
    [cpo, *_] = [each for each in emsp.hub.admin.parties() if each["role"] == "CPO"]
    emsp.hub.admin.set_party(cpo["country_code"], cpo["party_id"], "OFFLINE")
    check_hub(emsp)
    pulled("locations", f"{cpo['country_code']}#{cpo['party_id']}#L1")
    offline = f"{cpo['country_code']}*{cpo['party_id']}"
    items = check(emsp, api, offline.lower(), "IN*NOO")
    assert items[f"routing_{offline}"]["status"] == "FAILED"
    assert "OFFLINE" in items[f"routing_{offline}"]["next"]
    assert items["routing_IN*NOO"]["status"] == "NOT_YET"
    assert "routing rule for IN*NOO" in items["routing_IN*NOO"]["next"]


def test_what_each_item_advises_leads_on(emsp: Emsp, api: OurApi) -> None:
    """The steps are taken as the items name them, each until it is done."""

    def advised(item: str, words: str, *targets: str) -> None:
        assert words in check(emsp, api, *targets)[item]["next"]

    def done(item: str, *targets: str) -> bool:
        return bool(check(emsp, api, *targets)[item]["status"] == "DONE")

    advised("credentials_exchanged", 'run register with {"action": "register"')
    token = emsp.hub.admin.invite()
    emsp.hub.admin.add_fault("drop", module="credentials", method="PUT")
    with pytest.raises(Unavailable):
        emsp.register(action="register", versions_url=emsp.hub.versions_url, token=token)
    advised("credentials_exchanged", "run the same action of register again")
    emsp.register(action="register", versions_url=emsp.hub.versions_url, token=token)
    assert done("credentials_exchanged")

    stored = emsp.credentials.read()
    lost = tuple(each for each in stored.endpoints if each.identifier != "tariffs")
    emsp.credentials.write(replace(stored, endpoints=lost))
    advised("credentials_exchanged", 'enable tariffs, then run register with {"action": "verify"}')
    emsp.register(action="verify")
    assert done("credentials_exchanged")

    advised("our_party_connected", "run check_hub")
    emsp.hub.admin.set_party("IN", "EMS", "OFFLINE")
    check_hub(emsp)
    advised("our_party_connected", "ask the Hub why, and run check_hub")
    emsp.hub.admin.set_party("IN", "EMS", "CONNECTED")
    check_hub(emsp)
    assert done("our_party_connected")

    cpo = next(each for each in emsp.hub.admin.parties() if each["role"] == "CPO")
    party = cpo["country_code"], cpo["party_id"]
    target = "*".join(party)
    advised("routing", "turn on routing rules")
    advised(f"routing_{target}", f"turn on the routing rule for {target}", target)
    pulled("locations", "#".join((*party, "L1")))
    emsp.hub.admin.set_party(*party, "OFFLINE")
    check_hub(emsp)
    advised(f"routing_{target}", "ask the Hub, and run check_hub when it has changed", target)
    emsp.hub.admin.set_party(*party, "CONNECTED")
    check_hub(emsp)
    assert done("routing")
    assert done(f"routing_{target}", target)

    advised("start_session_tested", "send_command")
    sent(emsp, "START_SESSION", "SENT")
    advised("start_session_tested", "wait for its result")
    emsp.commands.change("START_SESSION-SENT", seen_state="SENT", changes={"state": "ACCEPTED"})
    assert done("start_session_tested")

    api.instead = (403, b"")
    advised("versions_reachable", "Check PublicBaseUrl or DomainName")
    api.instead = None
    assert done("versions_reachable")


def test_an_old_catalogue_has_failed(emsp: Emsp, api: OurApi) -> None:
    pulled("locations", "IN#ABC#L1", at=now() - timedelta(hours=49))
    item = check(emsp, api)["locations_pulled"]
    assert (item["status"], item["evidence"]["age_hours"]) == ("FAILED", 49)


@pytest.mark.parametrize("targets", ["IN-ABC", ["INABC"], [7], [None], ["I*ABC"], {"a": 1}, 7])
def test_targets_that_are_none(emsp: Emsp, api: OurApi, targets: Any) -> None:
    with pytest.raises(InvalidInvocation, match="target_cpos"):
        CheckReadiness.__call__(None, {"target_cpos": targets}, Deadline.after(1))  # type: ignore[arg-type]


def test_the_token_for_looking_lapses_by_itself(emsp: Emsp, api: OurApi) -> None:
    emsp.registered()
    [before] = emsp.inbound.read()
    check(emsp, api)
    kept, issued = emsp.inbound.read()
    assert kept == before
    assert issued.not_after is not None
    assert issued.not_after - now() <= timedelta(minutes=5)
    assert issued.speaks_for == ()


def test_find_parties_reads_what_check_hub_saw(emsp: Emsp) -> None:
    find = FindParties(emsp.parties)
    assert find({}) == {"parties": [], "checked_at": None}
    emsp.registered()
    cpo = next(each for each in emsp.hub.admin.parties() if each["role"] == "CPO")
    emsp.hub.admin.set_party(cpo["country_code"], cpo["party_id"], "OFFLINE")
    told = check_hub(emsp)
    everybody = find({})
    assert len(everybody["parties"]) == told["parties"] == len(told["states"])  # type: ignore[arg-type]
    assert everybody["checked_at"]
    ANSWERS["find_parties"].model_validate_json(json.dumps(everybody))
    assert {each["party"] for each in told["states"]} >= {"IN*EMS"}
    offline: Any = find({"status": "offline", "role": "cpo"})["parties"]
    assert [each["party_id"] for each in offline] == [cpo["party_id"]]
    one: Any = find({"country_code": "in", "party_id": cpo["party_id"].lower()})["parties"]
    assert {each["status"] for each in one} == {"OFFLINE"}
    assert find({"party_id": "NOO"})["parties"] == []


@pytest.mark.parametrize(
    ("payload", "named"),
    [
        ({"status": "GONE"}, "'PLANNED' or 'SUSPENDED'"),
        ({"role": "X"}, "CPO"),
        ({"party": "IN*ABC"}, "party"),
        ({"country_code": 7}, "country_code"),
    ],
)
def test_find_parties_is_asked_wrongly(emsp: Emsp, payload: Any, named: str) -> None:
    with pytest.raises(InvalidInvocation) as raised:
        FindParties(emsp.parties)(payload)
    assert named in str(raised.value)


@pytest.fixture
def house() -> Iterator[House]:
    """For one test: a module's house would stand beside the eMSP of its other tests, in the same moto."""
    with furnished_house() as built:
        yield built


@pytest.mark.parametrize(
    ("name", "keys"),
    [
        ("check_readiness/all", {"ready", "checked_at", "items"}),
        ("check_readiness/for_one_cpo", {"ready", "checked_at", "items"}),
        ("find_parties/offline_cpos", {"parties", "checked_at"}),
    ],
)
def test_the_functions_answer_their_sample_events(
    house: House,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    keys: set[str],
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("PUBLIC_BASE_URL", "http://127.0.0.1:9")
    event = json.loads((REPOSITORY / "events" / f"{name}.json").read_text(encoding="utf-8"))
    told = house.app(name.split("/", maxsplit=1)[0]).handler(event, Context(30))
    assert set(json.loads(json.dumps(told))) == keys
    if "items" in keys:
        say(told)
        printed = capsys.readouterr().out
        assert "FAILED   versions_reachable" in printed
        assert "-> " in printed
        assert ("routing_IN*ABC" in printed) is (name == "check_readiness/for_one_cpo")
