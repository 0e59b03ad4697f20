"""Pages are made durable in order, and nothing after one that failed."""

from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import pytest

from emsp.catalogue.compare_page import PageChanges, RejectedObject
from emsp.catalogue.write_pages import COMMITS_BEHIND_AT_MOST, PageCommits, ReadPage
from emsp.stores.pull_records import PullMode, PullRun, RunState


def page(number: int, *, changes: bool = True) -> ReadPage:
    run = PullRun(str(number), PullMode.FULL, RunState.LISTING, "", None, None, "", None, "")
    return ReadPage(run, PageChanges(rejected=[RejectedObject("", "")] if changes else []), None)


class Store:
    """Notes what is written and saved; page `fails` can't be written."""

    def __init__(self, fails: str = "") -> None:
        self.written: list[str] = []
        self.saved: list[str] = []
        self.fails = fails
        self.now = 0.0

    def write(self, run: PullRun, _changes: PageChanges) -> None:
        if run.run_id == self.fails:
            raise ConnectionError(run.run_id)
        self.written.append(run.run_id)

    def save(self, run: PullRun, _seen: bytes | None) -> None:
        self.saved.append(run.run_id)

    def commits(self, pool: ThreadPoolExecutor) -> PageCommits:
        def wait(future: Future[None]) -> None:
            future.result()

        return PageCommits(pool, write=self.write, save=self.save, wait=wait, clock=lambda: self.now)


def _add_all(commits: PageCommits, pages: int) -> None:
    for number in range(pages):
        commits.add(page(number))


def test_pages_are_written_in_order_and_the_last_is_saved() -> None:
    store = Store()
    with ThreadPoolExecutor(1) as pool:
        commits = store.commits(pool)
        _add_all(commits, 50)
        commits.finish()
    assert store.written == [str(number) for number in range(50)]
    assert store.saved[-1] == "49"
    assert store.saved == sorted(store.saved, key=int)


def test_nothing_is_written_or_saved_after_a_page_that_failed() -> None:
    store = Store(fails="2")
    with ThreadPoolExecutor(1) as pool:
        commits = store.commits(pool)
        with pytest.raises((ConnectionError, RuntimeError)):
            _add_all(commits, COMMITS_BEHIND_AT_MOST + 4)
        with pytest.raises((ConnectionError, RuntimeError)):
            commits.finish()
    assert store.written == ["0", "1"]
    assert set(store.saved) <= {"0", "1"}


def test_pages_without_changes_are_saved_now_and_then_and_at_the_end() -> None:
    store = Store()
    with ThreadPoolExecutor(1) as pool:
        commits: Any = store.commits(pool)
        for number in range(100):
            store.now += 0.01
            commits.add(page(number, changes=False))
        commits.finish()
    assert 2 <= len(store.saved) <= 40
    assert store.saved[-1] == "99"
