"""The kinds of overdue things in a charge, and when each is overdue. Without I/O.

| kind | what waits | for | since |
| --- | --- | --- | --- |
| SESSION_NOT_STARTED | a START_SESSION that was accepted, also late | its session | the acceptance |
| PENDING_TOO_LONG | a session that is PENDING | to become ACTIVE | it is PENDING |
| SESSION_SILENT | a session that is ACTIVE | a push | the last push |
| CDR_OVERDUE | a session that is COMPLETED | its CDR | it is COMPLETED |
| CDR_WITHOUT_SESSION | a CDR that names a session | that session | the CDR |
| SESSION_AFTER_TIMEOUT | a session whose START_SESSION we had reported as failed | to end | at once |

The last one needs no schedule: it is reported when the session is linked (events/overdue_events.py).
"""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Final

from emsp.commands import started_after_timeout
from emsp.stores.awaited import Awaits


class Overdue(StrEnum):
    """The kinds of the event `Charge Overdue`."""

    SESSION_NOT_STARTED = "SESSION_NOT_STARTED"
    PENDING_TOO_LONG = "PENDING_TOO_LONG"
    SESSION_SILENT = "SESSION_SILENT"
    CDR_OVERDUE = "CDR_OVERDUE"
    CDR_WITHOUT_SESSION = "CDR_WITHOUT_SESSION"
    SESSION_AFTER_TIMEOUT = started_after_timeout.KIND


OF_SESSIONS: Final = {
    Awaits.START: Overdue.PENDING_TOO_LONG,
    Awaits.PUSH: Overdue.SESSION_SILENT,
    Awaits.CDR: Overdue.CDR_OVERDUE,
    Awaits.SESSION: Overdue.CDR_WITHOUT_SESSION,
}
OF_COMMANDS: Final = {Awaits.SESSION: Overdue.SESSION_NOT_STARTED}


@dataclass(frozen=True)
class Patience:
    """The time after which each kind is overdue."""

    not_started: timedelta
    pending: timedelta
    silent: timedelta
    cdr: timedelta
    cdr_without_session: timedelta

    def of(self, kind: Overdue) -> timedelta:
        """Return the time after which a kind is overdue.

        Raises KeyError for SESSION_AFTER_TIMEOUT, which is reported at once.
        """
        return {
            Overdue.SESSION_NOT_STARTED: self.not_started,
            Overdue.PENDING_TOO_LONG: self.pending,
            Overdue.SESSION_SILENT: self.silent,
            Overdue.CDR_OVERDUE: self.cdr,
            Overdue.CDR_WITHOUT_SESSION: self.cdr_without_session,
        }[kind]
