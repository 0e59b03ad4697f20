"""For each alarm, the fault for which it exists, as a simulation of what happens from then on.

The time of a fault counts from the first push, command or run that it affects (`met`). A fault that stops
something counts at once.
"""

from collections.abc import Mapping
from typing import Final

from emsp.metrics import Metric
from tests.alarms.healthy import Healthy

RETRY_MINUTES: Final = 3
"""Of a message of the queue of expiries: its VisibilityTimeout."""


class Fault(Healthy):
    """A fault that is there from the first minute."""

    met: int | None = None

    def meet(self, at: int) -> None:
        if self.met is None:
            self.met = at


# ----------------------------------------------------------------------------- pushes of the Hub
class PushesFail(Fault):
    """Every push fails with an internal error."""

    def pushes(self, at: int, times: int) -> None:
        self.meet(at)
        self.world.answered(at, 500, 300, times)
        self.world.invoked(at, "ReceiveSessionFunction", times)


class PushesRefused(Fault):
    """Every push has a token that we don't know, and the Hub parks it."""

    def pushes(self, at: int, times: int) -> None:
        self.meet(at)
        self.world.answered(at, 401, 20, times)
        self.world.invoked(at, "ReceiveSessionFunction", times)
        self.world.printed(at, Metric.PUSHES_REFUSED, times=times)

    def cdrs(self, at: int, times: int) -> None:
        self.pushes(at, times)


class HubBlocked(Fault):
    """The WAF blocks the Hub. API Gateway answers WAF_FILTERED, with the status that the template sets."""

    def probe(self, at: int) -> None:
        self.pushes(at, 1)

    def pushes(self, at: int, times: int) -> None:
        self.meet(at)
        self.world.answered(at, 503, 5, times, is_modified=True)

    def cdrs(self, at: int, times: int) -> None:
        self.pushes(at, times)


class PushesSlow(Fault):
    """Each push takes 5 s. The Hub's probes are fast, because they need hardly any work."""

    def pushes(self, at: int, times: int) -> None:
        self.meet(at)
        self.world.answered(at, 200, 5000, times)
        self.world.invoked(at, "ReceiveSessionFunction", times)
        self.world.printed(at, Metric.PUSHES_STORED, times=times)


class DriversGetErrors(Fault):
    """Every request of a driver's app fails with an internal error."""

    def drivers(self, at: int, times: int) -> None:
        if times:
            self.meet(at)
        self.world.answered_drivers(at, 500, times)


class PushesStop(Fault):
    """The Hub does not push any more. Its probes and strangers still call."""

    def probe(self, at: int) -> None:
        super().probe(at)
        self.meet(at)

    def pushes(self, at: int, times: int) -> None: ...

    def cdrs(self, at: int, times: int) -> None: ...


class PushesThrottled(Fault):
    """Lambda throttles every push, and API Gateway answers 500."""

    def pushes(self, at: int, times: int) -> None:
        self.meet(at)
        self.world.answered(at, 500, 10, times)
        self.world.throttled(at, "ReceiveSessionFunction", times)


class AFact(Fault):
    """A single occurrence of something that nobody expects."""

    metric: Metric

    def minute(self, at: int) -> None:
        super().minute(at)
        if self.met is None:
            self.meet(at)
            self.world.printed(at, self.metric)


class APushRejected(AFact):
    """A push is rejected and stored."""

    metric = Metric.REJECTED_PUSHES


class ACdrConflicts(AFact):
    """A CDR is sent again with different content."""

    metric = Metric.CONFLICTING_CDRS


class ALargeBody(AFact):
    """A body of more than 2 MB arrives."""

    metric = Metric.LARGE_BODIES


class ACpoFloods(AFact):
    """A CPO pushes far more than its sessions need."""

    metric = Metric.PUSHES_BEYOND_NEED


class ADisputeIsOverdue(AFact):
    """A dispute case is older than DisputeReminderDays."""

    metric = Metric.DISPUTES_OVERDUE


