"""Complete a run: write its snapshot, and then store it as completed. The next delta pull begins there."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from emsp.catalogue.pull_parts import PullParts
from emsp.catalogue.snapshot import write_snapshot
from emsp.catalogue.snapshot_index import CatalogueIndex
from emsp.log import log
from emsp.ocpi.json_text import JsonObject
from emsp.stores.pull_records import Catalogue, PullRun, RunState
from emsp.stores.snapshots import Manifest, NoSnapshot


def finish_run(
    parts: PullParts, run: PullRun, index: CatalogueIndex, history: Sequence[JsonObject]
) -> PullRun:
    """Write the snapshot, store the completed run and release the lease. Return the stored run.

    `history` are the runs before it. Raises LeaseLost and StoreUnavailable.
    """
    changed, entries = parts.runs.read_log(run.log, run.log_entries)
    run = replace(run, log_entries=entries)
    completed_at = parts.now().isoformat()
    manifest = Manifest(
        run_id=run.run_id,
        module=parts.module.name,
        mode=run.mode,
        started_at=run.started_at,
        completed_at=completed_at,
        objects=0,
        counts=run.counts,
        files={},
    )
    with ThreadPoolExecutor(1, "read") as reader:
        base = _base_manifest(parts, run)
        keys = changed if base else changed.union(index.keys())
        manifest = write_snapshot(
            parts.module,
            parts.snapshots,
            parts.table,
            manifest,
            base=base,
            changed=sorted(keys),
            reader=reader,
            alive=parts.runs.renew,
        )
    run = replace(
        run,
        state=RunState.COMPLETED,
        completed_at=completed_at,
        snapshot=manifest.key,
        failures=0,
        error=None,
        counts={**run.counts, "catalogue": manifest.objects},
    )
    catalogue = Catalogue(run.started_at, manifest.key, (*history, summary_of(run)), run.list_url)
    return parts.runs.finish(run, catalogue)


def _base_manifest(parts: PullParts, run: PullRun) -> Manifest | None:
    """Return the manifest of the previous snapshot, or None if it does not exist any more. Then the table is
    read.
    """
    if run.base_snapshot is None:
        return None
    try:
        manifest = parts.snapshots.manifest(run.base_snapshot)
        parts.snapshots.check(manifest)
        return manifest
    except NoSnapshot as gone:
        log.warning("the snapshot to build on does not exist: the table is read instead", reason=str(gone))
        return None


def summary_of(run: PullRun) -> JsonObject:
    """Return what is kept of a completed run in the history."""
    return {
        "run_id": run.run_id,
        "mode": run.mode.value,
        "started_at": run.started_at,
        "completed_at": run.completed_at,
        "date_from": run.date_from,
        "counts": dict(run.counts),
        "sweep": run.sweep,
        "snapshot": run.snapshot,
        "attempts": run.attempts,
    }
