"""A simulated Hub of a test's own, with which the deployed stack has registered."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tests.hub_simulator.simulator import HubSimulator
from tests.local_cloud.stack import Stack


@contextmanager
def registered_hub(stack: Stack, **options: Any) -> Iterator[HubSimulator]:
    """`options` as HubSimulator has them; it counts no quota."""
    with HubSimulator(limits={"per_window": {}}, **options) as simulator:
        stack.invoke(
            "register",
            {"action": "register", "versions_url": simulator.versions_url, "token": simulator.admin.invite()},
        )
        yield simulator
