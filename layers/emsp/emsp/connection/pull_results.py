"""The results of the pulls: when, how many objects, and from which CPO."""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

from emsp.stores.pull_runs import PullRuns
from emsp.stores.snapshots import NoSnapshot, Snapshots

KEY_END: Final = b"\t"


@dataclass(frozen=True)
class Pulled:
    """The results for one module. `by_party` is the number of objects of each CPO (`IN*ABC`)."""

    completed_at: str | None = None
    run_id: str | None = None
    objects: int = 0
    error: str | None = None
    by_party: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class CatalogueEvidence:
    """Reads the results of pulls. `runs` and `snapshots` return the stores of a module. Raises
    StoreUnavailable.
    """

    runs: Callable[[str], PullRuns]
    snapshots: Callable[[str], Snapshots]

    def pulled(self, module: str) -> Pulled:
        """Return the result by the last snapshot and the last run."""
        record = self.runs(module).read()
        error = record.run.error if record and record.run else None
        snapshots = self.snapshots(module)
        try:
            manifest = snapshots.latest()
            with snapshots.index(manifest.files["index"].key) as lines:
                by_party = Counter(_party_of(line) for line in lines)
        except NoSnapshot:
            return Pulled(error=error)
        return Pulled(manifest.completed_at, manifest.run_id, manifest.objects, error, by_party)


def _party_of(line: bytes) -> str:
    country_code, party_id, _ = line.split(KEY_END, 1)[0].decode().split("#", 2)
    return f"{country_code}*{party_id}"
