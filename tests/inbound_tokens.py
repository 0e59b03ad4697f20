"""The item that holds the hashes of the tokens which let the Hub in, as tests write and read it."""

import hashlib
import json
import time
from typing import Any


def stored_tokens(dynamodb: Any, table: str) -> list[dict[str, Any]]:
    """The inbound tokens as they are stored; none before a registration."""
    key = {"control_key": {"S": "inbound_tokens"}}
    item = dynamodb.get_item(TableName=table, Key=key, ConsistentRead=True).get("Item", {})
    tokens: list[dict[str, Any]] = json.loads(item["tokens"]["S"]) if item else []
    return tokens


def store_tokens(dynamodb: Any, table: str, tokens: list[dict[str, Any]]) -> None:
    """Make these the inbound tokens, in place of all before."""
    dynamodb.put_item(
        TableName=table,
        Item={
            "control_key": {"S": "inbound_tokens"},
            "tokens": {"S": json.dumps(tokens)},
            "revision": {"N": str(time.time_ns())},
        },
    )


def live_token(token: str, not_after: str | None = None) -> dict[str, Any]:
    digest = hashlib.sha256(token.encode()).hexdigest()
    return {"sha256": digest, "issued_at": "2026-11-22T10:00:00+00:00", "not_after": not_after}
