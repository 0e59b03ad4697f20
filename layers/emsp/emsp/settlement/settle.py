"""Settle a month: write the files for accounting, with the claims of each CPO and the amounts to pay.

If a month is settled again and nothing has arrived since, the files are the same, byte for byte. Otherwise a
file lists the changes. If one invocation is too short, the next one continues.
"""

import csv
import hashlib
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import groupby
from typing import Annotated, Any, Final
from uuid import uuid4
from zoneinfo import ZoneInfo

from pydantic import Field

from emsp.deadline import Deadline
from emsp.invocation import Moment, Payload, read_payload
from emsp.log import log
from emsp.ocpi.datetimes import canonical_datetime, write_datetime
from emsp.ocpi.json_text import JsonObject, JsonValue
from emsp.pricing.check_claim import Verdict
from emsp.pricing.net_to_pay import net_to_pay
from emsp.pricing.read_tariff import word
from emsp.settlement import compare_settlements, csv_files, revenue, sums_by_cpo
from emsp.settlement.charge_groups import ChargeGroups
from emsp.settlement.compare_invoice import CompareInvoice, InvoicedCpo
from emsp.settlement.compare_settlements import Change, Changed
from emsp.settlement.csv_files import File, rows_of
from emsp.settlement.csv_lines import Cell, heading, line, text_in
from emsp.settlement.decimal_marks import DecimalMark
from emsp.settlement.dispute_case import DisputeState, dispute_id_of
from emsp.settlement.linked_cdrs import linked_cdrs
from emsp.settlement.month import Month, MonthName
from emsp.settlement.revenue import Revenues
from emsp.settlement.settled_cdr import SettledCdr
from emsp.settlement.settled_charge import SettledCharge, settle_charge
from emsp.settlement.sums_by_cpo import ByCpo
from emsp.stores.cdrs import CdrLink, CdrStore, StoredCdr
from emsp.stores.disputes import DisputeStore
from emsp.stores.object_on_disk import StoredFile
from emsp.stores.settlements import NewFile, Settlements
from emsp.stores.table import time_text

TIME_KEPT_S: Final = 120.0
"""The time in seconds to reserve for the rest of the invocation: enough to settle one hour, or to join the
files.
"""
CHANGES_LISTED: Final = 20
ODD_DATES_LISTED: Final = 20

type Manifest = dict[str, Any]
"""The content of `manifest.json`."""


class Continued(Payload):
    """The payload with which this function invokes itself, to continue a settlement."""

    run: Annotated[str, Field(min_length=1, max_length=64)]
    as_of: Moment


class SettleRequest(Payload):
    """The payload of settle.

    `month` is a name (`2026-10`) or "previous". `invoice_s3` is an invoice to compare with the month
    (`s3://<bucket of settlements>/invoices/...`). `cpo` selects the CPO whose sums are returned, and is the
    CPO of an invoice that names none. `decimal` is the decimal mark of the invoice's amounts.
    """

    month: MonthName
    invoice_s3: Annotated[str, Field(pattern="^s3://[^/]+/.+", max_length=1100)] | None = None
    cpo: InvoicedCpo | None = None
    decimal: DecimalMark | None = None
    continues: Annotated[Continued | None, Field(alias="continue")] = None


