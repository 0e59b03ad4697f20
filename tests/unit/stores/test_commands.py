"""What DynamoDB can answer to a claimed idempotency key, and what becomes of it."""

import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from emsp.stores.command_records import CommandRecord
from emsp.stores.commands import CommandStore, DuplicateCommand, IdempotencyClaim
from emsp.stores.table import StoreUnavailable

NOW = datetime(2026, 11, 22, 10, tzinfo=UTC)
RECORD = CommandRecord(
    command_id="c-2",
    command="START_SESSION",
    state="PENDING",
    created_at=NOW,
    times_out_at=NOW,
    body="{}",
    correlation_id="x",
)
CLAIM = IdempotencyClaim("tap-1", "hash", NOW + timedelta(hours=24))


class Dynamo:
    """Cancels transactions for these reasons, one after the other; then takes them."""

    def __init__(self, *reasons: str) -> None:
        self.reasons = list(reasons)
        self.taken = 0

    def transact_write_items(self, **asked: Any) -> dict[str, Any]:
        if self.reasons:
            answer: Any = {
                "Error": {"Code": "TransactionCanceledException", "Message": "cancelled"},
                "CancellationReasons": [{"Code": "None"}, {"Code": self.reasons.pop(0)}],
            }
            raise ClientError(answer, "TransactWriteItems")
        self.taken += 1
        return {}

    def get_item(self, **asked: Any) -> dict[str, Any]:
        return {"Item": {"command_id": {"S": "c-1"}, "body_sha256": {"S": "hash"}}}


@pytest.fixture(autouse=True)
def no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time, "sleep", lambda _: None)


def store(dynamo: Dynamo) -> CommandStore:
    return CommandStore(dynamo, "commands", "control")  # type: ignore[arg-type]


def test_two_taps_that_meet_in_dynamodb_are_one_command() -> None:
    with pytest.raises(DuplicateCommand) as raised:
        store(Dynamo("TransactionConflict", "ConditionalCheckFailed")).create(RECORD, CLAIM)
    assert raised.value.command_id == "c-1"


def test_a_conflict_that_passes_is_not_noticed() -> None:
    dynamo = Dynamo("TransactionConflict", "TransactionConflict")
    store(dynamo).create(RECORD, CLAIM)
    assert dynamo.taken == 1


@pytest.mark.parametrize("reasons", [["TransactionConflict"] * 5, ["ThrottlingError"]])
def test_a_fault_that_stays_is_told(reasons: list[str]) -> None:
    with pytest.raises(StoreUnavailable):
        store(Dynamo(*reasons)).create(RECORD, CLAIM)
