"""The items of the checklist before going live, and their form in the answer."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from emsp.ocpi.json_text import JsonObject, JsonValue


class Readiness(StrEnum):
    """The status of an item."""

    DONE = "DONE"
    NOT_YET = "NOT_YET"
    """There is no evidence that it works, and none that it does not."""
    FAILED = "FAILED"
    """It was tried, and does not work."""


@dataclass(frozen=True)
class ChecklistItem:
    """An item. `evidence` shows when it was seen, and with which id. `next` is the next step, or None if it
    is done.
    """

    item: str
    status: Readiness
    evidence: Mapping[str, JsonValue] = field(default_factory=dict)
    next: str | None = None

    def as_json(self) -> JsonObject:
        return {
            "item": self.item,
            "status": self.status.value,
            "evidence": dict(self.evidence),
            "next": self.next,
        }


def seen(item: str, found: Mapping[str, JsonValue] | None, otherwise: str) -> ChecklistItem:
    """Return the item: DONE if there is evidence, or else NOT_YET with the next step `otherwise`."""
    if found is None:
        return ChecklistItem(item, Readiness.NOT_YET, next=otherwise)
    return ChecklistItem(item, Readiness.DONE, found)