@dataclass(frozen=True)
class Settle:
    """Settles months. Raises InvalidInvocation and StoreUnavailable."""

    cdrs: CdrStore
    settlements: Settlements
    compare_invoice: CompareInvoice
    zone: ZoneInfo
    gst_percent: Decimal | None
    disputes: DisputeStore
    disputed_when: Collection[str]
    """The verdicts that open a dispute case."""
    now: Callable[[], datetime] = lambda: datetime.now(UTC)

    def __call__(
        self,
        payload: JsonObject,
        deadline: Deadline,
        invoke_again: Callable[[JsonObject], None],
    ) -> JsonObject:
        """Return `{"state", "month", "manifest_s3", "manifest", "cpo", "invoice"}`.

        If the state is CONTINUES, the function has invoked itself to continue, and `manifest` is that of the
        previous settlement.
        """
        request = read_payload(SettleRequest, payload)
        month = Month.begun(request.month, self.zone, self.now())
        invoice = self.compare_invoice.find(request.invoice_s3) if request.invoice_s3 is not None else None
        goes_on = request.continues or Continued(run=uuid4().hex, as_of=self.now())
        if not self._keep_parts(month, goes_on, deadline):
            again: JsonObject = {"run": goes_on.run, "as_of": time_text(goes_on.as_of)}
            invoke_again({**payload, "month": month.name, "continue": again})
            return self._answer("CONTINUES", month, self.settlements.manifest(month.name), request, None)
        before = self.settlements.manifest(month.name)
        manifest = self._complete(month, goes_on, before)
        state = "UNCHANGED" if manifest == before else "SETTLED"
        log.info("settled", outcome=state, month=month.name, settlement=manifest["settlement"])
        compared = (
            self.compare_invoice(invoice, request.cpo, month.name, manifest, request.decimal)
            if invoice is not None
            else None
        )
        return self._answer(state, month, manifest, request, compared)

    def _answer(
        self,
        state: str,
        month: Month,
        manifest: Manifest | None,
        request: SettleRequest,
        invoice: JsonObject | None,
    ) -> JsonObject:
        return {
            "state": state,
            "month": month.name,
            "manifest_s3": f"s3://{self.settlements.bucket}/{self.settlements.manifest_key(month.name)}",
            "manifest": manifest,
            "cpo": self._of_cpo(manifest, request.cpo) if manifest and request.cpo else None,
            "invoice": invoice,
        }

    def _of_cpo(self, manifest: Manifest, cpo: InvoicedCpo) -> list[JsonValue]:
        """Return the sums of one CPO, one object for each currency, with the columns of by_cpo.csv."""
        party = (cpo.country_code.upper(), cpo.party_id.upper())
        with self.settlements.lines(manifest["files"]["by_cpo.csv"]["key"]) as lines:
            rows = [
                row
                for row in csv.DictReader(lines)
                if (text_in(row["country_code"]), text_in(row["party_id"])) == party
            ]
        return [*ByCpo.read(rows).as_json()]

    def _keep_parts(self, month: Month, goes_on: Continued, deadline: Deadline) -> bool:
        """Store the rows of each hour of the month that has none yet. Return False if the time is not
        enough.
        """
        kept = self.settlements.part_names(month.name, goes_on.run)
        last = kept[-1] if kept else ""
        start, end = month.span
        due = [each for each in self.cdrs.links_ended_between(start, end) if _is_due(each, goes_on)]
        groups = ChargeGroups.of(due, self._session_of)
        if last:
            start = canonical_datetime(datetime.fromisoformat(f"{last}:00:00Z") + timedelta(hours=1))
        if start >= end:
            return True
        # The index has no order for CDRs with the same end.
        due = [each for each in due if each.end_date_time >= start]
        due.sort(key=lambda link: (link.end_date_time, link.object_key))
        for hour, ended in groupby(due, key=lambda link: link.end_date_time[:13]):
            if deadline.remaining() < TIME_KEPT_S:
                return False
            self.settlements.keep_part(
                month.name, goes_on.run, hour, self._part(month, groups, ended, goes_on.as_of)
            )
        return True

    def _session_of(self, key: str) -> str | None:
        cdr = self.cdrs.get(key)
        return cdr.session_key if cdr else None

    def _part(
        self, month: Month, groups: ChargeGroups, ended: Iterator[CdrLink], as_of: datetime
    ) -> JsonObject:
        rows: dict[File, list[str]] = {file: [] for file in File}
        odd: list[JsonObject] = []
        sums, revenues = ByCpo(), Revenues()
        for stored in self.cdrs.each(link.object_key for link in ended):
            charge = self._charge_of(month, groups, stored, as_of)
            if charge is None:
                continue
            sums.add_charge(charge)
            revenues.add_charge(charge)
            odd += [_odd_date(cdr) for cdr in charge.cdrs if cdr.has_odd_date]
            for file, text in rows_of(charge, self.zone).items():
                rows[file].append(text)
        return {
            **{file.value: "".join(texts) for file, texts in rows.items()},
            "by_cpo": [*sums.as_json()],
            "revenue": revenues.as_json(),
            "odd_dates": [*odd[:ODD_DATES_LISTED]],
            "odd_count": len(odd),
        }

    def _charge_of(
        self, month: Month, groups: ChargeGroups, stored: StoredCdr, as_of: datetime
    ) -> SettledCharge | None:
        """Return the charge whose row belongs to this CDR, or None if it belongs to another CDR of the
        charge.
        """
        if groups.listed_by(stored.object_key) not in (None, stored.object_key):
            return None
        found = [self._read(stored)]
        found += map(self._read, self.cdrs.each(groups.with_it(stored.object_key)))
        found.sort(key=lambda cdr: cdr.order)
        groups.list_by(found[0].key)
        if found[0].key != stored.object_key:
            return None
        others = self._of_other_months(found)
        start, end = month.span
        return settle_charge(
            groups.charge_of(stored.object_key),
            found,
            [each for each in others if each.stored.end_date_time < start],
            [
                each
                for each in others
                if each.stored.end_date_time >= end and each.stored.received_at <= as_of
            ],
        )

    def _of_other_months(self, found: list[SettledCdr]) -> list[SettledCdr]:
        """Return the CDRs of other months that belong to the charge. They are read only if credits show that
        they may exist.
        """
        here = {cdr.key: cdr.stored for cdr in found}
        if not any(cdr.claimed.is_credit or cdr.stored.credited_by for cdr in found) or not _may_span_months(
            found
        ):
            return []
        known = linked_cdrs(self.cdrs, here)
        return [self._read(cdr) for key, cdr in sorted(known.items()) if key not in here]

    def _read(self, stored: StoredCdr) -> SettledCdr:
        read = SettledCdr.read(stored, self.gst_percent)
        if read.verdict not in {Verdict.OVERCHARGED, *self.disputed_when}:
            return read
        case = self.disputes.get(dispute_id_of(read.key))
        return replace(read, case=DisputeState(case.state)) if case else read

    def _complete(self, month: Month, goes_on: Continued, before: Manifest | None) -> Manifest:
        """Join the parts into files, and write their manifest. If nothing has changed, return the previous
        manifest.
        """
        totals = _Totals()
        with ExitStack() as open_files:
            new = self._joined(month, goes_on, totals, open_files)
            settlement, over = _name_of(new), month.end <= self.now()
            if before is not None and (before["settlement"], before["over"]) == (settlement, over):
                return before
            written = {
                name: self.settlements.write(month.name, settlement, name, file)
                for name, file in sorted(new.items())
            }
            later = None
            if before is not None:
                later, written["changes.csv"] = self._later(month, settlement, before, written)
        manifest = {
            "settlement": settlement,
            "month": month.name,
            "time_zone": month.zone.key,
            "from": write_datetime(month.start),
            "to": write_datetime(month.end),
            "over": over,
            "settled_at": write_datetime(self.now()),
            "files": {name: asdict(file) for name, file in sorted(written.items())},
            **totals.as_json(),
            "later": later,
        }
        self.settlements.write_manifest(month.name, manifest)
        return manifest

    def _joined(
        self, month: Month, goes_on: Continued, totals: "_Totals", open_files: ExitStack
    ) -> dict[str, NewFile]:
        """Return the files with the rows of all parts, and add the sums of the parts to `totals`."""

        def new_file(columns: Sequence[str], rows: Iterable[Sequence[Cell]] = ()) -> NewFile:
            file = open_files.enter_context(NewFile())
            file.write(heading(columns))
            for row in rows:
                file.write(line(row))
            return file

        new = {file.value: new_file(csv_files.COLUMNS[file]) for file in File}
        for part in self.settlements.parts(month.name, goes_on.run):
            for name, file in new.items():
                file.write(part[name])
            totals.add(part)
        sums, revenues = totals.sums, totals.revenues
        new["by_cpo.csv"] = new_file(sums_by_cpo.columns(revenues), sums.rows(revenues))
        if revenues.by_plan:
            columns = (*revenue.PLAN_NAMES, *revenue.COLUMNS)
            new["by_plan.csv"] = new_file(columns, revenues.plan_rows())
        return new

    def _later(
        self,
        month: Month,
        settlement: str,
        before: Manifest,
        written: dict[str, StoredFile],
    ) -> tuple[JsonObject, StoredFile]:
        """Write the file of changes since the previous settlement. Return a summary and the file."""
        counts = dict.fromkeys(Change, 0)
        listed: list[JsonObject] = []
        charges = File.CHARGES.value
        with (
            self.settlements.lines(before["files"][charges]["key"]) as earlier,
            self.settlements.lines(written[charges].key) as now,
            NewFile() as file,
        ):
            file.write(heading(compare_settlements.COLUMNS))
            for changed in compare_settlements.compare_settlements(earlier, now):
                file.write(line(changed.cells()))
                counts[changed.change] += 1
                if len(listed) < CHANGES_LISTED:
                    listed.append(_as_json(changed))
            changes = self.settlements.write(month.name, settlement, "changes.csv", file)
        return {
            "than": before["settlement"],
            "settled_at": before["settled_at"],
            **{change.value.lower(): count for change, count in counts.items()},
            "charges": [*listed],
        }, changes


