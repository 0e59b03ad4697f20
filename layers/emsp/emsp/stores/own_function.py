"""Let a function invoke itself, to continue work that takes longer than one invocation."""

import os

from emsp.ocpi.json_text import JsonObject, dump_json
from emsp.stores.aws import lambda_client
from emsp.stores.table import store_errors


def invoke_again(payload: JsonObject) -> None:
    """Invoke this function again, without waiting for it. Raises StoreUnavailable."""
    name = os.environ["AWS_LAMBDA_FUNCTION_NAME"]
    with store_errors(f"invoking {name} again"):
        lambda_client().invoke(FunctionName=name, InvocationType="Event", Payload=dump_json(payload).encode())
