"""What functions answer to whoever invokes them; the handlers' answers in the tests are held to it."""

from datetime import datetime
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field

from emsp.charges.enforce_limits import LimitResult
from emsp.charges.overdue import Overdue
from emsp.commands.states import CommandState
from emsp.connection.checklist import Readiness
from emsp.ocpi.commands import CommandType
from tests.schemas.checks import CheckAnswer, CostSoFar, Estimate
from tests.schemas.connection import HubAnswer, Registered
from tests.schemas.disputes import CaseAnswered, CasePage, CaseWithEvidence
from tests.schemas.found_charges import FoundCharges
from tests.schemas.found_locations import FoundLocations
from tests.schemas.misuse import Suspicion
from tests.schemas.pulls import PullAnswer
from tests.schemas.rejected_push import Rejected
from tests.schemas.settlement import SettleAnswer
from tests.schemas.statement import DriverStatement
from tests.schemas.strict_model import StrictModel


class RejectedPage(StrictModel):
    """If `next` is not null, pass it in the next call."""

    rejected: list[Rejected]
    next: str | None


class ReplayOutcome(StrictModel):
    key: str
    object_id: str | None
    outcome: Literal["accepted", "rejected", "dismissed", "failed"]
    reason: str


class Replayed(StrictModel):
    """Counts of outcomes. While `complete` is false, invoke it again with `next`."""

    accepted: int
    rejected: int
    dismissed: int
    failed: int
    complete: bool
    next: str | None
    outcomes: list[ReplayOutcome]


class CommandSent(StrictModel):
    """The state of the command after it was sent. Its outcome follows, unless `state` is one."""

    command_id: str
    state: CommandState
    result: str | None
    timeout: int | float
    correlation_id: str
    message: Any = None
    check: str | None = None
    error: str | None = None
    cpo_status: str | None = None


class CommandParty(StrictModel):
    country_code: str
    party_id: str


class CommandSession(StrictModel):
    id: str
    object_key: str
    linked_by: str


class CommandOutcome(StrictModel):
    """A command: what was sent, what the CPO answered, and the outcome. An absent value is null."""

    command_id: str
    command: CommandType
    state: CommandState
    decided: bool
    to: CommandParty | None
    request: Any
    response: Any
    result: Any
    extra_results: list[Any]
    extra_result_count: int
    check: str | None
    error: str | None
    session: CommandSession | None
    created_at: datetime
    times_out_at: datetime
    answered_at: datetime | None
    decided_at: datetime | None
    correlation_id: str
    request_id: str | None
    idempotency_key: str | None
    limit: Any
    stop_if_late: bool
    limit_near: Any
    limit_reached: Any
    stop_command_id: str | None


class CommandAnswered(CommandOutcome):
    """`cost_so_far` is that of the command's session, until its CDR comes."""

    cost_so_far: CostSoFar | None


class Authorization(StrictModel):
    """OCPI's AuthorizationInfo. `allowed` may also be UNKNOWN. send_command accepts the `token`."""

    model_config = ConfigDict(extra="allow")

    allowed: str
    token: dict[str, Any]
    request_id: str
    correlation_id: str
    cpo_status: str | None = None


class RemoteStarted(StrictModel):
    """The output of a successful run of RemoteStart; the command is as in get_command."""

    authorization: Authorization
    command: CommandOutcome


class Gone(StrictModel):
    looked_at: int
    changed: int


class DriverForgotten(StrictModel):
    """The counts of each store. While `complete` is false, invoke it again with the `cursor`."""

    complete: bool
    cursor: str | None
    pseudonym: str
    stores: dict[str, Gone]
    problem: str | None


class PartyListed(StrictModel):
    """A party in one role. `role`, `status` and `last_updated` are as the Hub wrote them."""

    country_code: str
    party_id: str
    role: str
    status: str
    last_updated: str


class PartiesFound(StrictModel):
    """The parties of the last check of the Hub. `checked_at` is null before the first check."""

    parties: list[PartyListed]
    checked_at: datetime | None


class ReadinessItem(StrictModel):
    """`evidence` shows when it happened, and with which id. `next` is what to do; null if it is done."""

    item: str
    status: Readiness
    evidence: dict[str, Any]
    next: str | None


class ReadinessAnswer(StrictModel):
    """The checklist. It is `ready` if every item is DONE."""

    ready: bool
    checked_at: datetime
    items: list[ReadinessItem]


class LimitsEnforced(StrictModel):
    """Numbers of sessions. A number that is 0 may be absent."""

    done: dict[LimitResult, int]


class OverdueReported(StrictModel):
    """How many things of each kind were reported for the first time, and how many reminders of disputes there
    were.
    """

    reported: dict[Overdue, int]
    disputes: int


class Redriven(StrictModel):
    """Counts of changes that failed. Those `left` stay in their queue."""

    redriven: int
    left: int
    complete: bool


class PlanVersion(StrictModel):
    """From when a version counts."""

    version: int
    from_: Annotated[datetime, Field(alias="from")]


class PlanPut(PlanVersion):
    """The version that was stored."""

    plan_id: str


class PlanCompared(PlanPut):
    """`below_cost`: at how many of the compared connectors the plan asks less than the CPO; null if the
    catalogue could not be read.
    """

    below_cost: int | None
    compared_connectors: int
    all_compared: bool


class PlanListed(StrictModel):
    """A price plan. `version` is null if no version is in force yet."""

    plan_id: str
    version: int | None
    from_: Annotated[datetime | None, Field(alias="from")]
    later: list[PlanVersion]


class PlansListed(StrictModel):
    plans: list[PlanListed]


class PlanFound(PlanPut):
    """A price plan as it was given, with amounts as decimal strings."""

    plan: dict[str, Any]
    later: list[PlanVersion]


class PlanAssigned(StrictModel):
    """The plan from then on; null if the token has no plan of its own."""

    plan_id: str | None
    from_: Annotated[datetime, Field(alias="from")]


class MisusePage(StrictModel):
    """The earliest finding first. If `next` is not null, pass it in the next call."""

    findings: list[Suspicion]
    next: str | None


ANSWERS: Final[dict[str, type[BaseModel]]] = {
    "answer_dispute": CaseAnswered,
    "assign_price_plan": PlanAssigned,
    "authorize_token": Authorization,
    "check_cdr": CheckAnswer,
    "check_hub": HubAnswer,
    "check_readiness": ReadinessAnswer,
    "dismiss_rejected": Rejected,
    "enforce_limits": LimitsEnforced,
    "find_locations": FoundLocations,
    "find_parties": PartiesFound,
    "forget_driver": DriverForgotten,
    "find_charges": FoundCharges,
    "estimate_price": Estimate,
    "get_command": CommandAnswered,
    "get_dispute": CaseWithEvidence,
    "get_price_plan": PlanFound,
    "list_disputes": CasePage,
    "list_price_plans": PlansListed,
    "driver_statement": DriverStatement,
    "list_misuse": MisusePage,
    "list_rejected": RejectedPage,
    "pull_locations": PullAnswer,
    "pull_tariffs": PullAnswer,
    "redrive_changes": Redriven,
    "put_price_plan": PlanCompared,
    "register": Registered,
    "replay_rejected": Replayed,
    "send_command": CommandSent,
    "settle": SettleAnswer,
    "watch_charges": OverdueReported,
}
