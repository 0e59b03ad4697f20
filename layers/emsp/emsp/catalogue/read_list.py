"""Read the list of a run to its end, page by page.

One thread reads the next page from the Hub, and one writes the previous page, while this thread splits,
compares and validates the present one. For each page the change log lists the objects to write, then the
objects are written, and then one write stores the cursor, the counts and the seen objects and extends the
lease. A run that was killed resumes at its last page. Doing a page twice changes nothing.
"""

import sys
from collections.abc import Iterator
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as NotYet
from contextlib import contextmanager
from copy import replace
from dataclasses import dataclass
from typing import Final

from emsp.catalogue.change_log import entries_for, log_changes
from emsp.catalogue.compare_page import PageChanges, RejectedObject, compare_page, unchanged_text
from emsp.catalogue.pull_parts import PullParts, Save
from emsp.catalogue.snapshot_index import CatalogueIndex
from emsp.catalogue.write_pages import PageCommits, ReadPage
from emsp.hub.errors import HubError, MalformedAnswer, NotFound, RateLimited, Refused, UnreadablePage
from emsp.hub.get_page import NotAList, RawPage
from emsp.hub.next_page import (
    BrokenPaging,
    Cursor,
    beyond_one,
    following,
    larger,
    likely_next,
    query_number,
    smaller,
)
from emsp.log import log
from emsp.ocpi.datetimes import canonical_datetime
from emsp.ocpi.list_text import Known, ListText
from emsp.stores.pull_records import PullMode, PullRun, RunState

PAGE_TRIES: Final = 3
RENEW_EVERY_S: Final = 15.0
SWITCH_EVERY_S: Final = 0.0005
NO_OBJECTS: Final = ListText(1000, [])


