"""The bucket of pushes that could not be accepted: one object for each content.

Its key is `{module}/{object_id}/{sha256}.json`, without the object's id where nothing tells it. The hash
covers method, path and body, so the Hub's retries of one push are one object with a count of tries.
"""

import base64
import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from emsp.patience import LOST_COUNT_RACE
from emsp.stores.table import StoreUnavailable, error_code, pages_of, store_errors

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


@dataclass(frozen=True)
class Dismissal:
    """Why nobody will replay a push, and since when."""

    reason: str
    at: datetime


@dataclass(frozen=True)
class RejectedPush:
    """A push with why it was rejected. `body` is what came, byte for byte; `headers` hold no secret.

    `tries` counts how often it came; `request_id` and `correlation_id` are those of the last time.
    `speaks_for` are the parties for whom its sender could speak (None: any), `hub_parties` those that it was
    itself as a Hub. `object_id` names what it was
    about, `IN*ABC*42` or a command's id, None where that can't be told.
    """

    module: str
    method: str
    path: str
    path_parameters: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes
    error: str
    reason: str
    request_id: str
    correlation_id: str
    first_received_at: datetime
    last_received_at: datetime
    tries: int = 1
    speaks_for: tuple[str, ...] | None = None
    hub_parties: tuple[str, ...] = ()
    object_id: str | None = None
    dismissed: Dismissal | None = None

    @property
    def key(self) -> str:
        digest = hashlib.sha256(f"{self.method} {self.path}\n".encode(errors="replace") + self.body)
        # "." and ".." alone would be a way through folders to the tools that list a bucket.
        named = quote(self.object_id, safe="*")[:KEY_BYTES_OF_NAME] if self.object_id else ""
        folder = f"{self.module}/{named}" if named.strip(".") else self.module
        return f"{folder}/{digest.hexdigest()}.json"


KEY_BYTES_OF_NAME = 600
"""S3's keys hold 1024 bytes."""


@dataclass(frozen=True)
class Entry:
    """A key of the bucket, and when what is under it was last written."""

    key: str
    written_at: datetime


class RejectedStore:
    """Reads and writes that bucket. Every method raises StoreUnavailable. The client is made on first use."""

    def __init__(self, client: "Callable[[], S3Client]", bucket: str) -> None:
        self._client = client
        self._bucket = bucket

    def keep(self, push: RejectedPush) -> RejectedPush:
        """Store it, or count one more try of it. Returns what is stored now. Durable when this returns."""
        for _ in range(LOST_COUNT_RACE.tries):
            found = self._read(push.key)
            if found is None:
                now, condition = push, {"IfNoneMatch": "*"}
            else:
                kept, etag = found
                now, condition = _once_more(kept, push), {"IfMatch": etag}
            try:
                with store_errors(f"keeping rejected {push.key}"):
                    self._put(now, condition)
                return now
            except StoreUnavailable as error:
                # Another receiver counted the same push at the same moment: count again.
                if not _lost_race(error.__cause__):
                    raise
        return push

    def get(self, key: str) -> RejectedPush | None:
        """The push under `key`, None when there is none."""
        found = self._read(key)
        return found[0] if found else None

    def dismiss(self, key: str, reason: str, at: datetime) -> RejectedPush | None:
        """Note that the push under `key` needs no replay. None when there is none; returns what is stored
        now.
        """
        for _ in range(LOST_COUNT_RACE.tries):
            found = self._read(key)
            if found is None:
                return None
            kept, etag = found
            dismissed = replace(kept, dismissed=Dismissal(reason, at))
            try:
                with store_errors(f"dismissing rejected {key}"):
                    self._put(dismissed, {"IfMatch": etag}, key)
                return dismissed
            except StoreUnavailable as error:
                if not _lost_race(error.__cause__):
                    raise
        raise StoreUnavailable(f"dismissing rejected {key}: it comes again and again at this moment")

    def entries(self, module: str | None = None, after: str = "") -> Iterator[Entry]:
        """All rejected pushes, of one module if given, in the order of their keys, those beyond `after`."""
        prefix = f"{module}/" if module else ""
        doing, where = f"listing s3://{self._bucket}/{prefix}", {"Bucket": self._bucket, "Prefix": prefix}
        for page in pages_of(self._client(), "list_objects_v2", doing, **where, StartAfter=after):
            for found in page.get("Contents", []):
                yield Entry(found["Key"], found["LastModified"])

    def remove(self, key: str) -> None:
        """Take away a push that was accepted after all."""
        with store_errors(f"removing rejected {key}"):
            self._client().delete_object(Bucket=self._bucket, Key=key)

    def _read(self, key: str) -> tuple[RejectedPush, str] | None:
        try:
            with store_errors(f"reading rejected {key}"):
                answer = self._client().get_object(Bucket=self._bucket, Key=key)
                document = json.loads(answer["Body"].read())
        except StoreUnavailable as error:
            if error_code(error.__cause__) in ("NoSuchKey", "404"):
                return None
            raise
        return _from_document(document), answer["ETag"]

    def _put(self, push: RejectedPush, condition: dict[str, Any], key: str | None = None) -> None:
        """Under `key` where it is kept already: its body may have been mended by hand since."""
        text = json.dumps(_to_document(push), ensure_ascii=False)
        self._client().put_object(
            Bucket=self._bucket,
            Key=key or push.key,
            Body=text.encode(),
            ContentType="application/json",
            **condition,
        )


