"""Return the statement of a driver's month. An ERP makes an invoice of it."""

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from itertools import islice
from typing import Annotated, Final, Literal
from zoneinfo import ZoneInfo

from pydantic import Field

from emsp.charges.pricing_context import ChargeLocations, zone_of
from emsp.invocation import InvalidInvocation, ObjectId, Payload, read_payload
from emsp.ocpi.datetimes import write_datetime
from emsp.ocpi.json_text import JsonObject, dump_json
from emsp.ocpi.parties import PartyId
from emsp.pricing.local_time import zone_named
from emsp.pricing.net_to_pay import net_to_pay
from emsp.pricing.read_tariff import word
from emsp.settlement import statement_entries
from emsp.settlement.csv_lines import heading, line
from emsp.settlement.linked_cdrs import linked_cdrs
from emsp.settlement.month import Month, MonthName
from emsp.settlement.settled_cdr import NOT_CHECKED, SettledCdr
from emsp.settlement.settled_charge import changes_of
from emsp.settlement.statement_entries import Visit, charge_entry, credit_entry
from emsp.stores.cdrs import CdrStore
from emsp.stores.charge_indexes import ChargeIndexes

CDRS_AT_MOST: Final = 2000
"""The largest number of CDRs of one token in a month. All of them are read for the totals."""
CHARACTERS_AT_MOST: Final = 100_000_000
"""The largest size of these CDRs together. Usually they have 10 million characters."""
ANSWER_BYTES: Final = 2_000_000
"""The size of a page, as JSON. The CSV is about as large, and Lambda's limit for an answer is 6 MB."""

type Entry = tuple[Literal["CHARGE", "CREDIT"], JsonObject]


class DriverStatementRequest(Payload):
    """The payload of driver_statement: the token, the month and, after the first page, `next`."""

    token_uid: ObjectId
    month: MonthName
    limit: Annotated[int, Field(strict=True, ge=1, le=500)] = 100
    next: Annotated[str | None, Field(pattern=r"^[0-9a-f]{16}\.\d{1,4}$")] = None
    """The `next` of the previous answer."""


@dataclass(frozen=True)
class DriverStatement:
    """Builds the statement. `zone` is the time zone of the months. `our_name` is the seller."""

    cdrs: CdrStore
    indexes: ChargeIndexes
    locations: ChargeLocations
    our_party: PartyId
    our_name: str
    zone: ZoneInfo
    gst_percent: Decimal | None
    now: Callable[[], datetime] = lambda: datetime.now(UTC)

    def __call__(self, payload: JsonObject) -> JsonObject:
        """Return the statement (see docs/retail.md). Raises InvalidInvocation and StoreUnavailable."""
        request = read_payload(DriverStatementRequest, payload)
        month = Month.begun(request.month, self.zone, self.now())
        ours = self.our_party
        token_key = ours.key_of(request.token_uid)
        found = self._read(token_key, month)
        entries = [*found.entries()]
        sums = statement_entries.totals(entry for _, entry in entries)
        document_key = f"{month.name}-{_hash(token_key)}"
        content_hash = _hash(dump_json([self.our_name, [*map(list, entries)]]))
        begin = _begin(request.next, content_hash)
        page = _page(entries[begin:], request.limit)
        text = "" if begin else heading(statement_entries.COLUMNS)
        for kind, entry in page:
            text += "".join(line(row) for row in statement_entries.rows(document_key, kind, entry))
        until = begin + len(page)
        return {
            "document_key": document_key,
            "content_hash": content_hash,
            "issuer": {
                "name": self.our_name,
                "country_code": ours.country_code,
                "party_id": ours.party_id,
            },
            "token_uid": request.token_uid,
            "month": month.name,
            "time_zone": self.zone.key,
            "from": write_datetime(month.start),
            "to": write_datetime(month.end),
            "over": month.end <= self.now(),
            "undecided_cdrs": found.undecided,
            "lines": [entry for kind, entry in page if kind == "CHARGE"],
            "credits": [entry for kind, entry in page if kind == "CREDIT"],
            "totals": sums,
            "csv": text,
            "next": f"{content_hash}.{until}" if until < len(entries) else None,
        }

    def _read(self, token_key: str, month: Month) -> "_Found":
        start, end = month.span
        part = self.indexes.cdrs_of_token(token_key, start, end)
        keys = (entry.key for entry in self.indexes.keys(part, None))
        listed = [*islice(keys, CDRS_AT_MOST + 1)]
        if len(listed) > CDRS_AT_MOST:
            raise InvalidInvocation(
                f"this token has more than {CDRS_AT_MOST} CDRs in {month.name}: read them with find_charges"
            )
        here, characters = dict[str, SettledCdr](), 0
        for each in self.cdrs.each(listed):
            characters += len(each.body)
            if characters > CHARACTERS_AT_MOST:
                raise InvalidInvocation(
                    f"the CDRs of this token in {month.name} are too large, up to {each.object_key}: read "
                    "them with find_charges"
                )
            here[each.object_key] = SettledCdr.read(each, self.gst_percent)
        found = _Found(self.locations, self.zone)
        done: set[str] = set()
        # CDRs with credits come first, because all CDRs of such a charge are read together.
        for cdr in sorted(here.values(), key=lambda cdr: (not _is_linked(cdr), cdr.order)):
            if cdr.key not in done:
                charge = self._charge(cdr, here) if _is_linked(cdr) else [cdr]
                done |= {each.key for each in charge}
                found.add(
                    [each for each in charge if start <= each.stored.end_date_time < end],
                    [each for each in charge if each.stored.end_date_time < start],
                )
        return found

    def _charge(self, cdr: SettledCdr, here: dict[str, SettledCdr]) -> list[SettledCdr]:
        linked = linked_cdrs(self.cdrs, {cdr.key: cdr.stored})
        return [
            here.get(key) or SettledCdr.read(stored, self.gst_percent)
            for key, stored in sorted(linked.items())
        ]


