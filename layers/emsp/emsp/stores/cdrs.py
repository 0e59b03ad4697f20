"""The CDRs table: one item for each CDR, keyed `COUNTRY#PARTY#ID` in upper case, written once and never
changed.

Only `credited_by` is added later, by the CDR that credits it, which may come first: such an item has no body
yet.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from emsp.stores.pushed_objects import PushedObjects
from emsp.stores.table import ConditionFailed, Item, LargeBodies, text_attribute

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


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
        self._table = PushedObjects(client, table, large_bodies, "CDR")

    def get(self, object_key: str) -> StoredCdr | None:
        """The CDR (consistent read); None when there is none of this key."""
        return self.from_item(self._table.item(object_key))

    def add(self, cdr: StoredCdr) -> str:
        """Store it if there is none of its key. Returns the content_hash of what is there now: this one's, or
        the first's.
        """
        texts = {
            "content_hash": cdr.content_hash,
            "last_updated": cdr.last_updated,
            "end_day": cdr.end_day,
            "end_date_time": cdr.end_date_time,
            "received_at": cdr.received_at.isoformat(),
            "deviations": cdr.deviations,
            "contradictions": cdr.contradictions,
            "token_key": cdr.token_key,
            "session_key": cdr.session_key,
            "credits_key": cdr.credits_key,
        }
        try:
            self._table.write(cdr.object_key, cdr.body, texts, condition="attribute_not_exists(content_hash)")
        except ConditionFailed as failed:
            return str((failed.item or {})["content_hash"]["S"])
        return cdr.content_hash

    def note_credit(self, object_key: str, credited_by: str) -> None:
        """Note which CDR credits this one, which may not be here yet. The first one counts."""
        self._table.note(
            object_key,
            "SET credited_by = if_not_exists(credited_by, :by)",
            {":by": {"S": credited_by}},
        )

    def from_item(self, item: Item | None) -> StoredCdr | None:
        """A CDR from its DynamoDB item (a read, or an image in the table's stream)."""
        if not item or "content_hash" not in item:
            return None
        return StoredCdr(
            object_key=item["object_key"]["S"],
            body=self._table.body(item),
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
