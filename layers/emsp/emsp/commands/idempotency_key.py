"""Recognize a repeated request for a command by its idempotency_key."""

from copy import replace
from datetime import timedelta
from typing import Final, NamedTuple

from emsp.commands.read_request import CommandRequest
from emsp.commands.states import CommandState
from emsp.stores.command_records import CommandRecord
from emsp.stores.commands import (
    CommandChanged,
    CommandStore,
    DuplicateCommand,
    IdempotencyClaim,
)

IDEMPOTENCY_KEPT: Final = timedelta(hours=24)


class IdempotencyKeyReused(ValueError):
    """The same idempotency_key came with another command: use a new key for a new command."""


class StoreOnce(NamedTuple):
    """Stores a command, unless it was requested before."""

    commands: CommandStore

    def __call__(self, record: CommandRecord, request: CommandRequest) -> CommandRecord | None:
        """Store the command and return None, or return the command that was requested before with the same
        key.

        Raises IdempotencyKeyReused and StoreUnavailable.
        """
        if not request.idempotency_key:
            self.commands.create(record)
            return None
        claim = IdempotencyClaim(
            request.idempotency_key, request.sha256, record.created_at + IDEMPOTENCY_KEPT
        )
        for _ in range(3):
            try:
                self.commands.create(record, claim)
            except DuplicateCommand as duplicate:
                if duplicate.body_sha256 != request.sha256:
                    raise IdempotencyKeyReused(
                        f"idempotency_key belongs to command {duplicate.command_id}, which is another one: "
                        "use a new key for a new command"
                    ) from None
                earlier = self.commands.get(duplicate.command_id)
                if earlier.state != CommandState.NOT_SENT:
                    return self._taken_over(earlier, request)
                claim = replace(claim, replaces=earlier.command_id)
            else:
                return None
        raise IdempotencyKeyReused("another caller is using this idempotency_key at the same time: try again")

    def _taken_over(self, earlier: CommandRecord, request: CommandRequest) -> CommandRecord:
        """Store the task token of a workflow that retries, so that the new task is resumed."""
        while request.task_token and request.task_token != earlier.task_token:
            try:
                return self.commands.change(
                    earlier.command_id,
                    seen_state=earlier.state,
                    changes={"task_token": request.task_token},
                )
            except CommandChanged as changed:
                earlier = changed.record
        return earlier
