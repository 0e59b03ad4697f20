"""The commands table: one item for each command, stored before the command is sent.

command_records.py describes the item. Three indexes find commands: `by_token` (token_key, created_at) by
driver, `by_reference` (authorization_reference, created_at) by authorization, and `by_reservation`
(reservation_id, created_at) the RESERVE_NOW of a reservation.

Conditions on `state` make each change happen once. states.py defines the changes.
"""

import hashlib
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final, NamedTuple

from botocore.exceptions import ClientError

from emsp.stores.attributes import Value, attributes, values_of
from emsp.stores.client_types import DynamoDBClient, TransactWriteItem
from emsp.stores.command_records import (
    KEPT_FOR,
    CommandChange,
    CommandRecord,
    from_item,
    text_to_set,
    to_item,
)
from emsp.stores.expires_at import EXPIRES_AT, ttl_value
from emsp.stores.keyed_items import KeyedItems
from emsp.stores.table import ConditionFailed, Item, cancellation_reasons, store_errors, time_text
from emsp.timeouts import TRANSACTION_CONFLICT

EARLIEST: Final = datetime(2000, 1, 1, tzinfo=UTC)
LATEST: Final = datetime(9999, 1, 1, tzinfo=UTC)
OF_ONE_REFERENCE: Final = 5
KEPT_EXTRA_RESULTS: Final = 20
"""The largest number of repeated and late results that are stored. Others are only counted, so that the item
stays small.
"""


class CommandChanged(Exception):
    """The command is in another state than the change expected. `record` is the current record."""

    def __init__(self, record: CommandRecord) -> None:
        super().__init__(
            f"command {record.command_id} is {record.state} by now: apply the change to that state"
        )
        self.record = record


class UnknownCommand(LookupError):
    """No command has this id: we never sent it, or its record has expired."""

    def __init__(self, command_id: str) -> None:
        super().__init__(
            f"there is no command {command_id[:64]!r}: check the command_id that send_command returned"
        )


class DuplicateCommand(Exception):
    """The idempotency key belongs to the command `command_id`."""

    def __init__(self, command_id: str, body_sha256: str) -> None:
        super().__init__(f"the idempotency key belongs to command {command_id} already")
        self.command_id = command_id
        self.body_sha256 = body_sha256


class IdempotencyClaim(NamedTuple):
    """An idempotency key: the caller's key, and a hash of the request.

    `replaces` is a command that loses the key, because it was certainly not sent.
    """

    key: str
    body_sha256: str
    expires_at: datetime
    replaces: str = ""

    @property
    def control_key(self) -> str:
        return control_key_of(self.key)


def control_key_of(idempotency_key: str) -> str:
    """Return the key of the claim in the control table."""
    return "idempotency#" + hashlib.sha256(idempotency_key.encode()).hexdigest()


