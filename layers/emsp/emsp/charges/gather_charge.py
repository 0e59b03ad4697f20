"""Read a charge from the tables: its session, the CDRs of the session, their credit CDRs, and its command."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from emsp.ocpi.datetimes import parse_datetime
from emsp.stores.awaited import OverdueReport
from emsp.stores.cdrs import CdrStore, StoredCdr
from emsp.stores.command_records import CommandRecord
from emsp.stores.commands import CommandStore, UnknownCommand
from emsp.stores.sessions import SessionStore, StoredSession

COMMANDED_BEFORE: Final = timedelta(days=30)
"""The longest time from a command to the end of its charge."""


@dataclass(frozen=True)
class GatheredCharge:
    """The stored parts of a charge. `session_key` may name a session that never arrived."""

    session_key: str | None = None
    session: StoredSession | None = None
    cdrs: tuple[StoredCdr, ...] = ()
    command: CommandRecord | None = None
    session_overdue: OverdueReport | None = None

    @property
    def key(self) -> str:
        """The key of the charge. Each part of the charge leads to the same key."""
        if self.session_key:
            return f"session {self.session_key}"
        if self.cdrs:
            return f"CDR {self.cdrs[0].object_key}"
        return f"command {self.command.command_id if self.command else ''}"

    @property
    def first_cdr(self) -> StoredCdr | None:
        """The CDR by which a charge without a session is listed: its first CDR, credit CDRs last."""
        return min(self.cdrs, key=lambda cdr: (cdr.credits_key is not None, *_order(cdr)), default=None)


@dataclass(frozen=True)
class GatherCharge:
    """Reads charges. All methods raise StoreUnavailable."""

    sessions: SessionStore
    cdrs: CdrStore
    commands: CommandStore

    def of_session(self, session_key: str, known: Iterable[StoredCdr] = ()) -> GatheredCharge:
        """Return the charge of a session, which may not have arrived. `known` are CDRs of it that were read
        already.
        """
        session, overdue = self.sessions.with_overdue(session_key)
        found = {cdr.object_key: cdr for cdr in (*self.cdrs.of_session(session_key), *known)}
        if session and session.closed_by_cdr and session.closed_by_cdr not in found:
            self._add(session.closed_by_cdr, found)
        self._add_credits(found)
        command = self.command(session.command_id) if session and session.command_id else None
        if session is None:
            command = next(filter(None, (self._began(session_key, cdr) for cdr in _sorted(found))), None)
        return GatheredCharge(session_key, session, _sorted(found), command, overdue)

    def _began(self, session_key: str, cdr: StoredCdr) -> CommandRecord | None:
        """Return the command of a session whose record has expired before its CDR arrived."""
        if not cdr.token_key:
            return None
        ended = parse_datetime(cdr.end_date_time)
        commands = self.commands.of_token(cdr.token_key, ended - COMMANDED_BEFORE, ended)
        return next((each for each in commands if each.session_key == session_key), None)

    def of_cdr(self, cdr: StoredCdr) -> GatheredCharge:
        """Return the charge of a CDR. For a credit CDR it is that of the CDR that it credits."""
        if cdr.session_key:
            return self.of_session(cdr.session_key, [cdr])
        credited = self.cdrs.get(cdr.credits_key) if cdr.credits_key else None
        if credited is not None and credited.credits_key is None:
            if credited.session_key:
                return self.of_session(credited.session_key, [credited, cdr])
            found = {each.object_key: each for each in (credited, cdr)}
        else:
            found = {cdr.object_key: cdr}
        self._add_credits(found)
        return GatheredCharge(cdrs=_sorted(found))

    def of_command(self, record: CommandRecord) -> GatheredCharge:
        """Return the charge that a command started, with the parts that have arrived."""
        if not record.session_key:
            return GatheredCharge(command=record)
        charge = self.of_session(record.session_key)
        return GatheredCharge(charge.session_key, charge.session, charge.cdrs, record, charge.session_overdue)

    def command(self, command_id: str) -> CommandRecord | None:
        """Return the command, or None if its record has expired."""
        try:
            return self.commands.get(command_id)
        except UnknownCommand:
            return None

    def _add_credits(self, found: dict[str, StoredCdr]) -> None:
        """Add to `found` the credit CDRs that do not name the session."""
        for cdr in list(found.values()):
            if cdr.credited_by and cdr.credited_by not in found:
                self._add(cdr.credited_by, found)

    def _add(self, key: str, found: dict[str, StoredCdr]) -> None:
        cdr = self.cdrs.get(key)
        if cdr is not None:
            found[key] = cdr


def _order(cdr: StoredCdr) -> tuple[str, str]:
    return cdr.end_date_time, cdr.object_key


def _sorted(found: dict[str, StoredCdr]) -> tuple[StoredCdr, ...]:
    return tuple(sorted(found.values(), key=_order))