class ATokenMayBeMisused(AFact):
    """Two charges of one token are farther apart than its driver can travel."""

    metric = Metric.TOKEN_MISUSE_SUSPECTED


class ACallForbidden(AFact):
    """A token is used for a forbidden call."""

    metric = Metric.FORBIDDEN_CALLS


class AStopRefused(AFact):
    """A CPO does not stop a session."""

    metric = Metric.STOPS_REFUSED


class TheHubMoved(AFact):
    """The Hub sends credentials with another host."""

    metric = Metric.HUB_MOVED


class TheGuardTripped(AFact):
    """A full pull would remove too much."""

    metric = Metric.VANISH_GUARD_TRIPPED


# ----------------------------------------------------------------------------- invoked by the streams
class StreamStops(Fault):
    """Lambda invokes the function with the same records again, every minute."""

    function: str

    def stream(self, at: int, function: str) -> None:
        if function == self.function:
            self.meet(at)
        else:
            super().stream(at, function)

    def minute(self, at: int) -> None:
        super().minute(at)
        if self.met is not None:
            self.again(at, 60_000 * (at - self.met))

    def again(self, at: int, age_ms: float) -> None:
        """The function raises."""
        self.world.streamed(at, self.function, age_ms, fails=True)


class PublishingRaises(StreamStops):
    """publish_changes raises an exception at every call."""

    function = "PublishChangesFunction"


class LinkingRaises(StreamStops):
    """link_session raises an exception at every call."""

    function = "LinkSessionFunction"


class CheckingRaises(StreamStops):
    """check_cdr raises an exception at every call."""

    function = "CheckCdrFunction"


class ResumingRaises(StreamStops):
    """resume_workflow raises an exception at every call."""

    function = "ResumeWorkflowFunction"


class TheBusRefuses(StreamStops):
    """The bus accepts no event, so publish_changes reports its records as failed."""

    function = "PublishChangesFunction"

    def again(self, at: int, age_ms: float) -> None:
        self.world.streamed(at, self.function, age_ms)
        self.world.printed(at, Metric.EVENTS_NOT_TAKEN)


class ATableIsDown(StreamStops):
    """link_session can't write, so it reports its records as failed."""

    function = "LinkSessionFunction"

    def again(self, at: int, age_ms: float) -> None:
        self.world.streamed(at, self.function, age_ms)
        self.world.printed(at, Metric.CHANGES_HELD_UP)


class Waiting(Fault):
    """A message stays in a queue until a person reads it."""

    queue: str

    def minute(self, at: int) -> None:
        super().minute(at)
        self.meet(at)
        self.world.queued(at, self.queue, visible=1, oldest_s=60 * (at - (self.met or at)))


# ----------------------------------------------------------------------------- commands of drivers
class CommandsTimeOut(Fault):
    """No command has a result."""

    def commands(self, at: int, times: int) -> None:
        self.meet(at)
        self.world.invoked(at, "SendCommandFunction", times)
        self.world.printed(at, Metric.COMMAND_TIMEOUTS, times=times)
        self.world.printed(at, Metric.COMMANDS_DECIDED, times=times, state="TIMEOUT")


class DriversThrottled(Fault):
    """Lambda throttles every request of a driver's app, and API Gateway answers 503."""

    def drivers(self, at: int, times: int) -> None:
        if times:
            self.meet(at)
        self.world.answered_drivers(at, 503, times)
        self.world.throttled(at, "DriverApiFunction", times)


class ExpiringRaises(Fault):
    """expire_command raises an exception at every call, five times for each message."""

    def expiries(self, at: int, times: int) -> None:
        for each in range(5 if times else 0):
            self.meet(at)
            self.fails(at + each * RETRY_MINUTES)

    def fails(self, at: int) -> None:
        self.world.invoked(at, "ExpireCommandFunction", fails=True)


