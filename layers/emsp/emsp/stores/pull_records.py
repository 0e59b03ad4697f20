"""The record of a module's pulls: what a run has come to, and what outlives runs. Who may change it is for
pull_runs.py to say.
"""

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
    """Pages are being read."""
    FINISHING = "FINISHING"
    """All pages are read; what vanished is swept and the snapshot written."""
    COMPLETED = "COMPLETED"


@dataclass(frozen=True)
class Run:
    """One pull. Times are ISO texts in UTC; `cursor` is where it stands in the list, None when that is
    read.
    """

    run_id: str
    mode: PullMode
    state: RunState
    started_at: str
    date_from: str | None
    cursor: Mapping[str, Any] | None
    base_index: str
    """S3 key of the index of what was known when the run began."""
    base_snapshot: str | None
    """S3 key of the manifest of the snapshot that this run's snapshot is built on; None: built from the
    table.
    """
    log: str
    log_entries: int = 0
    counts: Mapping[str, int] = field(default_factory=dict)
    attempts: int = 0
    failures: int = 0
    """Failed attempts since the cursor last moved."""
    error: str | None = None
    updated_at: str = ""
    completed_at: str | None = None
    snapshot: str | None = None
    list_url: str = ""
    """The list that is read; empty in records from before it was kept."""
    sweep: str | None = None
    """What became of the sweep: `swept`, `guarded` or `uncertain`; None in a delta run."""


@dataclass(frozen=True)
class Catalogue:
    """What outlives runs: `delta_from` is the start of the last completed run, `snapshot` its manifest's
    key, `list_url` the list that it read.
    """

    delta_from: str | None = None
    snapshot: str | None = None
    history: tuple[JsonObject, ...] = ()
    list_url: str = ""


@dataclass(frozen=True)
class PullRecord:
    """The item as a whole. `lease_until` is when the lease of a dead process ends."""

    run: Run | None
    catalogue: Catalogue
    seen: bytes | None
    lease_owner: str | None
    lease_until: datetime | None


def run_text(run: Run) -> dict[str, str]:
    """The attribute `run`."""
    return {"S": json.dumps(asdict(run))}


def record_of(item: Item) -> PullRecord:
    """What an item holds; the record before the first pull for an empty one."""
    run = json.loads(text_attribute(item, "run") or "null")
    catalogue = json.loads(text_attribute(item, "catalogue") or "{}")
    until = item.get("lease_until")
    return PullRecord(
        run=Run(**(run | {"mode": PullMode(run["mode"]), "state": RunState(run["state"])})) if run else None,
        catalogue=Catalogue(**(catalogue | {"history": tuple(catalogue.get("history", ()))})),
        seen=zlib.decompress(bytes(item["seen"]["B"])) if "seen" in item else None,
        lease_owner=text_attribute(item, "lease_owner"),
        lease_until=datetime.fromtimestamp(int(until["N"]) / 1000, tz=UTC) if until else None,
    )
