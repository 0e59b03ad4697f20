"""A house for all tests of charges."""

from collections.abc import Iterator

import pytest

from tests.integration.house import House
from tests.integration.house import house as furnished_house


@pytest.fixture(scope="module")
def built_house() -> Iterator[House]:
    with furnished_house() as house:
        yield house
