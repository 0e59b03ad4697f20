"""What each event on the bus tells: models of its `detail`, to which every event of the tests is held."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field

from emsp.charges.overdue import Overdue
from emsp.commands.states import CommandState
from emsp.ocpi.cdrs import CDR
from emsp.ocpi.commands import CommandType
from emsp.ocpi.locations import Location
from emsp.ocpi.sessions import Session
from emsp.ocpi.tariffs import Tariff
from emsp.pricing.check_claim import Verdict
from emsp.settlement.dispute_case import DisputeState
from tests.schemas.as_received import AsReceived, Deviation
from tests.schemas.checks import Check, CostSoFar
from tests.schemas.disputes import Case, Entry
from tests.schemas.misuse import Suspicion
from tests.schemas.rejected_push import Rejected
from tests.schemas.retail import Retail
from tests.schemas.strict_model import StrictModel


class StoredObject(StrictModel):
    """The place in S3 of an object that is too large for an event."""

    bucket: str
    key: str
    encoding: Literal["gzip"]


class Detail(StrictModel):
    """What every event has. The same `event_id` means the same event, told again."""

    event_id: str
    occurred_at: datetime
    country_code: str | None
    party_id: str | None
    id: str | None


class StoredDetail(Detail):
    """About an object that we keep; `object_s3` stands in for an `object` that is too large."""

    object_s3: StoredObject
    deviations: list[Deviation]


class SessionDetail(StoredDetail):
    object: Session | AsReceived
    command_id: str | None


class SessionUpdated(SessionDetail):
    """A session is new or has changed."""

    previous_status: str | None
    closed_by_cdr: str | None
    contradictions: list[Deviation]
    cost_so_far: CostSoFar


class SessionLinked(SessionDetail):
    """The START_SESSION or RESERVE_NOW that a session came from was found."""

    command_id: str


class CdrDetail(StoredDetail):
    object: CDR | AsReceived
    contradictions: list[Deviation]
    credits: str | None
    credited_by: str | None
    command_id: str | None


class CdrReceived(CdrDetail):
    """A CDR is stored; once for each."""


class CdrCredited(CdrDetail):
    """A CDR arrived that credits this one."""

    credited_by: str


class CdrChecked(Detail):
    """A CDR was checked, and the result is new."""

    verdict: Verdict
    object: Check | None = None
    object_s3: StoredObject | None = None


class ChargePriced(Detail):
    """The price for the driver of a CDR is decided. Credits are not subtracted."""

    session_id: str | None
    retail: Retail


class Outcome(StrictModel):
    command_id: str
    command: CommandType
    state: CommandState
    response: Any
    result: Any
    session_id: str | None
    correlation_id: str


class CommandCompleted(Detail):
    """A command has an outcome; also if the outcome is late."""

    object: Outcome


class ChargeDetail(Detail):
    """Something of a charge: `object` is the session or the command that waits for it."""

    model_config = ConfigDict(extra="allow")

    kind: Overdue
    since: str | None
    object: dict[str, Any] | None = None
    command_id: str | None = None
    object_s3: StoredObject | None = None


class ChargeOverdue(ChargeDetail):
    """Something did not come in time; once."""


class ChargeResolved(ChargeDetail):
    """What was overdue came after all."""


class Used(StrictModel):
    """A part of a limit, and what the session has used: at least `so_far`. If fields of the session
    contradict each other, it may be `at_most`.
    """

    limit: Decimal
    so_far: Decimal
    at_most: Decimal | None = None


class Quantities[T](StrictModel):
    cost_incl_vat: T | None = None
    energy_kwh: T | None = None
    minutes: T | None = None


class LimitDetail(Detail):
    """About a START_SESSION with a limit: `limit` is the whole of it."""

    object: Outcome
    command_id: str
    limit: Quantities[Decimal]


class LimitNear(LimitDetail):
    """A session reached 80% of a limit; once, and not if it reaches the whole limit at the same time.

    With the reason CONTRADICTED, also once: one field of the session says that a limit is reached, and
    another that it is not. The session continues.
    """

    near: Quantities[Used]
    reason: Literal["CONTRADICTED"] | None = None


class LimitReached(LimitDetail):
    """A session reached a limit, and we stop it; once."""

    reached: Quantities[Used]


class StatusChange(StrictModel):
    uid: str
    evse_id: str | None
    from_: Annotated[str | None, Field(alias="from")]
    to: str | None


class Changes(StrictModel):
    """The names of the fields that differ, and the EVSEs that differ."""

    fields: list[str]
    evses_added: list[str] | None = None
    evses_removed: list[str] | None = None
    evse_statuses: list[StatusChange] | None = None


class LocationDetail(StoredDetail):
    object: Location | AsReceived


class LocationChanged(LocationDetail):
    """A pull found that the object has changed."""

    changes: Changes


class TariffDetail(StoredDetail):
    object: Tariff | AsReceived


class TariffChanged(TariffDetail):
    """A pull found that the object has changed."""

    changes: Changes


class EvseStatuses(Detail):
    last_updated: str | None
    evse_statuses: list[StatusChange]


class EvseStatusesChanged(StrictModel):
    """EVSEs changed their states, and nothing else of their locations changed. One event contains many
    changes.
    """

    changes: list[EvseStatuses]


class Party(StrictModel):
    country_code: str
    party_id: str
    role: str
    status: str
    last_updated: str


class PartyStateChanged(Detail):
    """The Hub reports a new state of a party, also of ours."""

    previous_status: str | None
    ours: bool
    object: Party


class DisputeDetail(Detail):
    """`id` is the case's; `change` the last entry of its history."""

    previous_state: DisputeState | None
    change: Entry
    object: Case


class DisputeOpened(DisputeDetail):
    """A CDR is disputed, because it claims too much. Also if a closed case opens again."""


class DisputeChanged(DisputeDetail):
    """A case was sent or answered, its amount changed, or it was credited in part."""


class DisputeClosed(DisputeDetail):
    """A case is WITHDRAWN or CREDITED."""


class DisputeOverdue(DisputeDetail):
    """A case is not closed DisputeReminderDays after it was opened, or after the last reminder."""


class PushRejected(Detail):
    """A push was rejected and stored; each time that it comes."""

    object: Rejected


class TokenMisuseSuspected(Detail):
    """Charges of a token can't all be its driver's; once for each finding, whose id is `id`."""

    object: Suspicion


EVENTS: Final[dict[str, type[BaseModel]]] = {
    "Session Updated": SessionUpdated,
    "Session Linked": SessionLinked,
    "CDR Received": CdrReceived,
    "CDR Credited": CdrCredited,
    "CDR Checked": CdrChecked,
    "Charge Priced": ChargePriced,
    "Command Completed": CommandCompleted,
    "Charge Overdue": ChargeOverdue,
    "Charge Resolved": ChargeResolved,
    "Limit Near": LimitNear,
    "Limit Reached": LimitReached,
    "Location Added": LocationDetail,
    "Location Changed": LocationChanged,
    "Location Removed": LocationDetail,
    "EVSE Statuses Changed": EvseStatusesChanged,
    "Tariff Added": TariffDetail,
    "Tariff Changed": TariffChanged,
    "Tariff Removed": TariffDetail,
    "Party State Changed": PartyStateChanged,
    "Push Rejected": PushRejected,
    "Token Misuse Suspected": TokenMisuseSuspected,
    "Dispute Opened": DisputeOpened,
    "Dispute Changed": DisputeChanged,
    "Dispute Closed": DisputeClosed,
    "Dispute Overdue": DisputeOverdue,
}
