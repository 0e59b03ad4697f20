"""Events on their way to the bus, in the order of their records; small ones of a kind travel together.

EventBridge bills every 64 KB that are begun: a hundred states of EVSEs in one event cost what one does.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from emsp.stores.event_bus import BusEntry

JOINED_BYTES_AT_MOST: Final = 60_000


@dataclass(frozen=True)
class Made:
    """An event, and whether it may travel with others of its kind."""

    entry: BusEntry
    joins: bool


@dataclass
class Outbox:
    """Takes events with the sequence number of the record that each came from."""

    _waiting: list[list[tuple[Made, str]]] = field(default_factory=list)

    def add(self, made: Made, sequence_number: str) -> None:
        """Next in the order; in the event before it, if both join and it has room."""
        if self._waiting and _fits(self._waiting[-1], made):
            self._waiting[-1].append((made, sequence_number))
        else:
            self._waiting.append([(made, sequence_number)])

    def entries(self) -> tuple[list[BusEntry], list[list[str]]]:
        """What to put on the bus, and for each the sequence numbers that are lost if the bus does not take
        it.
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
