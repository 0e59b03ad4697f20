"""`python -m tests.local_cloud up [port]`, `... env` and `... down`, for make."""

import shlex
import sys

from tests.local_cloud.deployment import DeploymentFailed, UnknownParameter, build
from tests.local_cloud.lifecycle import UP_PARAMETERS, Deployed, down, up
from tests.local_cloud.places import REPOSITORY, STACK_FILE, NotInstalled
from tests.local_cloud.server import ServerFailed
from tests.local_cloud.stack import Stack

USAGE = "usage: python -m tests.local_cloud up [port] [Name=Value ...] | env | down | build"


def main(arguments: list[str]) -> None:
    match arguments:
        case ["up", port, *parameters] if port.isdecimal():
            show(int(port), parameters)
        case ["up", *parameters]:
            show(None, parameters)
        case ["env"]:
            print_environment()
        case ["down"]:
            down()
        case ["build"]:
            build()
        case _:
            sys.exit(USAGE)


def show(port: int | None, parameters: list[str]) -> None:
    given = dict(each.split("=", 1) if "=" in each else sys.exit(USAGE) for each in parameters)
    stack = up(port, parameters=given)
    print(f"API         {stack.api_url}/ocpi/versions")
    keys = f"{stack.access_key_id}/{stack.secret_access_key}"
    print(f"AWS         {stack.endpoint_url} (region {stack.region}, keys {keys})")
    print(f"Names       {STACK_FILE.relative_to(REPOSITORY)}")
    kept = Deployed.load().parameters
    if {**UP_PARAMETERS, **kept}["SchedulesState"] == "ENABLED":
        print('Schedules   on, as on AWS. To turn them off: make up PARAMS="SchedulesState=DISABLED"')
    else:
        print("Schedules   off: no pulls, no limits, no reports of overdue charges.")
        print('            To turn them on: make up PARAMS="SchedulesState=ENABLED"')
    if kept:
        shown = " ".join(f"{name}={shlex.quote(value)}" for name, value in kept.items())
        print(f"Parameters  {shown} (until you give others, or make down)")
    print("Next        make hub; make invoke F=register P='{...}'; eval $(make env); see docs/demo.md")


def print_environment() -> None:
    """The variables with which boto3 and the AWS command line of a shell call only the local stack."""
    stack = Stack.load(STACK_FILE)
    if stack is None:
        sys.exit("there is no local stack: run `make up` first")
    variables = {
        "AWS_ENDPOINT_URL": stack.endpoint_url,
        "AWS_REGION": stack.region,
        "AWS_DEFAULT_REGION": stack.region,
        "AWS_ACCESS_KEY_ID": stack.access_key_id,
        "AWS_SECRET_ACCESS_KEY": stack.secret_access_key,
        "API_URL": stack.api_url,
    }
    # A semicolon ends each line, since `eval $(make env)` joins them by spaces.
    print("unset AWS_PROFILE AWS_SESSION_TOKEN;")
    for name, value in variables.items():
        print(f"export {name}={shlex.quote(value)};")


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except (ServerFailed, DeploymentFailed, UnknownParameter, NotInstalled) as failure:
        sys.exit(str(failure))
