"""Read OCPI 2.3.0's Invoice Reconciliation records. They list the CDRs of an invoice without amounts."""

from collections.abc import Iterable
from typing import Final

from emsp.ocpi.deviations import InvalidObject
from emsp.ocpi.invoice_reconciliation import InvoiceReconciliationRecord
from emsp.ocpi.json_text import JsonValue, MalformedJson, parse_json
from emsp.ocpi.parties import object_key
from emsp.settlement.invoice import ROWS_AT_MOST, InvalidInvoice, InvoiceRow

RECORDS_AT_MOST: Final = 1000


def read_records(lines: Iterable[str]) -> list[InvoiceRow]:
    """Return one row for each CDR. Its `line` is the number of the record.

    The file contains one record, a list of records, or the answer to a GET. If a record has several versions,
    the latest is used. Raises InvalidInvoice.
    """
    try:
        value = parse_json("".join(lines))
    except (MalformedJson, UnicodeDecodeError) as error:
        raise InvalidInvoice(f"it is not JSON: {error}") from error
    if isinstance(value, dict) and isinstance(value.get("data"), list):
        value = value["data"]
    records: list[JsonValue] = value if isinstance(value, list) else [value]
    if not 0 < len(records) <= RECORDS_AT_MOST:
        raise InvalidInvoice(f"it has {len(records)} records: 1 to {RECORDS_AT_MOST} are read")
    latest: dict[str, tuple[int, InvoiceReconciliationRecord]] = {}
    for number, each in enumerate(records, 1):
        record = _record(number, each)
        key = object_key(record.country_code, record.party_id, record.id)
        if key not in latest or latest[key][1].last_updated <= record.last_updated:
            latest[key] = (number, record)
    rows = [
        InvoiceRow(
            number,
            record.country_code.upper(),
            record.party_id.upper(),
            cdr_id,
            None,
            None,
            invoice_id=record.invoice_id,
        )
        for number, record in latest.values()
        for cdr_id in record.cdrs
    ]
    if len(rows) > ROWS_AT_MOST:
        raise InvalidInvoice(f"it has more than {ROWS_AT_MOST} CDRs: split it")
    return rows


def _record(number: int, value: JsonValue) -> InvoiceReconciliationRecord:
    try:
        return InvoiceReconciliationRecord.parse(value)
    except InvalidObject as error:
        raise InvalidInvoice(f"record {number}: {error}") from error
