"""The CDRs table: one item for each CDR, with the key `COUNTRY#PARTY#ID` in upper case.

A CDR is written once. Later only two things change: the CDR that credits it sets `credited_by`, and a check
with another result replaces the check. If the credit CDR comes first, the item has no body yet. `expires_at`
is counted from the arrival of the CDR or of its credit CDR, whichever is later, so that both expire together.
"""

import gzip
import hashlib
from collections.abc import Iterable, Iterator
from datetime import date, datetime, timedelta
from itertools import islice
from typing import Any, NamedTuple

from emsp.gunzip import gunzip
from emsp.stores.client_types import DynamoDBClient
from emsp.stores.expires_at import ttl_value
from emsp.stores.keyed_items import Update
from emsp.stores.pushed_objects import PushedObjects
from emsp.stores.table import ConditionFailed, Item, LargeBodies, folder_of, items_of, text_attribute

CHECK_BYTES_AT_MOST = 50_000
"""The largest compressed check in an item, in bytes. A larger one is stored in S3."""
CDRS_OF_SESSION = 20
"""The largest number of CDRs that are read for a session. It has one, or three if a wrong one was credited
and replaced, but a CPO may push thousands.
"""


class StoredCdr(NamedTuple):
    """A stored CDR. `body`, `deviations` and `contradictions` are JSON texts.

    Times are canonical texts, except `received_at`. `end_date_time` is the CDR's end, or its arrival if the
    end is impossible (month_of_cdr.py). `credits_key` is the key of the CDR that this one credits, and
    `credited_by` that of the CDR that credits this one. `check` is the result of check_cdr as JSON text.
    `check_revision` is the number of checks that were stored; 0 means none. `retail` and its revision are the
    same for what the driver pays.
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
    check: str | None = None
    check_revision: int = 0
    retail: str | None = None
    retail_revision: int = 0

    @property
    def end_day(self) -> str:
        return self.end_date_time[:10]


class CdrLink(NamedTuple):
    """The fields of a CDR that show its charge. Times and keys are as in StoredCdr."""

    object_key: str
    end_date_time: str
    received_at: datetime
    session_key: str | None = None
    credits_key: str | None = None


class CdrStore:
    """Reads and writes CDRs. All methods raise StoreUnavailable.

    `kept_for` is used only to receive CDRs; None means for ever.
    """

    def __init__(
        self,
        client: DynamoDBClient,
        table: str,
        large_bodies: LargeBodies,
        kept_for: timedelta | None = None,
    ) -> None:
        self._kept_for = kept_for
        self._table = PushedObjects(client, table, large_bodies, "CDR")

    def get(self, object_key: str) -> StoredCdr | None:
        """Return the CDR (consistent read), or None."""
        return self.from_item(self._table.item(object_key))

    def add(self, cdr: StoredCdr) -> str:
        """Store the CDR, unless there is one with its key. Return the content_hash of the stored one."""
        try:
            self._table.write(cdr.object_key, self._adding(cdr))
        except ConditionFailed as failed:
            return str((failed.item or {})["content_hash"]["S"])
        return cdr.content_hash

    def add_and_close(self, cdr: StoredCdr, closing: Update) -> bool:
        """Store a new CDR and the update of its session (`SessionStore.closing`) in one transaction.

        Return False if nothing was stored, for example because the CDR is stored already.
        """
        return self._table.write_both(cdr.object_key, self._adding(cdr), closing)

    def _adding(self, cdr: StoredCdr) -> Update:
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
        return self._table.writing(
            cdr.object_key,
            cdr.body,
            texts,
            condition="attribute_not_exists(content_hash)",
            ttl_value=ttl_value(cdr.received_at, self._kept_for),
        )

    def note_credit(self, object_key: str, credited_by: str, now: datetime) -> None:
        """Record which CDR credits this one, even if this one has not arrived yet. The first credit CDR
        counts.
        """
        expires = ttl_value(now, self._kept_for)
        self._table.note(
            object_key,
            "SET credited_by = if_not_exists(credited_by, :by)"
            + (", expires_at = :expires" if expires else ""),
            {":by": {"S": credited_by}, **({":expires": expires} if expires else {})},
        )

    def keep_check(self, object_key: str, check: str, replaces: int) -> None:
        """Store a check instead of the check with revision `replaces` (0 if there was none).

        Raises ConditionFailed if another check was stored meanwhile.
        """
        content = gzip.compress(check.encode(), mtime=0)
        name, other, kept = "check_gz", "check_s3", dict[str, Any](B=content)
        if len(content) > CHECK_BYTES_AT_MOST:
            key = f"checks/{folder_of(object_key)}/{hashlib.sha256(content).hexdigest()}.json.gz"
            self._table.large_bodies.write_compressed(key, content)
            name, other, kept = "check_s3", "check_gz", {"S": key}
        unchanged = "check_revision = :replaces" if replaces else "attribute_not_exists(check_revision)"
        self._table.note(
            object_key,
            f"SET {name} = :check, check_revision = :revision REMOVE {other}",
            {
                ":check": kept,
                ":revision": {"N": str(replaces + 1)},
                **({":replaces": {"N": str(replaces)}} if replaces else {}),
            },
            f"attribute_exists(content_hash) AND {unchanged}",
        )

    def keep_retail(self, object_key: str, retail: str, replaces: int) -> None:
        """Store what the driver pays, instead of the value with revision `replaces` (0 if there was none).

        It has a line for each price, not for each period, so it is always small. Raises ConditionFailed if
        another one was stored meanwhile.
        """
        unchanged = "retail_revision = :replaces" if replaces else "attribute_not_exists(retail_revision)"
        self._table.note(
            object_key,
            "SET retail_gz = :retail, retail_revision = :revision",
            {
                ":retail": {"B": gzip.compress(retail.encode(), mtime=0)},
                ":revision": {"N": str(replaces + 1)},
                **({":replaces": {"N": str(replaces)}} if replaces else {}),
            },
            f"attribute_exists(content_hash) AND {unchanged}",
        )

    def ended_between(self, start: str, end: str) -> Iterator[StoredCdr]:
        """Yield the CDRs that ended from `start` to before `end` (canonical texts), in order of their
        ends.
        """
        yield from self.each(item["object_key"]["S"] for item in self._ended(start, end))

    def each(self, object_keys: Iterable[str]) -> Iterator[StoredCdr]:
        """Yield the CDRs with these keys that exist, in this order. Only one body at a time is in memory."""
        for item in self._table.items(object_keys):
            cdr = self.from_item(item)
            if cdr is not None:
                yield cdr

    def ended_at(self, object_key: str) -> str | None:
        """Return when the CDR with this key ended (canonical text), or None."""
        cdr = self.get(object_key)
        return cdr.end_date_time if cdr else None

    def links_ended_between(self, start: str, end: str) -> Iterator[CdrLink]:
        """Return the links of the CDRs that ended in this time. Their bodies are not read."""
        for item in self._ended(start, end):
            yield CdrLink(
                object_key=item["object_key"]["S"],
                end_date_time=item["end_date_time"]["S"],
                received_at=datetime.fromisoformat(item["received_at"]["S"]),
                session_key=text_attribute(item, "session_key"),
                credits_key=text_attribute(item, "credits_key"),
            )

    def _ended(self, start: str, end: str) -> Iterator[Item]:
        """Yield the index entries of these CDRs."""
        day, last = date.fromisoformat(start[:10]), date.fromisoformat(end[:10])
        while day <= last:
            for item in items_of(
                self._table.client,
                "query",
                f"reading the CDRs of {day}",
                TableName=self._table.table,
                IndexName="by_day",
                KeyConditionExpression="end_day = :day AND end_date_time BETWEEN :start AND :end",
                ExpressionAttributeValues={
                    ":day": {"S": day.isoformat()},
                    ":start": {"S": start},
                    ":end": {"S": end},
                },
            ):
                if item["end_date_time"]["S"] < end:
                    yield item
            day += timedelta(days=1)

    def of_session(self, session_key: str) -> list[StoredCdr]:
        """Return the CDRs of a session in order of their ends (eventually consistent), at most
        CDRS_OF_SESSION.
        """
        items = items_of(
            self._table.client,
            "query",
            f"reading the CDRs of session {session_key}",
            TableName=self._table.table,
            IndexName="by_session",
            KeyConditionExpression="session_key = :key",
            ExpressionAttributeValues={":key": {"S": session_key}},
        )
        return [*self.each(item["object_key"]["S"] for item in islice(items, CDRS_OF_SESSION))]

    def _check_of(self, item: Item) -> str | None:
        if "check_gz" in item:
            return gunzip(bytes(item["check_gz"]["B"])).decode()
        pointer = text_attribute(item, "check_s3")
        return self._table.large_bodies.read(pointer) if pointer else None

    def from_item(self, item: Item | None) -> StoredCdr | None:
        """Return the CDR in an item, or None. The item may be an image of the table's stream."""
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
            check=self._check_of(item),
            check_revision=int(item.get("check_revision", {"N": "0"})["N"]),
            retail=gunzip(bytes(item["retail_gz"]["B"])).decode() if "retail_gz" in item else None,
            retail_revision=int(item.get("retail_revision", {"N": "0"})["N"]),
        )
