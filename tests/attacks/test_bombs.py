"""No document may take more than half of a function's memory or time, however large or strange it is.

A receiver has 512 MB and 28 s on a third of a processor, of which our code and its packages take 80 MB.
"""

from collections.abc import Iterator
from typing import Final

import pytest

from emsp.ocpi.json_text import MAX_VALUES
from tests.attacks import bombs
from tests.attacks.bounded import Attacks, attacks

MEGABYTES: Final = 512 / 2 - 80
SECONDS: Final = 28 / 2 / 3
BOMBS: Final = "tests.attacks.bombs"
OWN_VALUES: Final = 200

LISTS: Final = [(kind, path) for kind, model in bombs.PUSHED.items() for path in bombs.list_fields(model)]


@pytest.fixture(scope="module")
def waiting() -> Iterator[Attacks]:
    with attacks(BOMBS) as made:
        yield made


@pytest.mark.parametrize(("kind", "path"), LISTS, ids=lambda each: ".".join(each) if each else each)
def test_a_list_of_empty_objects(waiting: Attacks, kind: str, path: tuple[str, ...]) -> None:
    took = waiting.run(BOMBS, "push", kind, path, "{}", MAX_VALUES // 2 - OWN_VALUES)
    assert took.answer == [200, 1000, 0]
    assert took.megabytes < MEGABYTES
    assert took.seconds < SECONDS


@pytest.mark.parametrize("member", ["null", '"x"', "[]", '{"":1.1}', '{"elements":[{},{}]}'])
def test_a_list_of_other_members(waiting: Attacks, member: str) -> None:
    took = waiting.run(BOMBS, "push", "cdr", ("tariffs",), member, MAX_VALUES // 8)
    assert took.answer == [200, 1000, 0]
    assert took.megabytes < MEGABYTES
    assert took.seconds < SECONDS


@pytest.mark.parametrize("name", bombs.STRANGE)
@pytest.mark.parametrize(("kind", "field"), [("session", "unknown"), ("cdr", "total_cost")])
def test_strange_values(waiting: Attacks, kind: str, field: str, name: str) -> None:
    took = waiting.run(BOMBS, "push_strange", kind, field, name)
    http_status, status_code, kept = took.answer
    assert (status_code, kept) in ((1000, 0), (2001, 1)), took.answer
    assert http_status in (200, 400)
    assert took.megabytes < MEGABYTES
    assert took.seconds < SECONDS


def test_a_patch_of_very_many_periods(waiting: Attacks) -> None:
    took = waiting.run(BOMBS, "patch_periods", 40_000)
    assert took.answer == [1000, 1000, 40_000]
    assert took.megabytes < MEGABYTES
    assert took.seconds < SECONDS
