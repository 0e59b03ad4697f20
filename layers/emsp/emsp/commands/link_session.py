"""Tie a session to the START_SESSION (RESERVE_NOW) that it came from, when it arrives; and have its limit
looked at whenever it changes (enforce_limits).

Runs on the stream of sessions, so that receiving a session never waits for it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Final

from emsp.commands.session_links import AFTER_COMMAND, BEFORE_COMMAND, SessionSeen, link_of
from emsp.commands.started_after_timeout import KIND, started_after_timeout
from emsp.log import log
from emsp.metrics import Metric, count
from emsp.pushes.receive_session import current_session
from emsp.stores.commands import CommandStore
from emsp.stores.limited_commands import LimitedCommands
from emsp.stores.sessions import SessionStore

IN_REACH_OF_A_COMMAND: Final = frozenset({"RESERVATION", "PENDING", "ACTIVE", "COMPLETED"})


@dataclass(frozen=True)
class LinkSession:
    """The use case."""

    sessions: SessionStore
    commands: CommandStore
    limited: LimitedCommands
    now: Callable[[], datetime] = lambda: datetime.now(UTC)

    def __call__(self, before: Mapping[str, Any] | None, after: Mapping[str, Any] | None) -> bool:
        """Link the session of a change, given its item before and after. True when a command was linked.

        A session is looked at when it is new, when its status changes and when it comes to say its
        authorization_reference, which its `link_mark` stands for: by that the stream's filter in
        template.yaml holds back other changes, but for those of a session with a limit. Raises
        StoreUnavailable.
        """
        if after is None:
            return False  # it has lapsed
        new, old = self.sessions.from_item(after), self.sessions.from_item(before)
        if new is not None and new.is_limited and new.command_id:
            self.limited.look_at(new.command_id, self.now())
        if new is None or new.token_key is None or new.status.upper() not in IN_REACH_OF_A_COMMAND:
            return False  # without a token_key its token is none that any index could hold
        if old is not None and old.link_mark == new.link_mark:
            return False
        seen = SessionSeen.of(
            current_session(new), new.received_at, key=new.object_key, token_key=new.token_key
        )
        return seen is not None and self._link(seen)

    def _link(self, seen: SessionSeen) -> bool:
        if seen.authorization_reference:
            commands = self.commands.of_token(seen.token_key)
        else:
            commands = self.commands.of_token(
                seen.token_key, seen.started_at - AFTER_COMMAND, seen.started_at + BEFORE_COMMAND
            )
        link = link_of(seen, commands)
        if link is None:
            return False
        linked = self.commands.link_session(
            link.command.command_id,
            {"session_id": seen.id, "session_key": seen.object_key, "linked_by": link.linked_by},
        )
        if linked or link.command.session_key == seen.object_key:  # a try before may have ended in between
            is_limited = bool(link.command.limit or link.command.stop_if_late)
            self.sessions.note_command(
                seen.object_key, link.command.command_id, link.command.created_at, is_limited=is_limited
            )
        if linked:
            if started_after_timeout(replace(link.command, session_key=seen.object_key)):
                count(Metric.CHARGES_OVERDUE, kind=KIND)
            log.info(
                "a session belongs to a command",
                command_id=link.command.command_id,
                session=seen.object_key,
                linked_by=link.linked_by,
                correlation_id=link.command.correlation_id,
            )
        return linked
