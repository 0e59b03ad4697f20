"""Each sample event of events/ does what its name says."""

import json
from typing import Any

import pytest

from emsp.invocation import InvalidInvocation
from tests.integration.house import REPOSITORY, House
from tests.integration.lambda_context import Context
from tests.integration.samples import cdr, path_of, session
from tests.integration.stored_commands import store_command

ANSWERS = {
    "versions/versions": (200, 1000),
    "versions/version_details": (200, 1000),
    "credentials/get": (200, 1000),
    "credentials/put": (405, 2000),
    "receive_session/put": (200, 1000),
    "receive_session/patch": (200, 1000),
    "receive_session/get": (200, 1000),
    "receive_session/cannot_be_identified": (200, 2001),
    "receive_cdr/post": (200, 1000),
    "receive_cdr/hub_sample": (200, 1000),
    "receive_cdr/credit": (200, 1000),
    "receive_cdr/get": (200, 1000),
    "receive_command_result/accepted": (200, 1000),
}
NOTHING_REPLAYED = {
    "accepted": 0,
    "rejected": 0,
    "dismissed": 0,
    "failed": 0,
    "complete": True,
    "outcomes": [],
    "next": None,
}
SWEPT = ("sessions", "cdrs", "commands", "findings", "rejected_pushes", "large_bodies")
NO_STORE_CHANGED = {
    name: {"looked_at": 0, "changed": 0} for name in (*SWEPT, "authorized_tokens", "plan_assignments")
}
NOTHING_FORGOTTEN = {
    "complete": True,
    "cursor": None,
    "stores": NO_STORE_CHANGED,
    "problem": None,
}
OTHERS = {
    "publish_changes/session_updated": {"batchItemFailures": []},
    "redrive_changes/all": {"redriven": 0, "left": 0, "complete": True},
    "replay_rejected/all": NOTHING_REPLAYED,
    "replay_rejected/module": NOTHING_REPLAYED,
    "forget_driver/by_token": NOTHING_FORGOTTEN
    | {
        "stores": NO_STORE_CHANGED
        | {name: {"looked_at": 1, "changed": 0} for name in ("authorized_tokens", "plan_assignments")}
    },
    "forget_driver/by_contract": NOTHING_FORGOTTEN,
    "detect_misuse/cdr_received": {"findings": []},
    "detect_misuse/session_began": {"findings": []},
    "detect_misuse/start_failed": {"findings": []},
    "list_misuse/of_a_token": {"findings": [], "next": None},
    "list_misuse/from": {"findings": [], "next": None},
    "list_rejected/of_a_party": {"rejected": [], "next": None},
    "list_rejected/by_reason": {"rejected": [], "next": None},
}


def sample(name: str) -> Any:
    return json.loads((REPOSITORY / "events" / f"{name}.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", ANSWERS)
def test_what_the_hub_calls(house: House, name: str) -> None:
    house.call("PUT", path_of(session()), session())
    house.call("POST", "/ocpi/2.2.1/cdrs", cdr())
    store_command("9Zc1bRr6Qk0yJ2s8")
    event = sample(name)
    answer = house.app(name.split("/", maxsplit=1)[0]).handler(event, None)
    assert (answer["statusCode"], json.loads(answer["body"])["status_code"]) == ANSWERS[name]
    assert answer["headers"]["X-Request-ID"] == event["headers"]["X-Request-ID"]


@pytest.mark.parametrize("name", OTHERS)
def test_what_others_call(house: House, name: str) -> None:
    answer = house.app(name.split("/", maxsplit=1)[0]).handler(sample(name), Context())
    answer.pop("pseudonym", None)  # forget_driver's, which is random
    assert answer == OTHERS[name]


def test_every_sample_is_tried(house: House) -> None:
    tried = {*ANSWERS, *OTHERS, "replay_rejected/one", "dismiss_rejected/one"}
    ours = {name.split("/")[0] for name in tried}
    found = {
        f"{path.parent.name}/{path.stem}"
        for path in (REPOSITORY / "events").glob("*/*.json")
        if path.parent.name in ours
    }
    assert found == tried
    assert house.app("replay_rejected").handler(sample("replay_rejected/one"), Context())["failed"] == 1
    with pytest.raises(InvalidInvocation, match="no rejected push under key cdrs/IN"):
        house.app("dismiss_rejected").handler(sample("dismiss_rejected/one"), Context())
