"""The types of boto3's clients.

Only the type checker has their stubs. Python evaluates such an alias only on request, so nothing is imported
at run time.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import client as dynamodb
    from mypy_boto3_dynamodb import type_defs as dynamodb_types
    from mypy_boto3_events import client as events
    from mypy_boto3_lambda import client as lambda_
    from mypy_boto3_s3 import client as s3
    from mypy_boto3_secretsmanager import client as secretsmanager
    from mypy_boto3_sqs import client as sqs
    from mypy_boto3_stepfunctions import client as stepfunctions

type DynamoDBClient = dynamodb.DynamoDBClient
type EventBridgeClient = events.EventBridgeClient
type LambdaClient = lambda_.LambdaClient
type S3Client = s3.S3Client
type SecretsManagerClient = secretsmanager.SecretsManagerClient
type SFNClient = stepfunctions.SFNClient
type SQSClient = sqs.SQSClient

type AttributeValue = dynamodb_types.AttributeValueTypeDef
type TransactWriteItem = dynamodb_types.TransactWriteItemTypeDef
