"""What find_charges answers."""

from datetime import date, datetime

from emsp.charges.overdue import Overdue
from emsp.commands.states import CommandState
from emsp.ocpi.commands import CommandType
from emsp.pricing.check_claim import Verdict
from emsp.pricing.lines import Part
from emsp.pricing.net_to_pay import NetNote
from tests.schemas.checks import Amount, ClaimedPart, CostSoFar, Finding, Remark, SignedMeterValues
from tests.schemas.number import Number
from tests.schemas.retail import Retail
from tests.schemas.strict_model import StrictModel


class Timed(StrictModel):
    """Times are UTC, days local in `time_zone`."""

    start_date_time: datetime | None
    start_day: date | None
    end_date_time: datetime | None
    end_day: date | None


class FoundSession(Timed):
    country_code: str
    party_id: str
    id: str
    status: str
    kwh: Number | None
    currency: str | None
    total_cost: Amount | None
    token_uid: str | None
    auth_method: str | None
    authorization_reference: str | None
    location_id: str | None
    evse_uid: str | None
    connector_id: str | None
    last_updated: datetime | None


class KeptCheck(StrictModel):
    """The check without its lines, and with its first findings. check_cdr returns all."""

    verdict: Verdict
    currency: str
    claimed: Amount | None
    computed: Amount | None
    least: Amount | None
    most: Amount | None
    difference: Amount | None
    parts: list[ClaimedPart]
    likely_cause: Remark | None
    checked_at: datetime
    findings: list[Finding]
    findings_count: int
    signed_data: SignedMeterValues


class FoundCdr(Timed):
    """`credited_by` is the key of the CDR that credits this one."""

    country_code: str
    party_id: str
    id: str
    session_id: str | None
    credit_reference_id: str | None
    credited_by: str | None
    total_energy: Number | None
    currency: str | None
    total_cost: Amount | None
    parts: dict[Part, Amount]
    token_uid: str | None
    auth_method: str | None
    authorization_reference: str | None
    invoice_reference_id: str | None
    location_id: str | None
    evse_uid: str | None
    connector_id: str | None
    received_at: datetime
    last_updated: datetime | None
    check: KeptCheck | None


class NetAmount(Amount):
    currency: str


class FoundCommand(StrictModel):
    command_id: str
    command: CommandType
    state: CommandState
    created_at: datetime
    decided_at: datetime | None
    linked_by: str | None


class FoundOverdue(StrictModel):
    kind: Overdue
    since: datetime | None


class FoundCharge(StrictModel):
    time_zone: str | None
    session: FoundSession | None
    cost_so_far: CostSoFar | None
    cdrs: list[FoundCdr]
    credits: list[FoundCdr]
    retail: Retail | None = None
    net: NetAmount | None
    notes: list[NetNote]
    command: FoundCommand | None
    overdue: list[FoundOverdue]


class FoundCharges(StrictModel):
    """If `next` is not null, pass it in the next call."""

    charges: list[FoundCharge]
    next: str | None
