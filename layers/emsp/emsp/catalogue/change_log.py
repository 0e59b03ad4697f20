"""List objects in the change log of a run before they are written.

If the process dies in between, the entries of these objects in the previous snapshot are known to be
outdated.
"""

from collections.abc import Sequence
from itertools import batched
from typing import Final

from emsp.stores.pull_runs import PullRuns

KEYS_PER_LOG_ENTRY: Final = 2000


def entries_for(keys: Sequence[str]) -> int:
    """Return how many entries of the change log these keys need."""
    return -(-len(keys) // KEYS_PER_LOG_ENTRY)


def log_changes(runs: PullRuns, log: str, first: int, keys: Sequence[str]) -> None:
    """List these keys in the change log, from the entry `first` on. Raises LeaseLost and StoreUnavailable."""
    for number, entry in enumerate(batched(keys, KEYS_PER_LOG_ENTRY, strict=False), first):
        runs.append_log(log, number, entry)
