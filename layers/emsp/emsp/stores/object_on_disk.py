"""Copy an object from S3 to disk.

Processing it may take so long that S3 would close the connection.
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
    """A file in a manifest. `sha256` is the hex digest of the stored bytes."""

    key: str
    bytes: int
    sha256: str


@contextmanager
def object_on_disk(
    client: S3Client, bucket: str, key: str, missing: Callable[[str], Exception]
) -> Iterator[IO[bytes]]:
    """Yield a copy of the object, opened at its beginning. It is deleted at the end.

    Raises StoreUnavailable, and the error that `missing` returns if there is no such object.
    """
    with tempfile.TemporaryFile() as file:
        with where_missing(key, missing), store_errors(f"reading s3://{bucket}/{key}"):
            body = client.get_object(Bucket=bucket, Key=key)["Body"]
            shutil.copyfileobj(body, file, READ_BYTES)
        file.seek(0)
        yield cast("IO[bytes]", file)


@contextmanager
def where_missing(key: str, missing: Callable[[str], Exception]) -> Iterator[None]:
    """Raise the error that `missing` returns if S3 has no such object."""
    try:
        yield
    except StoreUnavailable as error:
        if error_code(error.__cause__) in ("NoSuchKey", "404", "NoSuchBucket"):
            raise missing(key) from error
        raise
