"""What the handlers call of DynamoDB, to be counted."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from emsp.stores import aws


@contextmanager
def dynamodb_calls() -> Iterator[list[str]]:
    """Each call by operation and table, or control key."""
    calls: list[str] = []

    def note(params: dict[str, Any], model: Any, **_: Any) -> None:
        key = params.get("Key", {}).get("control_key", {}).get("S", "")
        calls.append(f"{model.name} {key.partition('#')[0] or params['TableName']}")

    events = aws.dynamodb_client().meta.events
    events.register("before-parameter-build.dynamodb", note)
    try:
        yield calls
    finally:
        events.unregister("before-parameter-build.dynamodb", note)
