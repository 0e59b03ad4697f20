"""boto3 clients whose calls end well before the Lambda that makes them does.

A client makes at most two attempts of 1 s to connect and 2 s to read, so a call takes less than 7 s with its
backoff, and a receiver's longest chain of calls answers 5xx itself instead of being cut off by the Lambda
timeout. Clients are created at import of a function's app.py, where INIT has a full CPU, or on first use
where a function rarely needs one.
"""

from functools import cache
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_events import EventBridgeClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_secretsmanager import SecretsManagerClient
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_stepfunctions import SFNClient

SECONDS_AT_MOST = 7
"""How long one call of these clients can take: two attempts of 3 s each and a backoff of at most 1 s."""

CONFIG = Config(
    connect_timeout=1,
    read_timeout=2,
    retries={"mode": "standard", "total_max_attempts": 2},
    tcp_keepalive=True,
    parameter_validation=False,
)


@cache
def dynamodb_client() -> "DynamoDBClient":
    return boto3.client("dynamodb", config=CONFIG)


@cache
def s3_client() -> "S3Client":
    return boto3.client("s3", config=CONFIG)


@cache
def secretsmanager_client() -> "SecretsManagerClient":
    return boto3.client("secretsmanager", config=CONFIG)


@cache
def eventbridge_client() -> "EventBridgeClient":
    return boto3.client("events", config=CONFIG)


@cache
def sqs_client() -> "SQSClient":
    return boto3.client("sqs", config=CONFIG)


@cache
def stepfunctions_client() -> "SFNClient":
    return boto3.client("stepfunctions", config=CONFIG)


@cache
def dynamodbstreams_client() -> Any:  # noqa: ANN401  there are no types for it in use here
    return boto3.client("dynamodbstreams", config=CONFIG)
