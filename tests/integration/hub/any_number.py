"""Answers of the Hub with each of their values replaced by a number that is hard to bear.

What our caller gets is an answer or an error of ours, never an exception of Python's own.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass, replace
from typing import Any

import pytest

from emsp.hub.answers import RawAnswer
from emsp.hub.client import HubClient
from tests.profiles import portion

NUMBERS = ["1e999999999", "1e-999999999", "9" * 4000, "9" * 5000, "-1e400", '"' + "9" * 5000 + '"']
NUMBERS_AT_A_VALUE = min(len(NUMBERS), portion(2))
"""So many in the place of each value, other ones at the next; `nightly` tries all."""
HEADERS: list[Mapping[str, str]] = [
    {"Link": f'<?offset={"9" * 5000}&limit=1>; rel="next"'},
    {"Link": f'<?offset=1&limit={"9" * 5000}>; rel="next"'},
    {"X-Total-Count": "9" * 5000, "X-Limit": "9" * 5000, "Retry-After": "9" * 5000},
    {"X-Total-Count": "1e999999999", "X-Limit": "0", "Retry-After": "1e999999999"},
]
VALUES_AT_MOST = 15
"""Of one answer, spread over it: a page of locations has thousands."""


def numbers_at(count: int) -> list[str]:
    first = count * NUMBERS_AT_A_VALUE
    return [NUMBERS[(first + each) % len(NUMBERS)] for each in range(NUMBERS_AT_A_VALUE)]


@dataclass
class Replaced:
    """Answers on their way in: in each, `number` stands in place of the value at `place`."""

    place: int = -1
    number: str = ""
    headers: Mapping[str, str] | None = None
    values: int = 0
    """The most that one answer had."""

    def __call__(self, raw: RawAnswer) -> RawAnswer:
        document = json.loads(raw.body)
        places = places_of(document)
        self.values = max(self.values, places)
        if 0 <= self.place < places:
            raw = replace(raw, body=with_number(document, self.place, self.number).encode())
        return raw if self.headers is None else replace(raw, headers=self.headers)


def places_of(document: Any) -> int:
    """How many values a document has."""
    return len(list(_places(document)))


def with_number(document: Any, place: int, number: str) -> str:
    """The JSON text of `document` with `number` in place of its value number `place`."""
    document = deepcopy(document)
    container, key = list(_places(document))[place]
    container[key] = "@@"
    return json.dumps(document).replace('"@@"', number)


def _places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Where the values of a document stand, containers among them."""
    for key, member in list(value.items() if isinstance(value, dict) else enumerate(value)):
        yield value, key
        if isinstance(member, dict | list):
            yield from _places(member)


def each_number(call: Callable[[], Any], monkeypatch: pytest.MonkeyPatch) -> int:
    """How many answers with a number in the place of a value were borne by `call`."""
    with monkeypatch.context() as patch:
        return _each_number(call, patch)


def _each_number(call: Callable[[], Any], patch: pytest.MonkeyPatch) -> int:
    fault, once = Replaced(), HubClient._once
    patch.setattr(HubClient, "_once", lambda *args: fault(once(*args)))
    call()
    borne, step = 0, max(1, fault.values // VALUES_AT_MOST)
    places = enumerate(range(0, fault.values, step))
    faults = [(place, number, None) for count, place in places for number in numbers_at(count)]
    for place, number, headers in [*faults, *((-1, "", each) for each in HEADERS)]:
        fault.place, fault.number, fault.headers = place, number, headers
        try:
            call()
        except Exception as error:
            if not type(error).__module__.startswith("emsp."):
                raise AssertionError(f"at value {place}: {number[:20]} {headers}") from error
        borne += 1
    return borne
