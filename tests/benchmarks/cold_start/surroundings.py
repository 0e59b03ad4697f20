"""What the functions need around them: the stack on a local cloud, and a Hub that knows us."""

import json
import platform
import re
import subprocess
import sys
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3

from tests.benchmarks.cold_start import events
from tests.benchmarks.cold_start.events import OUR_TOKEN
from tests.inbound_tokens import live_token, store_tokens
from tests.local_cloud.lifecycle import own_local_cloud
from tests.local_cloud.places import REPOSITORY
from tests.local_cloud.stack import Stack

INITIAL_TOKEN = "benchmark-initial-token"


@dataclass(frozen=True)
class Surroundings:
    """A deployed stack whose secrets hold a token of ours and the Hub's."""

    stack: Stack
    location: dict[str, Any]
    """A location of a CPO behind the Hub."""
    command_id: str
    """A command that was sent before."""
    session_item: dict[str, Any]
    session_stream: str
    """The item of a session that was received before, and the stream of its table."""

    def environment(self, function: str) -> dict[str, str]:
        """The variables that the deployed function has, and those that Lambda adds."""
        configuration = boto3.client("lambda", **self.stack.client_settings).get_function_configuration(
            FunctionName=self.stack.functions[function]
        )
        return {
            **configuration["Environment"]["Variables"],
            "QUOTA_AUTHORIZE_PER_MINUTE": "1000000",
            "QUOTA_COMMANDS_PER_MINUTE": "1000000",
            "AWS_LAMBDA_FUNCTION_NAME": configuration["FunctionName"],
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(configuration["MemorySize"]),
            "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
            "AWS_REGION": self.stack.region,
            "AWS_DEFAULT_REGION": self.stack.region,
            "AWS_ACCESS_KEY_ID": self.stack.access_key_id,
            "AWS_SECRET_ACCESS_KEY": self.stack.secret_access_key,
            "AWS_ENDPOINT_URL": self.stack.endpoint_url,
        }

    @staticmethod
    def layers(build: Path) -> tuple[Path, ...]:
        """The folders that Lambda would put on the path for this machine's processor."""
        dependencies = "Arm64" if platform.machine() in ("aarch64", "arm64") else "X8664"
        return (build / f"Dependencies{dependencies}Layer" / "python", build / "EmspLayer" / "python")


@contextmanager
def surroundings() -> Iterator[Surroundings]:
    """Builds and deploys the stack, starts the simulated Hub, and writes what the functions know of it."""
    with (
        own_local_cloud(parameters={"DriverApiIssuer": "http://127.0.0.1:9"}) as stack,
        _hub() as versions_url,
    ):
        secrets = boto3.client("secretsmanager", **stack.client_settings)
        credentials = _credentials(versions_url)
        secrets.put_secret_value(SecretId=stack.secrets["hub"], SecretString=json.dumps(credentials))
        dynamodb = boto3.client("dynamodb", **stack.client_settings)
        store_tokens(dynamodb, stack.tables["control"], [live_token(OUR_TOKEN)])
        locations = _endpoint(credentials["endpoints"], "locations")
        location = _hub_call(f"{locations}?limit=1", credentials["token"])[0]
        sent = stack.invoke("send_command", events.start_session(location))
        received = events.session_put(0)
        stack.invoke("receive_session", received)
        key = "#".join(received["pathParameters"].values()).upper()
        table = stack.tables["sessions"]
        item = dynamodb.get_item(TableName=table, Key={"object_key": {"S": key}})["Item"]
        stream = dynamodb.describe_table(TableName=table)["Table"]["LatestStreamArn"]
        yield Surroundings(stack, location, sent["command_id"], dict(item), stream)


@contextmanager
def _hub() -> Iterator[str]:
    settings = {
        "credentials": {"verify_versions": False},
        "charging": {"pending_s": 3600.0},  # no pushes meanwhile
        "commands": {"callback_delay_s": 3600.0},
    }
    command = [sys.executable, "-m", "tests.hub_simulator", "--no-limits", f"--initial-token={INITIAL_TOKEN}"]
    command.append(f"--settings={json.dumps(settings)}")
    with subprocess.Popen(command, cwd=REPOSITORY, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            found = re.search(r"versions_url=(\S+)", process.stdout.readline())
            if found is None:
                raise RuntimeError("the simulated Hub did not start; what it said stands above")
            yield found[1]
        finally:
            process.terminate()


def _credentials(versions_url: str) -> dict[str, Any]:
    """Registers with the Hub; what the hub secret holds after a registration."""
    details = _hub_call(_hub_call(versions_url, INITIAL_TOKEN)[0]["url"], INITIAL_TOKEN)
    endpoints = details["endpoints"]
    ours = {
        "token": OUR_TOKEN,
        "url": "http://127.0.0.1:9/ocpi/versions",
        "roles": [
            {
                "role": "EMSP",
                "country_code": "IN",
                "party_id": "EMS",
                "business_details": {"name": "Example eMSP"},
            }
        ],
    }
    theirs = _hub_call(_endpoint(endpoints, "credentials"), INITIAL_TOKEN, ours)
    return {
        "versions_url": versions_url,
        "token": theirs["token"],
        "token_encoding": "plain",
        "endpoints": endpoints,
        "hub_roles": theirs["roles"],
    }


def _endpoint(endpoints: list[dict[str, str]], module: str) -> str:
    return next(each["url"] for each in endpoints if each["identifier"] == module)


def _hub_call(url: str, token: str, body: Mapping[str, Any] | None = None) -> Any:
    request = urllib.request.Request(
        url,
        data=None if body is None else json.dumps(body).encode(),
        headers={"Authorization": f"Token {token}", "Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=10) as answer:
        envelope = json.loads(answer.read())
    if envelope["status_code"] != 1000:
        raise RuntimeError(f"the simulated Hub refused {url}: {envelope}")
    return envelope["data"]
