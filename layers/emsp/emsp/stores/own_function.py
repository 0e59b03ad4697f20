"""The function that runs, invoked by itself: what takes longer than one invocation goes on in another."""

import os

from emsp.ocpi.json_text import JsonObject, dump_json
from emsp.stores.aws import lambda_client
from emsp.stores.table import store_errors


def invoke_again(payload: JsonObject) -> None:
    """Start this very function anew, without waiting for it. Raises StoreUnavailable."""
    name = os.environ["AWS_LAMBDA_FUNCTION_NAME"]
    with store_errors(f"invoking {name} anew"):
        lambda_client().invoke(FunctionName=name, InvocationType="Event", Payload=dump_json(payload).encode())
