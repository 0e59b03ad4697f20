"""An item that is gone, lapsed or deleted, takes with it what was too large for it and stands in S3.

Template.yaml's filters let only the removals of such items through; no event tells of any.
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
        """For the stream records of items that are gone. Returns the sequence numbers of those that are to
        be brought again, as S3 did not do its part.
        """
        failed = []
        for record in records:
            change = record["dynamodb"]
            if record.get("eventName") != "REMOVE":
                continue
            pointers = [change["OldImage"][name]["S"] for name in POINTERS if name in change["OldImage"]]
            try:
                for pointer in pointers:
                    self.large_bodies.remove_bodies(pointer)
            except StoreUnavailable:
                log.exception("bodies of a lapsed item can't be removed, Lambda brings it again")
                count(Metric.CHANGES_HELD_UP)
                failed.append(str(change["SequenceNumber"]))
        return failed
