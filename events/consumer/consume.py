"""An example of a service that bills drivers. It reads sessions and CDRs from the queue of queue.yaml.

    pip install boto3 pydantic
    python consume.py charges

Its models are generated from the JSON Schemas of the events. Money and energy are Decimal, so they
stay exact.
"""

import gzip
import json
import logging
import sys
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

import boto3
from pydantic import TypeAdapter, ValidationError

from cdr_received import CDR, CdrReceived, CdrReceived1, CdrReceived2
from session_updated import Session, SessionUpdated

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

log = logging.getLogger(__name__)

type Detail = CdrReceived | SessionUpdated
DETAILS: dict[str, TypeAdapter[Any]] = {
    "CDR Received": TypeAdapter(CdrReceived),
    "Session Updated": TypeAdapter(SessionUpdated),
}

GST: Final = Decimal("1.18")
"""The factor from an amount without VAT to one with VAT, for CPOs that claim only the former. It is the
stack's GstPercent.
"""

type Fetch = Callable[[str, str], bytes]
"""Reads an object from S3: bucket, key -> content."""


@dataclass
class Charges:
    """The known charges. In a real service all of it, also `seen`, is in a database, so that it survives a
    restart.
    """

    fetch: Fetch
    sessions: dict[str, Session] = field(default_factory=dict)
    owed: defaultdict[tuple[str, str], Decimal] = field(default_factory=lambda: defaultdict(Decimal))
    """By contract and currency, with VAT."""
    to_review: list[str] = field(default_factory=list)
    """Objects that a person must look at, because they violate OCPI or contradict others."""
    seen: set[str] = field(default_factory=set)
    """The event_ids of processed events, because an event can come twice."""

    def take(self, body: str) -> None:
        """Process one message. Raises KeyError or ValueError if it violates its schema."""
        event = json.loads(body, parse_float=Decimal)
        if event["detail-type"] not in DETAILS:
            return
        detail: Detail = DETAILS[event["detail-type"]].validate_python(event["detail"])
        if detail.event_id in self.seen:
            return
        what = f"{event['detail-type']} {detail.country_code}*{detail.party_id} {detail.id}"
        match self._object(detail):
            case Session() as session:
                self._session(f"{session.country_code}*{session.party_id} {session.id}", session)
            case CDR() as cdr if not detail.contradictions:
                total = cdr.total_cost
                owed = total.excl_vat * GST if total.incl_vat is None else total.incl_vat
                self.owed[cdr.cdr_token.contract_id, cdr.currency] += owed
            case _:
                problems = [
                    f"{each.path} {each.problem}" for each in (*detail.deviations, *detail.contradictions)
                ]
                self.to_review.append(f"{what}: {'; '.join(problems) or 'it violates OCPI'}")
        self.seen.add(detail.event_id)

    def _session(self, key: str, session: Session) -> None:
        """Store the session unless a newer state is stored. Events may arrive out of order."""
        known = self.sessions.get(key)
        if known is None or in_utc(known.last_updated) <= in_utc(session.last_updated):
            self.sessions[key] = session

    def _object(self, detail: Detail) -> CDR | Session | None:
        """The session or CDR, from S3 if it is too large for an event. None if it violates OCPI."""
        value: object = detail.object
        if detail.object_s3 is not None:
            text = gzip.decompress(self.fetch(detail.object_s3.bucket, detail.object_s3.key))
            value = json.loads(text, parse_float=Decimal)
        kind = CDR if isinstance(detail, CdrReceived1 | CdrReceived2) else Session
        try:
            return kind.model_validate(value)
        except ValidationError:
            return None


def in_utc(moment: datetime) -> datetime:
    """OCPI's times are UTC, also without a Z."""
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def consume(sqs: "SQSClient", queue_url: str, charges: Charges, wait_s: int = 20) -> int:
    """Process up to ten messages of the queue, and return how many there were. A message that can't be
    processed comes again, and after five times goes to the dead-letter queue.
    """
    answer = sqs.receive_message(QueueUrl=queue_url, MaxNumberOfMessages=10, WaitTimeSeconds=wait_s)
    messages = answer.get("Messages", [])
    for message in messages:
        try:
            charges.take(message["Body"])
        except (KeyError, ValueError):
            log.exception("message %s violates its schema", message["MessageId"])
            continue
        sqs.delete_message(QueueUrl=queue_url, ReceiptHandle=message["ReceiptHandle"])
    return len(messages)


def main(queue_name: str) -> None:
    """Process messages until interrupted."""
    logging.basicConfig(level=logging.INFO)
    sqs, s3 = boto3.client("sqs"), boto3.client("s3")
    charges = Charges(lambda bucket, key: s3.get_object(Bucket=bucket, Key=key)["Body"].read())
    queue_url = sqs.get_queue_url(QueueName=queue_name)["QueueUrl"]
    while True:
        if consume(sqs, queue_url, charges):
            log.info("owed: %s; to review: %s", dict(charges.owed), charges.to_review)


if __name__ == "__main__":
    main(sys.argv[1])
