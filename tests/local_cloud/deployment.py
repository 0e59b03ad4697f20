"""Deploys the real template.yaml to the local cloud with the real `sam build` and `sam deploy`."""

import fcntl
import hashlib
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType
from typing import Final

import boto3

from tests.local_cloud.adaptations import adapt_file
from tests.local_cloud.places import BUILD, LOCAL, REPOSITORY, SAM, installed
from tests.local_cloud.server import ACCESS_KEY_ID, ACCOUNT_ID, REGION, SECRET_ACCESS_KEY, Server
from tests.local_cloud.stack import ClientSettings, Stack
from tests.template.template import design_name
from tests.template.yaml_file import load

STACK_NAME = "emsp"
ARTIFACTS_BUCKET = "deployment-artifacts"
# A tag of MiniStack's own sets the API's id, so that its URL is known before the stack exists.
API_ID = "emsplocal"
PARAMETERS = {
    "Architecture": "x86_64",
    "AllowHttpHub": "true",
    "OurCountryCode": "IN",
    "OurPartyId": "EMS",
    "OurBusinessName": "Example eMSP",
    "OurWebsite": "https://emsp.example.com",
    "AlarmEmail": "none",
    "SchedulesState": "DISABLED",
    "DeletionProtection": "false",
    "RequireTls": "false",
}
TEMPLATES = ("template.yaml", "operations.yaml", "driver_api.yaml", "webhooks.yaml")
INPUTS = (*TEMPLATES, "tests/local_cloud/adaptations.py", "functions", "layers")

NO_PARAMETERS: Final[Mapping[str, str]] = MappingProxyType({})

Say = Callable[[str], None]


class UnknownParameter(Exception):
    """The template has no parameter with this name."""


class DeploymentFailed(Exception):
    """sam could not build or deploy the stack. The message contains sam's output."""


