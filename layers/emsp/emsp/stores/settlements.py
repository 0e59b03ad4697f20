"""Settlements in S3: `settlements/<month>/<settlement>/<file>`, and `settlements/<month>/manifest.json`.

The manifest is written last. It names the latest settlement, and has the checksum of each file. The name of a
settlement is a hash of its content, so earlier settlements remain unchanged. The parts of an unfinished
settlement are under `parts/<month>/<run>/`. The bucket's lifecycle rule deletes them. Invoices to compare
with a month are under `invoices/`.
"""

import gzip
import hashlib
import json
import tempfile
from codecs import BOM_UTF16_BE, BOM_UTF16_LE
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from io import TextIOWrapper
from typing import IO, Any, Final, Self

from emsp.stores.client_types import S3Client
from emsp.stores.object_on_disk import StoredFile, object_on_disk, where_missing
from emsp.stores.table import pages_of, store_errors

CSV: Final = "text/csv; charset=utf-8"
INVOICES: Final = "invoices/"


class NoSuchFile(LookupError):
    """The bucket of settlements has no object with this key."""

    @classmethod
    def of(cls, key: str) -> Self:
        return cls(f"there is no {key} in the bucket of settlements")


class NewFile:
    """A file on disk, and the SHA-256 of what has been written to it."""

    def __init__(self) -> None:
        self.content = tempfile.TemporaryFile()  # noqa: SIM115 - closed by __exit__
        self._digest = hashlib.sha256()
        self.bytes = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.content.close()

    def write(self, text: str) -> None:
        content = text.encode()
        self.content.write(content)
        self._digest.update(content)
        self.bytes += len(content)

    @property
    def sha256(self) -> str:
        return self._digest.hexdigest()


@dataclass(frozen=True)
class Settlements:
    """The bucket of settlements. All methods raise StoreUnavailable."""

    client: S3Client
    bucket: str

    def keep_part(self, month: str, run: str, part: str, value: Any) -> None:  # noqa: ANN401  # any JSON
        """Store a part of an unfinished settlement. Parts are later read in the order of their names."""
        key = f"{_parts(month, run)}{part}.json.gz"
        with store_errors(f"writing s3://{self.bucket}/{key}"):
            content = gzip.compress(json.dumps(value).encode(), 3, mtime=0)
            self.client.put_object(Bucket=self.bucket, Key=key, Body=content)

    def part_names(self, month: str, run: str) -> list[str]:
        """Return the names of the stored parts, in order."""
        prefix = _parts(month, run)
        doing = f"listing s3://{self.bucket}/{prefix}"
        pages = pages_of(self.client, "list_objects_v2", doing, Bucket=self.bucket, Prefix=prefix)
        keys = [entry["Key"] for page in pages for entry in page.get("Contents", ())]
        return sorted(key.removeprefix(prefix).removesuffix(".json.gz") for key in keys)

    def parts(self, month: str, run: str) -> Iterator[Any]:
        """Yield the stored parts, in order."""
        for name in self.part_names(month, run):
            with self._open(f"{_parts(month, run)}{name}.json.gz") as content:
                yield json.loads(gzip.decompress(content.read()))

    def manifest(self, month: str) -> dict[str, Any] | None:
        """Return the manifest of the month's latest settlement, or None."""
        try:
            with self._open(self.manifest_key(month)) as content:
                value: dict[str, Any] = json.loads(content.read())
        except NoSuchFile:
            return None
        return value

    def manifest_key(self, month: str) -> str:
        return f"settlements/{month}/manifest.json"

    def write_manifest(self, month: str, value: dict[str, Any]) -> None:
        """Write the manifest. Its settlement becomes the latest one of the month."""
        key = self.manifest_key(month)
        with store_errors(f"writing s3://{self.bucket}/{key}"):
            content = json.dumps(value, indent=1, ensure_ascii=False).encode()
            self.client.put_object(Bucket=self.bucket, Key=key, Body=content, ContentType="application/json")

    def write(self, month: str, settlement: str, name: str, file: NewFile) -> StoredFile:
        """Write a file of a settlement. Return its entry for the manifest."""
        key = f"settlements/{month}/{settlement}/{name}"
        file.content.seek(0)
        with store_errors(f"writing s3://{self.bucket}/{key}"):
            self.client.put_object(Bucket=self.bucket, Key=key, Body=file.content, ContentType=CSV)
        return StoredFile(key, file.bytes, file.sha256)

    @contextmanager
    def lines(self, key: str) -> Iterator[Iterator[str]]:
        """Yield the lines of a CSV file, with the line ends that the csv module needs. Raises NoSuchFile.

        The file is in UTF-8, or in UTF-16 with a byte order mark.
        """
        with self._open(key) as content:
            begins = content.read(2)
            content.seek(0)
            encoding = "utf-16" if begins in (BOM_UTF16_LE, BOM_UTF16_BE) else "utf-8-sig"
            yield TextIOWrapper(content, encoding, newline="")

    def size(self, key: str) -> int:
        """Return the size of a file in bytes. Raises NoSuchFile."""
        with where_missing(key, NoSuchFile.of), store_errors(f"looking for s3://{self.bucket}/{key}"):
            return self.client.head_object(Bucket=self.bucket, Key=key)["ContentLength"]

    def _open(self, key: str) -> AbstractContextManager[IO[bytes]]:
        return object_on_disk(self.client, self.bucket, key, NoSuchFile.of)


def _parts(month: str, run: str) -> str:
    return f"parts/{month}/{run}/"
