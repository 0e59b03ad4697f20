"""Copies an object from S3 to disk. S3 would close the connection if we read the object only as fast as we
process it.
"""

import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO, Final, cast

from emsp.stores.client_types import S3Client
from emsp.stores.table import StoreUnavailable, error_code, store_errors

READ_BYTES: Final = 1 << 20


@dataclass(frozen=True)
class StoredFile:
    """A file as a manifest lists it. `sha256` is the hex digest of the stored bytes."""

    key: str
    bytes: int
    sha256: str


@contextmanager
def object_on_disk(
    client: S3Client, bucket: str, key: str, missing: Callable[[str], Exception]
) -> Iterator[IO[bytes]]:
    """A copy of the object, opened at its beginning and deleted at the end. Raises the error that `missing`
    makes, and StoreUnavailable.
    """
    with tempfile.TemporaryFile() as file:
        with where_missing(key, missing), store_errors(f"reading s3://{bucket}/{key}"):
            body = client.get_object(Bucket=bucket, Key=key)["Body"]
            shutil.copyfileobj(body, file, READ_BYTES)
        file.seek(0)
        yield cast("IO[bytes]", file)


@contextmanager
def where_missing(key: str, missing: Callable[[str], Exception]) -> Iterator[None]:
    """Raise `missing(key)` if S3 has no such object."""
    try:
        yield
    except StoreUnavailable as error:
        if error_code(error.__cause__) in ("NoSuchKey", "404", "NoSuchBucket"):
            raise missing(key) from error
        raise
