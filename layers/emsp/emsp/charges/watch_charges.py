"""Report what is overdue, once for each awaited thing. Runs on a schedule.

It writes to the item that waits. The tables' streams turn that into `Charge Overdue`, and into `Charge
Resolved` when the thing arrives (events/overdue_events.py).
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
    """Reports overdue sessions and commands."""

    sessions: AwaitedStore
    commands: AwaitedStore
    patience: Patience

    def __call__(self, now: datetime) -> Counter[Overdue]:
        """Report what is overdue. Return how many of each kind were reported.

        Raises StoreUnavailable. Reports that were written before the error are kept.
        """
        reported: Counter[Overdue] = Counter()
        for awaits, kind in OF_COMMANDS.items():
            reported[kind] = self._report(self.commands, awaits, kind, now)
        for awaits, kind in OF_SESSIONS.items():
            reported[kind] = self._report(self.sessions, awaits, kind, now)
        return reported

    def _report(self, store: AwaitedStore, awaits: Awaits, kind: Overdue, now: datetime) -> int:
        reported = 0
        until = now - self.patience.of(kind)
        for found in store.due(awaits, until):
            waiting = store.as_it_stands(found)
            if waiting.waits_since > time_text(until):
                store.wait_on(waiting)
            elif store.report(waiting, kind.value):
                reported += 1
                count(Metric.CHARGES_OVERDUE, kind=kind.value)
                log.warning(
                    "a charge is overdue", kind=kind.value, key=waiting.key, since=waiting.waits_since
                )
        return reported
