"""`make ready` prints the checklist before going live, for the local stack or for one on AWS.

`python -m tests.ready [--stack NAME] [IN*ABC ...]`: with --stack it asks a stack on AWS, with the credentials
of the environment. The exit status is 1 until everything is done.
"""

import argparse
import json
import sys
from collections.abc import Mapping
from typing import Any

from tests.invoke import NotInvocable, target
from tests.local_cloud.stack import InvocationFailed, invoke


def main(arguments: list[str]) -> bool:
    parser = argparse.ArgumentParser(prog="make ready", description="The checklist before going live")
    parser.add_argument("--stack", help="the name of a stack on AWS; the local stack by default")
    parser.add_argument("target_cpos", nargs="*", help="CPOs that must be routed, such as IN*ABC")
    asked = parser.parse_args(arguments)
    return say(invoke(*target("check_readiness", asked.stack), {"target_cpos": asked.target_cpos}))


def say(told: Mapping[str, Any]) -> bool:
    """Print the items, and return whether all of them are done."""
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


if __name__ == "__main__":
    try:
        sys.exit(not main(sys.argv[1:]))
    except (NotInvocable, InvocationFailed) as problem:
        sys.exit(str(problem))
