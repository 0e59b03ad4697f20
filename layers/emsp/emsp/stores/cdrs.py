"""The CDRs table: one item for each CDR, keyed `COUNTRY#PARTY#ID` in upper case, written once and never
changed.

Only `credited_by` is added later, by the CDR that credits it, which may come first: such an item has no body
yet.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from emsp.stores.table import (
    ConditionFailed,
    Item,
    LargeBodies,
    body_attributes,
    read_body,
    store_errors,
    text_attribute,
)

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

OPTIONAL = ("deviations", "contradictions", "token_key", "session_key", "credits_key", "end_day")


@dataclass(frozen=True)
class StoredCdr:
    """A CDR as it is kept. `body`, `deviations` and `contradictions` are JSON texts.

    Times are canonical texts, except `received_at`. `credits_key` is the CDR that this one credits,
    `credited_by` the one that credits this.
    """

    object_key: str
    body: str
    content_hash: str
    last_updated: str
    end_date_time: str
    received_at: datetime
    deviations: str | None = None
    contradictions: str | None = None
    token_key: str | None = None
    session_key: str | None = None
    credits_key: str | None = None
    credited_by: str | None = None

    @property
    def end_day(self) -> str:
        return self.end_date_time[:10]


class CdrStore:
    """Reads and writes CDRs. Every method raises StoreUnavailable when DynamoDB or S3 does not do its
    part.
    """

    def __init__(self, client: "DynamoDBClient", table: str, large_bodies: LargeBodies) -> None:
        self._client = client
        self._table = table
        self._large_bodies = large_bodies

    def get(self, object_key: str) -> StoredCdr | None:
        """The CDR (consistent read); None when there is none of this key."""
        with store_errors(f"reading CDR {object_key}"):
            answer = self._client.get_item(
                TableName=self._table, Key={"object_key": {"S": object_key}}, ConsistentRead=True
            )
        return self.from_item(answer.get("Item"))

    def add(self, cdr: StoredCdr) -> str:
        """Store it if there is none of its key. Returns the content_hash of what is there now: this one's, or
        the first's.
        """
        attributes: dict[str, Any] = {
            **body_attributes(cdr.body, f"cdrs#{cdr.object_key}", self._large_bodies),
            "content_hash": {"S": cdr.content_hash},
            "last_updated": {"S": cdr.last_updated},
            "end_date_time": {"S": cdr.end_date_time},
            "received_at": {"S": cdr.received_at.isoformat()},
            **{name: {"S": text} for name in OPTIONAL if (text := getattr(cdr, name)) is not None},
        }
        try:
            with store_errors(f"writing CDR {cdr.object_key}"):
                self._client.update_item(
                    TableName=self._table,
                    Key={"object_key": {"S": cdr.object_key}},
                    UpdateExpression="SET " + ", ".join(f"#{name} = :{name}" for name in attributes),
                    ConditionExpression="attribute_not_exists(content_hash)",
                    ExpressionAttributeNames={f"#{name}": name for name in attributes},
                    ExpressionAttributeValues={f":{name}": value for name, value in attributes.items()},
                    ReturnValuesOnConditionCheckFailure="ALL_OLD",
                )
        except ConditionFailed as failed:
            return str((failed.item or {})["content_hash"]["S"])
        return cdr.content_hash

    def note_credit(self, object_key: str, credited_by: str) -> None:
        """Note which CDR credits this one, which may not be here yet. The first one counts."""
        with store_errors(f"crediting CDR {object_key}"):
            self._client.update_item(
                TableName=self._table,
                Key={"object_key": {"S": object_key}},
                UpdateExpression="SET credited_by = if_not_exists(credited_by, :by)",
                ExpressionAttributeValues={":by": {"S": credited_by}},
            )

    def from_item(self, item: Item | None) -> StoredCdr | None:
        """A CDR from its DynamoDB item (a read, or an image in the table's stream)."""
        if not item or "content_hash" not in item:
            return None
        return StoredCdr(
            object_key=item["object_key"]["S"],
            body=read_body(item, self._large_bodies),
            content_hash=item["content_hash"]["S"],
            last_updated=item["last_updated"]["S"],
            end_date_time=item["end_date_time"]["S"],
            received_at=datetime.fromisoformat(item["received_at"]["S"]),
            deviations=text_attribute(item, "deviations"),
            contradictions=text_attribute(item, "contradictions"),
            token_key=text_attribute(item, "token_key"),
            session_key=text_attribute(item, "session_key"),
            credits_key=text_attribute(item, "credits_key"),
            credited_by=text_attribute(item, "credited_by"),
        )