class ExpiringIsHeldUp(ExpiringRaises):
    """The table of commands does not answer, so expire_command reports its messages as failed."""

    def fails(self, at: int) -> None:
        self.world.invoked(at, "ExpireCommandFunction")
        self.world.printed(at, Metric.EXPIRIES_HELD_UP)


class ExpiriesAreNotRead(Fault):
    """No function reads the queue of command timeouts."""

    def minute(self, at: int) -> None:
        super().minute(at)
        if self.met is not None:
            self.world.queued(at, "ExpireCommandQueue", visible=1, oldest_s=60 * (at - self.met))

    def expiries(self, at: int, times: int) -> None:
        if times:
            self.meet(at)


class NoOutcome(Fault):
    """A run of RemoteStart waits for an outcome that never arrives."""

    def commands(self, at: int, times: int) -> None:
        super().commands(at, times)
        if self.met is None:
            self.meet(at)
            self.world.waited_for_an_outcome(at)


# ----------------------------------------------------------------------------- invoked by the schedules
class Stopped(Fault):
    """A schedule does not run any more, or its function never completes."""

    def minute(self, at: int) -> None:
        super().minute(at)
        self.meet(at)


class NoPull(Stopped):
    module: str
    mode: str

    def pull(self, at: int, module: str, mode: str) -> None:
        if (module, mode) != (self.module, self.mode):
            super().pull(at, module, mode)


class NoFullPullOfLocations(NoPull):
    """No full pull of locations is completed."""

    module, mode = "locations", "full"


class NoDeltaPullOfLocations(NoPull):
    """No delta pull of locations is completed."""

    module, mode = "locations", "delta"


class NoFullPullOfTariffs(NoPull):
    """No full pull of tariffs is completed."""

    module, mode = "tariffs", "full"


class NoDeltaPullOfTariffs(NoPull):
    """No delta pull of tariffs is completed."""

    module, mode = "tariffs", "delta"


class NoCheck(Stopped):
    """check_hub does not run, or does not reach the Hub."""

    def check(self, at: int) -> None: ...


class NoWatch(Stopped):
    """watch_charges does not run."""

    def watch(self, at: int) -> None: ...


class NoEnforcement(Stopped):
    """enforce_limits does not run."""

    def enforce(self, at: int) -> None: ...


class PullsFail(Fault):
    """Each of Lambda's three tries fails."""

    def pull(self, at: int, module: str, mode: str) -> None:
        self.meet(at)
        for later in (0, 1, 3):
            self.world.printed(at + later, Metric.PULLS_FAILED)


# ---------------------------------------------------------------------------------------------------- the Hub
class TheHubIsSilent(Fault):
    """The Hub does not answer."""

    def check(self, at: int) -> None:
        self.meet(at)
        self.world.printed(at, Metric.HUB_REACHABLE, 0)
        self.world.printed(at, Metric.HUB_ERRORS, error="Unavailable")


class WeAreOffline(Fault):
    """The Hub reports that our party is not CONNECTED."""

    def check(self, at: int) -> None:
        self.meet(at)
        self.world.printed(at, Metric.HUB_REACHABLE)
        self.world.printed(at, Metric.OUR_PARTY_NOT_CONNECTED)


class TheHubRefusesUs(Fault):
    """The Hub does not know our token."""

    error = "Unauthorized"

    def check(self, at: int) -> None:
        self.meet(at)
        self.world.printed(at, Metric.HUB_REACHABLE)
        self.world.printed(at, Metric.HUB_ERRORS, error=self.error)

    def commands(self, at: int, times: int) -> None:
        self.meet(at)
        self.world.printed(at, Metric.HUB_ERRORS, times=times, error=self.error)


class TheQuotaIsUsedUp(TheHubRefusesUs):
    """The Hub's limits refuse each call."""

    error = "RateLimited"


class RunFailed(Waiting):
    """A scheduled run failed at every try."""

    queue = "FailedRunsQueue"


