"""What the Hub pushes, with each of its values replaced by a number that is hard to bear: taken or refused.

No exception of Python's own reaches the Hub (it would be 500), nor ends a function that works on what was
stored.
"""

from typing import Any

import pytest

from tests.integration.house import House
from tests.integration.hub.any_number import NUMBERS, NUMBERS_AT_A_VALUE, numbers_at, places_of, with_number
from tests.integration.lambda_context import Context
from tests.integration.samples import cdr, path_of, period, session
from tests.integration.streams import Streams

TARIFF = {
    "country_code": "IN",
    "party_id": "CPO",
    "id": "T1",
    "currency": "INR",
    "elements": [{"price_components": [{"type": "ENERGY", "price": 20.0, "step_size": 1, "vat": 18.0}]}],
    "last_updated": "2026-01-01T00:00:00Z",
}
BODIES = {
    "session": session("S-1", charging_periods=[period(1)], total_cost={"excl_vat": 1, "incl_vat": 1.18}),
    "cdr": cdr("C-1", tariffs=[TARIFF]),
    "credit": cdr("C-2", credit=True, credit_reference_id="C-1"),
    "result": {"result": "ACCEPTED", "message": [{"language": "en", "text": "yes"}]},
    "credentials": {
        "token": "t",
        "url": "https://hub.example/ocpi/versions",
        "roles": [{"role": "HUB", "party_id": "CIH", "country_code": "IN"}],
    },
}


@pytest.mark.parametrize("name", BODIES)
def test_a_push_with_any_number_is_taken_or_refused(house: House, name: str) -> None:
    body = BODIES[name]
    method, path = {
        "session": ("PUT", path_of(body) if name == "session" else ""),
        "result": ("POST", "/ocpi/2.2.1/commands/START_SESSION/none"),
        "credentials": ("POST", "/ocpi/2.2.1/credentials"),
    }.get(name, ("POST", "/ocpi/2.2.1/cdrs"))
    answers = 0
    for place in range(places_of(body)):
        for number in numbers_at(place):
            raw = with_number(body, place, number).encode()
            answer = house.call(method, path, raw=raw)
            assert answer.http_status < 500, f"value {place}: {number[:20]}"
            answers += 1
    assert answers >= 4 * NUMBERS_AT_A_VALUE


@pytest.mark.parametrize("number", NUMBERS)
def test_a_patch_with_any_number_is_taken_or_refused(house: House, number: str) -> None:
    house.call("PUT", path_of(BODIES["session"]), BODIES["session"])
    patch = {"last_updated": "2026-11-22T11:00:00Z", "kwh": 2, "charging_periods": [period(5)]}
    for place in range(places_of(patch)):
        raw = with_number(patch, place, number).encode()
        assert house.call("PATCH", path_of(BODIES["session"]), raw=raw).http_status < 500


@pytest.mark.parametrize("name", ["session", "cdr"])
def test_what_was_taken_can_be_worked_on(house: House, name: str) -> None:
    """Its stream: published, linked, checked."""
    streams = Streams()
    body: dict[str, Any] = BODIES[name]
    for place in range(places_of(body)):
        for count, number in enumerate(numbers_at(place)):
            renamed = {**body, "id": f"N-{place}-{count}"}
            if name == "cdr":
                renamed["session_id"] = f"S-{place}-{count}"
            raw = with_number(renamed, place, number).encode()
            path = path_of(renamed) if name == "session" else "/ocpi/2.2.1/cdrs"
            house.call("PUT" if name == "session" else "POST", path, raw=raw)
    records = streams.records()
    assert len(records) > 10 * NUMBERS_AT_A_VALUE
    functions = ["publish_changes", "link_session"] if name == "session" else ["publish_changes", "check_cdr"]
    for function in functions:
        answered = house.app(function).handler({"Records": records}, Context(30))
        assert answered == {"batchItemFailures": []}, function
