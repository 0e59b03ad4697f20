"""Remind of dispute cases that are still open. Runs on a schedule.

The reminder is written to the case. The table's stream publishes it as `Dispute Overdue`.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from emsp.log import log
from emsp.metrics import Metric, count
from emsp.settlement.case_json import entry_of
from emsp.settlement.dispute_case import CLOSED, Cause, DisputeState
from emsp.stores.charge_indexes import ANY_TIME
from emsp.stores.disputes import Dispute, DisputeStore
from emsp.stores.table import ConditionFailed, time_text

REPORTS_AT_MOST: Final = 1000
"""The largest number of reminders in one run. The next run continues."""


@dataclass(frozen=True)
class RemindDisputes:
    """Reminds of old cases. `after` is the age of a case at its first reminder, and the time between
    reminders.
    """

    disputes: DisputeStore
    after: timedelta

    def __call__(self, now: datetime) -> int:
        """Write the reminders that are due, and return their number.

        Raises StoreUnavailable. Reminders that were written before the error remain.
        """
        reported = 0
        for state in DisputeState:
            if state in CLOSED:
                continue
            for case in self.disputes.in_state(state, *ANY_TIME):
                if reported == REPORTS_AT_MOST:
                    return reported
                reported += self._remind(case, now)
        return reported

    def _remind(self, case: Dispute, now: datetime) -> bool:
        if max(case.opened_at, case.reminded_at or "") > time_text(now - self.after):
            return False
        at = time_text(now)
        note = f"not closed {self.after.days} days after it was opened or reported"
        entry = entry_of(case, case.state, Cause.REMINDER, note, at)
        reminded = replace(case, reminded_at=at, reminders=case.reminders + 1)
        try:
            self.disputes.keep(reminded, entry)
        except ConditionFailed:
            return False  # The index was outdated. The next run reads the changed case.
        count(Metric.DISPUTES_OVERDUE)
        log.warning(
            "a dispute is overdue", dispute_id=case.dispute_id, state=case.state, since=case.opened_at
        )
        return True
