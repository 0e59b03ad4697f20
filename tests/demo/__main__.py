"""`make demo`: a driver's charge from the credentials exchange to the stored CDR, on the local cloud."""

from dataclasses import replace

from tests.demo.app_charge import AppCharge
from tests.demo.charge import Charge, NotAsExpected
from tests.demo.event_tap import tap
from tests.demo.narrator import Narrator, fail
from tests.demo.report.page import write
from tests.demo.stored import Stored
from tests.driver_api.issuer import issuer
from tests.hub_simulator.simulator import HubSimulator
from tests.local_cloud.deployment import DeploymentFailed
from tests.local_cloud.lifecycle import unused_or_own_local_cloud
from tests.local_cloud.places import LOCAL, NotInstalled
from tests.local_cloud.server import ServerFailed
from tests.local_cloud.stack import InvocationFailed

# Slow enough for a person to see the session move from state to state.
PACE = {"pending_s": 3.0, "update_every_s": 1.0, "cdr_after_s": 1.0}


def main() -> None:
    narrator = Narrator()
    print("A driver's charge through an OCPI Hub, on a local cloud. Nothing leaves this machine.", flush=True)
    with (
        issuer() as signing,
        unused_or_own_local_cloud(narrator.say, {"DriverApiIssuer": signing.url}) as stack,
        HubSimulator(locations=40, charging=PACE) as hub,
    ):
        narrator.say(f"The application's address: {stack.api_url}/ocpi/versions")
        narrator.say(f"The simulated Hub's address: {hub.versions_url}, with simulated CPOs behind it")
        with tap(stack) as events:
            journey = Charge(stack, hub.versions_url, hub.admin, events, Stored(stack), narrator).drive()
            if "DriverApiUrl" in stack.outputs:
                app = AppCharge(stack.outputs["DriverApiUrl"], signing.token("DRIVER-0002"), narrator)
                journey = replace(journey, app=app.drive(journey.location))
    narrator.end(write(journey, LOCAL / "demo" / "report.html"))


if __name__ == "__main__":
    try:
        main()
    except (
        ServerFailed,
        DeploymentFailed,
        NotInstalled,
        InvocationFailed,
        NotAsExpected,
        TimeoutError,
    ) as error:
        fail(str(error))