@dataclass(frozen=True)
class ReadList:
    """Reads pages until the list or the time ends. `save` stores the run after a page."""

    parts: PullParts
    save: Save

    def __call__(self, run: PullRun, index: CatalogueIndex) -> PullRun:
        """Read pages, and return the run as it is stored.

        Raises the errors of emsp.hub.errors, BrokenPaging, LeaseLost and StoreUnavailable.
        """
        with (
            _quick_switches(),
            ThreadPoolExecutor(1, "fetch") as fetcher,
            ThreadPoolExecutor(1, "commit") as committer,
        ):
            commits = PageCommits(committer, write=self._write, save=self.save, wait=self._await)
            try:
                return self._read_pages(run, index, fetcher, commits)
            except (HubError, BrokenPaging):
                commits.finish()
                raise
            finally:
                fetcher.shutdown(wait=False, cancel_futures=True)

    def _read_pages(
        self, run: PullRun, index: CatalogueIndex, fetcher: Executor, commits: PageCommits
    ) -> PullRun:
        parts = self.parts
        cursor = cursor_of(run)
        visited: set[str] = set()
        ahead: Future[RawPage] | None = None
        while cursor.url is not None and parts.deadline.remaining() > parts.options.reserve_s:
            ahead = ahead or fetcher.submit(parts.source.get, cursor.url)
            url, left_out = cursor.url, list[RejectedObject]()
            try:
                read = self._read_page(cursor, ahead, fetcher, unchanged_text(index))
            except UnreadablePage as error:
                narrowed, ahead = smaller(cursor), None
                if narrowed is not None:
                    log.warning("a page cannot be read: a smaller one is requested", reason=str(error))
                    cursor = narrowed
                    continue
                read = self._beyond_the_object(cursor, error), NO_OBJECTS, None
                left_out.append(RejectedObject(url, f"the object at this URL cannot be read: {error}"))
            if read is None:
                read = replace(cursor, url=None, certain=False), NO_OBJECTS, None
            after, page, ahead = read
            after = larger(after, parts.options.page_limit)
            if after.url in visited and after.steps_back == cursor.steps_back:
                raise BrokenPaging(f"the list returns to {after.url}: ask the Hub's support")
            if after.steps_back > cursor.steps_back:
                visited.clear()
            visited.add(url)
            changes = compare_page(
                parts.module, page.objects or [], index, parts.table.read_marks, parts.now()
            )
            changes.unchanged += page.passed
            changes.rejected += left_out
            run = _after_page(run, after, changes, _count(page))
            commits.add(ReadPage(run, changes, index.seen() if run.mode is PullMode.FULL else None))
            cursor = after
        commits.finish()
        return run

    def _read_page(
        self, cursor: Cursor, page: Future[RawPage], fetcher: Executor, known: Known
    ) -> tuple[Cursor, ListText, Future[RawPage] | None] | None:
        """Return the cursor after the page, the objects of the page, and the future of the next page.

        Return None after the end of the list.
        """
        try:
            raw = self._await(page)
        except (NotFound, Refused):
            offset = query_number(cursor.url or "", "offset")
            if offset and cursor.total is not None and offset >= cursor.total:
                return None
            raise
        guess = likely_next(cursor, raw.headers)
        ahead = fetcher.submit(self.parts.source.get, guess) if guess else None
        raw, objects = self._objects(raw, known)
        after = following(
            cursor, raw.headers, _count(objects), pages_at_most=self.parts.options.pages_at_most
        )
        if ahead is not None and after.url != guess:
            ahead.cancel()
            ahead = None
        return after, objects, ahead

    def _beyond_the_object(self, cursor: Cursor, error: UnreadablePage) -> Cursor:
        """Return the cursor after an object that can't be read even alone.

        Raises the error if the page may have more than one object.
        """
        url = cursor.url or ""
        if query_number(url, "limit") != 1 or query_number(url, "offset") is None:
            raise error
        return beyond_one(cursor, pages_at_most=self.parts.options.pages_at_most)

    def _objects(self, raw: RawPage, known: Known) -> tuple[RawPage, ListText]:
        """Return the page and its objects. A corrupt page is requested again."""
        for tried in range(1, PAGE_TRIES + 1):
            try:
                return raw, raw.objects(known)
            except (NotAList, UnreadablePage):
                raise
            except (MalformedAnswer, RateLimited):
                if tried == PAGE_TRIES:
                    raise
                raw = self.parts.source.get(raw.url)
        raise AssertionError("unreachable")

    def _await[T](self, future: Future[T]) -> T:
        """Return the result of a future. The lease is renewed while it takes long."""
        while True:
            try:
                return future.result(timeout=RENEW_EVERY_S)
            except NotYet:
                if future.done():
                    raise
                self.parts.runs.renew()

    def _write(self, run: PullRun, changes: PageChanges) -> None:
        keys = changes.keys
        if keys:
            log_changes(self.parts.runs, run.log, run.log_entries - entries_for(keys), keys)
            received_at = canonical_datetime(self.parts.now())
            self.parts.table.put_new(changes.new, received_at)
            older = self.parts.table.replace(changes.changed, received_at)
            if older:
                log.warning("the table has newer objects than the list", object_keys=older[:20])
        for each in changes.rejected:
            self.parts.rejected.keep(each)


def cursor_of(run: PullRun) -> Cursor:
    """Return the position of the run in the list."""
    return Cursor(**run.cursor) if run.cursor else Cursor(None)


@contextmanager
def _quick_switches() -> Iterator[None]:
    """Let Python switch between threads more often.

    A page arrives in dozens of reads. After each the reading thread would wait 5 ms for the comparing thread.
    """
    usual = sys.getswitchinterval()
    sys.setswitchinterval(SWITCH_EVERY_S)
    try:
        yield
    finally:
        sys.setswitchinterval(usual)


def _count(page: ListText) -> int:
    return len(page.objects or ()) + page.passed


def _after_page(run: PullRun, after: Cursor, changes: PageChanges, objects: int) -> PullRun:
    added = {
        "pages": 1,
        "objects": objects,
        "added": len(changes.new),
        "changed": len(changes.changed),
        "unchanged": changes.unchanged,
        "older": changes.older,
        "repeated": changes.repeated,
        "rejected": len(changes.rejected),
    }
    return replace(
        run,
        state=RunState.LISTING if after.url else RunState.FINISHING,
        cursor=after._asdict(),
        counts={**run.counts, **{name: run.counts.get(name, 0) + more for name, more in added.items()}},
        log_entries=run.log_entries + entries_for(changes.keys),
        failures=0,
        error=None,
    )
