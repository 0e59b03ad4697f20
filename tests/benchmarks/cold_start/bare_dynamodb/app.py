"""One PutItem by boto3 from the functions' own layer and nothing else: what they are held against."""

import json
import os
from datetime import UTC, datetime
from typing import Any

import boto3

dynamodb = boto3.client("dynamodb")
TABLE = os.environ["SESSIONS_TABLE"]


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    session = json.loads(event["body"])
    key = f"{session['country_code']}#{session['party_id']}#{session['id']}"
    dynamodb.put_item(
        TableName=TABLE,
        Item={
            "object_key": {"S": key},
            "body": {"S": event["body"]},
            "status": {"S": session["status"]},
            "last_updated": {"S": session["last_updated"]},
            "received_at": {"S": datetime.now(UTC).isoformat()},
        },
    )
    return {"statusCode": 200, "body": json.dumps({"status_code": 1000})}
