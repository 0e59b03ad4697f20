"""One pull of a module of the catalogue, from wherever the last attempt stood to its snapshot.

Fetching runs ahead by one page and writing follows behind, while this thread cuts, compares and validates.
After each page, in this order: the change log names what is about to be written, the objects are written, and
cursor, counts and seen objects are kept in one write that also holds the lease. So whatever is killed goes on
from the last page, and a page done twice changes nothing.

What vanished from a full list is marked as removed, unless more than a set share would be, or objects may
have been passed by because the list moved while it was read. Then the snapshot is written, and last the run
is completed, which is what the next delta counts from.
"""

import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as NotYet
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import batched
from random import sample
from typing import Final, Protocol
from uuid import uuid4

from emsp import log
from emsp.catalogue.commits import PageCommits, ReadPage
from emsp.catalogue.index import CatalogueIndex, index_line, party_of
from emsp.catalogue.module import CatalogueModule, identity_in
from emsp.catalogue.page import PageChanges, RejectedObject, compare_page, unchanged_text
from emsp.catalogue.snapshot import write_snapshot
from emsp.hub.errors import HubError, MalformedAnswer, NotFound, RateLimited, Refused
from emsp.hub.list_pages import NotAList, RawPage
from emsp.hub.paging import BrokenPaging, Cursor, first_url, following, likely_next, query_number
from emsp.ocpi.datetimes import canonical_datetime
from emsp.ocpi.json_text import JsonObject
from emsp.ocpi.list_text import Known, ListText
from emsp.stores.catalogue_table import CatalogueTable
from emsp.stores.pull_runs import (
    AlreadyRunning,
    Catalogue,
    LeaseLost,
    PullMode,
    PullRecord,
    PullRuns,
    Run,
    RunState,
)
from emsp.stores.snapshots import Manifest, NoSnapshot, Snapshots

FAILURES_AT_MOST: Final = 3
"""Attempts that may fail at one cursor before the list is read from its start again."""
RUN_AGE_AT_MOST: Final = timedelta(hours=12)
PAGE_TRIES: Final = 3
KEYS_PER_LOG_ENTRY: Final = 2000
TOMBSTONES_KEPT: Final = timedelta(days=90)
RENEW_EVERY_S: Final = 15.0
ASKED_AT_MOST: Final = 50
SWITCH_EVERY_S: Final = 0.0005
NO_OBJECTS: Final = ListText(1000, "", [])


@dataclass(frozen=True)
class PullOptions:
    """How to pull. `vanish_share` is the largest share of known objects that one full run may remove."""

    page_limit: int | None = 500
    pages_at_most: int = 20_000
    overlap: timedelta = timedelta(minutes=15)
    vanish_share: float = 0.3
    reserve_s: float = 60.0
    """Time to keep for ending an attempt in order."""
    finish_s: float = 240.0
    """Time that finishing needs at least; an attempt that read pages and has less left hands over."""

    def within(self, remaining_s: float, vanish_share: float | None = None) -> "PullOptions":
        """The options for a process that may run so long: a short one must get something done as well."""
        return replace(
            self,
            reserve_s=min(self.reserve_s, remaining_s / 4),
            finish_s=min(self.finish_s, remaining_s / 2),
            vanish_share=self.vanish_share if vanish_share is None else vanish_share,
        )


@dataclass(frozen=True)
class PullOutcome:
    """How an attempt ended: `COMPLETED`, `CONTINUES` (another attempt is needed) or `ALREADY_RUNNING`."""

    state: str
    run: Run | None


class PageSource(Protocol):
    """The module's list at the Hub."""

    def endpoint(self) -> str:
        """The list's URL."""

    def get(self, url: str) -> RawPage:
        """One page. Raises what emsp.hub.errors lists."""

    def has(self, country_code: str, party_id: str, object_id: str) -> bool:
        """Whether the Hub still has this object. Raises what emsp.hub.errors lists."""


class RejectedObjects(Protocol):
    """Where objects go that can't be kept."""

    def keep(self, rejected: RejectedObject) -> None:
        """Store it durably unless it is there. Raises StoreUnavailable."""


