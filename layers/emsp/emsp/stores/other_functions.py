"""Other functions of ours, invoked and waited for."""

import json
from typing import Any

from emsp.stores.aws import waiting_lambda_client
from emsp.stores.table import store_errors


class FunctionFailed(Exception):
    """The function was invoked, and raised."""


def call(function: str, payload: dict[str, Any]) -> dict[str, Any]:
    """What the function answers. Raises FunctionFailed, StoreUnavailable."""
    with store_errors(f"invoking {function}"):
        answer = waiting_lambda_client().invoke(FunctionName=function, Payload=json.dumps(payload).encode())
        content = answer["Payload"].read()
    if answer.get("FunctionError"):
        raise FunctionFailed(f"{function} raised: {content[:500].decode(errors='replace')}")
    result: dict[str, Any] = json.loads(content)
    return result
