"""What driver_statement answers."""

from datetime import datetime
from typing import Annotated

from pydantic import Field

from tests.schemas.checks import CdrNamed
from tests.schemas.number import Number
from tests.schemas.retail import Cost, Plan, Reason, RetailLine
from tests.schemas.strict_model import StrictModel


class Place(StrictModel):
    """As the CDR names it, else as the catalogue does."""

    id: str | None
    name: str | None
    address: str | None
    city: str | None
    state: str | None
    postal_code: str | None
    country: str | None
    evse_uid: str | None
    connector_id: str | None


class VatOfRate(StrictModel):
    """`vat_percent` is null for lines with several rates."""

    vat_percent: Number | None
    excl_vat: Number
    vat: Number


class Entry(StrictModel):
    """Times are UTC, and local at the place."""

    cdr: CdrNamed
    session_id: str | None
    start_date_time: datetime | None
    start_local: str | None
    end_date_time: datetime | None
    end_local: str | None
    location: Place
    kwh: Number | None
    minutes: Number | None
    currency: str
    plan: Plan
    lines: list[RetailLine]
    cost: Cost | None
    vat_by_rate: list[VatOfRate]


class ChargeEntry(Entry):
    """A charge before credits. `cost` is null where `reasons` say why."""

    reasons: list[Reason]


class CreditEntry(Entry):
    """What the credit CDRs `credited_by` take back of `cdr`; amounts are negative."""

    credited_by: list[str]


class Total(Cost):
    currency: str
    vat_by_rate: list[VatOfRate]


class Issuer(StrictModel):
    """We."""

    name: str
    country_code: str
    party_id: str


class DriverStatement(StrictModel):
    """`lines` and `credits` are those of this page, `totals` of the whole month."""

    document_key: str
    content_hash: Annotated[str, Field(pattern="^[0-9a-f]{16}$")]
    issuer: Issuer
    token_uid: str
    month: str
    time_zone: str
    start: Annotated[datetime, Field(alias="from")]
    end: Annotated[datetime, Field(alias="to")]
    over: bool
    undecided_cdrs: int
    lines: list[ChargeEntry]
    credits: list[CreditEntry]
    totals: list[Total]
    csv: str
    next: str | None
