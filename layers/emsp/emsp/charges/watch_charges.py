"""By the clock: tell what should have come and did not, once for each thing that is waited for.

What is told is noted at the item that waits; the tables' streams make it `Charge Overdue`, and
`Charge Resolved` when the thing comes (events/overdue_events.py).
"""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime

from emsp.charges.overdue import OF_COMMANDS, OF_SESSIONS, Overdue, Patience
from emsp.log import log
from emsp.metrics import Metric, count
from emsp.stores.awaited import AwaitedStore, Awaits
from emsp.stores.table import time_text


@dataclass(frozen=True)
class WatchCharges:
    """The use case."""

    sessions: AwaitedStore
    commands: AwaitedStore
    patience: Patience

    def __call__(self, now: datetime) -> Counter[Overdue]:
        """Tell what is overdue by now. Returns how many were told of each kind. Raises StoreUnavailable;
        what was told until then stays told.
        """
        told: Counter[Overdue] = Counter()
        for awaits, kind in OF_COMMANDS.items():
            told[kind] = self._tell(self.commands, awaits, kind, now)
        for awaits, kind in OF_SESSIONS.items():
            told[kind] = self._tell(self.sessions, awaits, kind, now)
        return told

    def _tell(self, store: AwaitedStore, awaits: Awaits, kind: Overdue, now: datetime) -> int:
        told = 0
        until = now - self.patience.of(kind)
        for found in store.due(awaits, until):
            waiting = store.as_it_stands(found)
            if waiting.waits_since > time_text(until):
                store.wait_on(waiting)
            elif store.tell(waiting, kind.value):
                told += 1
                count(Metric.CHARGES_OVERDUE, kind=kind.value)
                log.warning(
                    "a charge is overdue", kind=kind.value, key=waiting.key, since=waiting.waits_since
                )
        return told
