"""Names objects in a run's change log before they are written, so that a process that dies in between leaves
no snapshot that is believed to be current.
"""

from collections.abc import Sequence
from itertools import batched
from typing import Final

from emsp.stores.pull_runs import PullRuns

KEYS_PER_LOG_ENTRY: Final = 2000


def entries_for(keys: Sequence[str]) -> int:
    """How many entries of the change log these keys take."""
    return -(-len(keys) // KEYS_PER_LOG_ENTRY)


def log_changes(runs: PullRuns, log: str, first: int, keys: Sequence[str]) -> None:
    """Name these objects in the entries from `first` on. Raises LeaseLost, StoreUnavailable."""
    for number, entry in enumerate(batched(keys, KEYS_PER_LOG_ENTRY, strict=False), first):
        runs.append_log(log, number, entry)
