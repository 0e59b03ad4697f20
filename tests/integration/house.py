"""The real handlers on moto: tables, buckets, secrets, bus and queue as template.yaml has them,
called in-process.
"""

import base64
import importlib.util
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any, Final

import boto3
import pytest
from moto.dynamodb.models import dynamodb_backends
from moto.s3.models import s3_backends
from moto.sqs.models import sqs_backends

from emsp.stores import aws
from emsp.stores.table import LargeBodies, read_body
from tests.fresh_aws import fresh_aws
from tests.inbound_tokens import live_token, store_tokens
from tests.schemas.validate import validate_answers
from tests.template.stores import bucket_names, create_tables, table_keys, variables

REPOSITORY = Path(__file__).parents[2]
REGION: Final = "ap-south-1"
OUR_TOKEN = "token-of-the-hub-7f3a90c2"
BASE_URL = "https://emsp.example.com"
ENVIRONMENT = variables() | {
    "AWS_DEFAULT_REGION": REGION,
    "AWS_REGION": REGION,
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",
    "OUR_COUNTRY_CODE": "IN",
    "OUR_PARTY_ID": "EMS",
    "OUR_BUSINESS_NAME": "Example eMSP",
    "OUR_WEBSITE": "https://emsp.example.com",
    "PUBLIC_BASE_URL": BASE_URL,
    "HUB_SECRET_ID": "hub",
    "EVENT_BUS_NAME": "emsp",
    "AWS_LAMBDA_FUNCTION_NAME": "the one that was loaded last",
    "ALLOW_HTTP_HUB": "true",
    "LOG_LEVEL": "DEBUG",
}
KEYS = table_keys()
CLIENTS = (
    aws.dynamodb_client,
    aws.s3_client,
    aws.bulk_dynamodb_client,
    aws.bulk_s3_client,
    aws.secretsmanager_client,
    aws.eventbridge_client,
    aws.sqs_client,
)


@dataclass(frozen=True)
class Answer:
    """What the Hub gets. `envelope` is the parsed body."""

    http_status: int
    headers: Mapping[str, str]
    envelope: dict[str, Any]
    body: str

    @property
    def status_code(self) -> int:
        return int(self.envelope["status_code"])


@dataclass
class House:
    """All handlers, loaded as Lambda loads them, and the AWS that moto plays."""

    dynamodb: Any
    s3: Any
    apps: dict[str, ModuleType] = field(default_factory=dict)
    context: Any = None

    def app(self, name: str) -> ModuleType:
        os.environ["AWS_LAMBDA_FUNCTION_NAME"] = name
        if name not in self.apps:
            path = REPOSITORY / "functions" / name / "app.py"
            spec = importlib.util.spec_from_file_location(f"tested_{name}", path)
            assert spec is not None
            assert spec.loader is not None
            module = importlib.util.module_from_spec(spec)
            spec.loader.exec_module(module)
            validate_answers(name, module)
            self.apps[name] = module
        return self.apps[name]

    def call(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        token: str | None = OUR_TOKEN,
        headers: Mapping[str, str] | None = None,
        raw: bytes | None = None,
        base64_body: bool = False,
    ) -> Answer:
        """What API Gateway makes of a request, and what the function behind the route answers."""
        name, resource, parameters = route(path)
        sent = {"x-request-id": "request-1", "x-correlation-id": "correlation-1", **(headers or {})}
        if token is not None and "authorization" not in {header.lower() for header in sent}:
            sent["authorization"] = "Token " + base64.b64encode(token.encode()).decode()
        content = raw if raw is not None else (b"" if body is None else json.dumps(body).encode())
        event = api_event(
            method, path, sent, content, resource=resource, parameters=parameters, base64_body=base64_body
        )
        answer = self.app(name).handler(event, self.context)
        return Answer(answer["statusCode"], answer["headers"], json.loads(answer["body"]), answer["body"])

    def item(self, table: str, key: str) -> dict[str, Any] | None:
        answer = self.dynamodb.get_item(
            TableName=table, Key={KEYS[table][0]: {"S": key}}, ConsistentRead=True
        )
        item: dict[str, Any] | None = answer.get("Item")
        return item

    def stored_object(self, table: str, key: str) -> dict[str, Any]:
        """The JSON that an item keeps, whichever way it is kept."""
        kept: dict[str, Any] = json.loads(self.stored_text(table, key))
        return kept

    def stored_text(self, table: str, key: str) -> str:
        """The text that an item keeps, as it was received."""
        item = self.item(table, key)
        assert item is not None
        return read_body(item, LargeBodies("large-bodies", aws.s3_client))

    def items(self, table: str) -> list[dict[str, Any]]:
        items: list[dict[str, Any]] = self.dynamodb.scan(TableName=table)["Items"]
        return items

    def rejected(self) -> list[dict[str, Any]]:
        entries = self.s3.list_objects_v2(Bucket="rejected").get("Contents", [])
        return [
            {
                "key": entry["Key"],
                **json.loads(self.s3.get_object(Bucket="rejected", Key=entry["Key"])["Body"].read()),
            }
            for entry in entries
        ]

    def empty(self) -> None:
        """Take out all objects; tables, buckets, secrets and our inbound tokens stay. Straight from moto's
        state: through its API this takes longer than most tests.
        """
        for table in moto_state(dynamodb_backends).tables.values():
            for key in list(table.items):
                if key.value != "inbound_tokens":
                    del table.items[key]
        for bucket in moto_state(s3_backends, "aws").buckets.values():
            bucket.keys.clear()
        for queue in moto_state(sqs_backends).queues.values():
            queue._messages.clear()
            queue._pending_messages.clear()


