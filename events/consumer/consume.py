"""An example of a service that bills drivers: it takes sessions and CDRs from the queue of queue.yaml.

    pip install boto3 pydantic
    python consume.py charges

The models beside it are made from the events' JSON Schemas. Money and energy stay exact: they are Decimal.
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
"""What a price without VAT is multiplied by, where the CPO claims none with it: as the stack's GstPercent."""

type Fetch = Callable[[str, str], bytes]
"""Reads an object of a bucket, by their names."""


@dataclass
class Charges:
    """What is known of charges. Yours is a database, where a restart finds it again, `seen` too."""

    fetch: Fetch
    sessions: dict[str, Session] = field(default_factory=dict)
    owed: defaultdict[tuple[str, str], Decimal] = field(default_factory=lambda: defaultdict(Decimal))
    """By contract and currency, with VAT."""
    for_people: list[str] = field(default_factory=list)
    """What no program should decide."""
    seen: set[str] = field(default_factory=set)
    """The event_ids: an event can come twice."""

    def take(self, body: str) -> None:
        """Deal with one message. Raises KeyError, ValueError for what is not as its schema says."""
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
                strays = [
                    f"{each.path} {each.problem}" for each in (*detail.deviations, *detail.contradictions)
                ]
                self.for_people.append(f"{what}: {'; '.join(strays) or 'is not all that it should be'}")
        self.seen.add(detail.event_id)

    def _session(self, key: str, session: Session) -> None:
        """The order of arrival is not the order of what happened."""
        known = self.sessions.get(key)
        if known is None or in_utc(known.last_updated) <= in_utc(session.last_updated):
            self.sessions[key] = session

    def _object(self, detail: Detail) -> CDR | Session | None:
        """The session or CDR, from S3 if it is too large for an event; None if it strays from OCPI."""
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
    """OCPI's times are UTC, also where no Z says so."""
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def consume(sqs: "SQSClient", queue_url: str, charges: Charges, wait_s: int = 20) -> int:
    """Take what is in the queue, up to ten messages; how many there were. One that can't be dealt with comes
    again, and in the end to the queue of those not taken.
    """
    answer = sqs.receive_message(QueueUrl=queue_url, MaxNumberOfMessages=10, WaitTimeSeconds=wait_s)
    messages = answer.get("Messages", [])
    for message in messages:
        try:
            charges.take(message["Body"])
        except (KeyError, ValueError):
            log.exception("message %s is not as its schema says", message["MessageId"])
            continue
        sqs.delete_message(QueueUrl=queue_url, ReceiptHandle=message["ReceiptHandle"])
    return len(messages)


def main(queue_name: str) -> None:
    """Take what comes, until interrupted."""
    logging.basicConfig(level=logging.INFO)
    sqs, s3 = boto3.client("sqs"), boto3.client("s3")
    charges = Charges(lambda bucket, key: s3.get_object(Bucket=bucket, Key=key)["Body"].read())
    queue_url = sqs.get_queue_url(QueueName=queue_name)["QueueUrl"]
    while True:
        if consume(sqs, queue_url, charges):
            log.info("owed: %s; for people: %s", dict(charges.owed), charges.for_people)


if __name__ == "__main__":
    main(sys.argv[1])
