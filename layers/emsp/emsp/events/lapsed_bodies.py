"""An item that is gone, lapsed or deleted, takes with it what was too large for it and stands in S3; one that
points at something new there, what it pointed at before.

template.yaml's filters let only the removals of such items through; no event tells of any.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from emsp.log import log
from emsp.metrics import Metric, count
from emsp.stores.table import LargeBodies, StoreUnavailable

POINTERS: Final = ("body_s3", "check_s3")


@dataclass(frozen=True)
class RemoveLapsedBodies:
    """The use case."""

    large_bodies: LargeBodies

    def __call__(self, records: Sequence[Mapping[str, Any]]) -> list[str]:
        """For the stream records of items that are gone or changed, after their events are made of what they
        pointed at. Returns the sequence numbers of those that are to be brought again, as S3 did not do its
        part.
        """
        failed = []
        for record in records:
            change = record["dynamodb"]
            old, new = change.get("OldImage") or {}, change.get("NewImage") or {}
            pointers = [old[name]["S"] for name in POINTERS if name in old]
            try:
                for pointer in pointers:
                    if record.get("eventName") == "REMOVE":
                        self.large_bodies.remove_bodies(pointer)
                    elif pointer not in [new[name]["S"] for name in POINTERS if name in new]:
                        self.large_bodies.remove(pointer)
            except StoreUnavailable:
                log.exception("bodies of a lapsed item can't be removed, Lambda brings it again")
                count(Metric.CHANGES_HELD_UP)
                failed.append(str(change["SequenceNumber"]))
        return failed
