"""The bucket of pushes that could not be accepted: one object for each content, `{module}/{sha256}.json`.

The hash covers method, path and body, so the Hub's retries of one push are one object with a count of tries.
"""

import base64
import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from emsp.patience import LOST_COUNT_RACE
from emsp.stores.table import StoreUnavailable, error_code, store_errors

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


@dataclass(frozen=True)
class RejectedPush:
    """A push with why it was rejected. `body` is what came, byte for byte; `headers` hold no secret.

    `tries` counts how often it came; `request_id` and `correlation_id` are those of the last time.
    `speaks_for` are the parties for whom its sender could speak (None: any).
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

    @property
    def key(self) -> str:
        digest = hashlib.sha256(f"{self.method} {self.path}\n".encode(errors="replace") + self.body)
        return f"{self.module}/{digest.hexdigest()}.json"


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

    def keys(self, module: str | None = None) -> Iterator[str]:
        """The keys of all rejected pushes, of one module if given."""
        prefix = f"{module}/" if module else ""
        with store_errors(f"listing s3://{self._bucket}/{prefix}"):
            for page in (
                self._client().get_paginator("list_objects_v2").paginate(Bucket=self._bucket, Prefix=prefix)
            ):
                for entry in page.get("Contents", []):
                    yield entry["Key"]

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

    def _put(self, push: RejectedPush, condition: dict[str, Any]) -> None:
        text = json.dumps(_to_document(push), ensure_ascii=False)
        self._client().put_object(
            Bucket=self._bucket, Key=push.key, Body=text.encode(), ContentType="application/json", **condition
        )


def _once_more(kept: RejectedPush, push: RejectedPush) -> RejectedPush:
    """What is kept after one more try, which may have begun before the one that is kept."""
    newest = push if push.last_received_at >= kept.last_received_at else kept
    first = min(kept.first_received_at, push.first_received_at)
    return replace(newest, tries=kept.tries + 1, first_received_at=first)


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
    }
    try:
        document["body"] = push.body.decode()
    except UnicodeDecodeError:
        document["body_base64"] = base64.b64encode(push.body).decode()
    return document


def _from_document(document: Mapping[str, Any]) -> RejectedPush:
    encoded = document.get("body_base64")
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
        speaks_for=tuple(document["speaks_for"]) if document.get("speaks_for") else None,
    )
