"""A house for each test."""

from collections.abc import Iterator

import pytest

from tests.integration.catalogue.house import CatalogueHouse, catalogue_house


@pytest.fixture
def house() -> Iterator[CatalogueHouse]:
    with catalogue_house(locations=40) as made:
        yield made
