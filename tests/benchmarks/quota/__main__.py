"""The quota at full length: 50 callers for three minutes against the Hub's documented limit of 100 a
minute.

`python -m tests.benchmarks.quota [minutes]`; the shared places are in DynamoDB on a local cloud of its own
(or the one that `make up` left running), the judge is the simulated Hub's own count of what arrived in any 60
seconds.
"""

import json
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

from emsp.deadline import Deadline
from emsp.hub.request import HubRequest
from tests.benchmarks.quota.units import SITUATIONS
from tests.e2e.quota_callers import caller, registered
from tests.hub_simulator.simulator import HubSimulator
from tests.local_cloud.lifecycle import running_or_own_local_cloud
from tests.local_cloud.stack import Stack

LIMIT = 100
CALLERS = 50
BURST_S = 10


def measure(stack: Stack, minutes: float) -> dict[str, object]:
    """What 50 callers with sustained demand achieve, as the Hub counts it."""
    with HubSimulator(
        locations=2, credentials={"verify_versions": False}, limits={"per_window": {"authorize": LIMIT}}
    ) as hub:
        connection = registered(hub)
        module = f"authorize-{time.monotonic_ns()}"
        begin = threading.Barrier(CALLERS)

        def one_lambda(number: int) -> None:
            client = caller(stack, connection, {module: LIMIT}, window_s=60)
            url = client.endpoint("tokens", "RECEIVER", "IN", "QTA", f"APP-{number}", "authorize")
            begin.wait()
            until = time.monotonic() + 60 * minutes
            while time.monotonic() < until:
                client.call(
                    HubRequest("PUT", url, quota_module=module, max_wait_s=120, deadline=Deadline.after(120))
                )

        with ThreadPoolExecutor(CALLERS) as pool:
            list(pool.map(one_lambda, range(CALLERS)))
        report = hub.admin.limit("authorize")
        arrivals = hub.admin.arrivals("authorize")
        whole = (len(arrivals) - 1) // LIMIT * LIMIT
        used = whole / LIMIT * 60 / (arrivals[whole] - arrivals[0])
        burst = sum(at < arrivals[0] + BURST_S for at in arrivals)
        return {
            "limit_per_minute": LIMIT,
            "callers": CALLERS,
            "minutes": minutes,
            "arrived": report["arrived"],
            "refused_by_the_hub": report["refused"],
            "most_in_any_60_seconds": report["most_arrived_in_any_window"],
            "used_of_the_limit": round(used, 4),
            f"in_the_first_{BURST_S}_seconds": burst,
        }


def main() -> int:
    minutes = float(sys.argv[1]) if len(sys.argv) > 1 else 3.0
    with running_or_own_local_cloud() as stack:
        result = measure(stack, minutes)
        result["units_a_call"] = {name: measured(stack) for name, measured in SITUATIONS.items()}
    print(json.dumps(result, indent=2))
    held = result["refused_by_the_hub"] == 0 and int(str(result["most_in_any_60_seconds"])) <= LIMIT
    return 0 if held and float(str(result["used_of_the_limit"])) >= 0.98 else 1


if __name__ == "__main__":
    sys.exit(main())
