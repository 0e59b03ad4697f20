"""Set commands without a result to TIMEOUT, after the CPO's timeout and GRACE."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from emsp.commands.advance import advance_command
from emsp.commands.states import CommandState, Expired, is_decided
from emsp.log import log
from emsp.metrics import Metric, count
from emsp.stores.commands import CommandStore, UnknownCommand
from emsp.stores.expiry_queue import ExpiryQueue


@dataclass(frozen=True)
class ExpireCommand:
    """Expires commands. It may run any number of times for one command."""

    commands: CommandStore
    expiry: ExpiryQueue
    now: Callable[[], datetime] = lambda: datetime.now(UTC)

    def __call__(self, command_id: str) -> None:
        """Write TIMEOUT if the time is over, or queue another wake-up if not. Raises StoreUnavailable."""
        try:
            record = self.commands.get(command_id)
        except UnknownCommand:
            log.info(
                "a time limit without a command: it was never stored, so never sent", command_id=command_id
            )
            return
        if is_decided(CommandState(record.state)):
            return
        left_s = (record.times_out_at - self.now()).total_seconds()
        if left_s > 0:
            self.expiry.wake_after(command_id, left_s)
            return
        advanced = advance_command(self.commands, command_id, Expired(), self.now(), seen=record)
        if advanced.changed:
            log.warning(
                "no result came in time",
                command_id=command_id,
                command=record.command,
                to=record.to,
                correlation_id=record.correlation_id,
            )
            count(Metric.COMMAND_TIMEOUTS)
