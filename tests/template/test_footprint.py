"""What each function may import, and so what it must not: a cold start pays for every module."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.local_cloud.deployment import build
from tests.local_cloud.places import BUILD
from tests.template.template import environment, functions, logical_id

BUILT = BUILD / "build"

# Milliseconds of CPU to import, over the runtime client alone; see tests/benchmarks/README.md. The four
# libraries that carry every function (Powertools, boto3, pydantic, urllib3) are not judged here.
HEAVY = {
    "asyncio": 25,
    "aws_lambda_powertools.event_handler": 30,
    "aws_xray_sdk": 300,
    "boto3.dynamodb.transform": 2,
    "emsp.ocpi.cdrs": 3,
    "emsp.ocpi.commands": 3,
    "emsp.ocpi.locations": 6,
    "emsp.ocpi.sessions": 3,
    "emsp.ocpi.tariffs": 3,
    "emsp.hub.client": 8,
    "emsp.receiver.entry": 3,
}

HUB = {"emsp.hub.client"}
RECEIVER = {"emsp.receiver.entry"}

# What each function has a use for, at import. Everything else in HEAVY is forbidden to it.
ALLOWED: dict[str, set[str]] = {
    "answer_dispute": set(),
    "assign_price_plan": set(),
    "authorize_token": HUB,
    "check_cdr": set(),
    "check_hub": HUB,
    "check_readiness": HUB,
    "credentials": HUB | RECEIVER,
    "detect_misuse": set(),
    "dismiss_rejected": set(),
    "driver_statement": set(),
    "driver_api": {
        "asyncio",  # of Powertools' event handler
        "aws_lambda_powertools.event_handler",
    },
    "enforce_limits": HUB | {"emsp.ocpi.commands"},
    "estimate_price": set(),
    "expire_command": set(),
    "find_charges": set(),
    "find_locations": HUB | {"emsp.ocpi.locations"},
    "find_parties": set(),
    "forget_driver": set(),
    "get_command": set(),
    "get_dispute": set(),
    "get_price_plan": set(),
    "link_session": set(),
    "list_disputes": set(),
    "list_price_plans": set(),
    "list_misuse": set(),
    "list_rejected": set(),
    "publish_changes": set(),
    "put_price_plan": set(),
    "pull_locations": HUB | {"emsp.ocpi.locations"},
    "pull_tariffs": HUB | {"emsp.ocpi.tariffs"},
    "receive_cdr": RECEIVER | {"emsp.ocpi.cdrs", "emsp.ocpi.sessions", "emsp.ocpi.tariffs"},
    "receive_command_result": RECEIVER,
    "receive_session": RECEIVER | {"emsp.ocpi.sessions"},
    "redrive_changes": set(),
    "register": HUB,
    "replay_rejected": {"emsp.ocpi.cdrs", "emsp.ocpi.sessions", "emsp.ocpi.tariffs"},
    "resume_workflow": set(),
    "send_command": HUB | {"emsp.ocpi.commands"},
    "settle": set(),
    "versions": RECEIVER,
    "watch_charges": set(),
}

LIST_MODULES = "import sys; sys.path[:0] = sys.argv[1:]; import app; print(*sys.modules)"
LIST_CLIENTS = """
import sys; sys.path[:0] = sys.argv[1:]
import app
from emsp.stores import aws
kept = {name: made for name, made in vars(aws).items() if hasattr(made, "cache_info")}
print(*(name for name, made in kept.items() if made.cache_info().currsize))
"""

# Where the Hub or a driver waits for a cold start: the first client takes 20 ms of it, others 4 to 15 each.
ONE_CLIENT = ("get_command", "receive_cdr", "receive_command_result", "receive_session", "versions")


@pytest.fixture(scope="session")
def built() -> Path:
    build(say=lambda _: None)
    return BUILT


def test_every_function_is_judged() -> None:
    assert ALLOWED.keys() == functions().keys()


@pytest.mark.parametrize("name", sorted(ALLOWED))
def test_a_function_imports_nothing_that_it_has_no_use_for(name: str, built: Path) -> None:
    imported = HEAVY.keys() & _imported(name, built)
    too_much = imported - ALLOWED[name]
    assert not too_much, f"{name} pays for {', '.join(f'{each} ({HEAVY[each]} ms)' for each in too_much)}"
    assert ALLOWED[name] <= imported, f"{name} is allowed what it no longer imports: take it off the list"


@pytest.mark.parametrize("name", ONE_CLIENT)
def test_a_hot_path_makes_one_client_at_import(name: str, built: Path) -> None:
    assert _told(LIST_CLIENTS, name, built) == {"dynamodb_client"}


def test_the_health_probe_starts_without_pydantic(built: Path) -> None:
    """It is 48 ms of a cold start, and the Hub takes us for OFFLINE where `versions` is slow."""
    assert not {name for name in _told(LIST_MODULES, "versions", built) if name.startswith("pydantic")}


def _imported(name: str, built: Path) -> set[str]:
    """What importing app.py brings in, with the standard library and the layers alone."""
    return _told(LIST_MODULES, name, built)


def _told(code: str, name: str, built: Path) -> set[str]:
    variables = dict.fromkeys(environment(functions()[name]), "30") | {
        "AWS_DEFAULT_REGION": "ap-south-1",
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "ALLOW_HTTP_HUB": "false",
        "LOG_LEVEL": "INFO",
        "SETTLEMENT_TIME_ZONE": "Asia/Kolkata",
    }
    paths = [built / logical_id(name)]
    paths += [built / layer / "python" for layer in ("DependenciesX8664Layer", "EmspLayer")]
    command = [sys.executable, "-I", "-S", "-B", "-c", code, *map(str, paths)]
    finished = subprocess.run(command, env=variables, capture_output=True, text=True, check=False)
    assert finished.returncode == 0, finished.stderr
    return set(finished.stdout.split())
