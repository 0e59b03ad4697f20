"""`python -m tests.local_cloud up [port]` and `... down`, for make."""

import sys

from tests.local_cloud.deployment import DeploymentFailed, UnknownParameter, build
from tests.local_cloud.lifecycle import down, up
from tests.local_cloud.places import REPOSITORY, STACK_FILE, NotInstalled
from tests.local_cloud.server import ServerFailed

USAGE = "usage: python -m tests.local_cloud up [port] [Name=Value ...] | down | build"


def main(arguments: list[str]) -> None:
    match arguments:
        case ["up", port, *parameters] if port.isdecimal():
            show(int(port), parameters)
        case ["up", *parameters]:
            show(None, parameters)
        case ["down"]:
            down()
        case ["build"]:
            build()
        case _:
            sys.exit(USAGE)


def show(port: int | None, parameters: list[str]) -> None:
    given = dict(each.split("=", 1) if "=" in each else sys.exit(USAGE) for each in parameters)
    stack = up(port, parameters=given)
    print(f"API       {stack.api_url}/ocpi/versions")
    keys = f"{stack.access_key_id}/{stack.secret_access_key}"
    print(f"AWS       {stack.endpoint_url} (region {stack.region}, keys {keys})")
    print(f"Names     {STACK_FILE.relative_to(REPOSITORY)}")


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except (ServerFailed, DeploymentFailed, UnknownParameter, NotInstalled) as failure:
        sys.exit(str(failure))
