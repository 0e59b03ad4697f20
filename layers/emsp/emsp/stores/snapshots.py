"""Snapshots of the catalogue in S3: `<module>/<run_id>/`.

A snapshot is three gzip files and their manifest, which is written last, so that no reader sees an incomplete
snapshot. Each file has one line for each object, in order of the object keys: `<module>.jsonl.gz` (the
objects as received), `<module>.geojson.gz` (locations for maps) and `index.tsv.gz` (what pulls compare, and
the location of each EVSE). `<module>/latest.json` is a copy of the newest manifest. The bucket's lifecycle
rule deletes snapshots after a number of days.
"""

import gzip
import hashlib
import json
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import asdict, dataclass, replace
from typing import IO, Any, Self, cast

from emsp.stores.client_types import S3Client
from emsp.stores.object_on_disk import READ_BYTES, StoredFile, object_on_disk, where_missing
from emsp.stores.table import store_errors

COMPRESSION = 3


class NoSnapshot(LookupError):
    """There is no such snapshot or file any more."""

    @classmethod
    def of(cls, key: str) -> Self:
        return cls(f"{key} does not exist: run a full pull, which writes a new one")


@dataclass(frozen=True)
class Manifest:
    """The manifest of a snapshot. Times are ISO texts in UTC."""

    run_id: str
    module: str
    mode: str
    started_at: str
    completed_at: str
    objects: int
    counts: Mapping[str, int]
    files: Mapping[str, StoredFile]

    @property
    def key(self) -> str:
        return f"{self.module}/{self.run_id}/manifest.json"


@dataclass(frozen=True)
class SnapshotLines:
    """The lines of an object, without line ends: its JSON text, its GeoJSON feature (may be empty) and its
    index entry.
    """

    text: bytes
    feature: bytes
    index: bytes