@dataclass
class _Totals:
    """The sums over all parts."""

    sums: ByCpo = field(default_factory=ByCpo)
    revenues: Revenues = field(default_factory=Revenues)
    odd_dates: list[JsonObject] = field(default_factory=list)
    odd_count: int = 0

    def add(self, part: Mapping[str, Any]) -> None:
        self.sums.add(ByCpo.read(part["by_cpo"]))
        self.revenues.add(Revenues.read(part["revenue"]))
        self.odd_dates += part["odd_dates"][: ODD_DATES_LISTED - len(self.odd_dates)]
        self.odd_count += part["odd_count"]

    def as_json(self) -> JsonObject:
        listed = self.revenues.as_json(revenue.LISTED_AT_MOST)
        return {
            "totals": self.sums.totals(self.revenues),
            **({"revenue": listed} if self.revenues.by_plan else {}),
            "odd_dates": {"count": self.odd_count, "cdrs": [*self.odd_dates]},
        }


def _may_span_months(found: list[SettledCdr]) -> bool:
    """Whether CDRs of other months may belong to the charge.

    That is so if a credit and its CDR are not both here, if a CDR is not credited in full, or if there are no
    credits.
    """
    here = {cdr.key: cdr.stored for cdr in found}
    linked = {key for cdr in here.values() for key in (cdr.credits_key, cdr.credited_by) if key}
    left = net_to_pay([cdr.claimed for cdr in found]).left
    credited = [left[key].is_undone for key, cdr in here.items() if cdr.credited_by and key in left]
    return bool(linked - here.keys()) or not all(credited) or not linked


def _odd_date(cdr: SettledCdr) -> JsonObject:
    """Return the impossible end of a CDR, and the time that replaces it."""
    return {
        "cdr": {name: word(cdr.body.get(name)) for name in ("country_code", "party_id", "id")},
        "end_date_time": word(cdr.body.get("end_date_time")),
        "counted_at": cdr.stored.end_date_time,
    }


def _is_due(link: CdrLink, goes_on: Continued) -> bool:
    """Whether the CDR was stored before this settlement began. A later one waits for the next settlement."""
    return link.received_at <= goes_on.as_of


def _name_of(new: dict[str, NewFile]) -> str:
    """Return the name of a settlement: a hash of its files. Equal files have an equal name."""
    digests = [f"{file.sha256}  {name}" for name, file in sorted(new.items())]
    return hashlib.sha256("\n".join(digests).encode()).hexdigest()[:16]


def _as_json(changed: Changed) -> JsonObject:
    return {
        "charge": changed.charge,
        "change": changed.change.value,
        "to_pay_before": changed.before or None,
        "to_pay_now": changed.now or None,
    }
