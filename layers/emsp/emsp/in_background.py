"""Make a call to AWS while the function does something else.

A caller starts to read what it will need soon, such as the session of a CDR while it finds the deviations of
the CDR.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Final

_THREADS: Final = ThreadPoolExecutor(2, "background")
"""Two threads, because Lambda may freeze one in a call whose result nobody needs any more."""


def in_background[**P, T](call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> Callable[[], T]:
    """Start `call`. Return a function that waits for the result, and returns or raises it."""
    return _THREADS.submit(call, *args, **kwargs).result
