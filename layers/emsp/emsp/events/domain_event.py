"""A domain event, as every kind of change makes it."""

from collections.abc import Callable
from dataclasses import dataclass

from emsp.ocpi.json_text import JsonObject
from emsp.stores.table import Item


@dataclass(frozen=True)
class DomainEvent:
    """`detail` holds country_code, party_id, id, object and what belongs to that kind of event; no id or time
    of its own. Small events of which many come at once are told together under the name `joined_in`.
    """

    detail_type: str
    detail: JsonObject
    joined_in: str | None = None


type EventsOf = Callable[[Item | None, Item | None], list[DomainEvent]]
"""The events of a change from an item (None: there was none) to an item (None: it is gone)."""
