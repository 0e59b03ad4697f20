"""The checklist before going live: what each item is, and how one is told."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from emsp.ocpi.json_text import JsonObject, JsonValue


class Readiness(StrEnum):
    """How an item stands."""

    DONE = "DONE"
    NOT_YET = "NOT_YET"
    """Nothing speaks against it, it was only not seen to work yet."""
    FAILED = "FAILED"
    """It was tried, and does not work."""


@dataclass(frozen=True)
class ChecklistItem:
    """`evidence` shows when and under which id it was seen; `next` is what to do, None when it is done."""

    item: str
    status: Readiness
    evidence: Mapping[str, JsonValue] = field(default_factory=dict)
    next: str | None = None

    def told(self) -> JsonObject:
        return {
            "item": self.item,
            "status": self.status.value,
            "evidence": dict(self.evidence),
            "next": self.next,
        }


def seen(item: str, found: Mapping[str, JsonValue] | None, otherwise: str) -> ChecklistItem:
    """DONE by what was found; NOT_YET, with what brings it about, where nothing was."""
    if found is None:
        return ChecklistItem(item, Readiness.NOT_YET, next=otherwise)
    return ChecklistItem(item, Readiness.DONE, found)
