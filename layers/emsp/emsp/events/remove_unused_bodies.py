"""Delete objects in S3 to which no item points any more.

A body that is too large for its item is in S3. It is deleted when the item expires, is deleted, or points to
a new body. The filters in template.yaml select such changes. They publish no event.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from emsp.log import log
from emsp.metrics import Metric, count
from emsp.stores.table import LargeBodies, StoreUnavailable

POINTERS: Final = ("body_s3", "check_s3")


@dataclass(frozen=True)
class RemoveUnusedBodies:
    """Deletes the bodies of the items in stream records."""

    large_bodies: LargeBodies

    def __call__(self, records: Sequence[Mapping[str, Any]]) -> list[str]:
        """Delete the unused bodies. Call this after the events of the records were published.

        Return the sequence numbers of the records that Lambda must retry, because S3 failed.
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
                log.exception(
                    "the S3 bodies of an expired item can't be deleted: Lambda delivers the record again"
                )
                count(Metric.CHANGES_HELD_UP)
                failed.append(str(change["SequenceNumber"]))
        return failed
