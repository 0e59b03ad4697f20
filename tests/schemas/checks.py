"""What check_cdr answers and `CDR Checked` tells, and what estimate_price answers."""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import Field, RootModel

from emsp.charges.signed_data import Signed
from emsp.pricing.check_claim import Verdict
from emsp.pricing.lines import Part
from tests.schemas.number import Number
from tests.schemas.retail import RetailEstimate
from tests.schemas.strict_model import StrictModel


class Amount(StrictModel):
    """`computed` means that the CPO does not claim incl_vat. It is computed by the VAT of the tariff, or else
    by GstPercent.
    """

    excl_vat: Number
    incl_vat: Number | None
    computed: bool | None = None


class TariffVersion(StrictModel):
    country_code: str
    party_id: str
    id: str
    last_updated: str


class UsedTariff(TariffVersion):
    sha256: Annotated[str, Field(pattern="^[0-9a-f]{64}$")]


class Line(StrictModel):
    part: Part
    dimension: str
    period: int
    start_date_time: datetime
    local_time: datetime | None
    measured: Number
    billed: Number
    unit: Literal["kWh", "h", "once"]
    price: Number
    vat: Number | None
    excl_vat: Number
    incl_vat: Number
    tariff: TariffVersion
    element: int
    because: str


class Remark(StrictModel):
    code: str
    message: str


class Finding(Remark):
    amount: Number | None = None


class ClaimedPart(StrictModel):
    part: Part
    claimed: Amount | None
    computed: Amount | None


class CdrNamed(StrictModel):
    country_code: str | None
    party_id: str | None
    id: str | None


class Limit(StrictModel):
    limit: Literal["min_price", "max_price"]
    before: Amount
    after: Amount


class SignedMeterValues(StrictModel):
    """How far the signatures can be trusted, and the energy of each register of the meters."""

    result: Signed
    says: str
    meters: list[str]
    kwh: list[Number]


class Check(StrictModel):
    cdr: CdrNamed
    session_id: str | None
    verdict: Verdict
    currency: str
    claimed: Amount | None
    computed: Amount | None
    least: Amount | None
    most: Amount | None
    difference: Amount | None
    parts: list[ClaimedPart]
    lines: list[Line]
    limits: list[Limit]
    findings: list[Finding]
    assumptions: list[Remark]
    tariffs: list[UsedTariff]
    likely_cause: Remark | None = None
    checked_at: datetime
    changed: dict[str, Any] | None = None
    rules: dict[str, str | bool | None]
    signed_data: SignedMeterValues


class AmountsOfCdrs(StrictModel):
    """The amount with VAT, computed if it is not claimed."""

    claimed: Number
    difference: Number


class CdrsCounted(StrictModel):
    """The number of CDRs, and their amounts by currency."""

    count: int
    money: dict[str, AmountsOfCdrs]


class ChangedCheck(StrictModel):
    """`was` is what the previous check said, for each difference."""

    cdr: CdrNamed
    verdict: Verdict
    was: dict[str, Any]


class CheckedSpan(StrictModel):
    """If `resume_from` is not null, one invocation was too short: use it as the next `from`. The keys of
    `by_cpo` are parties such as `IN*ABC`.
    """

    from_: Annotated[datetime, Field(alias="from")]
    to: datetime
    resume_from: datetime | None
    checked: int
    by_verdict: dict[Verdict, CdrsCounted]
    by_cpo: dict[str, dict[Verdict, CdrsCounted]]
    changed: list[ChangedCheck]


class CheckAnswer(RootModel[Check | CheckedSpan]):
    """The check of one CDR, or the sums of a span of time."""


class ClaimedSoFar(StrictModel):
    """The session's total_cost. `computed` means that the CPO claims only one of both amounts. The other is
    computed by the VAT of the tariff, or else by GstPercent.
    """

    excl_vat: Number | None
    incl_vat: Number | None
    computed: bool | None = None


class CostSoFar(StrictModel):
    """What a session has cost so far. If the price is open, `by_tariff` is null, `reasons` say why, and
    `least` and `most` are its bounds, if they are known.
    """

    currency: str | None
    by_cpo: ClaimedSoFar | None
    by_tariff: Amount | None
    least: Amount | None
    most: Amount | None
    reasons: list[Remark]
    assumptions: list[Remark]
    retail: RetailEstimate | None = None


class Words(StrictModel):
    language: str
    text: str


class EstimatedBy(UsedTariff):
    tariff_alt_text: Words | None
    tariff_alt_url: str | None


class Expected(StrictModel):
    """What was priced, with assumed values. A value that is unknown and has no effect is null."""

    start_date_time: datetime
    end_date_time: datetime | None
    time_zone: str | None
    energy_kwh: Number | None
    minutes: Number | None
    parking_minutes: Number


class PricePart(Amount):
    part: Part


class Estimate(StrictModel):
    """If the cost is open, `cost` is null, and `least` and `most` are its bounds, if they are known."""

    charge: Expected
    currency: str | None
    cost: Amount | None
    least: Amount | None
    most: Amount | None
    parts: list[PricePart]
    lines: list[Line]
    limits: list[Limit]
    findings: list[Remark]
    assumptions: list[Remark]
    tariffs: list[EstimatedBy]
    retail: RetailEstimate | None = None