class CommandsDeadLettered(Waiting):
    """A command could not be set to TIMEOUT at any try."""

    queue = "ExpireCommandDeadLetterQueue"


class ChangesFailed(Waiting):
    """A stream's reader could not process a change, and stored it."""

    queue = "FailedChangesQueue"


class EventsUndelivered(Waiting):
    """The bus can't use the key."""

    queue = "UndeliveredEventsQueue"


class WebhooksFail(Waiting):
    """The receiver of webhooks refuses an event."""

    queue = "WebhookDeadLetterQueue"


FAULTS: Final[Mapping[str, type[Fault]]] = {
    "ApiServerErrorsAlarm": PushesFail,
    "ApiClientErrorsAlarm": HubBlocked,
    "PushesRefusedAlarm": PushesRefused,
    "DriverApiErrorsAlarm": DriversGetErrors,
    "SlowPushesAlarm": PushesSlow,
    "NoPushesAlarm": PushesStop,
    "RejectedPushesAlarm": APushRejected,
    "ConflictingCdrsAlarm": ACdrConflicts,
    "LargeBodiesAlarm": ALargeBody,
    "PushesBeyondNeedAlarm": ACpoFloods,
    "DisputesOverdueAlarm": ADisputeIsOverdue,
    "TokenMisuseAlarm": ATokenMayBeMisused,
    "ThrottlesAlarm": PushesThrottled,
    "PublishChangesErrorsAlarm": PublishingRaises,
    "EventsNotTakenAlarm": TheBusRefuses,
    "PublishChangesLagAlarm": TheBusRefuses,
    "ChangesHeldUpAlarm": ATableIsDown,
    "FailedChangesAlarm": ChangesFailed,
    "UndeliveredEventsAlarm": EventsUndelivered,
    "StopsRefusedAlarm": AStopRefused,
    "ForbiddenCallsAlarm": ACallForbidden,
    "LinkSessionErrorsAlarm": LinkingRaises,
    "LinkSessionLagAlarm": LinkingRaises,
    "CheckCdrErrorsAlarm": CheckingRaises,
    "CheckCdrLagAlarm": CheckingRaises,
    "ResumeWorkflowErrorsAlarm": ResumingRaises,
    "ResumeWorkflowLagAlarm": ResumingRaises,
    "CommandTimeoutsAlarm": CommandsTimeOut,
    "ExpireCommandErrorsAlarm": ExpiringRaises,
    "ExpiriesHeldUpAlarm": ExpiringIsHeldUp,
    "ExpireCommandLagAlarm": ExpiriesAreNotRead,
    "ExpireCommandDeadLettersAlarm": CommandsDeadLettered,
    "RemoteStartTimedOutAlarm": NoOutcome,
    "NoFullPullOfLocationsAlarm": NoFullPullOfLocations,
    "NoDeltaPullOfLocationsAlarm": NoDeltaPullOfLocations,
    "NoFullPullOfTariffsAlarm": NoFullPullOfTariffs,
    "NoDeltaPullOfTariffsAlarm": NoDeltaPullOfTariffs,
    "PullsFailedAlarm": PullsFail,
    "FailedRunsAlarm": RunFailed,
    "VanishGuardAlarm": TheGuardTripped,
    "HubUnreachableAlarm": TheHubIsSilent,
    "HubMovedAlarm": TheHubMoved,
    "NoChecksAlarm": NoCheck,
    "NoWatchAlarm": NoWatch,
    "NoEnforcementAlarm": NoEnforcement,
    "OurPartyNotConnectedAlarm": WeAreOffline,
    "UnauthorizedByHubAlarm": TheHubRefusesUs,
    "QuotaHeldAlarm": TheQuotaIsUsedUp,
    "DriverApiThrottlesAlarm": DriversThrottled,
    "WebhookFailsAlarm": WebhooksFail,
}