@dataclass
class _Found:
    """The entries of a month, ordered by when their CDRs ended."""

    locations: ChargeLocations
    zone: ZoneInfo
    undecided: int = 0
    _charges: list[tuple[str, str, JsonObject]] = field(default_factory=list)
    _credits: list[tuple[str, str, JsonObject]] = field(default_factory=list)
    _known: dict[str, JsonObject] = field(default_factory=dict)

    def add(self, cdrs: list[SettledCdr], earlier: list[SettledCdr]) -> None:
        by_key = {each.key: each for each in (*earlier, *cdrs)}
        self.undecided += sum(each.verdict == NOT_CHECKED and not each.stored.retail for each in cdrs)
        changes = changes_of(cdrs, earlier)
        credits_ = net_to_pay([each.claimed for each in by_key.values()]).credits if changes else {}
        for change in changes:
            cdr = by_key[change.key]
            order = cdr.stored.end_date_time, cdr.key
            visit = self._visit(cdr)
            if change.is_new:
                self._charges.append((*order, charge_entry(visit, change)))
            crediting = [word(each.body.get("id")) for each in cdrs if credits_.get(each.key) == cdr.key]
            if change.credit_lines or (change.credited is None and crediting):
                self._credits.append((*order, credit_entry(visit, change, crediting)))

    def entries(self) -> Iterator[Entry]:
        yield from (("CHARGE", entry) for *_, entry in sorted(self._charges, key=lambda each: each[:2]))
        yield from (("CREDIT", entry) for *_, entry in sorted(self._credits, key=lambda each: each[:2]))

    def _visit(self, cdr: SettledCdr) -> Visit:
        body = cdr.body
        key = "#".join(
            word(each) for each in (body.get("country_code"), body.get("party_id"), cdr.place.get("id"))
        )
        if key not in self._known:
            self._known[key] = self.locations.location(body)
        location = self._known[key]
        return Visit(cdr, location, zone_named(zone_of(body, location, [])) or self.zone)


def _is_linked(cdr: SettledCdr) -> bool:
    return cdr.claimed.is_credit or cdr.stored.credited_by is not None


def _hash(content: str) -> str:
    return hashlib.sha256(content.encode()).hexdigest()[:16]


def _begin(after: str | None, content_hash: str) -> int:
    of, _, number = (after or f"{content_hash}.0").partition(".")
    if of != content_hash:
        raise InvalidInvocation("the statement has changed since its first page: start again without next")
    return int(number)


def _page(entries: list[Entry], limit: int) -> list[Entry]:
    size = 0
    for count, (_, entry) in enumerate(entries):
        if count == limit or size > ANSWER_BYTES:
            return entries[:count]
        size += len(dump_json(entry))
    return entries
