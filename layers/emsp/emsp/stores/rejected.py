"""The bucket of rejected pushes: one object for each different push.

The key is `{module}/{object_id}/{sha256}.json`, without the object's id if it is unknown. The hash is of
method, path and body. So the Hub's retries of a push are one object, which counts them.
"""

import base64
import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from copy import replace
from datetime import datetime
from typing import Any, NamedTuple
from urllib.parse import quote

from emsp.stores.client_types import S3Client
from emsp.stores.table import StoreUnavailable, error_code, pages_of, store_errors
from emsp.timeouts import COUNT_CONFLICT


class Dismissal(NamedTuple):
    """Why and when an operator dismissed a push."""

    reason: str
    at: datetime


class RejectedPush(NamedTuple):
    """A rejected push, and why it was rejected.

    `body` has the received bytes. `headers` contain no secret. `tries` counts how often it came. `request_id`
    and `correlation_id` are those of the last try. `speaks_for` lists the parties for which its sender may
    push (None: all), and `hub_parties` the sender's own parties as a Hub. `object_id` is `IN*ABC*42`, or the
    id of a command, or None if it is unknown.
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
        # Tools that list a bucket take "." and ".." for folders.
        named = quote(self.object_id, safe="*")[:KEY_BYTES_OF_NAME] if self.object_id else ""
        folder = f"{self.module}/{named}" if named.strip(".") else self.module
        return f"{folder}/{digest.hexdigest()}.json"


KEY_BYTES_OF_NAME = 600
"""The largest number of bytes of an object id in a key. S3 allows 1024 bytes for a key."""


class Entry(NamedTuple):
    """A key of the bucket, and the time at which its object was last written."""

    key: str
    written_at: datetime


class RejectedStore:
    """Reads and writes the bucket. All methods raise StoreUnavailable. The client is created at first use."""

    def __init__(self, client: Callable[[], S3Client], bucket: str) -> None:
        self._client = client
        self._bucket = bucket

    def keep(self, push: RejectedPush) -> RejectedPush:
        """Store the push, or count another try of it. Return the stored push."""
        for _ in range(COUNT_CONFLICT.tries):
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
                # Another receiver counted the same push at the same time. Count again.
                if not _lost_race(error.__cause__):
                    raise
        return push

    def get(self, key: str) -> RejectedPush | None:
        """Return the push with this key, or None."""
        found = self._read(key)
        return found[0] if found else None

    def dismiss(self, key: str, reason: str, at: datetime) -> RejectedPush | None:
        """Record that an operator dismissed the push. Return the stored push, or None if there is none."""
        for _ in range(COUNT_CONFLICT.tries):
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
        raise StoreUnavailable(f"dismissing rejected {key}: the Hub sent it again at every try; try again")

    def entries(self, module: str | None = None, after: str = "") -> Iterator[Entry]:
        """Yield the keys of the rejected pushes, in order, optionally those of one module or those after
        `after`.
        """
        prefix = f"{module}/" if module else ""
        doing, where = f"listing s3://{self._bucket}/{prefix}", {"Bucket": self._bucket, "Prefix": prefix}
        for page in pages_of(self._client(), "list_objects_v2", doing, **where, StartAfter=after):
            for found in page.get("Contents", []):
                yield Entry(found["Key"], found["LastModified"])

    def remove(self, key: str) -> None:
        """Delete a push, because it was accepted in a replay."""
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
        """Write the push.

        A push that is stored already is written under its `key`: an operator may have corrected its body,
        which changes the hash.
        """
        text = json.dumps(_to_document(push), ensure_ascii=False, default=_as_json)
        self._client().put_object(
            Bucket=self._bucket,
            Key=key or push.key,
            Body=text.encode(),
            ContentType="application/json",
            **condition,
        )


def _once_more(kept: RejectedPush, push: RejectedPush) -> RejectedPush:
    """Return the stored push with another try. That try may be older than the stored one."""
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


def _as_json(value: Any) -> Any:  # noqa: ANN401
    return value.isoformat() if isinstance(value, datetime) else dict(value)


def _to_document(push: RejectedPush) -> dict[str, Any]:
    document = push._asdict()
    body, dismissed = document.pop("body"), document.pop("dismissed")
    if dismissed:
        document["dismissed"] = dismissed._asdict()
    try:
        document["body"] = body.decode()
    except UnicodeDecodeError:
        document["body_base64"] = base64.b64encode(body).decode()
    return document


def _from_document(document: Mapping[str, Any]) -> RejectedPush:
    encoded, dismissed = document.get("body_base64"), document.get("dismissed")
    speaks_for = document.get("speaks_for")
    read = {
        "body": str(document["body"]).encode() if encoded is None else base64.b64decode(encoded),
        "first_received_at": datetime.fromisoformat(document["first_received_at"]),
        "last_received_at": datetime.fromisoformat(document["last_received_at"]),
        "speaks_for": None if speaks_for is None else tuple(speaks_for),
        "hub_parties": tuple(document.get("hub_parties", ())),
        "dismissed": dismissed and Dismissal(dismissed["reason"], datetime.fromisoformat(dismissed["at"])),
    }
    known = {name: document[name] for name in RejectedPush._fields if name in document}
    return RejectedPush(**(known | read))
