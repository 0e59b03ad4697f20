"""Report what is overdue, once. Runs on a schedule.

The report is written to the item that waits (a session or a command). The stream of its table publishes it as
`Charge Overdue` and, when the awaited thing comes, `Charge Resolved` (events/overdue_events.py).
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
    """Reports sessions, CDRs and commands that wait too long."""

    sessions: AwaitedStore
    commands: AwaitedStore
    patience: Patience

    def __call__(self, now: datetime) -> Counter[Overdue]:
        """Report what is overdue. Return the number of reports of each kind.

        Raises StoreUnavailable. Reports that were written before the error remain.
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
            waiting = store.refreshed(found)
            if waiting.waits_since > time_text(until):
                store.wait_on(waiting)
            elif store.report(waiting, kind.value):
                reported += 1
                count(Metric.CHARGES_OVERDUE, kind=kind.value)
                log.warning(
                    "a charge is overdue", kind=kind.value, key=waiting.key, since=waiting.waits_since
                )
        return reported
