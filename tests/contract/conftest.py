from collections.abc import Iterator

import pytest

from tests.integration.house import House
from tests.integration.house import house as furnished_house


@pytest.fixture(scope="module")
def house() -> Iterator[House]:
    with furnished_house() as built:
        yield built
