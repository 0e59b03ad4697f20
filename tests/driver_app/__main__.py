"""`make app`: the example app with a test issuer, a local cloud of its own and a simulated Hub."""

import sys
import threading
from typing import Final

from tests.driver_api.issuer import issuer
from tests.driver_app.city import CENTER, put_city
from tests.driver_app.served import served_app
from tests.hub_simulator.simulator import HubSimulator
from tests.local_cloud.deployment import DeploymentFailed
from tests.local_cloud.lifecycle import own_local_cloud
from tests.local_cloud.places import NotInstalled
from tests.local_cloud.server import ServerFailed
from tests.local_cloud.stack import InvocationFailed, Stack

PORT: Final = 8000
# Slow enough for a person to see the car charge: three quarters of an hour pass in a minute.
PACE: Final = {
    "pending_s": 2.0,
    "update_every_s": 3.0,
    "cdr_after_s": 2.0,
    "energy_factor": 45.0,
    "max_session_s": 1800.0,
}


def main(port: int) -> None:
    with issuer() as signing, served_app(port) as app, HubSimulator(locations=0, charging=PACE) as hub:
        parameters = {
            "DriverApiIssuer": signing.url,
            "DriverApiOrigins": app.url,
            "SchedulesState": "ENABLED",
        }
        with own_local_cloud(parameters=parameters) as stack:
            put_city(hub.admin)
            fill(stack, hub)
            api = stack.outputs["DriverApiUrl"]
            app.configure(api, signing.url, CENTER)
            print(f"\nThe app   {app.url}/   (an example to copy: docs/driver-app)")
            print(f"Its API   {api}")
            print(f"Issuer    {signing.url}, which signs in anybody")
            print("Ctrl-C stops all of them.", flush=True)
            threading.Event().wait()


def fill(stack: Stack, hub: HubSimulator) -> None:
    """Registers with the Hub, and pulls its stations."""
    print("Registering with a simulated Hub, and pulling its stations ...", file=sys.stderr, flush=True)
    registration = {"versions_url": hub.versions_url, "token": hub.admin.invite()}
    stack.invoke("register", {"action": "register", **registration})
    for function in ("pull_tariffs", "pull_locations"):
        stack.invoke(function, {"mode": "full"})


if __name__ == "__main__":
    try:
        main(int(sys.argv[1]) if sys.argv[1:] else PORT)
    except KeyboardInterrupt:
        print()
    except (ServerFailed, DeploymentFailed, NotInstalled, InvocationFailed, OSError) as error:
        sys.exit(str(error))
