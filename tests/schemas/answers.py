"""What functions answer to whoever invokes them; the handlers' answers in the tests are held to it."""

from datetime import datetime
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field

from emsp.charges.enforce_limits import Look
from emsp.charges.overdue import Overdue
from emsp.commands.states import CommandState
from emsp.connection.readiness import Readiness
from emsp.ocpi.commands import CommandType
from tests.schemas.checked import CheckAnswer, CostSoFar, Estimate
from tests.schemas.connected import HubAnswer, Registered
from tests.schemas.disputed import CaseAnswered, CasePage, CaseTold
from tests.schemas.found_charges import FoundCharges
from tests.schemas.found_locations import FoundLocations
from tests.schemas.pulled import PullAnswer
from tests.schemas.rejected import Rejected
from tests.schemas.settled import SettleAnswer
from tests.schemas.statement import DriverStatement
from tests.schemas.suspected import Suspicion


class Answered(BaseModel):
    """An answer, or a part of one."""

    model_config = ConfigDict(extra="forbid", strict=True)


class RejectedPage(Answered):
    """`next`, where it is not null, goes into the next call."""

    rejected: list[Rejected]
    next: str | None


class ReplayOutcome(Answered):
    key: str
    object_id: str | None
    outcome: Literal["accepted", "rejected", "dismissed", "failed"]
    reason: str


class Replayed(Answered):
    """Counts of outcomes; `complete` false: call it again with `next`."""

    accepted: int
    rejected: int
    dismissed: int
    failed: int
    complete: bool
    next: str | None
    outcomes: list[ReplayOutcome]


class CommandSent(Answered):
    """How the command stands once it was sent; its outcome follows, unless `state` is one."""

    command_id: str
    state: CommandState
    result: str | None
    timeout: int | float
    correlation_id: str
    message: Any = None
    check: str | None = None
    error: str | None = None
    cpo_status: str | None = None


class CommandParty(Answered):
    country_code: str
    party_id: str


class CommandSession(Answered):
    id: str
    object_key: str
    linked_by: str


class CommandTold(Answered):
    """A command: what was sent, what the CPO answered and what came of it; absent is null."""

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


class CommandAnswered(CommandTold):
    """`cost_so_far`: of its session, until its CDR has come."""

    cost_so_far: CostSoFar | None


class Authorization(Answered):
    """OCPI's AuthorizationInfo; `allowed` may also be UNKNOWN. `token` is one that send_command takes."""

    model_config = ConfigDict(extra="allow")

    allowed: str
    token: dict[str, Any]
    request_id: str
    correlation_id: str
    cpo_status: str | None = None


class RemoteStarted(Answered):
    """The output of a run of RemoteStart that succeeded: the command as get_command tells it."""

    authorization: Authorization
    command: CommandTold


class Gone(Answered):
    looked_at: int
    changed: int


class DriverForgotten(Answered):
    """What became of each store; `complete` false: call it again with the `cursor`."""

    complete: bool
    cursor: str | None
    pseudonym: str
    stores: dict[str, Gone]
    problem: str | None


class PartyListed(Answered):
    """A party in one role; `role`, `status` and `last_updated` are as the Hub wrote them."""

    country_code: str
    party_id: str
    role: str
    status: str
    last_updated: str


class PartiesFound(Answered):
    """Those of the last check of the Hub; `checked_at` is null before the first."""

    parties: list[PartyListed]
    checked_at: datetime | None


class ReadinessItem(Answered):
    """`evidence` shows when and under which id it was seen; `next` is what to do, null when it is done."""

    item: str
    status: Readiness
    evidence: dict[str, Any]
    next: str | None


class ReadinessTold(Answered):
    """The checklist; `ready` when every item is DONE."""

    ready: bool
    checked_at: datetime
    items: list[ReadinessItem]


class LimitsHeld(Answered):
    """How many sessions; those that are 0 may be absent."""

    done: dict[Look, int]


class OverdueTold(Answered):
    """How much of each kind was told for the first time, and how many reminders of disputes."""

    told: dict[Overdue, int]
    disputes: int


class Redriven(Answered):
    """Messages of changes that failed; those `left` stay in their queue."""

    redriven: int
    left: int
    complete: bool


class PlanVersionTold(Answered):
    """From when a version counts."""

    version: int
    from_: Annotated[datetime, Field(alias="from")]


class PlanPut(PlanVersionTold):
    """The version that is kept."""

    plan_id: str


class PlanListed(Answered):
    """A price plan; `version` is null where it only counts later."""

    plan_id: str
    version: int | None
    from_: Annotated[datetime | None, Field(alias="from")]
    later: list[PlanVersionTold]


class PlansListed(Answered):
    plans: list[PlanListed]


class PlanTold(PlanPut):
    """A price plan as it was given, amounts as decimal strings."""

    plan: dict[str, Any]
    later: list[PlanVersionTold]


class PlanAssignedTold(Answered):
    """The plan that counts from then on; null: none of the token's own."""

    plan_id: str | None
    from_: Annotated[datetime, Field(alias="from")]


class MisusePage(Answered):
    """The first found first; `next`, where it is not null, goes into the next call."""

    findings: list[Suspicion]
    next: str | None


ANSWERS: Final[dict[str, type[BaseModel]]] = {
    "answer_dispute": CaseAnswered,
    "assign_price_plan": PlanAssignedTold,
    "authorize_token": Authorization,
    "check_cdr": CheckAnswer,
    "check_hub": HubAnswer,
    "check_readiness": ReadinessTold,
    "dismiss_rejected": Rejected,
    "enforce_limits": LimitsHeld,
    "find_locations": FoundLocations,
    "find_parties": PartiesFound,
    "forget_driver": DriverForgotten,
    "find_charges": FoundCharges,
    "estimate_price": Estimate,
    "get_command": CommandAnswered,
    "get_dispute": CaseTold,
    "get_price_plan": PlanTold,
    "list_disputes": CasePage,
    "list_price_plans": PlansListed,
    "driver_statement": DriverStatement,
    "list_misuse": MisusePage,
    "list_rejected": RejectedPage,
    "pull_locations": PullAnswer,
    "pull_tariffs": PullAnswer,
    "redrive_changes": Redriven,
    "put_price_plan": PlanPut,
    "register": Registered,
    "replay_rejected": Replayed,
    "send_command": CommandSent,
    "settle": SettleAnswer,
    "watch_charges": OverdueTold,
}
