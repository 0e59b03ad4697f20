"""The parts of a pull: the Hub's list, the stores and the options."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from emsp.catalogue.hub_list import HubList, KeptAsRejected
from emsp.catalogue.module import CatalogueModule
from emsp.deadline import Deadline
from emsp.stores.catalogue_table import CatalogueTable
from emsp.stores.pull_records import PullRun
from emsp.stores.pull_runs import PullRuns
from emsp.stores.snapshots import Snapshots

type Save = Callable[[PullRun, bytes | None], None]
"""Stores the run, and which objects it has seen."""


@dataclass(frozen=True)
class PullOptions:
    """The options. `vanish_share` is the largest share of the known objects that a full pull may remove."""

    page_limit: int | None = 500
    pages_at_most: int = 20_000
    """After this many pages the pull stops, because the list seems endless."""
    overlap: timedelta = timedelta(minutes=15)
    vanish_share: float = 0.3
    reserve_s: float = 60.0
    """The time in seconds that is reserved for the end of an attempt."""
    finish_s: float = 240.0
    """The time in seconds that finishing a run takes. An attempt that has read pages, and has less time left,
    invokes the function again.
    """

    def within(self, remaining_s: float, vanish_share: float | None = None) -> "PullOptions":
        """Return the options for a process with this many seconds. A short process makes progress too."""
        return replace(
            self,
            reserve_s=min(self.reserve_s, remaining_s / 4),
            finish_s=min(self.finish_s, remaining_s / 2),
            vanish_share=self.vanish_share if vanish_share is None else vanish_share,
        )


@dataclass(frozen=True)
class PullParts:
    """The list, stores and options of a module. `deadline` is the end of this process."""

    module: CatalogueModule
    source: HubList
    table: CatalogueTable
    runs: PullRuns
    snapshots: Snapshots
    rejected: KeptAsRejected
    deadline: Deadline
    options: PullOptions = PullOptions()
    now: Callable[[], datetime] = lambda: datetime.now(UTC)
