"""How many pushes of one CPO come in a minute: far more than its objects can need are counted, and the
operator may set a limit.

Each process counts for itself, which costs nothing; Lambda runs as many of them as pushes come at once.
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
"""A minute: a push every 5 seconds, where CPOs send one in a minute."""
NEEDED_AT_LEAST: Final = 60
PARTIES_AT_MOST: Final = 1000
OBJECTS_AT_MOST: Final = 10_000
"""That are told apart in a minute; more are not counted as objects."""


@dataclass
class _Minute:
    pushes: int = 0
    objects: set[int] = field(default_factory=set)


class PushPace:
    """Counts pushes. `at_most` are those of one CPO that a process takes in a minute; 0: no limit."""

    def __init__(self, at_most: int = 0, clock: Callable[[], float] = time.monotonic) -> None:
        self._at_most = at_most
        self._clock = clock
        self._minute = 0
        self._of: dict[PartyId, _Minute] = {}

    def push(self, owner: PartyId, object_id: str) -> None:
        """Count a push of an object. Raises TooManyPushes."""
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
