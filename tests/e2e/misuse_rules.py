"""The rules that call detect_misuse, off or on.

The local cloud has no reserved concurrency. There a flood of new charges calls detect_misuse so often that no
process is left for the functions that the Hub calls. On AWS those have their own (ReservedConcurrency).
"""

from collections.abc import Iterator
from contextlib import contextmanager

import boto3

from tests.local_cloud.stack import Stack


@contextmanager
def misuse_rules(stack: Stack, *, on: bool) -> Iterator[None]:
    """Turns them on or off, and turns them back at the end."""
    _turn(stack, on=on)
    try:
        yield
    finally:
        _turn(stack, on=not on)


def _turn(stack: Stack, *, on: bool) -> None:
    events = boto3.client("events", **stack.client_settings)
    rules = events.list_rules(EventBusName=stack.event_bus)["Rules"]
    names = [rule["Name"] for rule in rules if "DetectMisuse" in rule["Name"]]
    assert names, [rule["Name"] for rule in rules]
    for name in names:
        if on:
            events.enable_rule(Name=name, EventBusName=stack.event_bus)
        else:
            events.disable_rule(Name=name, EventBusName=stack.event_bus)
