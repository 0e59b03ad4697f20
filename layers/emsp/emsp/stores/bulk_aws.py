"""boto3 clients for pulls: more patient than those of stores/aws.py, and with connections for many requests
at once.
"""

from functools import cache
from typing import TYPE_CHECKING

import boto3
from botocore.config import Config

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_lambda import LambdaClient
    from mypy_boto3_s3 import S3Client

REQUESTS_AT_ONCE = 8

CONFIG = Config(
    connect_timeout=3,
    read_timeout=20,
    retries={"mode": "standard", "total_max_attempts": 5},
    max_pool_connections=2 * REQUESTS_AT_ONCE,
    tcp_keepalive=True,
    parameter_validation=False,
)


@cache
def bulk_dynamodb_client() -> "DynamoDBClient":
    return boto3.client("dynamodb", config=CONFIG)


@cache
def bulk_s3_client() -> "S3Client":
    return boto3.client("s3", config=CONFIG)


@cache
def lambda_client() -> "LambdaClient":
    return boto3.client("lambda", config=CONFIG)
