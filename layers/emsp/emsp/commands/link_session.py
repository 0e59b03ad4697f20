"""Link a new session to the START_SESSION or RESERVE_NOW that it came from.

Each change of a linked session with a limit also makes its command due for enforce_limits. This runs on the
stream of sessions, so that receiving a session never waits for it.
"""

from collections.abc import Callable, Mapping
from copy import replace
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from emsp.commands.further_sessions import further_session
from emsp.commands.session_links import (
    BEFORE_COMMAND,
    Link,
    SessionSeen,
    link_of,
    may_be_further,
)
from emsp.commands.started_after_timeout import KIND, started_after_timeout
from emsp.log import log
from emsp.metrics import Metric, count
from emsp.ocpi.session_status import ENDED, status_of
from emsp.pushes.current_session import current_session
from emsp.stores.command_records import CommandRecord
from emsp.stores.commands import CommandStore
from emsp.stores.limited_commands import LimitedCommands
from emsp.stores.sessions import SessionStore

IN_REACH_OF_A_COMMAND: Final = frozenset({"RESERVATION", "PENDING", "ACTIVE", "COMPLETED"})
RESERVED_BEFORE: Final = timedelta(days=1)
"""The longest time from a RESERVE_NOW to the start of its session."""
BESIDE_FOR: Final = timedelta(days=1)
LOOKED_BESIDE: Final = 3
"""The largest number of commands at the session's place that are examined, the newest first."""


@dataclass(frozen=True)
class LinkSession:
    """Links sessions to commands, and makes the commands with a limit due."""

    sessions: SessionStore
    commands: CommandStore
    limited: LimitedCommands
    now: Callable[[], datetime] = lambda: datetime.now(UTC)

    def __call__(self, before: Mapping[str, Any] | None, after: Mapping[str, Any] | None) -> bool:
        """Link the session of a change. Return True if a command was linked. Raises StoreUnavailable.

        `before` and `after` are its items. A session is examined when it is new, when its status changes, and
        when its authorization_reference appears. In these cases its `link_mark` changes, and the stream's
        filter in template.yaml passes the change on. It also passes all changes of a session with a limit.
        """
        if after is None:
            return False  # the record has expired
        new, old = self.sessions.from_item(after), self.sessions.from_item(before)
        if new is not None and new.is_limited and new.command_id:
            self.limited.check_at(new.limit_id or new.command_id, self.now())
        if new is None or new.status.upper() not in IN_REACH_OF_A_COMMAND:
            return False
        if old is not None and old.link_mark == new.link_mark:
            return False
        seen = SessionSeen.of(
            current_session(new),
            new.received_at,
            key=new.object_key,
            token_key=new.token_key or "",
            is_new=old is None,
        )
        if seen is None:
            return False
        link = link_of(seen, self._candidates(seen))
        if link is None and not new.command_id:
            link = self._beside_a_running_one(seen)
        return link is not None and self._linked(seen, link)

    def _candidates(self, seen: SessionSeen) -> list[CommandRecord]:
        reference = seen.authorization_reference.strip().upper()
        if not reference:
            since, until = min(seen.times) - RESERVED_BEFORE, max(seen.times) + BEFORE_COMMAND
            return self.commands.of_token(seen.token_key, since, until)
        of_token = self.commands.of_token(seen.token_key) if seen.token_key else []
        if any(each.authorization_reference.upper() == reference for each in of_token):
            return of_token
        return of_token + self.commands.of_reference(reference)

    def _beside_a_running_one(self, seen: SessionSeen) -> Link | None:
        """Return the START_SESSION at the same place whose session is still running. This is another session
        of it.

        The time between the two sessions does not matter.
        """
        if not seen.token_key:
            return None
        lately = self.commands.of_token(
            seen.token_key, seen.seen_at - BESIDE_FOR, seen.seen_at + BEFORE_COMMAND
        )
        others = [each for each in lately if may_be_further(seen, each) and each.session_key]
        for each in others[:LOOKED_BESIDE]:
            other = self.sessions.get(each.session_key)
            if other is not None and status_of(current_session(other)) not in ENDED:
                return Link(each, "token_and_place")
        return None

    def _linked(self, seen: SessionSeen, link: Link) -> bool:
        command = link.command
        linked = self.commands.link_session(
            command.command_id,
            {"session_id": seen.id, "session_key": seen.object_key, "linked_by": link.linked_by},
        )
        limit_id = ""
        if not linked and self.commands.get(command.command_id).session_key != seen.object_key:
            if command.command != "START_SESSION":
                return False
            further = further_session(command, seen.id, seen.object_key, link.linked_by)
            linked, limit_id = self.commands.keep_further(further), further.command_id
        # Also if it is linked already, because a previous try may have ended in between.
        is_limited = bool(command.limit or command.stop_if_late)
        self.sessions.note_command(
            seen.object_key, command.command_id, command.created_at, limit_id=limit_id, is_limited=is_limited
        )
        if is_limited and limit_id:
            self.limited.check_at(limit_id, self.now())
        if linked:
            if started_after_timeout(replace(command, session_key=seen.object_key)):
                count(Metric.CHARGES_OVERDUE, kind=KIND)
            log.info(
                "a session belongs to a command",
                command_id=command.command_id,
                session=seen.object_key,
                linked_by=link.linked_by,
                is_further=bool(limit_id),
                correlation_id=command.correlation_id,
            )
        return linked
