"""`make invoke` calls a function. It prints the answer as JSON, and nothing else, on stdout. An error goes to
stderr, with exit status 1.

`python -m tests.invoke FUNCTION [PAYLOAD] [--stack NAME] [--no-wait]`: the payload is JSON, or the name of a
file with JSON. With --stack it calls a stack on AWS, with the credentials of the environment. Without, it
calls the local stack that `make up` started.
"""

import argparse
import json
import sys
from pathlib import Path
from typing import Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from tests.local_cloud.places import STACK_FILE
from tests.local_cloud.stack import CALL_WITHIN, InvocationFailed, Stack, invoke


class NotInvocable(Exception):
    """The call is not possible. The message says why, and what to do."""


def main(arguments: list[str]) -> None:
    parser = argparse.ArgumentParser(prog="make invoke", description="Call a function, print its answer")
    parser.add_argument("function", help="the name of the function, such as send_command")
    parser.add_argument("payload", nargs="?", default="{}", help="JSON, or a file with JSON")
    parser.add_argument("--stack", help="the name of a stack on AWS; the local stack by default")
    parser.add_argument("--no-wait", action="store_true", help="start it, and do not wait for the answer")
    asked = parser.parse_args(arguments)
    client, name = target(asked.function, asked.stack)
    payload = read_payload(asked.payload)
    if asked.no_wait:
        client.invoke(FunctionName=name, InvocationType="Event", Payload=json.dumps(payload).encode())
        print(f"{name} was started", file=sys.stderr)
    else:
        print(json.dumps(invoke(client, name, payload), indent=2, ensure_ascii=False))


def target(function: str, stack_name: str | None) -> tuple[Any, str]:
    """A Lambda client, and the name of the function in that stack. Raises NotInvocable."""
    if stack_name:
        return boto3.client("lambda", config=CALL_WITHIN), f"{stack_name}-{function}"
    stack = Stack.load(STACK_FILE)
    if stack is None:
        raise NotInvocable(
            "there is no local stack: run `make up` first, or name a stack on AWS with STACK=emsp"
        )
    if function not in stack.functions:
        raise NotInvocable(
            f"there is no function {function!r}: there are {', '.join(sorted(stack.functions))}"
        )
    return boto3.client("lambda", config=CALL_WITHIN, **stack.client_settings), stack.functions[function]


def read_payload(given: str) -> Any:
    """The payload, which is JSON or the name of a file with JSON. Raises NotInvocable."""
    try:
        return json.loads(given if given.lstrip().startswith(("{", "[")) else Path(given).read_text("utf-8"))
    except OSError as error:
        raise NotInvocable(f"the payload {given} is neither JSON nor a file: {error.strerror}") from error
    except ValueError as error:
        raise NotInvocable(f"the payload {given} is not JSON: {error}") from error


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except (NotInvocable, InvocationFailed, ClientError, BotoCoreError) as problem:
        sys.exit(str(problem))
