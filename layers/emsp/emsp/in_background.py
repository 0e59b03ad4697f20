"""Make a call to AWS while the function does something else.

A caller reads what it will need soon, e.g. the session of a CDR while it looks for the CDR's deviations.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Final

_THREADS: Final = ThreadPoolExecutor(2, "background")
"""Two, because Lambda may freeze a thread in a call whose result is no longer needed."""


def in_background[**P, T](call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> Callable[[], T]:
    """Start `call`. Returns a function that waits for its result, and raises what `call` raises."""
    return _THREADS.submit(call, *args, **kwargs).result
