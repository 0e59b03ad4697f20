"""List the charges of a driver, newest first, over all tokens of the driver.

A charge is listed at the start of its session. A START_SESSION without a session is listed at the time when
it was sent. A charge without both is listed at the end of its first CDR. So of two adjacent spans of time
only one contains a charge. A page begins after the last entry of the previous page, so a new charge does not
move the others.
"""

import heapq
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from emsp.charges.gather_charge import GatheredCharge
from emsp.commands.states import CommandState
from emsp.deadline import Deadline
from emsp.driver_api.driver_of_jwt import Driver
from emsp.driver_api.own_charges import OwnCharges
from emsp.ocpi.datetimes import canonical_datetime
from emsp.stores.charge_indexes import ChargeIndexes, IndexedKey, IndexRange, Listed
from emsp.stores.sessions import StoredSession

TIME_KEPT_S: Final = 10.0
AFTER_ANY_DIGIT: Final = "~"


@dataclass(frozen=True)
class HistoryEntry:
    """The last entry that was read: its time, the number of its index range, and its key."""

    at: str
    number: int
    key: str


@dataclass(frozen=True)
class History:
    """Lists charges. Raises StoreUnavailable."""

    indexes: ChargeIndexes
    own: OwnCharges

    def ranges(self, driver: Driver, start: datetime, end: datetime) -> list[IndexRange]:
        """Return the index ranges with the driver's charges from `start` to before `end`."""
        span = canonical_datetime(start), canonical_datetime(end)
        return [
            each
            for key in driver.token_keys
            for each in (*self.indexes.of_token(key, *span), self.indexes.commands_of_token(key, *span))
        ]

    def __call__(
        self,
        driver: Driver,
        ranges: Sequence[IndexRange],
        after: HistoryEntry | None,
        limit: int,
        deadline: Deadline,
    ) -> tuple[list[GatheredCharge], HistoryEntry | None]:
        """Return a page of charges, and its last entry if there may be more charges.

        It reads at least one entry, so that the list continues even if the time is short.
        """
        found: list[GatheredCharge] = []
        streams = [self._entries(number, each, after) for number, each in enumerate(ranges)]
        for number, entry in enumerate(heapq.merge(*streams, key=lambda each: each.at, reverse=True)):
            if len(found) == limit or (number and deadline.remaining() < TIME_KEPT_S):
                return found, after
            after = entry
            charge = self._listed(driver, ranges[entry.number].listed, entry.key)
            own = self.own.own_part(driver, charge) if charge else None
            if own is not None:
                found.append(own)
        return found, None

    def _entries(self, number: int, part: IndexRange, after: HistoryEntry | None) -> Iterator[HistoryEntry]:
        """Yield the entries of a range after `after`. Entries with the same time are ordered by their
        ranges.
        """
        begin = None
        if after is not None:
            part = replace(part, high=after.at + (AFTER_ANY_DIGIT if number >= after.number else ""))
            begin = IndexedKey(after.key, after.at) if number == after.number else None
        for entry in self.indexes.keys(part, begin, newest_first=True):
            yield HistoryEntry(entry.at, number, entry.key)

    def _listed(self, driver: Driver, listed: Listed, key: str) -> GatheredCharge | None:
        """Return the charge of an entry, or None if another entry lists it."""
        match listed:
            case Listed.SESSION:
                charge = self.own.of_session(key)
                reserved = charge and charge.session and charge.session.status.upper() == "RESERVATION"
                return None if reserved else charge
            case Listed.COMMAND:
                return self._by_start(driver, key)
            case Listed.CDR:
                return self._by_cdr(driver, key)

    def _by_start(self, driver: Driver, command_id: str) -> GatheredCharge | None:
        record = self.own.gather.command(command_id)
        if record is None or record.command != "START_SESSION" or record.state == CommandState.NOT_SENT:
            return None
        session = self.own.gather.sessions.get(record.session_key) if record.session_key else None
        return None if _lists(driver, session) else self.own.begun_by(record)

    def _by_cdr(self, driver: Driver, cdr_key: str) -> GatheredCharge | None:
        cdr = self.own.gather.cdrs.get(cdr_key)
        if cdr is None or (cdr.session_key and _lists(driver, self.own.gather.sessions.get(cdr.session_key))):
            return None
        own = self.own.own_part(driver, self.own.gather.of_cdr(cdr))
        if own is None or own.first_cdr is None or own.first_cdr.object_key != cdr_key:
            return None
        has_start = own.command is not None and own.command.session_key == own.session_key
        return None if has_start or _lists(driver, own.session) else own


def _lists(driver: Driver, session: StoredSession | None) -> bool:
    """Whether the charge of this session is listed at the start of the session."""
    return session is not None and session.start_date_time is not None and driver.owns(session.token_key)
