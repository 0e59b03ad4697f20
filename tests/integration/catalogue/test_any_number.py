"""A pull bears any number in the Hub's pages."""

import pytest

from tests.integration.catalogue.house import catalogue_house
from tests.integration.hub.any_number import each_number


@pytest.mark.parametrize("module", ["locations", "tariffs"])
def test_a_pull(module: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with catalogue_house(locations=2) as house:
        of_module = house if module == "locations" else house.of_tariffs()
        assert each_number(of_module.pull, monkeypatch) > 18
