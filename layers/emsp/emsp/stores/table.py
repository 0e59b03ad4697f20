"""What the DynamoDB stores have in common: the errors they raise, and how a JSON text of any size is kept in
an item.

A text is kept as it was received: in `body` while it is small, gzipped in `body_gz` when the item would come
near DynamoDB's 400 KB (a session's sooner, as it is rewritten all the time), and beyond that in S3, with the
pointer in `body_s3`. The S3 object is written before the item that points at it, so a pointer never dangles.
A catalogue's texts are packed, in `body_packed` (catalogue_table.py).
"""

import gzip
import hashlib
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from botocore.exceptions import BotoCoreError, ClientError

from emsp.gunzip import gunzip
from emsp.stores.packing import unpack
from emsp.stores.time_left import time_for_a_call

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

Item = Mapping[str, Any]
"""A DynamoDB item in the client's own form: attribute name -> `{"S": ...}`, `{"N": ...}`, `{"B": ...}`."""

TEXT_BYTES_AT_MOST = 250_000
COMPRESSED_BYTES_AT_MOST = 250_000
"""What an item may hold of a body, so that there is room for what stands beside it (150 KB) up to 400 KB."""
BODY_NAME: Final = re.compile(r"[0-9a-f]{64}\.json\.gz")
"""What stands for one text in the folder of its object in S3: its SHA-256."""
GZIPPED: Final = b"\x1f\x8b"
BODY_ATTRIBUTES = ("body", "body_packed", "body_gz", "body_s3")


class StoreUnavailable(Exception):
    """A table, bucket or secret did not answer, refused or throttled: nothing is known to be stored, so try
    again.
    """


class ConditionFailed(Exception):
    """The item was not what the write expected it to be; `item` is what it was (None when it did not
    exist).
    """

    def __init__(self, item: Item | None) -> None:
        super().__init__(
            "the item in the table is not what this write expected: read it again and decide anew"
        )
        self.item = item


@contextmanager
def store_errors(doing: str) -> Iterator[None]:
    """Turn errors of AWS clients into ConditionFailed and StoreUnavailable. `doing` names the act and the
    object. Raises StoreUnavailable at once when too little time is left for a call.
    """
    if not time_for_a_call():
        raise StoreUnavailable(f"{doing}: not begun, as this invocation ends too soon; try again")
    try:
        yield
    except (ClientError, BotoCoreError) as error:
        raise _store_error(doing, error) from error


def pages_of(client: Any, operation: str, doing: str, **request: Any) -> Iterator[Any]:  # noqa: ANN401
    """What a client answers page by page: a `query`, a `list_objects_v2`. Raises StoreUnavailable."""
    pages = iter(client.get_paginator(operation).paginate(**request))
    while True:
        with store_errors(doing):
            page = next(pages, None)
        if page is None:
            return
        yield page


def items_of(client: Any, operation: str, doing: str, **request: Any) -> Iterator[Item]:  # noqa: ANN401
    """The items of a `query` or `scan` of a DynamoDB client. Raises StoreUnavailable."""
    return (item for page in pages_of(client, operation, doing, **request) for item in page["Items"])


