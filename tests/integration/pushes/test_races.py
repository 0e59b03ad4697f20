"""Another sender gets in between any two calls of ours to AWS: what both pushed counts."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.integration.faults import faults
from tests.integration.house import House
from tests.integration.house import house as furnished_house
from tests.integration.pushes.model import Model
from tests.integration.samples import cdr, path_of, period, session


@pytest.fixture(scope="module")
def near_house() -> Iterator[House]:
    with furnished_house() as house:
        yield house


def at(minute: int) -> str:
    return f"2026-11-22T10:{minute:02}:00Z"


def change(minute: int, **fields: Any) -> tuple[str, dict[str, Any]]:
    return "PATCH", {"last_updated": at(minute), "charging_periods": [period(minute)], **fields}


PAIRS = {
    "two patches": (change(5, kwh=5), change(6, meter_id="M")),
    "two patches, late one first": (change(6, kwh=6), change(5, kwh=5, meter_id="M")),
    "a session and a patch": (("PUT", session(at=at(4), kwh=4)), change(5, kwh=5)),
    "a patch and a session": (change(5, kwh=5), ("PUT", session(at=at(4), kwh=4))),
    "a patch and a newer session": (change(5, kwh=5), ("PUT", session(at=at(7), kwh=7))),
    "two sessions": (("PUT", session(at=at(5), kwh=5)), ("PUT", session(at=at(6), kwh=6))),
    "a patch and a CDR": (change(5, kwh=5), ("POST", cdr())),
    "a CDR and a patch": (("POST", cdr()), change(5, kwh=5)),
}


class Intruder:
    """Pushes just before our call of that number."""

    def __init__(self, house: House, model: Model, at_call: int, what: tuple[str, dict[str, Any]]) -> None:
        self.house, self.model, self.at_call, self.waiting = house, model, at_call, [what]

    def __call__(self, current: int, operation: str) -> None:
        if current == self.at_call and self.waiting:
            push(self.house, self.model, self.waiting.pop())


@pytest.mark.parametrize("name", PAIRS)
def test_two_senders_of_one_session(near_house: House, name: str) -> None:
    ours, theirs = PAIRS[name]
    for number in range(4):
        near_house.empty()
        model = Model()
        begin = session(at=at(0), charging_periods=[period(0)])
        push(near_house, model, ("PUT", begin))
        with faults(Intruder(near_house, model, number, theirs)):
            push(near_house, model, ours)
        assert near_house.call("GET", path_of(begin)).envelope["data"] == model.session("S-1")


def test_a_session_that_comes_while_its_cdr_is_received_is_ended_by_it(near_house: House) -> None:
    for number in range(3):
        near_house.empty()
        model = Model()
        intruder = Intruder(near_house, model, number, ("PUT", session()))
        with faults(intruder):
            push(near_house, model, ("POST", cdr()))
        assert number == 2 or not intruder.waiting, "the CDR is received in fewer calls"
        if intruder.waiting:
            push(near_house, model, intruder.waiting.pop())
        (stored,) = near_house.items("sessions")
        assert stored["closed_by_cdr"] == {"S": "IN#CPO#C-1"}
        assert near_house.call("GET", path_of(session())).envelope["data"]["status"] == "COMPLETED"


def push(house: House, model: Model, what: tuple[str, dict[str, Any]]) -> None:
    method, value = what
    path = "/ocpi/2.2.1/cdrs" if method == "POST" else path_of(session())
    assert house.call(method, path, value).status_code == 1000
    if method == "PUT":
        model.put(value)
    elif method == "PATCH":
        model.patch("S-1", value)
    else:
        model.post(value)