def route(path: str) -> tuple[str, str, dict[str, str]]:
    """The function, the API Gateway resource and the path parameters of a path (still percent-encoded)."""
    parts = path.split("?", maxsplit=1)[0].strip("/").split("/")
    match parts:
        case ["ocpi", "2.2.1", "credentials"]:
            return "credentials", "/ocpi/2.2.1/credentials", {}
        case ["ocpi", "2.2.1", "sessions", country_code, party_id, session_id]:
            names = {"country_code": country_code, "party_id": party_id, "session_id": session_id}
            return "receive_session", "/ocpi/2.2.1/sessions/{country_code}/{party_id}/{session_id}", names
        case ["ocpi", "2.2.1", "cdrs"]:
            return "receive_cdr", "/ocpi/2.2.1/cdrs", {}
        case ["ocpi", "2.2.1", "cdrs", country_code, party_id, cdr_id]:
            names = {"country_code": country_code, "party_id": party_id, "cdr_id": cdr_id}
            return "receive_cdr", "/ocpi/2.2.1/cdrs/{country_code}/{party_id}/{cdr_id}", names
        case ["ocpi", "2.2.1", "commands", command, command_id]:
            names = {"command": command, "command_id": command_id}
            return "receive_command_result", "/ocpi/2.2.1/commands/{command}/{command_id}", names
        case _:
            return "versions", "/{proxy+}", {"proxy": path.strip("/")}


def api_event(
    method: str,
    path: str,
    headers: Mapping[str, str],
    content: bytes,
    *,
    resource: str,
    parameters: Mapping[str, str],
    base64_body: bool,
) -> dict[str, Any]:
    body = base64.b64encode(content).decode() if base64_body else content.decode(errors="replace")
    return {
        "resource": resource,
        "path": path,
        "httpMethod": method,
        "headers": dict(headers),
        "pathParameters": dict(parameters) or None,
        "queryStringParameters": None,
        "requestContext": {
            "path": f"/live{path}",
            "stage": "live",
            "domainName": "abc123.execute-api.ap-south-1.amazonaws.com",
            "requestId": "gateway-1",
        },
        "body": body or None,
        "isBase64Encoded": base64_body,
    }


def moto_state(backends: Any, region: str = REGION) -> Any:
    """Of the one account."""
    [regions] = backends.values()
    return regions[region]


@contextmanager
def house() -> Iterator[House]:
    """A House on a fresh moto, with OUR_TOKEN as the live inbound token."""
    with fresh_aws(), pytest.MonkeyPatch.context() as patch:
        for name, value in ENVIRONMENT.items():
            patch.setenv(name, value)
        forget_clients()
        patch.setenv("FAILED_CHANGES_QUEUE_URL", _furnish())
        yield House(boto3.client("dynamodb"), boto3.client("s3"))
    forget_clients()


def forget_clients() -> None:
    for client in CLIENTS:
        client.cache_clear()


def _furnish() -> str:
    dynamodb, s3 = boto3.client("dynamodb"), boto3.client("s3")
    create_tables(dynamodb)
    for bucket in bucket_names():
        s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": REGION})
    secrets = boto3.client("secretsmanager")
    secrets.create_secret(Name="hub", SecretString="{}")
    store_tokens(dynamodb, "control", [live_token(OUR_TOKEN)])
    boto3.client("events").create_event_bus(Name="emsp")
    return _queue_of_failed_changes(s3)


def _queue_of_failed_changes(s3: Any) -> str:
    """Its URL; the bucket tells it of what failed, as in template.yaml."""
    sqs = boto3.client("sqs")
    url = str(sqs.create_queue(QueueName="failed-changes")["QueueUrl"])
    asked = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
    told = [
        {
            "QueueArn": asked["Attributes"]["QueueArn"],
            "Events": ["s3:ObjectCreated:*"],
            "Filter": {"Key": {"FilterRules": [{"Name": "prefix", "Value": prefix}]}},
        }
        for prefix in ("aws/lambda/", "parked/")
    ]
    s3.put_bucket_notification_configuration(
        Bucket="large-bodies", NotificationConfiguration={"QueueConfigurations": told}
    )
    return url
