"""The common part of the DynamoDB stores: their errors, and JSON texts of any size in an item.

A text is stored as received. A short text is in `body`. A longer one is gzipped in `body_gz`; each store sets
the limit, because items that are often rewritten should be small. A text that is too large for an item
(DynamoDB allows 400 KB) is in S3, and `body_s3` is its key. The S3 object is written before the item, so the
key always leads to an object.
"""

import gzip
import hashlib
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, Final, NamedTuple
from urllib.parse import quote

from botocore.exceptions import BotoCoreError, ClientError

from emsp.gunzip import gunzip
from emsp.stores.client_types import S3Client
from emsp.stores.time_left import time_for_a_call

Item = Mapping[str, Any]
"""A DynamoDB item in the client's own form: attribute name -> `{"S": ...}`, `{"N": ...}`, `{"B": ...}`."""

TEXT_BYTES_AT_MOST = 250_000
COMPRESSED_BYTES_AT_MOST = 250_000
"""The largest body in an item. It leaves 150 KB for the other attributes below DynamoDB's 400 KB."""
BODY_NAME: Final = re.compile(r"[0-9a-f]{64}\.json\.gz")
"""The name of a text in the folder of its object in S3: its SHA-256."""
GZIPPED: Final = b"\x1f\x8b"
BODY_ATTRIBUTES = ("body", "body_gz", "body_s3")


class StoreUnavailable(Exception):
    """AWS did not answer, or answered with an error. It is unknown whether anything was stored, so try
    again.
    """


class ConditionFailed(Exception):
    """The condition of a write was not met. `item` is the stored item, or None if there is none."""

    def __init__(self, item: Item | None) -> None:
        super().__init__("the item does not meet the condition of this write: read it, and decide again")
        self.item = item


@contextmanager
def store_errors(doing: str) -> Iterator[None]:
    """Convert errors of AWS clients to ConditionFailed and StoreUnavailable.

    `doing` describes the operation and its object, for the message. Raises StoreUnavailable at once if the
    time of the invocation is not enough for a call.
    """
    if not time_for_a_call():
        raise StoreUnavailable(f"{doing}: not started, because this invocation ends too soon; try again")
    try:
        yield
    except (ClientError, BotoCoreError) as error:
        raise _store_error(doing, error) from error


def pages_of(client: Any, operation: str, doing: str, **request: Any) -> Iterator[Any]:  # noqa: ANN401
    """Yield the pages of a paginated operation such as `query` or `list_objects_v2`. Raises
    StoreUnavailable.
    """
    pages = iter(client.get_paginator(operation).paginate(**request))
    while True:
        with store_errors(doing):
            page = next(pages, None)
        if page is None:
            return
        yield page


def items_of(client: Any, operation: str, doing: str, **request: Any) -> Iterator[Item]:  # noqa: ANN401
    """Yield the items of a `query` or `scan` of DynamoDB. Raises StoreUnavailable."""
    return (item for page in pages_of(client, operation, doing, **request) for item in page["Items"])


def time_text(moment: datetime) -> str:
    """Return the time in UTC with microseconds, as `2026-11-22T10:00:00.000000Z`. Such texts compare as
    times.
    """
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
    """Return AWS's code of an error that boto3 raised, or "" if AWS did not answer."""
    return str(error.response.get("Error", {}).get("Code", "")) if isinstance(error, ClientError) else ""


def cancellation_reasons(error: ClientError) -> set[str]:
    """Return why DynamoDB cancelled a transaction: the codes of its parts, and `None` for parts without an
    error.
    """
    response: Mapping[str, Any] = error.response
    return {str(each.get("Code")) for each in response.get("CancellationReasons", [])}


def text_attribute(item: Item, name: str) -> str | None:
    """Return the string in the attribute `name`, or None if there is no such attribute."""
    attribute = item.get(name)
    return None if attribute is None else str(attribute["S"])


class LargeBodies(NamedTuple):
    """The bucket of texts that are too large for an item.

    The client is created at first use, because few functions need it.
    """

    bucket: str
    client: Callable[[], S3Client]

    def write(self, key: str, text: str) -> None:
        """Gzip a text and store it. Raises StoreUnavailable."""
        self.write_compressed(key, gzip.compress(text.encode(), mtime=0))

    def write_compressed(self, key: str, content: bytes) -> None:
        """Store a text that is gzipped already. Raises StoreUnavailable."""
        with store_errors(f"writing s3://{self.bucket}/{key}"):
            self.client().put_object(
                Bucket=self.bucket,
                Key=key,
                Body=content,
                ContentType="application/json",
                ContentEncoding="gzip",
            )

    def read(self, key: str) -> str:
        """Return the text, whether it is gzipped or not. Raises StoreUnavailable."""
        with store_errors(f"reading s3://{self.bucket}/{key}"):
            content = self.client().get_object(Bucket=self.bucket, Key=key)["Body"].read()
        return (gunzip(content) if content.startswith(GZIPPED) else content).decode()

    def remove(self, key: str) -> None:
        """Delete one text. Raises StoreUnavailable."""
        with store_errors(f"removing s3://{self.bucket}/{key}"):
            self.client().delete_object(Bucket=self.bucket, Key=key)

    def remove_bodies(self, key: str) -> None:
        """Delete the text with this key, and all earlier texts of the same object. Raises StoreUnavailable.

        The bucket's lifecycle rule deletes their noncurrent versions.
        """
        folder = key.rpartition("/")[0] + "/"
        doing = f"removing the bodies in s3://{self.bucket}/{folder}"
        pages = pages_of(self.client(), "list_objects_v2", doing, Bucket=self.bucket, Prefix=folder)
        for found in [each["Key"] for page in pages for each in page.get("Contents", [])]:
            # If the id of a tariff contains "#", the folder of another tariff contains its folder.
            if BODY_NAME.fullmatch(found.removeprefix(folder)):
                with store_errors(doing):
                    self.client().delete_object(Bucket=self.bucket, Key=found)


def body_attributes(
    text: str, object_key: str, large_bodies: LargeBodies, text_bytes_at_most: int | None = None
) -> dict[str, Any]:
    """Return the attribute with `text`: `body` for at most `text_bytes_at_most` bytes, or `body_gz`, or
    `body_s3`.

    For `body_s3` the text is written to S3. Raises StoreUnavailable.
    """
    raw = text.encode()
    if len(raw) <= (TEXT_BYTES_AT_MOST if text_bytes_at_most is None else text_bytes_at_most):
        return {"body": {"S": text}}
    compressed = gzip.compress(raw, mtime=0)
    if len(compressed) <= COMPRESSED_BYTES_AT_MOST:
        return {"body_gz": {"B": compressed}}
    key = f"{folder_of(object_key)}/{hashlib.sha256(raw).hexdigest()}.json.gz"
    large_bodies.write_compressed(key, compressed)
    return {"body_s3": {"S": key}}


def folder_of(object_key: str) -> str:
    """Return the folder of an object in S3.

    Each part of the key is encoded as one name, because S3 rejects a key whose `..` lead out of the bucket.
    """
    return "/".join(quote(part, safe="*").replace(".", "%2E") for part in object_key.split("#", 3))


def read_body(item: Item, large_bodies: LargeBodies) -> str:
    """Return the text of an item. Raises StoreUnavailable, and KeyError if the item has no text."""
    if "body" in item:
        return str(item["body"]["S"])
    if "body_gz" in item:
        return gunzip(bytes(item["body_gz"]["B"])).decode()
    return large_bodies.read(item["body_s3"]["S"])
