"""The record of a module's pulls: the current run, and the catalogue. pull_runs.py writes it."""

import json
import zlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from emsp.ocpi.json_text import JsonObject
from emsp.stores.table import Item, text_attribute


class PullMode(StrEnum):
    FULL = "full"
    DELTA = "delta"


class RunState(StrEnum):
    LISTING = "LISTING"
    """The run reads pages."""
    FINISHING = "FINISHING"
    """All pages are read. The run removes vanished objects and writes the snapshot."""
    COMPLETED = "COMPLETED"


@dataclass(frozen=True)
class PullRun:
    """A run of a pull. Times are ISO texts in UTC.

    `cursor` is the position in the list, or None when the whole list is read.
    """

    run_id: str
    mode: PullMode
    state: RunState
    started_at: str
    date_from: str | None
    cursor: Mapping[str, Any] | None
    base_index: str
    """The S3 key of the index of the objects that were known when the run began."""
    base_snapshot: str | None
    """The S3 key of the manifest of the previous snapshot, which is the base of the new one. If it is None,
    the new snapshot is built from the table.
    """
    log: str
    log_entries: int = 0
    counts: Mapping[str, int] = field(default_factory=dict)
    attempts: int = 0
    failures: int = 0
    """The number of failed attempts since the cursor last moved."""
    error: str | None = None
    updated_at: str = ""
    completed_at: str | None = None
    snapshot: str | None = None
    list_url: str = ""
    """The URL of the list."""
    sweep: str | None = None
    """The result of removing vanished objects: `swept`, `guarded` or `uncertain`. None in a delta pull."""


@dataclass(frozen=True)
class Catalogue:
    """The result of the completed runs.

    `delta_from` is the start of the last one, `snapshot` the key of its manifest, and `list_url` the URL of
    its list.
    """

    delta_from: str | None = None
    snapshot: str | None = None
    history: tuple[JsonObject, ...] = ()
    list_url: str = ""


@dataclass(frozen=True)
class PullRecord:
    """The whole item. `lease_until` is when the lease expires, if its process does not renew it."""

    run: PullRun | None
    catalogue: Catalogue
    seen: bytes | None
    lease_until: datetime | None


def run_text(run: PullRun) -> dict[str, str]:
    """Return the attribute `run`."""
    return {"S": json.dumps(asdict(run))}


def record_of(item: Item) -> PullRecord:
    """Return the record in an item. An empty item gives the record before the first pull."""
    run = json.loads(text_attribute(item, "run") or "null")
    catalogue = json.loads(text_attribute(item, "catalogue") or "{}")
    until = item.get("lease_until")
    return PullRecord(
        run=PullRun(**(run | {"mode": PullMode(run["mode"]), "state": RunState(run["state"])}))
        if run
        else None,
        catalogue=Catalogue(**(catalogue | {"history": tuple(catalogue.get("history", ()))})),
        seen=zlib.decompress(bytes(item["seen"]["B"])) if "seen" in item else None,
        lease_until=datetime.fromtimestamp(int(until["N"]) / 1000, tz=UTC) if until else None,
    )
