"""An event for a change of a table."""

from collections.abc import Callable
from dataclasses import dataclass

from emsp.ocpi.json_text import JsonObject
from emsp.stores.table import Item


@dataclass(frozen=True)
class DomainEvent:
    """An event without its id and time. publish_changes adds these.

    `detail` has country_code, party_id, id, object, and the fields of this kind of event. If `joined_in` is
    set, several small events may be published as one event with that detail-type.
    """

    detail_type: str
    detail: JsonObject
    joined_in: str | None = None


type EventsOf = Callable[[Item | None, Item | None], list[DomainEvent]]
"""Returns the events of a change, by the item before (None if it is new) and after (None if it is
deleted).
"""
