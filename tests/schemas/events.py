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
from emsp.pricing.check import Verdict
from emsp.settlement.dispute_case import DisputeState
from tests.schemas.as_received import AsReceived, Deviation
from tests.schemas.checked import Check, CostSoFar
from tests.schemas.disputed import Case, Entry
from tests.schemas.rejected import Rejected
from tests.schemas.retail import Retail
from tests.schemas.suspected import Suspicion


class Told(BaseModel):
    """A part of an event."""

    model_config = ConfigDict(extra="forbid", strict=True)


class StoredObject(Told):
    """Where an object is that is too large for an event."""

    bucket: str
    key: str
    encoding: Literal["gzip"]


class Detail(Told):
    """What every event has. The same `event_id` means the same event, told again."""

    event_id: str
    occurred_at: datetime
    country_code: str | None
    party_id: str | None
    id: str | None


class Kept(Detail):
    """About an object that we keep; `object_s3` stands in for an `object` that is too large."""

    object_s3: StoredObject
    deviations: list[Deviation]


class SessionTold(Kept):
    object: Session | AsReceived
    command_id: str | None


class SessionUpdated(SessionTold):
    """A session is new or has changed."""

    previous_status: str | None
    closed_by_cdr: str | None
    contradictions: list[Deviation]
    cost_so_far: CostSoFar


class SessionLinked(SessionTold):
    """It is known which START_SESSION or RESERVE_NOW a session came from."""

    command_id: str


class CdrTold(Kept):
    object: CDR | AsReceived
    contradictions: list[Deviation]
    credits: str | None
    credited_by: str | None
    command_id: str | None


class CdrReceived(CdrTold):
    """A CDR is stored, once for each."""


class CdrCredited(CdrTold):
    """The CDR that credits it came after it."""

    credited_by: str


class CdrChecked(Detail):
    """A CDR was priced again, and the check says something new."""

    verdict: Verdict
    object: Check | None = None
    object_s3: StoredObject | None = None


class ChargePriced(Detail):
    """What the driver pays for a CDR; credits are not taken off."""

    session_id: str | None
    retail: Retail


class Outcome(Told):
    command_id: str
    command: CommandType
    state: CommandState
    response: Any
    result: Any
    session_id: str | None
    correlation_id: str


class CommandCompleted(Detail):
    """A command has an outcome, also a late one."""

    object: Outcome


class ChargeTold(Detail):
    """Something of a charge: `object` is the session or the command that waits for it."""

    model_config = ConfigDict(extra="allow")

    kind: Overdue
    since: str | None
    object: dict[str, Any] | None = None
    command_id: str | None = None
    object_s3: StoredObject | None = None


class ChargeOverdue(ChargeTold):
    """Something should have come and did not; told once."""


class ChargeResolved(ChargeTold):
    """It came after all."""


class Used(Told):
    """A part of a limit, and what the session has come to: at least `so_far`, and by another of its fields
    `at_most`, where they contradict each other.
    """

    limit: Decimal
    so_far: Decimal
    at_most: Decimal | None = None


class Quantities[T](Told):
    cost_incl_vat: T | None = None
    energy_kwh: T | None = None
    minutes: T | None = None


class LimitTold(Detail):
    """About a START_SESSION with a limit: `limit` is the whole of it."""

    object: Outcome
    command_id: str
    limit: Quantities[Decimal]


class LimitNear(LimitTold):
    """Its session has come to 80% of one of its limits; told once, and not where the limit is reached at
    once.

    With the reason CONTRADICTED, once too: one field of the session says that a limit is reached, and another
    that it is not. The session goes on.
    """

    near: Quantities[Used]
    reason: Literal["CONTRADICTED"] | None = None


class LimitReached(LimitTold):
    """Its session has come to one of its limits, and is being stopped; told once."""

    reached: Quantities[Used]


class StatusChange(Told):
    uid: str
    evse_id: str | None
    from_: Annotated[str | None, Field(alias="from")]
    to: str | None


class Changes(Told):
    """The names of the fields that differ, and which EVSEs do."""

    fields: list[str]
    evses_added: list[str] | None = None
    evses_removed: list[str] | None = None
    evse_statuses: list[StatusChange] | None = None


class LocationTold(Kept):
    object: Location | AsReceived


class LocationChanged(LocationTold):
    """A pull found it changed."""

    changes: Changes


class TariffTold(Kept):
    object: Tariff | AsReceived


class TariffChanged(TariffTold):
    """A pull found it changed."""

    changes: Changes


class EvseStatuses(Detail):
    last_updated: str | None
    evse_statuses: list[StatusChange]


class EvseStatusesChanged(Told):
    """EVSEs changed their states, and their locations nothing else: many in one event."""

    changes: list[EvseStatuses]


class Party(Told):
    country_code: str
    party_id: str
    role: str
    status: str
    last_updated: str


class PartyStateChanged(Detail):
    """The Hub says another state of a party, ours first of all."""

    previous_status: str | None
    ours: bool
    object: Party


class DisputeTold(Detail):
    """`id` is the case's; `change` the last entry of its history."""

    previous_state: DisputeState | None
    change: Entry
    object: Case


class DisputeOpened(DisputeTold):
    """A CDR is disputed: it claims too much. Also for a new claim after its case was closed."""


class DisputeChanged(DisputeTold):
    """A case was sent or answered, is about another amount, or was credited in part."""


class DisputeClosed(DisputeTold):
    """A case is WITHDRAWN or CREDITED."""


class DisputeOverdue(DisputeTold):
    """A case is not closed DisputeReminderDays after it was opened, or after the reminder before."""


class PushRejected(Detail):
    """A push could not be accepted and is kept, each time that it comes."""

    object: Rejected


class TokenMisuseSuspected(Detail):
    """Charges of a token that no honest driver can have made: once for each finding, whose id is `id`."""

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
    "Location Added": LocationTold,
    "Location Changed": LocationChanged,
    "Location Removed": LocationTold,
    "EVSE Statuses Changed": EvseStatusesChanged,
    "Tariff Added": TariffTold,
    "Tariff Changed": TariffChanged,
    "Tariff Removed": TariffTold,
    "Party State Changed": PartyStateChanged,
    "Push Rejected": PushRejected,
    "Token Misuse Suspected": TokenMisuseSuspected,
    "Dispute Opened": DisputeOpened,
    "Dispute Changed": DisputeChanged,
    "Dispute Closed": DisputeClosed,
    "Dispute Overdue": DisputeOverdue,
}
