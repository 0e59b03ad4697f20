"""A pull that takes longer than a Lambda may: it hands over to itself until the list is read."""

from collections.abc import Iterator
from typing import Any

import boto3
import pytest

from tests.demo.stored import wait_until
from tests.e2e.registered_hub import registered_hub
from tests.local_cloud.stack import Stack

PAGES = 24
SECONDS_FOR_A_PAGE = 0.5
SECONDS_FOR_A_LAMBDA = 8


@pytest.fixture
def short_lived(stack: Stack) -> Iterator[None]:
    """pull_locations ended by Lambda after a few seconds, instead of 15 minutes."""
    functions = boto3.client("lambda", **stack.client_settings)
    name = stack.functions["pull_locations"]
    usual = functions.get_function_configuration(FunctionName=name)["Timeout"]
    functions.update_function_configuration(FunctionName=name, Timeout=SECONDS_FOR_A_LAMBDA)
    yield
    functions.update_function_configuration(FunctionName=name, Timeout=usual)


def test_a_pull_goes_on_in_the_next_lambda(stack: Stack, short_lived: None) -> None:
    with registered_hub(stack, locations=PAGES * 10, paging={"max_limit": 10}) as hub:
        hub.admin.add_fault("delay", module="locations", delay_s=SECONDS_FOR_A_PAGE, times=None)

        begun = stack.invoke("pull_locations", {"mode": "full", "restart": True, "vanish_share": 1})
        assert begun["state"] == "CONTINUES"

        def completed() -> Any | None:
            run = stack.invoke("pull_locations", {"mode": "status"})["run"]
            return run if run["run_state"] == "COMPLETED" else None

        run: Any = wait_until(completed, "the end of the pull", within_s=60)
        assert run["run_id"] == begun["run_id"]
        assert run["counts"]["objects"] == PAGES * 10
        assert run["attempts"] > 1
        asked = len(hub.admin.requests(module="locations"))
        assert asked < PAGES + 2 * run["attempts"], "what was read is not read again"