def _once_more(kept: RejectedPush, push: RejectedPush) -> RejectedPush:
    """What is kept after one more try, which may have begun before the one that is kept."""
    newest = push if push.last_received_at >= kept.last_received_at else kept
    first = min(kept.first_received_at, push.first_received_at)
    return replace(newest, tries=kept.tries + 1, first_received_at=first, dismissed=kept.dismissed)


def _lost_race(error: BaseException | None) -> bool:
    return error_code(error) in (
        "PreconditionFailed",
        "412",
        "ConditionalRequestConflict",
        "409",
        "NoSuchKey",
        "404",
    )


def _to_document(push: RejectedPush) -> dict[str, Any]:
    document: dict[str, Any] = {
        "module": push.module,
        "method": push.method,
        "path": push.path,
        "path_parameters": dict(push.path_parameters),
        "headers": dict(push.headers),
        "error": push.error,
        "reason": push.reason,
        "request_id": push.request_id,
        "correlation_id": push.correlation_id,
        "first_received_at": push.first_received_at.isoformat(),
        "last_received_at": push.last_received_at.isoformat(),
        "tries": push.tries,
        "speaks_for": push.speaks_for,
        "hub_parties": push.hub_parties,
        "object_id": push.object_id,
    }
    if push.dismissed:
        document["dismissed"] = {"reason": push.dismissed.reason, "at": push.dismissed.at.isoformat()}
    try:
        document["body"] = push.body.decode()
    except UnicodeDecodeError:
        document["body_base64"] = base64.b64encode(push.body).decode()
    return document


def _from_document(document: Mapping[str, Any]) -> RejectedPush:
    encoded, dismissed = document.get("body_base64"), document.get("dismissed")
    return RejectedPush(
        module=document["module"],
        method=document["method"],
        path=document["path"],
        path_parameters=document["path_parameters"],
        headers=document["headers"],
        body=str(document["body"]).encode() if encoded is None else base64.b64decode(encoded),
        error=document["error"],
        reason=document["reason"],
        request_id=document["request_id"],
        correlation_id=document["correlation_id"],
        first_received_at=datetime.fromisoformat(document["first_received_at"]),
        last_received_at=datetime.fromisoformat(document["last_received_at"]),
        tries=int(document["tries"]),
        speaks_for=None if document.get("speaks_for") is None else tuple(document["speaks_for"]),
        hub_parties=tuple(document.get("hub_parties", ())),
        object_id=document.get("object_id"),
        dismissed=Dismissal(dismissed["reason"], datetime.fromisoformat(dismissed["at"]))
        if dismissed
        else None,
    )