def time_text(moment: datetime) -> str:
    """UTC, microseconds, fixed width, so that strings compare as times: `2026-11-22T10:00:00.000000Z`."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _store_error(doing: str, error: Exception) -> ConditionFailed | StoreUnavailable:
    code = error_code(error)
    if not code:
        return StoreUnavailable(f"{doing}: {type(error).__name__}; try again")
    if code == "ConditionalCheckFailedException":
        response: Mapping[str, Any] = getattr(error, "response", {})
        return ConditionFailed(response.get("Item"))
    return StoreUnavailable(f"{doing}: AWS answered {code}; try again")


def error_code(error: BaseException | None) -> str:
    """What AWS calls the error that boto3 raised; empty where AWS did not answer."""
    return str(error.response.get("Error", {}).get("Code", "")) if isinstance(error, ClientError) else ""


def cancellation_reasons(error: ClientError) -> set[str]:
    """Why DynamoDB cancelled a transaction: the codes of its parts, `None` for those that were in order."""
    response: Mapping[str, Any] = error.response
    return {str(each.get("Code")) for each in response.get("CancellationReasons", [])}


def text_attribute(item: Item, name: str) -> str | None:
    """The string in attribute `name`, or None where the item does not have it."""
    attribute = item.get(name)
    return None if attribute is None else str(attribute["S"])


@dataclass(frozen=True)
class LargeBodies:
    """The bucket for bodies that fit in no item. The client is made on first use: few functions ever
    need it.
    """

    bucket: str
    client: "Callable[[], S3Client]"

    def write(self, key: str, text: str) -> None:
        """Keep a text, gzipped. Raises StoreUnavailable."""
        self.write_compressed(key, gzip.compress(text.encode(), mtime=0))

    def write_compressed(self, key: str, content: bytes) -> None:
        """Keep what gzip made of a text. Raises StoreUnavailable."""
        with store_errors(f"writing s3://{self.bucket}/{key}"):
            self.client().put_object(
                Bucket=self.bucket,
                Key=key,
                Body=content,
                ContentType="application/json",
                ContentEncoding="gzip",
            )

    def read(self, key: str) -> str:
        """The text, gzipped or not. Raises StoreUnavailable."""
        with store_errors(f"reading s3://{self.bucket}/{key}"):
            content = self.client().get_object(Bucket=self.bucket, Key=key)["Body"].read()
        return (gunzip(content) if content.startswith(GZIPPED) else content).decode()

    def remove(self, key: str) -> None:
        """Remove one text. Raises StoreUnavailable."""
        with store_errors(f"removing s3://{self.bucket}/{key}"):
            self.client().delete_object(Bucket=self.bucket, Key=key)

    def remove_bodies(self, key: str) -> None:
        """Remove what was kept for the object of this key: the text at the key, and those that it replaced.
        Versions that were kept of them go by the bucket's own rule. Raises StoreUnavailable.
        """
        folder = key.rpartition("/")[0] + "/"
        doing = f"removing the bodies in s3://{self.bucket}/{folder}"
        pages = pages_of(self.client(), "list_objects_v2", doing, Bucket=self.bucket, Prefix=folder)
        for found in [each["Key"] for page in pages for each in page.get("Contents", [])]:
            # An object whose id goes on with "/" has its bodies deeper in the folder.
            if BODY_NAME.fullmatch(found.removeprefix(folder)):
                with store_errors(doing):
                    self.client().delete_object(Bucket=self.bucket, Key=found)


def body_attributes(
    text: str, object_key: str, large_bodies: LargeBodies, text_bytes_at_most: int | None = None
) -> dict[str, Any]:
    """The one attribute that holds `text`, plain up to so many bytes where a store sets them; writes to S3
    first where no item can hold it. Raises StoreUnavailable.
    """
    raw = text.encode()
    if len(raw) <= (TEXT_BYTES_AT_MOST if text_bytes_at_most is None else text_bytes_at_most):
        return {"body": {"S": text}}
    compressed = gzip.compress(raw, mtime=0)
    if len(compressed) <= COMPRESSED_BYTES_AT_MOST:
        return {"body_gz": {"B": compressed}}
    key = f"{object_key.replace('#', '/')}/{hashlib.sha256(raw).hexdigest()}.json.gz"
    large_bodies.write_compressed(key, compressed)
    return {"body_s3": {"S": key}}


def read_body(item: Item, large_bodies: LargeBodies) -> str:
    """The text that is kept in an item's body. Raises StoreUnavailable when S3 can't be read, KeyError when
    there is none.
    """
    if "body" in item:
        return str(item["body"]["S"])
    if "body_packed" in item:
        return unpack(bytes(item["body_packed"]["B"])).decode()
    if "body_gz" in item:
        return gunzip(bytes(item["body_gz"]["B"])).decode()
    return large_bodies.read(item["body_s3"]["S"])
