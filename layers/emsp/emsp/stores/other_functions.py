"""Invoke another function of this stack, and wait for its answer."""

import json
from typing import Any

from emsp.stores.aws import waiting_lambda_client
from emsp.stores.table import store_errors


class FunctionFailed(Exception):
    """The invoked function raised an error."""


def call(function: str, payload: dict[str, Any]) -> dict[str, Any]:
    """Invoke a function and return its answer. Raises FunctionFailed and StoreUnavailable."""
    with store_errors(f"invoking {function}"):
        answer = waiting_lambda_client().invoke(FunctionName=function, Payload=json.dumps(payload).encode())
        content = answer["Payload"].read()
    if answer.get("FunctionError"):
        raise FunctionFailed(f"{function} raised: {content[:500].decode(errors='replace')}")
    result: dict[str, Any] = json.loads(content)
    return result
