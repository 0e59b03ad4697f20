"""No document may take more than half of a function's memory or time, however large or strange it is.

A receiver has 512 MB and 28 s on a third of a processor, of which our code and its packages take 80 MB; a
pull has 1 GB and 15 minutes.
"""

from collections.abc import Iterator
from typing import Final

import pytest

from emsp.ocpi.json_text import MAX_VALUES
from tests.attacks import bombs
from tests.attacks.bounded import Attacks, attacks

MEGABYTES: Final = 512 / 2 - 80
SECONDS: Final = 28 / 2 / 3
PULL_MEGABYTES: Final = 1024 / 2 - 100
PULL_SECONDS: Final = 15
PULLS: Final = "tests.attacks.pull_bombs"
BOMBS: Final = "tests.attacks.bombs"
MEMBERS: Final = 20_000
MEGABYTES_OF_MEMBERS: Final = 15
"""A fifteenth of the members that are read, and less than a tenth of the memory: there are many lists."""

LISTS: Final = [(kind, path) for kind, model in bombs.PUSHED.items() for path in bombs.list_fields(model)]


@pytest.fixture(scope="module")
def waiting() -> Iterator[Attacks]:
    with attacks(BOMBS) as made:
        yield made


@pytest.fixture(scope="module")
def pulling() -> Iterator[Attacks]:
    with attacks(PULLS) as made:
        yield made


@pytest.mark.parametrize(("kind", "path"), LISTS, ids=lambda each: ".".join(each) if each else each)
def test_a_list_of_empty_objects(waiting: Attacks, kind: str, path: tuple[str, ...]) -> None:
    took = waiting.run(BOMBS, "push", kind, path, "{}", MEMBERS)
    assert took.answer == [200, 1000, 0]
    assert took.megabytes < MEGABYTES_OF_MEMBERS
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


PULLED_STRANGE: Final = (
    "deep lists",
    "as deep as allowed",
    "a long string of a high plane",
    "a long fraction",
    "many unknown fields",
    "more values than are read",
)

LISTED: Final = [(name, path) for name, model in bombs.PULLED.items() for path in bombs.list_fields(model)]


@pytest.mark.parametrize(("module", "path"), LISTED, ids=lambda each: ".".join(each) if each else each)
def test_a_list_of_empty_objects_that_is_pulled(pulling: Attacks, module: str, path: tuple[str, ...]) -> None:
    took = pulling.run(PULLS, "pull_list", module, path, "{}", MEMBERS)
    assert took.answer == ["COMPLETED", 3, 0, 1]
    assert took.megabytes < MEGABYTES_OF_MEMBERS
    assert took.seconds < PULL_SECONDS


@pytest.mark.parametrize("name", PULLED_STRANGE)
def test_a_strange_object_stops_no_pull(pulling: Attacks, name: str) -> None:
    took = pulling.run(PULLS, "pull_strange", name)
    state, added, rejected, _ = took.answer
    assert (state, added + rejected) == ("COMPLETED", 40)
    assert added >= 39
    assert took.megabytes < PULL_MEGABYTES
    assert took.seconds < PULL_SECONDS


def test_many_large_objects_stop_no_pull(pulling: Attacks) -> None:
    took = pulling.run(PULLS, "pull_many_large")
    assert took.answer[:3] == ["COMPLETED", 40, 0]
    assert took.megabytes < PULL_MEGABYTES


def test_an_object_whose_summary_would_fit_in_no_item_stops_no_pull(pulling: Attacks) -> None:
    assert pulling.run(PULLS, "pull_many_plugs").answer[:3] == ["COMPLETED", 3, 0]


@pytest.mark.parametrize("megabytes", [1, 300])
def test_a_driver_is_forgotten_whatever_is_packed_in_signed_data(waiting: Attacks, megabytes: int) -> None:
    took = waiting.run(BOMBS, "forget_gzip", megabytes)
    assert took.answer == [False, False]
    assert took.megabytes < MEGABYTES


def test_a_driver_is_forgotten_however_deep_texts_are_within_texts(waiting: Attacks) -> None:
    assert waiting.run(BOMBS, "forget_texts_in_texts", 12).answer == [False, False]


@pytest.mark.parametrize("encoding", ["gzip", "gzip,gzip"])
def test_an_answer_of_the_hub_that_is_small_until_it_is_unpacked(waiting: Attacks, encoding: str) -> None:
    took = waiting.run(BOMBS, "hub_answers", encoding, 100)
    assert took.answer == "UnreadablePage"
    assert took.megabytes < MEGABYTES
