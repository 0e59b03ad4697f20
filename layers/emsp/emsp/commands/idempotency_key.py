"""What happens when the same command is asked for twice: under one idempotency_key it is one command."""

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Final

from emsp.commands.requests import CommandRequest
from emsp.commands.states import CommandState
from emsp.stores.command_records import CommandRecord
from emsp.stores.commands import (
    CommandMoved,
    CommandStore,
    DuplicateCommand,
    IdempotencyClaim,
)

IDEMPOTENCY_KEPT: Final = timedelta(hours=24)


class IdempotencyKeyReused(ValueError):
    """The same idempotency_key came with another command: use a new key for a new command."""


@dataclass(frozen=True)
class StoreOnce:
    """Stores a command unless it was asked for before."""

    commands: CommandStore

    def __call__(self, record: CommandRecord, request: CommandRequest) -> CommandRecord | None:
        """The command that this one repeats; None when there is none, and this one is stored.

        Raises IdempotencyKeyReused, StoreUnavailable.
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
                        f"idempotency_key belongs to command {duplicate.command_id}, which was another: "
                        "use a new key for a new command"
                    ) from None
                earlier = self.commands.get(duplicate.command_id)
                if earlier.state != CommandState.NOT_SENT:
                    return self._taken_over(earlier, request)
                claim = replace(claim, replaces=earlier.command_id)
            else:
                return None
        raise IdempotencyKeyReused("idempotency_key is being used by another caller right now: try again")

    def _taken_over(self, earlier: CommandRecord, request: CommandRequest) -> CommandRecord:
        """A workflow that tries again waits under a new task token: resume that one."""
        while request.task_token and request.task_token != earlier.task_token:
            try:
                return self.commands.change(
                    earlier.command_id,
                    seen_state=earlier.state,
                    changes={"task_token": request.task_token},
                )
            except CommandMoved as moved:
                earlier = moved.record
        return earlier