@dataclass(frozen=True)
class CataloguePull:
    """Pulls one module. `remaining_s` tells how long this process may still run."""

    module: CatalogueModule
    source: PageSource
    table: CatalogueTable
    runs: PullRuns
    snapshots: Snapshots
    rejected: RejectedObjects
    options: PullOptions = PullOptions()
    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    remaining_s: Callable[[], float] = lambda: 900.0

    def pull(self, mode: PullMode, *, restart: bool = False) -> PullOutcome:
        """Start a run, or go on with one that was cut off. `restart` gives that up and compares with the
        table itself.

        Raises HubError, BrokenPaging, StoreUnavailable: the run keeps its cursor and the next call goes on.
        Raises LeaseLost when another process has taken over.
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
    """What one process does for a run. `committed` is the run as the record has it."""

    def __init__(self, pull: CataloguePull, record: PullRecord) -> None:
        self._pull = pull
        self._record = record
        self._catalogue = record.catalogue
        self._committed = record.run
        self._pages_read = 0

    def run(self, mode: PullMode, *, restart: bool) -> PullOutcome:
        run, index = self._resumed(mode) if not restart else (None, None)
        if run is None or index is None:
            run, index = self._started(mode, trust_snapshot=not restart)
        if run.state is RunState.LISTING:
            run = self._list(run, index)
        if run.state is RunState.LISTING or self._short_of_time():
            self._pull.runs.release(run)
            return PullOutcome("CONTINUES", run)
        return PullOutcome("COMPLETED", self._finish(run, index))

    def give_up(self, error: Exception) -> None:
        """Keep the run as it was last committed, with what went wrong, and give the lease back."""
        run = self._committed
        if run is not None and run.state is not RunState.COMPLETED:
            failures = FAILURES_AT_MOST if isinstance(error, BrokenPaging) else run.failures + 1
            run = replace(run, failures=failures, error=f"{type(error).__name__}: {error}"[:1000])
        try:
            self._pull.runs.release(run)
        except Exception as second:  # noqa: BLE001 - the first error is the one to raise
            log.exception("the lease ends by itself: it could not be given back", second)

    # ---------------------------------------------------------------------------------- beginning

    def _resumed(self, mode: PullMode) -> tuple[Run | None, CatalogueIndex | None]:
        """The unfinished run, if going on with it does what is asked for."""
        run = self._record.run
        if run is None or run.state is RunState.COMPLETED:
            return None, None
        stuck = run.failures >= FAILURES_AT_MOST and run.state is RunState.LISTING
        stale = self._pull.now() - datetime.fromisoformat(run.started_at) > RUN_AGE_AT_MOST
        moved = run.list_url not in ("", self._pull.source.endpoint())
        if stuck or stale or moved or (mode is PullMode.FULL and run.mode is PullMode.DELTA):
            return None, None
        try:
            index = self._index(run.base_index)
        except NoSnapshot:
            return None, None
        run = self._with_log_read(replace(run, attempts=run.attempts + 1), index)
        index.restore_seen(self._record.seen)
        return run, index

    def _started(self, mode: PullMode, *, trust_snapshot: bool) -> tuple[Run, CatalogueIndex]:
        """A new run. It inherits the change log of one that was never completed."""
        now = self._pull.now()
        run_id = f"{now:%Y%m%dT%H%M%SZ}-{uuid4().hex[:6]}"
        unfinished = self._record.run
        inherits = unfinished is not None and unfinished.state is not RunState.COMPLETED and trust_snapshot
        base_snapshot, base_index, index = self._base(run_id, trust_snapshot=trust_snapshot)
        list_url = self._pull.source.endpoint()
        # What another list showed last tells nothing of this one: after a registration with another Hub the
        # first pull is a full one.
        same_list = self._catalogue.list_url in ("", list_url)
        since = self._catalogue.delta_from if mode is PullMode.DELTA and same_list else None
        date_from = datetime.fromisoformat(since) - self._pull.options.overlap if since else None
        filters = {"date_from": f"{date_from:%Y-%m-%dT%H:%M:%SZ}"} if date_from else {}
        url = first_url(list_url, filters, self._pull.options.page_limit)
        run = Run(
            run_id=run_id,
            mode=PullMode.DELTA if date_from else PullMode.FULL,
            state=RunState.LISTING,
            started_at=now.isoformat(),
            date_from=filters.get("date_from"),
            cursor=asdict(Cursor(url)),
            base_index=base_index,
            base_snapshot=base_snapshot,
            log=unfinished.log if unfinished and inherits else run_id,
            log_entries=unfinished.log_entries if unfinished and inherits else 0,
            attempts=1,
            list_url=list_url,
        )
        run = self._with_log_read(run, index)
        self._save(run, index.seen())
        log.info(
            "pull started",
            module=self._pull.module.name,
            run_id=run_id,
            mode=run.mode,
            date_from=run.date_from,
        )
        return run, index

    def _base(self, run_id: str, *, trust_snapshot: bool) -> tuple[str | None, str, CatalogueIndex]:
        """What is known before the run: the last snapshot's index, or else what a scan of the table finds."""
        key = self._catalogue.snapshot if trust_snapshot else None
        if key:
            try:
                index_key = self._pull.snapshots.manifest(key).files["index"].key
                return key, index_key, self._index(index_key)
            except NoSnapshot as error:
                log.warning("the last snapshot is gone: the table is read instead", reason=str(error))
        marks = self._pull.table.scan_marks()
        lines = (
            index_line(key, mark.text_hash, mark.content_hash) for key, mark in marks if not mark.removed
        )
        index_key = self._pull.snapshots.write_index(run_id, lines)
        return None, index_key, self._index(index_key)

    def _index(self, key: str) -> CatalogueIndex:
        with self._pull.snapshots.index(key) as lines:
            return CatalogueIndex(lines)

    def _with_log_read(self, run: Run, index: CatalogueIndex) -> Run:
        """Forget what the index says of all that was written since its snapshot."""
        logged, entries = self._pull.runs.read_log(run.log, run.log_entries)
        index.forget(logged)
        return replace(run, log_entries=entries)

    # ---------------------------------------------------------------------------------- listing

    def _list(self, run: Run, index: CatalogueIndex) -> Run:
        """Read pages until the list or the time ends; the run as it was last committed."""
        with (
            _quick_switches(),
            ThreadPoolExecutor(1, "fetch") as fetcher,
            ThreadPoolExecutor(1, "commit") as committer,
        ):
            commits = PageCommits(committer, write=self._write, save=self._save, wait=self._await)
            try:
                return self._read_pages(run, index, fetcher, commits)
            except (HubError, BrokenPaging):
                commits.finish()
                raise
            finally:
                fetcher.shutdown(wait=False, cancel_futures=True)

    def _read_pages(self, run: Run, index: CatalogueIndex, fetcher: Executor, commits: PageCommits) -> Run:
        cursor = _cursor(run)
        visited: set[str] = set()
        ahead: Future[RawPage] | None = None
        while cursor.url is not None and self._pull.remaining_s() > self._pull.options.reserve_s:
            ahead = ahead or fetcher.submit(self._pull.source.get, cursor.url)
            read = self._read_page(cursor, ahead, fetcher, unchanged_text(index))
            if read is None:
                read = replace(cursor, url=None, certain=False), NO_OBJECTS, None
            after, page, ahead = read
            if after.url in visited and after.steps_back == cursor.steps_back:
                raise BrokenPaging(f"the list leads back to {after.url}: ask the Hub's support")
            if after.steps_back > cursor.steps_back:
                visited.clear()
            visited.add(cursor.url)
            changes = compare_page(self._pull.module, page.objects or [], index, self._pull.table.read_marks)
            changes.unchanged += page.passed
            run = _after_page(run, after, changes, _count(page))
            commits.add(ReadPage(run, changes, index.seen() if run.mode is PullMode.FULL else None))
            cursor = after
            self._pages_read += 1
        commits.finish()
        return run

    def _read_page(
        self, cursor: Cursor, page: Future[RawPage], fetcher: Executor, known: Known
    ) -> tuple[Cursor, ListText, Future[RawPage] | None] | None:
        """The cursor after the page, its objects and the next page, asked for already; None beyond the list's
        end.
        """
        try:
            raw = self._await(page)
        except (NotFound, Refused):
            offset = query_number(cursor.url or "", "offset")
            if offset and cursor.total is not None and offset >= cursor.total:
                return None
            raise
        guess = likely_next(cursor, raw.headers)
        ahead = fetcher.submit(self._pull.source.get, guess) if guess else None
        raw, objects = self._objects(raw, known)
        after = following(
            cursor, raw.headers, _count(objects), pages_at_most=self._pull.options.pages_at_most
        )
        if ahead is not None and after.url != guess:
            ahead.cancel()
            ahead = None
        return after, objects, ahead

    def _objects(self, raw: RawPage, known: Known) -> tuple[RawPage, ListText]:
        """The page's objects; a page that arrived spoilt is asked for again."""
        for tried in range(1, PAGE_TRIES + 1):
            try:
                return raw, raw.objects(known)
            except NotAList:
                raise
            except (MalformedAnswer, RateLimited):
                if tried == PAGE_TRIES:
                    raise
                raw = self._pull.source.get(raw.url)
        raise AssertionError("unreachable")

    def _await[T](self, future: Future[T]) -> T:
        """The future's result; the lease is held while it takes its time."""
        while True:
            try:
                return future.result(timeout=RENEW_EVERY_S)
            except NotYet:
                if future.done():
                    raise
                self._pull.runs.renew()

    def _save(self, run: Run, seen: bytes | None) -> None:
        self._pull.runs.save(run, seen)
        self._committed = run

    def _write(self, run: Run, changes: PageChanges) -> None:
        keys = changes.keys
        if keys:
            first = run.log_entries - _entries(keys)
            self._log(run.log, first, keys)
            received_at = canonical_datetime(self._pull.now())
            self._pull.table.put_new(changes.new, received_at)
            older = self._pull.table.replace(changes.changed, received_at)
            if older:
                log.warning("newer objects were in the table", object_keys=older[:20])
        for each in changes.rejected:
            self._pull.rejected.keep(each)

    def _log(self, name: str, first: int, keys: Sequence[str]) -> None:
        for number, entry in enumerate(batched(keys, KEYS_PER_LOG_ENTRY, strict=False), first):
            self._pull.runs.append_log(name, number, entry)

    # ---------------------------------------------------------------------------------- finishing

    def _short_of_time(self) -> bool:
        return self._pages_read > 0 and self._pull.remaining_s() < self._pull.options.finish_s

    def _finish(self, run: Run, index: CatalogueIndex) -> Run:
        run = self._swept(run, index)
        changed, entries = self._pull.runs.read_log(run.log, run.log_entries)
        run = replace(run, log_entries=entries)
        completed_at = self._pull.now().isoformat()
        manifest = Manifest(
            run_id=run.run_id,
            module=self._pull.module.name,
            mode=run.mode,
            started_at=run.started_at,
            completed_at=completed_at,
            objects=0,
            counts=run.counts,
            files={},
        )
        with ThreadPoolExecutor(1, "read") as reader:
            base = self._base_manifest(run)
            keys = changed if base else changed.union(index.keys())
            manifest = self._snapshot(manifest, base, sorted(keys), reader)
        run = replace(
            run,
            state=RunState.COMPLETED,
            completed_at=completed_at,
            snapshot=manifest.key,
            failures=0,
            error=None,
            counts={**run.counts, "catalogue": manifest.objects},
        )
        run = self._pull.runs.finish(
            run,
            Catalogue(run.started_at, manifest.key, (*self._catalogue.history, _summary(run)), run.list_url),
        )
        self._committed = run
        return run

    def _base_manifest(self, run: Run) -> Manifest | None:
        """The snapshot to build on; None when there is none (any more), and the table has to be read."""
        if run.base_snapshot is None:
            return None
        try:
            manifest = self._pull.snapshots.manifest(run.base_snapshot)
            self._pull.snapshots.check(manifest)
            return manifest
        except NoSnapshot as gone:
            log.warning("the snapshot to build on is gone: the table is read instead", reason=str(gone))
            return None

    def _snapshot(
        self, manifest: Manifest, base: Manifest | None, keys: Sequence[str], reader: Executor
    ) -> Manifest:
        pull = self._pull
        return write_snapshot(
            pull.module,
            pull.snapshots,
            pull.table,
            manifest,
            base=base,
            changed=keys,
            reader=reader,
            alive=pull.runs.renew,
        )

    def _swept(self, run: Run, index: CatalogueIndex) -> Run:
        """Mark what a full list did not show as removed, where that is certain and no more than a set
        share.
        """
        if run.mode is not PullMode.FULL or run.sweep == "swept":
            return run
        vanished = sorted(index.unseen())
        counts = {**run.counts, "vanished": len(vanished)}
        if len(vanished) > self._pull.options.vanish_share * len(index):
            log.error("nothing is removed: too much would vanish", vanished=len(vanished), known=len(index))
            return replace(run, sweep="guarded", counts=counts)
        gone = self._gone(vanished, index) if _cursor(run).certain else None
        if gone is None:
            log.warning("nothing is removed: the list moved while it was read", vanished=len(vanished))
            return replace(run, sweep="uncertain", counts=counts)
        if gone:
            run = replace(run, log_entries=run.log_entries + _entries(gone))
            self._log(run.log, run.log_entries - _entries(gone), gone)
            now = self._pull.now()
            expires_at = int((now + TOMBSTONES_KEPT).timestamp())
            self._pull.table.mark_removed(gone, canonical_datetime(now), expires_at)
        run = replace(run, sweep="swept", counts={**counts, "removed": len(gone)})
        self._save(run, None)
        return run

    def _gone(self, vanished: Sequence[str], index: CatalogueIndex) -> list[str] | None:
        """Those of the vanished that are gone indeed, None when that can't be told.

        A list that moves without its total telling hides a few objects of CPOs that are still listed, so
        those are asked for one by one. Are there too many, some are, and a single one that is still there
        puts all in doubt.
        """
        listed = index.seen_parties() if vanished else set()
        doubtful = [key for key in vanished if party_of(key) in listed]
        asked = doubtful if len(doubtful) <= ASKED_AT_MOST else sample(doubtful, ASKED_AT_MOST)
        there = set()
        for key, stored in self._pull.table.read_texts(asked).items():
            self._pull.runs.renew()
            if self._pull.source.has(*identity_in(stored.text)):
                there.add(key)
        if there and len(asked) < len(doubtful):
            return None
        if there:
            log.warning("the list left out what the Hub still has", object_keys=sorted(there)[:20])
        return [key for key in vanished if key not in there]


