"""Collect events for the bus, in the order of their records, and join small events of the same kind.

EventBridge bills each started 64 KB of an event. So a hundred EVSE statuses in one event cost as much as one.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from emsp.stores.event_bus import BusEntry

JOINED_BYTES_AT_MOST: Final = 60_000


@dataclass(frozen=True)
class Made:
    """An event, and whether it may be joined with others of the same kind."""

    entry: BusEntry
    joins: bool


@dataclass
class JoinedEvents:
    """Collects events with the sequence numbers of their records."""

    _waiting: list[list[tuple[Made, str]]] = field(default_factory=list)

    def add(self, made: Made, sequence_number: str) -> None:
        """Add an event. If possible, join it with the previous one."""
        if self._waiting and _fits(self._waiting[-1], made):
            self._waiting[-1].append((made, sequence_number))
        else:
            self._waiting.append([(made, sequence_number)])

    def entries(self) -> tuple[list[BusEntry], list[list[str]]]:
        """Return the entries for the bus, and the sequence numbers of the records of each entry.

        If the bus rejects an entry, its records must be processed again.
        """
        together = [_together([made for made, _ in group]) for group in self._waiting]
        return together, [[number for _, number in group] for group in self._waiting]


def _fits(group: Sequence[tuple[Made, str]], made: Made) -> bool:
    first = group[0][0]
    if not (first.joins and made.joins and first.entry.detail_type == made.entry.detail_type):
        return False
    return sum(each.entry.size for each, _ in group) + made.entry.size <= JOINED_BYTES_AT_MOST


def _together(group: Sequence[Made]) -> BusEntry:
    if not group[0].joins:
        return group[0].entry
    last = group[-1].entry
    details = ",".join(made.entry.detail for made in group)
    return BusEntry(last.detail_type, f'{{"changes":[{details}]}}', last.time)
