"""The clients of boto3. Each Lambda creates a client once: at the import of its app.py, because the CPU is
fastest during INIT, or at first use if it rarely needs the client.

timeouts.py has their timeouts and retries: all calls of a receiver together must end before the Lambda's
timeout, so that the Hub gets our 5xx. The bulk clients are for pulls: they wait longer and have more
connections. `boto3.resource` is not used, because it takes longer to create.
"""

from functools import cache
from typing import Final

import boto3
from botocore.config import Config

from emsp.stores.client_types import (
    DynamoDBClient,
    EventBridgeClient,
    LambdaClient,
    S3Client,
    SecretsManagerClient,
    SFNClient,
    SQSClient,
)
from emsp.timeouts import AWS_BULK_CALL, AWS_CALL, OTHER_FUNCTION, AwsTimeouts

BULK_REQUESTS_AT_ONCE: Final = 8


def _config(timeouts: AwsTimeouts, connections: int) -> Config:
    return Config(
        connect_timeout=timeouts.connect_s,
        read_timeout=timeouts.read_s,
        retries={"mode": "standard", "total_max_attempts": timeouts.tries},
        max_pool_connections=connections,
        tcp_keepalive=True,
        parameter_validation=False,
    )


CONFIG: Final = _config(AWS_CALL, connections=10)
WAITING_CONFIG: Final = _config(OTHER_FUNCTION, connections=1)
BULK_CONFIG: Final = _config(AWS_BULK_CALL, connections=2 * BULK_REQUESTS_AT_ONCE)


@cache
def dynamodb_client() -> DynamoDBClient:
    return boto3.client("dynamodb", config=CONFIG)


@cache
def s3_client() -> S3Client:
    return boto3.client("s3", config=CONFIG)


@cache
def secretsmanager_client() -> SecretsManagerClient:
    return boto3.client("secretsmanager", config=CONFIG)


@cache
def eventbridge_client() -> EventBridgeClient:
    return boto3.client("events", config=CONFIG)


@cache
def sqs_client() -> SQSClient:
    return boto3.client("sqs", config=CONFIG)


@cache
def stepfunctions_client() -> SFNClient:
    return boto3.client("stepfunctions", config=CONFIG)


@cache
def bulk_dynamodb_client() -> DynamoDBClient:
    return boto3.client("dynamodb", config=BULK_CONFIG)


@cache
def bulk_s3_client() -> S3Client:
    return boto3.client("s3", config=BULK_CONFIG)


@cache
def waiting_lambda_client() -> LambdaClient:
    """Return a client that waits for the function's answer."""
    return boto3.client("lambda", config=WAITING_CONFIG)


@cache
def lambda_client() -> LambdaClient:
    return boto3.client("lambda", config=BULK_CONFIG)
