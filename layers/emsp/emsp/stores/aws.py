"""AWS clients whose calls end well before the Lambda that makes them does.

A client makes at most two attempts of 1 s to connect and 2 s to read, so a call takes less than 7 s with its
backoff, and a receiver's longest chain of calls answers 5xx itself instead of being cut off by the Lambda
timeout. Clients are created at import of a function's app.py, where INIT has a full CPU, or on first use
where a function rarely needs one.

What every cold start needs is called through aws_json.py, typed as the boto3 client that it stands in for;
boto3, which takes 150 ms to import, is left to S3 and to rare things.
"""

from functools import cache
from typing import TYPE_CHECKING, Any, cast

from emsp.stores.aws_json import AwsJsonClient

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_events import EventBridgeClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_secretsmanager import SecretsManagerClient
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_stepfunctions import SFNClient

SECONDS_AT_MOST = 7
"""How long one call of these clients can take: two attempts of 3 s each and a backoff of at most 1 s."""


@cache
def dynamodb_client() -> "DynamoDBClient":
    return cast("DynamoDBClient", AwsJsonClient("dynamodb"))


@cache
def s3_client() -> "S3Client":
    return _boto3_client("s3")  # type: ignore[no-any-return]


@cache
def secretsmanager_client() -> "SecretsManagerClient":
    return cast("SecretsManagerClient", AwsJsonClient("secretsmanager"))


@cache
def eventbridge_client() -> "EventBridgeClient":
    return cast("EventBridgeClient", AwsJsonClient("events"))


@cache
def sqs_client() -> "SQSClient":
    return cast("SQSClient", AwsJsonClient("sqs"))


@cache
def stepfunctions_client() -> "SFNClient":
    return cast("SFNClient", AwsJsonClient("states"))


@cache
def dynamodbstreams_client() -> Any:  # noqa: ANN401  there are no types for it in use here
    return _boto3_client("dynamodbstreams")


def _boto3_client(service: str) -> Any:  # noqa: ANN401  one function for clients of several types
    import boto3  # noqa: PLC0415
    from botocore.config import Config  # noqa: PLC0415

    config = Config(
        connect_timeout=1,
        read_timeout=2,
        retries={"mode": "standard", "total_max_attempts": 2},
        tcp_keepalive=True,
        parameter_validation=False,
    )
    return boto3.client(service, config=config)  # type: ignore[call-overload]