class CommandStore:
    """Reads and writes commands. All methods raise StoreUnavailable.

    `control_table` is used only for idempotency keys. `kept_for` is used only to send commands and to link
    sessions; None means for ever.
    """

    def __init__(
        self,
        client: DynamoDBClient,
        table: str,
        control_table: str = "",
        kept_for: timedelta | None = KEPT_FOR,
    ) -> None:
        self._kept_for = kept_for
        self._client = client
        self._items = KeyedItems(client, table, "command_id")
        self._claims = KeyedItems(client, control_table)

    def create(self, record: CommandRecord, claim: IdempotencyClaim | None = None) -> None:
        """Store a new command. Raises DuplicateCommand if the claim's key is taken."""
        item = to_item(record, self._kept_for)
        if claim is None:
            self._items.put(item, f"storing command {record.command_id}")
            return
        put: TransactWriteItem = {"Put": {"TableName": self._items.table, "Item": item}}
        take_key = self._take_key(record, claim)
        with store_errors(f"storing command {record.command_id}"):
            for tried in range(1, TRANSACTION_CONFLICT.tries + 1):
                try:
                    self._client.transact_write_items(TransactItems=[put, take_key])
                except ClientError as error:
                    reasons = cancellation_reasons(error)
                    if "ConditionalCheckFailed" in reasons:
                        raise self._duplicate(claim) from None
                    if "TransactionConflict" not in reasons or tried == TRANSACTION_CONFLICT.tries:
                        raise
                    # Two requests for one command came at once, and DynamoDB rejected this one. Its retry
                    # finds the key of the other.
                    time.sleep(TRANSACTION_CONFLICT.pause_after(tried))
                else:
                    return

    def _take_key(self, record: CommandRecord, claim: IdempotencyClaim) -> TransactWriteItem:
        """Return the write that assigns the key to this command. It fails if the key belongs to another
        command.
        """
        return {
            "Put": {
                "TableName": self._claims.table,
                "Item": attributes(
                    {
                        "control_key": claim.control_key,
                        "command_id": record.command_id,
                        "body_sha256": claim.body_sha256,
                        "expires_at": int(claim.expires_at.timestamp()),
                    }
                ),
                "ConditionExpression": "attribute_not_exists(control_key) "
                "OR command_id = :replaces OR expires_at < :now",
                "ExpressionAttributeValues": attributes(
                    {":replaces": claim.replaces, ":now": int(record.created_at.timestamp())}
                ),
            }
        }

    def _duplicate(self, claim: IdempotencyClaim) -> DuplicateCommand:
        known = self._claimed(claim.control_key)
        return DuplicateCommand(known["command_id"], known["body_sha256"])

    def of_key(self, key: str, now: datetime) -> CommandRecord | None:
        """Return the command of an idempotency key, or None if the key is unknown or has expired."""
        known = self._claimed(control_key_of(key))
        if not known or known["expires_at"] < now.timestamp():
            return None
        return self.get(known["command_id"])

    def _claimed(self, control_key: str) -> Mapping[str, Any]:
        return values_of(self._claims.read(control_key, "reading the command of an idempotency key"))

    def get(self, command_id: str) -> CommandRecord:
        """Return the command (consistent read). Raises UnknownCommand."""
        item = self._items.read(command_id, f"reading command {command_id}")
        if not item:
            raise UnknownCommand(command_id)
        return from_item(item)

    def change(
        self, command_id: str, *, seen_state: str, changes: Mapping[str, CommandChange]
    ) -> CommandRecord:
        """Set attributes if the command is still in `seen_state`. Return the changed command.

        Raises CommandChanged and UnknownCommand.
        """
        return self._update(command_id, changes, "#state = :seen_state", {":seen_state": seen_state})

    def link_session(self, command_id: str, changes: Mapping[str, CommandChange]) -> bool:
        """Set the attributes of the session, and keep the command for `kept_for` from now on.

        Return False if a session is linked already.
        """
        expires = ttl_value(datetime.now(UTC), self._kept_for)
        keep = f", {EXPIRES_AT} = :expires REMOVE" if expires else f" REMOVE {EXPIRES_AT},"
        try:
            self._update(
                command_id,
                changes,
                "attribute_not_exists(session_key)",
                {":expires": int(expires["N"])} if expires else {},
                f"{keep} awaits, awaits_since",
            )
        except CommandChanged:
            return False
        return True

    def _update(
        self,
        command_id: str,
        changes: Mapping[str, CommandChange],
        condition: str,
        values: Mapping[str, Value],
        removes: str = "",
    ) -> CommandRecord:
        sets = ", ".join(f"#{name} = :{name}" for name in changes)
        names = {f"#{name}": name for name in changes}
        if "#state" in condition:
            names["#state"] = "state"
        try:
            changed = self._items.update(
                command_id,
                f"changing command {command_id}",
                f"SET {sets}{removes}",
                attributes({**values, **{f":{name}": text_to_set(to) for name, to in changes.items()}}),
                condition=f"attribute_exists(command_id) AND {condition}",
                names=names,
                returns="ALL_NEW",
            )
        except ConditionFailed as failed:
            if not failed.item:
                raise UnknownCommand(command_id) from None
            raise CommandChanged(from_item(failed.item)) from None
        return from_item(changed)

    def keep_extra_result(self, command_id: str, extra_result: str) -> None:
        """Record a result that did not change the state. The first KEPT_EXTRA_RESULTS are stored, all are
        counted.
        """
        update = "ADD extra_result_count :one"
        doing = f"recording a result of command {command_id}"
        values = attributes({":one": 1})
        kept = attributes({":room": KEPT_EXTRA_RESULTS, ":none": [], ":extra": [extra_result]})
        try:
            self._items.update(
                command_id,
                doing,
                f"SET extra_results = list_append(if_not_exists(extra_results, :none), :extra) {update}",
                values | kept,
                condition="attribute_exists(command_id) AND "
                "(attribute_not_exists(extra_result_count) OR extra_result_count < :room)",
            )
        except ConditionFailed:
            self._items.update(command_id, doing, update, values, condition="attribute_exists(command_id)")

    def of_token(
        self, token_key: str, since: datetime = EARLIEST, until: datetime = LATEST
    ) -> list[CommandRecord]:
        """Return the commands of a token that were created in this time, newest first.

        The read is eventually consistent, and at most one page.
        """
        condition = "token_key = :key AND created_at BETWEEN :since AND :until"
        values: dict[str, Value] = {":key": token_key, ":since": time_text(since), ":until": time_text(until)}
        return [*map(from_item, self._newest("by_token", condition, values, "a token's commands"))]

    def of_reference(self, authorization_reference: str) -> list[CommandRecord]:
        """Return the newest commands with this reference, of any token, at most OF_ONE_REFERENCE."""
        found = self._newest(
            "by_reference",
            "authorization_reference = :reference",
            {":reference": authorization_reference.upper()},
            "the commands of an authorization",
            Limit=OF_ONE_REFERENCE,
        )
        return [self.get(item["command_id"]["S"]) for item in found]

    def keep_further(self, record: CommandRecord) -> bool:
        """Store the record of another session, and set `further` in the command's record.

        Return False if it is stored already.
        """
        doing = f"keeping a further session of command {record.of_command}"
        try:
            self._items.put(to_item(record, self._kept_for), doing, "attribute_not_exists(command_id)")
        except ConditionFailed:
            return False
        self._update(record.of_command, {"further": record.command_id}, "attribute_exists(command_id)", {})
        return True

    def of_reservation(self, reservation_id: str) -> CommandRecord | None:
        """Return the newest RESERVE_NOW with this reservation_id, or None if there is none."""
        found = self._newest(
            "by_reservation",
            "reservation_id = :id",
            {":id": reservation_id.upper()},
            f"the command that made reservation {reservation_id}",
            Limit=1,
        )
        return self.get(found[0]["command_id"]["S"]) if found else None

    def _newest(
        self,
        index: str,
        condition: str,
        values: Mapping[str, Value],
        wanted: str,
        **limit: Any,  # noqa: ANN401
    ) -> Sequence[Item]:
        """Return one page of an index, the newest command first."""
        with store_errors(f"looking for {wanted}"):
            answer = self._client.query(
                TableName=self._items.table,
                IndexName=index,
                KeyConditionExpression=condition,
                ExpressionAttributeValues=attributes(values),
                ScanIndexForward=False,
                **limit,
            )
        return answer["Items"]
