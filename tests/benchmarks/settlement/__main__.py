"""CPU and memory of settling a month. `python -m tests.benchmarks.settlement [CDRS]`"""

import json
import resource
import shutil
import sys
import time
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final, cast
from zoneinfo import ZoneInfo

import boto3
from botocore.exceptions import ClientError

from emsp.deadline import Deadline
from emsp.settlement.compare_invoice import CompareInvoice
from emsp.settlement.settle import Settle
from emsp.stores.aws import BULK_CONFIG
from emsp.stores.cdrs import CdrStore
from emsp.stores.disputes import DisputeStore
from emsp.stores.settlements import Settlements
from emsp.stores.table import LargeBodies
from tests.benchmarks.settlement.month_of_cdrs import MONTH, dynamodb_with, item

CDRS: Final = 100_000
LAMBDA_MB: Final = 512
MB_OF_A_PROCESSOR: Final = 1769
KEYS: Final[Any] = {
    "region_name": "ap-south-1",
    "aws_access_key_id": "testing",
    "aws_secret_access_key": "testing",
}


class Bucket:
    """As much of an S3 client as settlements use, with files for objects: what S3 does is not measured."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def put_object(self, Key: str, Body: Any, **_: object) -> None:  # noqa: N803  # boto3's own names
        path = self.folder / Key
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("wb") as file:
            if isinstance(Body, bytes):
                file.write(Body)
            else:
                shutil.copyfileobj(Body, file)

    def get_object(self, Key: str, **_: object) -> dict[str, Any]:  # noqa: N803
        if not (self.folder / Key).exists():
            raise ClientError({"Error": {"Code": "NoSuchKey"}}, "GetObject")
        return {"Body": (self.folder / Key).open("rb")}

    def get_paginator(self, _: str) -> "Bucket":
        return self

    def paginate(self, Prefix: str, **_: object) -> list[dict[str, Any]]:  # noqa: N803
        found = (self.folder / Prefix).glob("*")
        return [{"Contents": [{"Key": path.relative_to(self.folder).as_posix()} for path in found]}]


def main(cdrs: int) -> None:
    texts = [item(1, number, whole=True)["body"]["S"] for number in range(200)]
    before = time.process_time()
    for text in texts:
        json.loads(text)
    parse_ms = (time.process_time() - before) * 1000 / len(texts)
    with TemporaryDirectory() as folder, dynamodb_with(cdrs) as url:
        client = boto3.client("dynamodb", endpoint_url=url, config=BULK_CONFIG, **KEYS)
        bucket = Settlements(cast("Any", Bucket(Path(folder))), "settlements")
        store = CdrStore(client, "cdrs", LargeBodies("large-bodies", lambda: cast("Any", None)))
        settle = Settle(
            store,
            bucket,
            CompareInvoice(bucket, store.ended_at, Decimal("0.01")),
            ZoneInfo("Asia/Kolkata"),
            Decimal(18),
            DisputeStore(client, "disputes"),
            {"OVERCHARGED"},
            lambda: datetime.now(UTC),
        )
        for what in ("settled", "settled again, with nothing new"):
            before, began = time.process_time(), time.monotonic()
            answer = settle({"month": MONTH}, Deadline.after(900.0), lambda _: None)
            taken, waited = time.process_time() - before, time.monotonic() - began
            count = cast("Any", answer)["manifest"]["totals"]["INR"]["cdrs"]
            peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
            each_ms, at_lambda = taken * 1000 / count, taken * MB_OF_A_PROCESSOR / LAMBDA_MB
            sys.stdout.write(
                f"{count} CDRs {what}: {taken:.0f} s of CPU ({waited:.0f} s in all), {each_ms:.2f} ms each,"
                f" {each_ms / parse_ms:.1f} times parsing it; {peak:.0f} MB at most;"
                f" about {at_lambda:.0f} s at {LAMBDA_MB} MB\n"
            )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else CDRS)
