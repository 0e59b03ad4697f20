"""From one version to the next and back, with data and other parameters: the steps of docs/upgrade.md on the
local cloud.
"""

import json
import re
import shutil
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import boto3

from tests.e2e.inbound import push
from tests.inbound_tokens import live_token, store_tokens
from tests.integration.samples import cdr, path_of, session
from tests.local_cloud import deployment, server
from tests.local_cloud.places import REPOSITORY
from tests.local_cloud.stack import Stack

SAID = "the credentials token is missing or not valid"
ANOTHER = "the token is not known"
TOKEN = "token-of-a-hub-that-stays"
SESSION = session("S-UPGRADE")
CDR = cdr("C-UPGRADE", session_id="S-UPGRADE")


def copy_to(folder: Path) -> Path:
    """What a deployment reads, to be changed as the next version changes it."""
    for name in deployment.TEMPLATES:
        shutil.copy(REPOSITORY / name, folder / name)
    for name in ("functions", "layers"):
        shutil.copytree(REPOSITORY / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    return folder


def answered(stack: Stack) -> str:
    """What the API says to whoever has no token: a line of the layer, in the function that the Hub probes."""
    try:
        urllib.request.urlopen(f"{stack.api_url}/ocpi/versions", timeout=60)
    except urllib.error.HTTPError as error:
        return str(json.loads(error.read())["status_message"])
    raise AssertionError("it wants a token")


def test_an_upgrade_reaches_the_api_keeps_what_is_stored_and_goes_back(tmp_path: Path) -> None:
    version = copy_to(tmp_path)
    file = version / "layers" / "emsp" / "emsp" / "receiver" / "authentication.py"
    before = file.read_text(encoding="utf-8")
    assert SAID in before
    running = server.start()
    try:
        first = deployment.deploy(running, source=version)
        assert answered(first) == SAID
        store_tokens(
            boto3.client("dynamodb", **first.client_settings), first.tables["control"], [live_token(TOKEN)]
        )
        assert push(first, TOKEN, "PUT", path_of(SESSION), SESSION).status_code == 1000
        assert push(first, TOKEN, "POST", "/ocpi/2.2.1/cdrs", CDR).status_code == 1000
        stored = read(first)
        assert stored == (SESSION | {"status": "COMPLETED", "end_date_time": CDR["end_date_time"]}, 1)

        file.write_text(before.replace(SAID, ANOTHER), encoding="utf-8")
        template = version / "template.yaml"
        written = template.read_text(encoding="utf-8")
        template.write_text(_with_one_more_index(written), encoding="utf-8")
        parameters = {"SchedulesState": "ENABLED", "CheckHubSchedule": "rate(2 minutes)"}
        second = deployment.deploy(running, source=version, parameters=parameters)
        assert answered(second) == ANOTHER
        assert second.api_url == first.api_url
        assert second.invoke("register", {"action": "status"})["registered"] is False
        assert {state for state, _ in schedules(second)} == {"ENABLED"}
        assert "rate(2 minutes)" in [expression for _, expression in schedules(second)]
        assert (second.tables, second.buckets, second.secrets) == (first.tables, first.buckets, first.secrets)
        assert read(second) == stored

        file.write_text(before, encoding="utf-8")
        template.write_text(written, encoding="utf-8")
        back = deployment.deploy(running, source=version)
        assert answered(back) == SAID
        assert read(back) == stored
    finally:
        running.stop()


def read(stack: Stack) -> tuple[Any, int]:
    """What is stored: the session as the Hub reads it, and how many CDRs our own services find of it."""
    asked = {"session": {name: SESSION[name] for name in ("country_code", "party_id", "id")}}
    [charge] = stack.invoke("find_charges", asked)["charges"]
    return push(stack, TOKEN, "GET", path_of(SESSION)).envelope["data"], len(charge["cdrs"])


def schedules(stack: Stack) -> list[tuple[str, str]]:
    """The state and the expression of each."""
    scheduler = boto3.client("scheduler", **stack.client_settings)
    found = [
        scheduler.get_schedule(Name=each["Name"], GroupName=each["GroupName"])
        for each in scheduler.list_schedules()["Schedules"]
    ]
    return [(each["State"], each["ScheduleExpression"]) for each in found]


def _with_one_more_index(template: str) -> str:
    """As a version may have it: one more for one table."""
    head, sessions, rest = re.split(r"(?=^  SessionsTable:|^  CdrsTable:)", template, flags=re.MULTILINE)
    index = """      GlobalSecondaryIndexes:
        - IndexName: by_kept
          KeySchema: [{AttributeName: kept, KeyType: HASH}]
          Projection: {ProjectionType: KEYS_ONLY}
"""
    attribute = "      AttributeDefinitions:\n        - {AttributeName: kept, AttributeType: S}\n"
    sessions = sessions.replace("      GlobalSecondaryIndexes:\n", index)
    return head + sessions.replace("      AttributeDefinitions:\n", attribute) + rest
