"""Pull a module of the catalogue, from where the last attempt ended.

begin_run.py decides where to begin. read_list.py reads the list and writes its pages. remove_vanished.py
removes what vanished, if vanish_guard.py allows it. finish_run.py writes the snapshot and completes the run.
"""

from dataclasses import dataclass, replace

from emsp.catalogue.begin_run import FAILURES_AT_MOST, resume_run, start_run
from emsp.catalogue.finish_run import finish_run
from emsp.catalogue.pull_parts import PullParts
from emsp.catalogue.read_list import ReadList, cursor_of
from emsp.catalogue.remove_vanished import remove_vanished
from emsp.hub.next_page import BrokenPaging
from emsp.log import log
from emsp.stores.pull_records import (
    PullMode,
    PullRecord,
    PullRun,
    RunState,
)
from emsp.stores.pull_runs import AlreadyRunning, LeaseLost


@dataclass(frozen=True)
class PullOutcome:
    """How an attempt ended: `COMPLETED`, `CONTINUES` (another attempt is needed) or `ALREADY_RUNNING`."""

    state: str
    run: PullRun | None


class CataloguePull(PullParts):
    """Pulls one module."""

    def pull(self, mode: PullMode, *, restart: bool = False) -> PullOutcome:
        """Start a run, or resume an interrupted one.

        `restart` abandons an interrupted run, and compares with the table instead of the snapshot. Raises
        HubError, BrokenPaging and StoreUnavailable; the next call resumes the run. Raises LeaseLost if
        another process has taken it over.
        """
        try:
            record = self.runs.acquire()
        except AlreadyRunning as running:
            return PullOutcome("ALREADY_RUNNING", running.record.run)
        attempt = _Attempt(self, record)
        try:
            return attempt.run(mode, restart=restart)
        except LeaseLost:
            raise
        except Exception as error:
            attempt.give_up(error)
            raise


class _Attempt:
    """The work of one process on a run. `committed` is the run as it is stored."""

    def __init__(self, parts: PullParts, record: PullRecord) -> None:
        self._parts = parts
        self._record = record
        self._committed = record.run

    def run(self, mode: PullMode, *, restart: bool) -> PullOutcome:
        parts, record = self._parts, self._record
        begun = resume_run(parts, record, mode) if not restart else None
        run, index = begun or start_run(parts, record, mode, trust_snapshot=not restart, save=self._save)
        read_pages = run.state is RunState.LISTING
        if read_pages:
            run = ReadList(parts, self._save)(run, index)
        short_of_time = read_pages and parts.deadline.remaining() < parts.options.finish_s
        if run.state is RunState.LISTING or short_of_time:
            return PullOutcome("CONTINUES", parts.runs.release(run))
        run = remove_vanished(parts, run, index, certain=cursor_of(run).certain, save=self._save)
        run = finish_run(parts, run, index, record.catalogue.history)
        self._committed = run
        return PullOutcome("COMPLETED", run)

    def give_up(self, error: Exception) -> None:
        """Store the last committed run with the error, and release the lease."""
        run = self._committed
        if run is not None and run.state is not RunState.COMPLETED:
            failures = FAILURES_AT_MOST if isinstance(error, BrokenPaging) else run.failures + 1
            run = replace(run, failures=failures, error=f"{type(error).__name__}: {error}"[:1000])
        try:
            self._parts.runs.release(run)
        except Exception:  # noqa: BLE001 - the first error is the one to raise
            log.exception("the lease could not be released: it expires by itself")

    def _save(self, run: PullRun, seen: bytes | None) -> None:
        self._parts.runs.save(run, seen)
        self._committed = run
