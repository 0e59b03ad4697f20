"""Build `Limit Near` and `Limit Reached` for a change of a command.

enforce_limits writes the attributes. A START_SESSION with a limit has each event at most once, and at most
one more `Limit Near` with the reason CONTRADICTED.
"""

from collections.abc import Mapping
from typing import Final

from emsp.events.domain_event import DomainEvent
from emsp.ocpi.json_text import JsonObject, JsonValue, parse_json
from emsp.stores.table import Item, text_attribute

DETAIL_TYPES: Final = {
    "limit_near": "Limit Near",
    "limit_contradicted": "Limit Near",
    "limit_reached": "Limit Reached",
}


def limit_events(before: Item | None, after: Item, about: Mapping[str, JsonValue]) -> list[DomainEvent]:
    """Return the events of a change. `about` has the ids and the object of the command."""
    events = []
    for name, detail_type in DETAIL_TYPES.items():
        noted = text_attribute(after, name)
        if noted and not text_attribute(before or {}, name):
            detail: JsonObject = {
                **about,
                "limit": parse_json(text_attribute(after, "limit") or "{}"),
                "reached" if name == "limit_reached" else "near": parse_json(noted),
            }
            if name == "limit_contradicted":
                detail["reason"] = "CONTRADICTED"
            events.append(DomainEvent(detail_type, detail))
    return events
