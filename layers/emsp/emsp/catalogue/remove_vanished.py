"""Mark the objects that a full list does not contain as removed, if vanish_guard.py allows it."""

from dataclasses import replace
from datetime import timedelta
from typing import Final

from emsp.catalogue.change_log import entries_for, log_changes
from emsp.catalogue.pull_parts import PullParts, Save
from emsp.catalogue.snapshot_index import CatalogueIndex
from emsp.catalogue.vanish_guard import judge_vanished
from emsp.ocpi.datetimes import canonical_datetime
from emsp.stores.pull_records import PullMode, PullRun

TOMBSTONES_KEPT: Final = timedelta(days=90)


def remove_vanished(
    parts: PullParts, run: PullRun, index: CatalogueIndex, *, certain: bool, save: Save
) -> PullRun:
    """Return the run after its vanished objects were removed. Nothing changes if it is a delta pull or did it
    before.

    `certain` is False if the list may have skipped objects, for example because some were deleted while it
    was read (hub/next_page.py).

    Raises the errors of emsp.hub.errors, LeaseLost and StoreUnavailable.
    """
    if run.mode is not PullMode.FULL or run.sweep == "swept":
        return run
    verdict = judge_vanished(parts, index, certain=certain)
    counts = {**run.counts, "vanished": verdict.vanished}
    if verdict.sweep != "swept":
        return replace(run, sweep=verdict.sweep, counts=counts)
    if gone := verdict.gone:
        run = replace(run, log_entries=run.log_entries + entries_for(gone))
        log_changes(parts.runs, run.log, run.log_entries - entries_for(gone), gone)
        now = parts.now()
        expires_at = int((now + TOMBSTONES_KEPT).timestamp())
        parts.table.mark_removed(gone, canonical_datetime(now), expires_at)
    run = replace(run, sweep="swept", counts={**counts, "removed": len(verdict.gone)})
    save(run, None)
    return run
