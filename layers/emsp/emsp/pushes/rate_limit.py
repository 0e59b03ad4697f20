"""Count the pushes of each CPO in a minute.

A metric counts CPOs that push far more than their objects can need. The operator may also set a limit. Each
process counts its own pushes, which costs nothing. With many pushes at once, Lambda runs many processes.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from emsp.log import log
from emsp.metrics import Metric, count
from emsp.ocpi.parties import PartyId
from emsp.receiver.errors import TooManyPushes

NEEDED_OF_AN_OBJECT: Final = 12
"""The largest plausible number of pushes per minute for one object: one every 5 seconds. Usual is one a
minute.
"""
NEEDED_AT_LEAST: Final = 60
PARTIES_AT_MOST: Final = 1000
OBJECTS_AT_MOST: Final = 10_000
"""The largest number of objects of a CPO that are counted in a minute."""


@dataclass
class _Minute:
    pushes: int = 0
    objects: set[int] = field(default_factory=set)


class PushRate:
    """Counts pushes. `at_most` is the limit of pushes of a CPO per process and minute; 0 means no limit."""

    def __init__(self, at_most: int = 0, clock: Callable[[], float] = time.monotonic) -> None:
        self._at_most = at_most
        self._clock = clock
        self._minute = 0
        self._of: dict[PartyId, _Minute] = {}

    def push(self, owner: PartyId, object_id: str) -> None:
        """Count a push of an object. Raises TooManyPushes beyond the limit."""
        minute = int(self._clock() // 60)
        if minute != self._minute:
            self._minute, self._of = minute, {}
        if owner not in self._of and len(self._of) >= PARTIES_AT_MOST:
            return
        now = self._of.setdefault(owner, _Minute())
        now.pushes += 1
        if len(now.objects) < OBJECTS_AT_MOST:
            now.objects.add(hash(object_id))
        is_over = bool(self._at_most) and now.pushes > self._at_most
        if is_over or now.pushes > NEEDED_AT_LEAST + NEEDED_OF_AN_OBJECT * len(now.objects):
            count(Metric.PUSHES_BEYOND_NEED)
            log.warning("more pushes than its objects can need", party=str(owner), pushes=now.pushes)
        if is_over:
            raise TooManyPushes(
                f"more than {self._at_most} pushes of {owner} in a minute: send it again later",
                {"Retry-After": "60"},
            )
