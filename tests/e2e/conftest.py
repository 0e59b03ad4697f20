"""End to end: the real template on a local cloud with IAM enforced, in the real order of things."""

from collections.abc import Iterator

import pytest

from tests.local_cloud.lifecycle import own_local_cloud, running_or_own_local_cloud
from tests.local_cloud.stack import Stack


@pytest.fixture(scope="session")
def stack(request: pytest.FixtureRequest) -> Iterator[Stack]:
    """The deployed stack, on a local cloud that starts with the first test and ends with the last."""
    cloud = running_or_own_local_cloud if request.config.getoption("--use-running") else own_local_cloud
    with cloud() as deployed:
        yield deployed


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "/e2e/" in item.nodeid:
            item.add_marker(pytest.mark.e2e)