class Snapshots:
    """The snapshots of a module. All methods raise StoreUnavailable."""

    def __init__(self, client: S3Client, bucket: str, module: str) -> None:
        self._client = client
        self._bucket = bucket
        self._module = module

    def manifest(self, key: str) -> Manifest:
        """Return the manifest with this key. Raises NoSnapshot."""
        with self._open(key) as body:
            document: dict[str, Any] = json.loads(body.read())
        files = {name: StoredFile(**each) for name, each in document.pop("files").items()}
        return Manifest(**document, files=files)

    def latest(self) -> Manifest:
        """Return the newest manifest. Raises NoSnapshot before the first pull has ended."""
        return self.manifest(self._latest_key())

    def check(self, manifest: Manifest) -> None:
        """Raise NoSnapshot if a file of the snapshot does not exist."""
        for file in manifest.files.values():
            with (
                where_missing(file.key, NoSnapshot.of),
                store_errors(f"looking for s3://{self._bucket}/{file.key}"),
            ):
                self._client.head_object(Bucket=self._bucket, Key=file.key)

    @contextmanager
    def lines(self, manifest: Manifest) -> Iterator[Iterator[SnapshotLines]]:
        """Yield the lines of the objects, in order of their keys. Raises NoSnapshot."""
        with (
            self._open_gzip(manifest.files["objects"].key) as objects,
            self._open_gzip(manifest.files["features"].key) as features,
            self._open_gzip(manifest.files["index"].key) as index,
        ):
            yield (
                SnapshotLines(
                    text.rstrip(b"\n"), feature.rstrip(b"\n").removeprefix(b","), entry.rstrip(b"\n")
                )
                for text, feature, entry in zip(objects, _inner(features), index, strict=True)
            )

    @contextmanager
    def index(self, key: str) -> Iterator[Iterator[bytes]]:
        """Yield the lines of an index file, with their line ends. Raises NoSnapshot."""
        with self._open_gzip(key) as index:
            yield iter(index)

    def write_index(self, run_id: str, lines: Iterator[bytes]) -> str:
        """Write an index that belongs to no snapshot. Return its key."""
        with _NewFile() as file:
            for line in lines:
                file.write(line + b"\n")
            return self._upload(f"{self._module}/{run_id}/base-index.tsv.gz", file).key

    def write(self, manifest: Manifest, lines: Iterator[SnapshotLines]) -> Manifest:
        """Write a snapshot. `lines` are in order of the object keys.

        Return the manifest with its files and the number of objects.
        """
        count = 0
        with _NewFile() as objects, _NewFile() as features, _NewFile() as index:
            features.write(b'{"type":"FeatureCollection","features":[\n')
            comma = b""
            for each in lines:
                count += 1
                objects.write(each.text + b"\n")
                features.write((comma + each.feature if each.feature else b"") + b"\n")
                comma = b"," if each.feature else comma
                index.write(each.index + b"\n")
            features.write(b"]}\n")
            prefix = f"{self._module}/{manifest.run_id}"
            files = {
                "objects": self._upload(f"{prefix}/{self._module}.jsonl.gz", objects),
                "features": self._upload(f"{prefix}/{self._module}.geojson.gz", features),
                "index": self._upload(f"{prefix}/index.tsv.gz", index),
            }
        return self._publish(replace(manifest, objects=count, files=files))

    def repeat(self, manifest: Manifest, previous: Manifest) -> Manifest:
        """Write a copy of the previous snapshot, for a run that changed nothing. Raises NoSnapshot."""
        files = {}
        for name, file in previous.files.items():
            key = f"{self._module}/{manifest.run_id}/{file.key.rsplit('/', 1)[1]}"
            if key != file.key:
                with (
                    where_missing(file.key, NoSnapshot.of),
                    store_errors(f"copying s3://{self._bucket}/{file.key}"),
                ):
                    source = {"Bucket": self._bucket, "Key": file.key}
                    self._client.copy_object(Bucket=self._bucket, Key=key, CopySource=source)  # type: ignore[arg-type]
            files[name] = replace(file, key=key)
        return self._publish(replace(manifest, objects=previous.objects, files=files))

    def _publish(self, manifest: Manifest) -> Manifest:
        document = json.dumps(asdict(manifest), indent=1).encode()
        for key in (manifest.key, self._latest_key()):
            with store_errors(f"writing s3://{self._bucket}/{key}"):
                self._client.put_object(
                    Bucket=self._bucket, Key=key, Body=document, ContentType="application/json"
                )
        return manifest

    def _upload(self, key: str, file: "_NewFile") -> StoredFile:
        size, digest = file.complete()
        with store_errors(f"writing s3://{self._bucket}/{key}"):
            self._client.put_object(
                Bucket=self._bucket, Key=key, Body=file.content, ContentType="application/gzip"
            )
        return StoredFile(key, size, digest)

    def _open(self, key: str) -> AbstractContextManager[IO[bytes]]:
        return object_on_disk(self._client, self._bucket, key, NoSnapshot.of)

    @contextmanager
    def _open_gzip(self, key: str) -> Iterator[IO[bytes]]:
        with self._open(key) as copy, gzip.GzipFile(fileobj=copy) as file:
            yield cast("IO[bytes]", file)

    def _latest_key(self) -> str:
        return f"{self._module}/latest.json"


def _inner(lines: IO[bytes]) -> Iterator[bytes]:
    """Yield the lines of a GeoJSON file without the first and the last."""
    next(lines)
    last: bytes | None = None
    for line in lines:
        if last is not None:
            yield last
        last = line


class _NewFile:
    """A gzip file on disk. Equal lines give equal bytes."""

    def __init__(self) -> None:
        self.content = tempfile.TemporaryFile()  # noqa: SIM115 - closed by __exit__
        self._gzip = gzip.GzipFile(
            filename="", mode="wb", compresslevel=COMPRESSION, fileobj=self.content, mtime=0
        )
        self._pending: list[bytes] = []
        self._pending_bytes = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._gzip.close()
        self.content.close()

    def write(self, line: bytes) -> None:
        self._pending.append(line)
        self._pending_bytes += len(line)
        if self._pending_bytes > READ_BYTES:
            self._flush()

    def _flush(self) -> None:
        self._gzip.write(b"".join(self._pending))
        self._pending.clear()
        self._pending_bytes = 0

    def complete(self) -> tuple[int, str]:
        """Close the file. Return its size in bytes and its SHA-256."""
        self._flush()
        self._gzip.close()
        size = self.content.tell()
        self.content.seek(0)
        digest = hashlib.file_digest(self.content, "sha256").hexdigest()
        self.content.seek(0)
        return size, digest
