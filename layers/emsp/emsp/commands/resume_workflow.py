"""Resume the Step Functions workflow that waits for a command.

The task of the workflow succeeds, or fails with the state of the command as its error. This runs on the
stream of commands. So the functions that decide a command know nothing about workflows, and Lambda retries a
record that fails.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from emsp.commands.get_command import command_json
from emsp.commands.states import SUCCEEDED, CommandState, is_decided
from emsp.invocation import answer
from emsp.log import log
from emsp.stores.command_records import CommandRecord, from_item
from emsp.stores.workflows import NobodyWaits, Workflows


@dataclass(frozen=True)
class ResumeWorkflow:
    """Completes or fails the task of a workflow when its command is decided."""

    workflows: Workflows

    def __call__(self, before: Mapping[str, Any] | None, after: Mapping[str, Any] | None) -> bool:
        """Resume the workflow of a changed command. Return True if one was resumed. Raises StoreUnavailable.

        `before` and `after` are the items of the command.
        """
        if after is None:
            return False
        new = from_item(after)
        if not is_due(from_item(before) if before else None, new):
            return False
        outcome = json.dumps(answer(command_json(new)), ensure_ascii=False)
        try:
            if CommandState(new.state) in SUCCEEDED:
                self.workflows.succeed(new.task_token, outcome)
            else:
                self.workflows.fail(new.task_token, error_name(new), outcome)
        except NobodyWaits as gone:
            log.info("no workflow waits for this command", command_id=new.command_id, reason=str(gone))
            return False
        log.info(
            "workflow resumed", command_id=new.command_id, state=new.state, correlation_id=new.correlation_id
        )
        return True


def is_due(old: CommandRecord | None, new: CommandRecord) -> bool:
    """Whether this change resumes a workflow: the command was decided, or has a new task after that."""
    if not new.task_token or not is_decided(CommandState(new.state)):
        return False
    return old is None or not is_decided(CommandState(old.state)) or old.task_token != new.task_token


def error_name(record: CommandRecord) -> str:
    """Return the error name for Retry and Catch: the state or, for NOT_SENT, the error of the call."""
    name, _, _ = record.error.partition(":")
    return name if record.state == CommandState.NOT_SENT and name else record.state
