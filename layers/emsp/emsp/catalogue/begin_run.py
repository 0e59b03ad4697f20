"""Begin a run of a pull: resume an interrupted run, or start a new one."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final
from uuid import uuid4

from emsp.catalogue.pull_parts import PullParts, Save
from emsp.catalogue.snapshot_index import CatalogueIndex, index_line
from emsp.hub.next_page import Cursor, first_url
from emsp.log import log
from emsp.stores.pull_records import (
    PullMode,
    PullRecord,
    PullRun,
    RunState,
)
from emsp.stores.snapshots import NoSnapshot

FAILURES_AT_MOST: Final = 3
"""After this many failed attempts at one cursor, the list is read again from its start."""
RUN_AGE_AT_MOST: Final = timedelta(hours=12)


def resume_run(parts: PullParts, record: PullRecord, mode: PullMode) -> tuple[PullRun, CatalogueIndex] | None:
    """Return the unfinished run and its index, or None if a new run has to be started."""
    run = record.run
    if run is None or run.state is RunState.COMPLETED:
        return None
    stuck = run.failures >= FAILURES_AT_MOST and run.state is RunState.LISTING
    stale = parts.now() - datetime.fromisoformat(run.started_at) > RUN_AGE_AT_MOST
    moved = run.list_url not in ("", parts.source.endpoint())
    if stuck or stale or moved or (mode is PullMode.FULL and run.mode is PullMode.DELTA):
        return None
    try:
        index = _index(parts, run.base_index)
    except NoSnapshot:
        return None
    run = _with_log_read(parts, replace(run, attempts=run.attempts + 1), index)
    index.restore_seen(record.seen)
    return run, index


def start_run(
    parts: PullParts, record: PullRecord, mode: PullMode, *, trust_snapshot: bool, save: Save
) -> tuple[PullRun, CatalogueIndex]:
    """Store and return a new run, with its index. It takes over the change log of an unfinished run."""
    now = parts.now()
    run_id = f"{now:%Y%m%dT%H%M%SZ}-{uuid4().hex[:6]}"
    unfinished = record.run
    inherits = unfinished is not None and unfinished.state is not RunState.COMPLETED and trust_snapshot
    base_snapshot, base_index, index = _base(
        parts, run_id, record.catalogue.snapshot if trust_snapshot else None
    )
    list_url = parts.source.endpoint()
    date_from = _date_from(parts, record, mode, list_url)
    filters = {"date_from": date_from} if date_from else {}
    run = PullRun(
        run_id=run_id,
        mode=PullMode.DELTA if date_from else PullMode.FULL,
        state=RunState.LISTING,
        started_at=now.isoformat(),
        date_from=date_from,
        cursor=Cursor(first_url(list_url, filters, parts.options.page_limit))._asdict(),
        base_index=base_index,
        base_snapshot=base_snapshot,
        log=unfinished.log if unfinished and inherits else run_id,
        log_entries=unfinished.log_entries if unfinished and inherits else 0,
        attempts=1,
        list_url=list_url,
    )
    run = _with_log_read(parts, run, index)
    save(run, index.seen())
    log.info("pull started", ocpi_module=parts.module.name, run_id=run_id, mode=run.mode, date_from=date_from)
    return run, index


def _date_from(parts: PullParts, record: PullRecord, mode: PullMode, list_url: str) -> str | None:
    """Return the `date_from` of a delta pull, or None if the pull has to be a full one.

    A full pull is needed if the list has another URL than that of the last run, for example after a
    registration with another Hub.
    """
    same_list = record.catalogue.list_url in ("", list_url)
    since = record.catalogue.delta_from if mode is PullMode.DELTA and same_list else None
    return f"{datetime.fromisoformat(since) - parts.options.overlap:%Y-%m-%dT%H:%M:%SZ}" if since else None


def _base(parts: PullParts, run_id: str, snapshot: str | None) -> tuple[str | None, str, CatalogueIndex]:
    """Return the last snapshot, its index file and the index. Without a snapshot the table is scanned."""
    if snapshot:
        try:
            index_key = parts.snapshots.manifest(snapshot).files["index"].key
            return snapshot, index_key, _index(parts, index_key)
        except NoSnapshot as error:
            log.warning("the last snapshot does not exist: the table is read instead", reason=str(error))
    lines = (
        index_line(key, mark.text_hash, mark.content_hash)
        for key, mark in parts.table.scan_marks()
        if not mark.removed
    )
    index_key = parts.snapshots.write_index(run_id, lines)
    return None, index_key, _index(parts, index_key)


def _index(parts: PullParts, key: str) -> CatalogueIndex:
    with parts.snapshots.index(key) as lines:
        return CatalogueIndex(lines)


def _with_log_read(parts: PullParts, run: PullRun, index: CatalogueIndex) -> PullRun:
    """Mark as unknown the objects that were written after the snapshot of the index."""
    logged, entries = parts.runs.read_log(run.log, run.log_entries)
    index.forget(logged)
    return replace(run, log_entries=entries)
