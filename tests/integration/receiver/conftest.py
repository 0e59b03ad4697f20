from collections.abc import Iterator

import pytest

from tests.integration.receiver.house import House
from tests.integration.receiver.house import house as furnished_house


@pytest.fixture(scope="module")
def built_house() -> Iterator[House]:
    with furnished_house() as house:
        yield house


@pytest.fixture
def house(built_house: House) -> House:
    built_house.empty()
    return built_house
