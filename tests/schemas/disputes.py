"""A dispute case, as the functions answer it and the events tell it."""

from datetime import datetime
from typing import Annotated, Any, Final

from pydantic import Field

from emsp.pricing.check_claim import Verdict
from emsp.settlement.dispute_case import Cause, DisputeState
from tests.schemas.checks import (
    Amount,
    CdrNamed,
    ClaimedPart,
    Finding,
    Line,
    Remark,
    SignedMeterValues,
    UsedTariff,
)
from tests.schemas.number import Number
from tests.schemas.strict_model import StrictModel

DISPUTE_ID: Final = "^D-[0-9A-F]{20}$"


class Case(StrictModel):
    """`amount`: what the CDR claims too much, `left`: what credits leave of it, both with VAT; `over_by` and
    `left_over_by` have them without, too. `right`: the most that the CDR may claim. `why`: the last note.
    """

    id: Annotated[str, Field(pattern=DISPUTE_ID)]
    cdr: CdrNamed
    session_id: str | None
    state: DisputeState
    currency: str
    amount: Number
    left: Number
    over_by: Amount
    left_over_by: Amount
    claimed: Amount
    right: Amount
    verdict: Verdict
    likely_cause: str | None
    credits: list[str]
    cdr_ended_at: datetime
    opened_at: datetime
    changed_at: datetime
    reminders: int
    reminded_at: datetime | None
    why: str


class Entry(StrictModel):
    """A change of a case. Only answers have `who`."""

    at: datetime
    cause: Cause
    state: DisputeState
    left: Number
    note: str
    who: str | None


class CasePage(StrictModel):
    """If `next` is not null, pass it in the next call."""

    disputes: list[Case]
    next: str | None


class CaseAnswered(Case):
    history: list[Entry]


class PrintedLine(Line):
    """All lines with one price. `periods` is their number."""

    periods: int


class Evidence(StrictModel):
    """The check, with lines merged by price, and the objects that it is about, without the driver's token."""

    cdr: dict[str, Any] | None
    session: dict[str, Any] | None
    credit_cdrs: list[dict[str, Any]]
    verdict: Verdict | None
    claimed: Amount | None
    computed: Amount | None
    least: Amount | None
    most: Amount | None
    difference: Amount | None
    parts: list[ClaimedPart] | None
    lines: list[PrintedLine]
    lines_left_out: int
    findings: list[Finding] | None
    assumptions: list[Remark] | None
    tariffs: list[UsedTariff] | None
    likely_cause: Remark | None
    checked_at: datetime | None
    rules: dict[str, Any] | None
    signed_data: SignedMeterValues | None


class CaseWithEvidence(CaseAnswered):
    """`html` is a page to print, which loads nothing."""

    evidence: Evidence
    html: str
