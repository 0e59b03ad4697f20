"""What a pull works with: the list at the Hub, the stores, and how it is to go about it."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Protocol

from emsp.catalogue.module import CatalogueModule
from emsp.catalogue.page import RejectedObject
from emsp.hub.list_pages import RawPage
from emsp.stores.catalogue_table import CatalogueTable
from emsp.stores.pull_records import Run
from emsp.stores.pull_runs import PullRuns
from emsp.stores.snapshots import Snapshots

type Save = Callable[[Run, bytes | None], None]
"""Keeps a run as it stands, with the objects that it has seen."""


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
class PullParts:
    """One module's list, stores and options. `remaining_s` tells how long this process may still run."""

    module: CatalogueModule
    source: PageSource
    table: CatalogueTable
    runs: PullRuns
    snapshots: Snapshots
    rejected: RejectedObjects
    options: PullOptions = PullOptions()
    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    remaining_s: Callable[[], float] = lambda: 900.0
