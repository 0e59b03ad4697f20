"""A driver who is forgotten for later pushes too: whatever comes of the token is kept under the pseudonym,
and every push is dealt with as it would be otherwise.
"""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from emsp.drivers.forget_driver import SETTLED_AFTER_S
from emsp.invocation import InvalidInvocation
from emsp.stores.forgotten_tokens import LOOK_EVERY_S, ForgottenTokens
from tests.integration.drivers.driver import (
    CDRS,
    CONTRACT,
    OTHER,
    PHONE,
    SECRETS,
    TOKEN,
    UID,
    post,
    put,
    where,
)
from tests.integration.drivers.test_forget_driver import Context
from tests.integration.dynamodb_calls import dynamodb_calls
from tests.integration.house import House
from tests.integration.samples import cdr, cdr_token, path_of, session
from tests.integration.streams import Streams

SECOND_TOKEN = {**cdr_token("SECONDCARD77"), "contract_id": CONTRACT}


class Sleeps:
    """Instead of waiting: what comes in meanwhile, and then every Lambda's minute is over."""

    def __init__(self) -> None:
        self.apps: dict[str, Any] = {}
        self.slept: list[float] = []
        self.meanwhile: Callable[[], None] = lambda: None

    def __call__(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.meanwhile()
        for app in self.apps.values():
            if hasattr(app, "remove_forgotten"):
                app.remove_forgotten.tokens._looked_at -= LOOK_EVERY_S


@pytest.fixture
def sleeps() -> Sleeps:
    return Sleeps()


@pytest.fixture
def fresh(house: House, sleeps: Sleeps) -> House:
    """Lambdas that are cold: none knows of anybody."""
    for bucket in ("rejected", "large-bodies"):
        house.s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    cold = House(house.dynamodb, house.s3)
    sleeps.apps = cold.apps
    app: Any = cold.app("forget_driver")
    app.forget_driver = replace(app.forget_driver, sleep=sleeps)
    return cold


def forget(house: House, context: Context | None = None, **payload: Any) -> dict[str, Any]:
    answer: dict[str, Any] = house.app("forget_driver").handler(payload, context or Context())
    return answer


def stored(house: House, table: str, key: str) -> dict[str, Any]:
    item = house.item(table, key)
    assert item is not None
    return item


def test_what_comes_later_is_kept_under_the_pseudonym(fresh: House, sleeps: Sleeps) -> None:
    put(fresh, session("S-0", status="COMPLETED", cdr_token=TOKEN))
    told = forget(fresh, token_uid=UID.lower(), also_later=True)
    assert (told["complete"], sleeps.slept) == (True, [SETTLED_AFTER_S])
    put(fresh, session("S-1", cdr_token=TOKEN, driver_name="Priya Raman"))
    patch = {"cdr_token": TOKEN, "kwh": 3, "last_updated": "2026-11-22T10:05:00Z"}
    assert fresh.call("PATCH", path_of(session("S-1")), patch).status_code == 1000
    post(fresh, cdr("C-1", cdr_token=TOKEN, remark=f"thanks, {UID}"))
    refused = {**cdr("C-2", cdr_token=TOKEN, remark=f"thanks, {UID}"), "currency": None}
    for _ in range(2):
        assert fresh.call("POST", CDRS, refused).status_code == 2001
    assert where(fresh, *SECRETS) == []
    key = f"IN#EMS#{told['pseudonym']}"
    for table, name in (("sessions", "S-0"), ("sessions", "S-1"), ("cdrs", "C-1")):
        assert stored(fresh, table, f"IN#CPO#{name}")["token_key"]["S"] == key
    kept = fresh.stored_object("cdrs", "IN#CPO#C-1")
    expected = cdr("C-1")
    assert {name: kept[name] for name in expected if name != "cdr_token"} == {
        name: expected[name] for name in expected if name != "cdr_token"
    }
    assert fresh.stored_object("sessions", "IN#CPO#S-1")["kwh"] == 3
    noted = json.loads(stored(fresh, "cdrs", "IN#CPO#C-1").get("contradictions", {"S": "[]"})["S"])
    assert "cdr_token.uid" not in [each["path"] for each in noted], "session and CDR name the same driver"
    [rejected] = fresh.rejected()
    assert rejected["tries"] == 2, "the same refused push is known again"


def test_a_patch_of_a_forgotten_session_brings_no_name_either(fresh: House) -> None:
    put(fresh, session("S-1", cdr_token=TOKEN))
    forget(fresh, token_uid=UID)
    with dynamodb_calls() as calls:
        patch = {"driver_phone": PHONE, "kwh": 3, "last_updated": "2026-11-22T10:05:00Z"}
        assert fresh.call("PATCH", path_of(session("S-1")), patch).status_code == 1000
    assert calls == ["GetItem sessions", "UpdateItem sessions"], "nothing is looked up for it"
    kept = fresh.stored_object("sessions", "IN#CPO#S-1")
    assert (kept["driver_phone"], kept["kwh"]) == (kept["cdr_token"]["uid"], 3)
    assert where(fresh, *SECRETS) == []


def test_others_are_kept_as_they_come(fresh: House) -> None:
    forget(fresh, token_uid=UID, also_later=True)
    put(fresh, session("S-1", cdr_token=OTHER))
    post(fresh, cdr("C-1", cdr_token=OTHER))
    assert fresh.stored_object("sessions", "IN#CPO#S-1") == session("S-1", cdr_token=OTHER)
    assert fresh.stored_object("cdrs", "IN#CPO#C-1") == cdr("C-1", cdr_token=OTHER)


def test_without_it_a_later_push_names_the_driver(fresh: House) -> None:
    forget(fresh, token_uid=UID)
    post(fresh, cdr("C-1", cdr_token=TOKEN))
    assert where(fresh, UID)


def test_what_comes_again_or_too_late_is_known_before_and_after(fresh: House) -> None:
    post(fresh, cdr("C-1", cdr_token=TOKEN))
    put(fresh, session("S-1", cdr_token=TOKEN))
    forget(fresh, token_uid=UID, also_later=True)
    post(fresh, cdr("C-2", cdr_token=TOKEN))
    put(fresh, session("S-2", cdr_token=TOKEN))
    streams = Streams()
    for name in ("1", "2"):
        post(fresh, cdr(f"C-{name}", cdr_token=TOKEN))
        put(fresh, session(f"S-{name}", cdr_token=TOKEN))
        put(fresh, session(f"S-{name}", cdr_token=TOKEN, at="2026-11-22T09:59:00Z", kwh=0.1))
        changed = cdr(f"C-{name}", cdr_token=TOKEN, total_energy=99)
        assert fresh.call("POST", CDRS, changed).status_code == 2001, "a CDR never changes"
    told = [record["dynamodb"]["Keys"] for record in streams.records() if record["eventName"] == "INSERT"]
    assert told == []
    assert fresh.stored_object("sessions", "IN#CPO#S-2")["kwh"] == 1.5
    assert where(fresh, *SECRETS) == []


def test_rejected_pushes_are_replayed_without_the_driver(fresh: House) -> None:
    refused = json.dumps(cdr("C-1", cdr_token=TOKEN)).encode()
    fresh.call("POST", CDRS, cdr("C-1", cdr_token=TOKEN, total_energy=1))
    fresh.call("POST", CDRS, raw=refused)
    forget(fresh, token_uid=UID, also_later=True)
    fresh.dynamodb.delete_item(TableName="cdrs", Key={"object_key": {"S": "IN#CPO#C-1"}})
    answer = fresh.app("replay_rejected").handler({"all": True}, Context())
    assert answer["accepted"] == 1
    assert where(fresh, *SECRETS) == []


def test_all_tokens_of_a_contract_are_marked_and_looked_for_again(fresh: House, sleeps: Sleeps) -> None:
    put(fresh, session("S-1", cdr_token=TOKEN))
    put(fresh, session("S-2", cdr_token=SECOND_TOKEN))
    sleeps.meanwhile = lambda: put(fresh, session("S-LATE", cdr_token={**cdr_token(UID), "contract_id": "?"}))
    told = forget(fresh, contract_id=CONTRACT, also_later=True)
    assert (told["complete"], len(sleeps.slept)) == (True, 1)
    post(fresh, cdr("C-1", cdr_token=TOKEN))
    post(fresh, cdr("C-2", cdr_token=SECOND_TOKEN))
    assert where(fresh, UID, CONTRACT, "SECONDCARD77") == []


def test_what_a_lambda_stored_that_did_not_know_is_swept(fresh: House, sleeps: Sleeps) -> None:
    put(fresh, session("S-2", cdr_token=OTHER))  # a Lambda that has just looked, and found nobody forgotten
    sleeps.meanwhile = lambda: put(fresh, session("S-1", cdr_token=TOKEN))
    forget(fresh, token_uid=UID, also_later=True)
    assert where(fresh, *SECRETS) == []
    [mark] = [item for item in fresh.items("sessions") if item["object_key"]["S"] == "IN#CPO#S-1"]
    assert "pseudonymised_at" in mark, "it was stored before it was forgotten"


def test_a_run_without_time_to_wait_goes_on_from_its_cursor(fresh: House, sleeps: Sleeps) -> None:
    post(fresh, cdr("C-1", cdr_token=TOKEN))
    told = forget(fresh, Context(looks=0), token_uid=UID, also_later=True)
    assert (told["complete"], sleeps.slept) == (False, [])
    told = forget(fresh, cursor=told["cursor"])
    assert (told["complete"], len(sleeps.slept)) == (True, 1)
    post(fresh, cdr("C-2", cdr_token=TOKEN))
    assert where(fresh, *SECRETS) == []
    with pytest.raises(InvalidInvocation, match="also_later"):
        forget(fresh, cursor="x", also_later=True)


def test_a_push_costs_one_read_more_where_somebody_is_forgotten_and_none_else(fresh: House) -> None:
    put(fresh, session("S-0", cdr_token=OTHER))
    with dynamodb_calls() as calls:
        put(fresh, session("S-1", cdr_token=OTHER))
    assert calls == ["UpdateItem sessions"]
    forget(fresh, token_uid=UID, also_later=True)
    cold = House(fresh.dynamodb, fresh.s3)
    with dynamodb_calls() as calls:
        put(cold, session("S-2", cdr_token=OTHER))
    assert calls == [
        "GetItem inbound_tokens",
        "GetItem forgotten_tokens",
        "GetItem forgotten_token",
        "UpdateItem sessions",
    ]
    with dynamodb_calls() as calls:
        put(cold, session("S-3", cdr_token=TOKEN))
    assert calls == ["GetItem forgotten_token", "UpdateItem sessions"]


def test_a_mark_is_known_within_a_minute_and_lapses(house: House) -> None:
    seconds = [0.0]
    receiver = ForgottenTokens(house.dynamodb, "control", lambda: seconds[0])
    assert receiver.pseudonym_of("IN#EMS#A") is None
    now = datetime.now(UTC)
    operator = ForgottenTokens(house.dynamodb, "control")
    operator.mark("IN#EMS#A", "FORGOTTEN-A", now)
    seconds[0] = LOOK_EVERY_S
    assert receiver.pseudonym_of("IN#EMS#A") == "FORGOTTEN-A"
    operator.mark("IN#EMS#B", "FORGOTTEN-B", now)
    assert receiver.pseudonym_of("IN#EMS#B") == "FORGOTTEN-B", "any other at once"
    operator.mark("IN#EMS#A", "FORGOTTEN-A", now - timedelta(days=401))
    assert receiver.pseudonym_of("IN#EMS#A") is None
