"""What a driver pays, as answers and events tell it."""

from emsp.retail.lines import LineKind
from emsp.retail.price_decision import Basis
from tests.schemas.number import Number
from tests.schemas.strict_model import StrictModel


class Plan(StrictModel):
    """The version of the plan that counts."""

    id: str
    version: int


class Cost(StrictModel):
    """`incl_vat` is rounded as the plan says."""

    excl_vat: Number
    vat: Number
    incl_vat: Number


class RetailLine(Cost):
    """`quantity` in `unit` (kWh, h, once) at `price`. The lines add up to the cost."""

    kind: LineKind
    quantity: Number | None
    unit: str | None
    price: Number | None
    vat_percent: Number | None


class Reason(StrictModel):
    code: str
    message: str


class Margin(StrictModel):
    """The cost less what the CPO claims."""

    excl_vat: Number


class Retail(StrictModel):
    """What the driver pays for a charge. If there is no price, `cost` is null, and `reasons` say why."""

    plan: Plan
    basis: Basis
    lines: list[RetailLine]
    cost: Cost | None
    margin: Margin | None
    reasons: list[Reason]


class RetailEstimate(StrictModel):
    """What the driver will pay, or its bounds."""

    plan: Plan
    cost: Cost | None
    least: Cost | None
    most: Cost | None
    lines: list[RetailLine]
    reasons: list[Reason]
