"""What settle answers: how far it is, the manifest of the month, what a CPO's invoice comes to."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field

from emsp.settlement.compare_settlements import Change
from tests.schemas.checks import CdrNamed
from tests.schemas.number import Number
from tests.schemas.strict_model import StrictModel

type Sha256 = Annotated[str, Field(pattern="^[0-9a-f]{64}$")]
type Name = Annotated[str, Field(pattern="^[0-9a-f]{16}$")]


class Written(StrictModel):
    key: str
    bytes: int
    sha256: Sha256


class ChargeChanged(StrictModel):
    charge: str
    change: Change
    to_pay_before: Number | None
    to_pay_now: Number | None


class Later(StrictModel):
    """What came since the previous settlement. `charges` contains the first 20, `changes.csv` all."""

    than: Name
    settled_at: datetime
    added: int
    changed: int
    gone: int
    charges: list[ChargeChanged]


class Sums(StrictModel):
    """The sums of one currency, as in `by_cpo.csv`: each amount with VAT, and without as `..._excl_vat`."""

    charges: int
    cdrs: int
    agreed_cdrs: int
    undercharged_cdrs: int
    disputed_cdrs: int
    cannot_tell_cdrs: int
    credited_cdrs: int
    credit_cdrs: int
    odd_dates: int
    not_told: int
    claimed_excl_vat: Number
    claimed: Number
    agreed_excl_vat: Number
    agreed: Number
    undercharged_excl_vat: Number
    undercharged: Number
    disputed_excl_vat: Number
    disputed: Number
    cannot_tell_excl_vat: Number
    cannot_tell: Number
    credited_excl_vat: Number
    credited: Number
    credits_excl_vat: Number
    credits: Number
    undisputed_excl_vat: Number
    undisputed: Number
    over_by_excl_vat: Number
    over_by: Number
    net_excl_vat: Number
    gst: Number
    to_pay: Number
    priced_cdrs: int = 0
    unpriced_cdrs: int = 0
    revenue_excl_vat: Number | None = None
    revenue: Number | None = None
    margin_excl_vat: Number | None = None


class Revenue(StrictModel):
    """What drivers pay, with VAT and without, and what is left of it. Absent without price plans."""

    priced_cdrs: int
    unpriced_cdrs: int
    revenue_excl_vat: Number
    revenue: Number
    margin_excl_vat: Number


class RevenueByCpo(Revenue):
    country_code: str
    party_id: str
    currency: str


class RevenueByPlan(Revenue):
    plan_id: str
    currency: str


class Revenues(StrictModel):
    """The first 200 of each. `by_cpo.csv` and `by_plan.csv` contain all."""

    by_cpo: list[RevenueByCpo]
    by_plan: list[RevenueByPlan]


class OddDate(StrictModel):
    """A CDR that counts at its arrival, because its `end_date_time` can't be right."""

    cdr: CdrNamed
    end_date_time: str
    counted_at: datetime


class OddDates(StrictModel):
    """`cdrs` contains the first 20, `odd_dates.csv` all."""

    count: int
    cdrs: list[OddDate]


class Manifest(StrictModel):
    """The content of `manifest.json`. `over` is false until the month is over. `totals` are by currency."""

    settlement: Name
    month: str
    time_zone: str
    start: Annotated[datetime, Field(alias="from")]
    end: Annotated[datetime, Field(alias="to")]
    over: bool
    settled_at: datetime
    files: dict[str, Written]
    totals: dict[str, Sums]
    revenue: Revenues | None = None
    odd_dates: OddDates
    later: Later | None


class ComparedRows(StrictModel):
    count: int
    amount: Number


class InvoiceListed(StrictModel):
    """The sum of the claims of the invoice's CDRs: the amount that the invoice should have."""

    invoice_id: str
    cdrs: int
    excl_vat: Number
    incl_vat: Number


class InvoiceCompared(StrictModel):
    """The sums of the invoice's rows. `difference` is by how much the `different` rows exceed the claims."""

    invoice_s3: str
    cpos: list[str]
    matched: ComparedRows
    listed: ComparedRows
    different: ComparedRows
    not_comparable: ComparedRows
    unreadable: ComparedRows
    twice: ComparedRows
    other_cpo: ComparedRows
    unknown: ComparedRows
    missing: ComparedRows
    settled_out: ComparedRows
    difference_excl_vat: Number
    difference: Number
    invoices: list[InvoiceListed]
    file: Written


class SumsOfCpo(Sums):
    """The asked CPO's row of `by_cpo.csv`, in one currency."""

    country_code: str
    party_id: str
    currency: str


class SettleAnswer(StrictModel):
    """If `state` is CONTINUES, the settlement continues by itself, and the manifest is the previous one, or
    null.
    """

    state: Literal["SETTLED", "UNCHANGED", "CONTINUES"]
    month: str
    manifest_s3: str
    manifest: Manifest | None
    cpo: list[SumsOfCpo] | None = None
    invoice: InvoiceCompared | None
