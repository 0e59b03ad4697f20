"""`make ready`: the checklist before going live, of the stack that `make up` left running, or of one on AWS.

`python -m tests.ready [--stack NAME] [IN*ABC ...]`: a stack that is named is asked on AWS, by the
environment's credentials. Ends with 1 while something is not done.
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
    parser.add_argument("--stack", help="name of a stack on AWS; without: the local one")
    parser.add_argument("target_cpos", nargs="*", help="CPOs that must be routed, such as IN*ABC")
    asked = parser.parse_args(arguments)
    return say(invoke(*target("check_readiness", asked.stack), {"target_cpos": asked.target_cpos}))


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


if __name__ == "__main__":
    try:
        sys.exit(not main(sys.argv[1:]))
    except (NotInvocable, InvocationFailed) as problem:
        sys.exit(str(problem))