def say_to_stderr(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def input_hash() -> str:
    """A hash of all files that a build reads. It shows whether the deployed stack is current."""
    digest = hashlib.sha256()
    for path in sorted(_input_files()):
        digest.update(f"{path.relative_to(REPOSITORY)}\0".encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()


def _input_files() -> Iterator[Path]:
    for name in INPUTS:
        path = REPOSITORY / name
        if path.is_file():
            yield path
        for inner in path.rglob("*"):
            if inner.is_file() and "__pycache__" not in inner.parts:
                yield inner


def build(say: Say = say_to_stderr) -> Path:
    """Runs `sam build` for what has changed, and returns the built template."""
    began = time.monotonic()
    with _one_at_a_time():
        built = _build(REPOSITORY)
    say(f"sam build: {time.monotonic() - began:.1f} s")
    return built


def deploy(
    server: Server,
    say: Say = say_to_stderr,
    parameters: Mapping[str, str] = NO_PARAMETERS,
    source: Path = REPOSITORY,
) -> Stack:
    """Builds the stack and deploys it to the server, as a new stack or as an update that keeps the data.
    Returns the stack. `parameters` override PARAMETERS; `source` is the folder of another version. Raises
    DeploymentFailed.
    """
    with _one_at_a_time():
        began = time.monotonic()
        say("sam build ...")
        built = _build(source)
        say(f"sam build: {time.monotonic() - began:.1f} s")
        began = time.monotonic()
        say("sam deploy ...")
        _deploy(server, built, parameters)
        say(f"sam deploy: {time.monotonic() - began:.1f} s")
    return _stack(server)


@contextmanager
def _one_at_a_time() -> Iterator[None]:
    """Prevents two sams from writing the same build folder."""
    LOCAL.mkdir(exist_ok=True)
    with (LOCAL / "build.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _build(source: Path) -> Path:
    folder = BUILD if source == REPOSITORY else source / ".aws-sam"
    inputs, built_from = _inputs_of(source), folder / "built_from"
    if built_from.exists() and built_from.read_text(encoding="utf-8") == inputs:
        return folder / "build" / "template.yaml"
    built_from.unlink(missing_ok=True)
    command = ["build", "--template", str(source / "template.yaml"), "--cached", "--parallel"]
    command += ["--build-dir", str(folder / "build"), "--cache-dir", str(folder / "cache")]
    _sam(command + _overrides(PARAMETERS), {})
    built_from.write_text(inputs, encoding="utf-8")
    return folder / "build" / "template.yaml"


def _inputs_of(source: Path) -> str:
    """A digest of everything that is built.

    sam writes each folder again, even from its cache. Tests that run at the same time read these folders.
    """
    digest = hashlib.sha256()
    paths = [source / name for name in TEMPLATES]
    paths += [path for name in ("functions", "layers") for path in sorted((source / name).rglob("*"))]
    for path in paths:
        if path.is_file() and "__pycache__" not in path.parts:
            digest.update(f"{path.relative_to(source)}\0".encode() + path.read_bytes() + b"\0")
    return digest.hexdigest()


def _deploy(server: Server, built: Path, parameters: Mapping[str, str]) -> None:
    s3 = boto3.client("s3", **_client_settings(server))
    if ARTIFACTS_BUCKET not in [each["Name"] for each in s3.list_buckets()["Buckets"]]:
        s3.create_bucket(Bucket=ARTIFACTS_BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
    base_url = f"{server.endpoint_url}/_aws/execute-api/{API_ID}/live"
    template = adapt_file(built)
    command = ["deploy", "--template", str(template), "--stack-name", STACK_NAME]
    command += ["--s3-bucket", ARTIFACTS_BUCKET, "--capabilities", "CAPABILITY_IAM"]
    command += ["--no-confirm-changeset", "--no-progressbar", "--on-failure", "DO_NOTHING"]
    command += ["--no-fail-on-empty-changeset"]
    command += ["--tags", f"ms-custom-id={API_ID}"]
    _sam(
        command + _overrides({**PARAMETERS, "PublicBaseUrl": base_url, **parameters}),
        {
            "AWS_ENDPOINT_URL": server.endpoint_url,
            "AWS_ACCESS_KEY_ID": ACCESS_KEY_ID,
            "AWS_SECRET_ACCESS_KEY": SECRET_ACCESS_KEY,
            "SAM_CLI_POLL_DELAY": "1",
        },
    )


def check_parameters(parameters: Mapping[str, str]) -> None:
    """Raises UnknownParameter for a name that the template does not have."""
    known = load(REPOSITORY / "template.yaml")["Parameters"]
    for name in parameters:
        if name not in known:
            raise UnknownParameter(
                f"{name} is not a parameter of template.yaml, which has {', '.join(known)}"
            )


def _overrides(parameters: dict[str, str]) -> list[str]:
    return ["--parameter-overrides", *(f'{name}="{value}"' for name, value in parameters.items())]


def _sam(arguments: list[str], settings: dict[str, str]) -> None:
    """Runs sam without the user's own AWS settings, so that it cannot reach any other account."""
    sam = installed(SAM)
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "SAM_"))}
    environment |= {
        "PATH": f"{sam.parent}:{environment.get('PATH', '/usr/bin:/bin')}",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_DEFAULT_REGION": REGION,
        "SAM_CLI_TELEMETRY": "0",
    }
    command = [
        str(sam),
        *arguments,
        "--config-file",
        str(REPOSITORY / "tests" / "local_cloud" / "samconfig.toml"),
    ]
    finished = subprocess.run(
        command, env=environment | settings, cwd=REPOSITORY, capture_output=True, text=True, check=False
    )
    if finished.returncode != 0:
        raise DeploymentFailed(
            f"sam {arguments[0]} failed:\n{finished.stdout[-6000:]}\n{finished.stderr[-6000:]}"
        )


def _client_settings(server: Server) -> ClientSettings:
    return {
        "endpoint_url": server.endpoint_url,
        "region_name": REGION,
        "aws_access_key_id": ACCESS_KEY_ID,
        "aws_secret_access_key": SECRET_ACCESS_KEY,
    }


def _stack(server: Server) -> Stack:
    cloudformation = boto3.client("cloudformation", **_client_settings(server))
    described = cloudformation.describe_stacks(StackName=STACK_NAME)["Stacks"][0]
    outputs = {output["OutputKey"]: output["OutputValue"] for output in described["Outputs"]}
    pages = cloudformation.get_paginator("list_stack_resources").paginate(StackName=STACK_NAME)
    resources = [each for page in pages for each in page["StackResourceSummaries"]]
    return Stack(
        endpoint_url=server.endpoint_url,
        region=REGION,
        account_id=ACCOUNT_ID,
        access_key_id=ACCESS_KEY_ID,
        secret_access_key=SECRET_ACCESS_KEY,
        api_url=outputs["ApiUrl"],
        outputs=outputs,
        functions={
            design_name(each["LogicalResourceId"]): each["PhysicalResourceId"]
            for each in resources
            if each["ResourceType"] == "AWS::Lambda::Function"
        },
        tables=_named(outputs, "TableName"),
        buckets=_named(outputs, "BucketName"),
        secrets=_named(outputs, "SecretId"),
        event_bus=outputs["EventBusName"],
    )


def _named(outputs: dict[str, str], ending: str) -> dict[str, str]:
    """Outputs such as CdrsTableName, by their names in the design: {"cdrs": ...}."""
    return {
        design_name(key.removesuffix(ending)): value for key, value in outputs.items() if key.endswith(ending)
    }