@contextmanager
def _quick_switches() -> Iterator[None]:
    """Let threads take turns more often.

    A page arrives in dozens of reads, and after each the fetching thread would wait 5 ms for the comparing
    one.
    """
    usual = sys.getswitchinterval()
    sys.setswitchinterval(SWITCH_EVERY_S)
    try:
        yield
    finally:
        sys.setswitchinterval(usual)


def _count(page: ListText) -> int:
    return len(page.objects or ()) + page.passed


def _cursor(run: Run) -> Cursor:
    return Cursor(**run.cursor) if run.cursor else Cursor(None)


def _entries(keys: Sequence[str]) -> int:
    """How many entries of the change log these keys take."""
    return -(-len(keys) // KEYS_PER_LOG_ENTRY)


def _after_page(run: Run, after: Cursor, changes: PageChanges, objects: int) -> Run:
    added = {
        "pages": 1,
        "objects": objects,
        "added": len(changes.new),
        "changed": len(changes.changed),
        "unchanged": changes.unchanged,
        "older": changes.older,
        "rejected": len(changes.rejected),
    }
    return replace(
        run,
        state=RunState.LISTING if after.url else RunState.FINISHING,
        cursor=asdict(after),
        counts={**run.counts, **{name: run.counts.get(name, 0) + more for name, more in added.items()}},
        log_entries=run.log_entries + _entries(changes.keys),
        failures=0,
        error=None,
    )


def _summary(run: Run) -> JsonObject:
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
