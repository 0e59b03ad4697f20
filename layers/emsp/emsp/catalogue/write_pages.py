"""Write pages in order, in a second thread, while the first thread reads.

The objects of a page are written before its cursor is stored. The cursor is stored after each page, but at
most 20 times a second. If pages come faster (a Hub without limits, a small catalogue), one write stores the
cursor of several pages.
"""

import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import Executor, Future
from typing import Final, NamedTuple

from emsp.catalogue.compare_page import PageChanges
from emsp.stores.pull_records import PullRun

COMMITS_BEHIND_AT_MOST: Final = 8
CHARACTERS_BEHIND_AT_MOST: Final = 8_000_000
"""The largest number of characters that wait to be written. Each takes up to four bytes of memory."""
SAVED_EVERY_S: Final = 0.05


class ReadPage(NamedTuple):
    """A page to be written, and the run after it."""

    run: PullRun
    changes: PageChanges
    seen: bytes | None


class PageCommits:
    """Commits pages in order. After an error nothing more is written.

    `write` writes the objects of a page, `save` stores the run after it, and `wait` waits for a future
    without a timeout.
    """

    def __init__(
        self,
        committer: Executor,
        *,
        write: Callable[[PullRun, PageChanges], None],
        save: Callable[[PullRun, bytes | None], None],
        wait: Callable[[Future[None]], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._committer = committer
        self._write = write
        self._save = save
        self._wait = wait
        self._pages: deque[ReadPage] = deque()
        self._futures: deque[tuple[Future[None], int]] = deque()
        self._characters = 0
        self._broken = False
        self._clock = clock
        self._submitted_at = clock() - SAVED_EVERY_S

    def add(self, page: ReadPage) -> None:
        """Commit this page soon. Wait if too many pages are not committed yet. Raises the error of an earlier
        commit.
        """
        self._pages.append(page)
        now = self._clock()
        if page.changes.keys or page.changes.rejected or now - self._submitted_at >= SAVED_EVERY_S:
            self._submitted_at = now
            self._submit(page.changes.characters)
        while self._futures and (
            len(self._futures) > COMMITS_BEHIND_AT_MOST
            or self._characters > CHARACTERS_BEHIND_AT_MOST
            or self._futures[0][0].done()
        ):
            self._wait_for_one()

    def finish(self) -> None:
        """Wait until all pages are committed. Raises the error of a commit."""
        self._submit(0)
        while self._futures:
            self._wait_for_one()

    def _submit(self, characters: int) -> None:
        self._futures.append((self._committer.submit(self._commit), characters))
        self._characters += characters

    def _wait_for_one(self) -> None:
        future, characters = self._futures.popleft()
        self._characters -= characters
        self._wait(future)

    def _commit(self) -> None:
        if self._broken:
            raise RuntimeError("a page before this one could not be committed")
        self._broken = True
        last: ReadPage | None = None
        while self._pages:
            last = self._pages.popleft()
            self._write(last.run, last.changes)
        if last is not None:
            self._save(last.run, last.seen)
        self._broken = False
