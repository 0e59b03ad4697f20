"""`make ready`: the checklist before going live, of the stack that `make up` left running, or of one on AWS.

`python -m tests.ready [--stack NAME] [IN*ABC ...]`: a stack that is named is asked on AWS, by the
environment's credentials. Ends with 1 while something is not done.
"""

import argparse
import json
import sys
from collections.abc import Mapping
from typing import Any

import boto3
from botocore.config import Config

from tests.local_cloud.places import STACK_FILE
from tests.local_cloud.stack import InvocationFailed, Stack


def main(arguments: list[str]) -> bool:
    parser = argparse.ArgumentParser(prog="make ready", description="The checklist before going live")
    parser.add_argument("--stack", help="name of a stack on AWS; without: the local one")
    parser.add_argument("target_cpos", nargs="*", help="CPOs that must be routed, such as IN*ABC")
    asked = parser.parse_args(arguments)
    payload = {"target_cpos": asked.target_cpos}
    if asked.stack:
        return say(_on_aws(f"{asked.stack}-check_readiness", payload))
    stack = Stack.load(STACK_FILE)
    if stack is None:
        sys.exit("there is no local stack: run `make up` first, or name one on AWS: make ready STACK=emsp")
    return say(stack.invoke("check_readiness", payload))


def say(told: Mapping[str, Any]) -> bool:
    """Print it, one item below the other; whether all is done."""
    for each in told["items"]:
        print(f"{each['status']:8} {each['item']}")
        shown = {name: value for name, value in each["evidence"].items() if name != "cpos" and value}
        for name, value in shown.items():
            print(f"           {name}: {value if isinstance(value, str | int) else json.dumps(value)}")
        for party, state in each["evidence"].get("cpos", {}).items():
            counts = f"{state['locations']} locations, {state['tariffs']} tariffs"
            print(f"           {party}: {state['status'] or 'unknown'}, {counts}")
        if each["next"]:
            print(f"        -> {each['next']}")
    print("ready" if told["ready"] else "not ready yet")
    return bool(told["ready"])


def _on_aws(function: str, payload: Mapping[str, Any]) -> Any:
    client = boto3.client("lambda", config=Config(read_timeout=130, retries={"total_max_attempts": 1}))
    answer = client.invoke(FunctionName=function, Payload=json.dumps(payload).encode())
    told = json.loads(answer["Payload"].read())
    if answer.get("FunctionError"):
        raise InvocationFailed(function, told.get("errorType", "?"), told.get("errorMessage", str(told)))
    return told


if __name__ == "__main__":
    sys.exit(not main(sys.argv[1:]))
