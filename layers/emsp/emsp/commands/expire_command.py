"""Set a command to TIMEOUT if its result has not come within the CPO's timeout and GRACE."""

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
    """Sets commands to TIMEOUT. Repeating it changes nothing."""

    commands: CommandStore
    expiry: ExpiryQueue
    now: Callable[[], datetime] = lambda: datetime.now(UTC)

    def __call__(self, command_id: str) -> None:
        """Set the command to TIMEOUT, or queue another wake-up if it is too early. Raises
        StoreUnavailable.
        """
        try:
            record = self.commands.get(command_id)
        except UnknownCommand:
            log.info(
                "the command of this wake-up was never stored, so it was never sent", command_id=command_id
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
