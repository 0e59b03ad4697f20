"""A copied token, on the local cloud: the receiver, the streams, the bus's rules, the roles and the event."""

import time
from typing import Any

from tests.demo.event_tap import tap
from tests.e2e.inbound import live_token, push
from tests.e2e.misuse_rules import misuse_rules
from tests.integration.samples import cdr, cdr_token
from tests.local_cloud.stack import Stack


def test_charges_in_two_cities_are_told_and_listed(stack: Stack) -> None:
    stamp = str(time.time_ns())
    delhi = {"latitude": "28.613900", "longitude": "77.209000"}
    there = {**cdr()["cdr_location"], "id": "LOC2", "coordinates": delhi}
    rules = misuse_rules(stack, on=True)
    with rules, live_token(stack, f"misuse-{stamp}") as token, tap(stack) as events:
        for number, place in enumerate((cdr()["cdr_location"], there)):
            value = cdr(
                f"E2E-{stamp}-{number}",
                session_id=None,
                cdr_token=cdr_token(f"COPIED-{stamp}"),
                cdr_location=place,
                auth_method="WHITELIST",
            )
            assert push(stack, token, "POST", "/ocpi/2.2.1/cdrs", value).status_code == 1000
        deadline = time.monotonic() + 30
        told: list[Any] = []
        while not told:
            assert time.monotonic() < deadline, "no Token Misuse Suspected"
            events.take()
            told = [each for each in events.taken if each["detail-type"] == "Token Misuse Suspected"]
    [finding] = stack.invoke("list_misuse", {"token_uid": f"COPIED-{stamp}"})["findings"]
    assert told[0]["detail"]["object"] == finding
    assert (finding["kind"], finding["severity"]) == ("FAR_APART", "HIGH")
