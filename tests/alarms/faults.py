"""For each alarm the fault that it is for: how things go from then on, in terms of what happens.

A fault is `met` by the first push, command or run that it spoils; one that stops something, at once.
"""

from collections.abc import Mapping
from typing import Final

from emsp.metrics import Metric
from tests.alarms.healthy import Healthy

RETRY_MINUTES: Final = 3
"""Of a message of the queue of expiries: its VisibilityTimeout."""


class Fault(Healthy):
    """From its first minute on."""

    met: int | None = None

    def meet(self, at: int) -> None:
        if self.met is None:
            self.met = at


# ------------------------------------------------------------------------------------------ called by the Hub
class PushesFail(Fault):
    """Every push meets an error of ours."""

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
    """The WAF blocks the Hub: API Gateway answers by WAF_FILTERED, whose status the template modifies."""

    def probe(self, at: int) -> None:
        self.pushes(at, 1)

    def pushes(self, at: int, times: int) -> None:
        self.meet(at)
        self.world.answered(at, 503, 5, times, is_modified=True)

    def cdrs(self, at: int, times: int) -> None:
        self.pushes(at, times)


class PushesSlow(Fault):
    """Each push takes 5 s; the probes of the Hub, for which hardly anything is done, do not."""

    def pushes(self, at: int, times: int) -> None:
        self.meet(at)
        self.world.answered(at, 200, 5000, times)
        self.world.invoked(at, "ReceiveSessionFunction", times)
        self.world.printed(at, Metric.PUSHES_STORED, times=times)


class PushesStop(Fault):
    """The Hub pushes nothing any more; it probes, and strangers call."""

    def probe(self, at: int) -> None:
        super().probe(at)
        self.meet(at)

    def pushes(self, at: int, times: int) -> None: ...

    def cdrs(self, at: int, times: int) -> None: ...


class PushesThrottled(Fault):
    """Lambda turns every push away, which API Gateway answers 500."""

    def pushes(self, at: int, times: int) -> None:
        self.meet(at)
        self.world.answered(at, 500, 10, times)
        self.world.throttled(at, "ReceiveSessionFunction", times)


class AFact(Fault):
    """Something of which a single one is news, and then no more."""

    metric: Metric

    def minute(self, at: int) -> None:
        super().minute(at)
        if self.met is None:
            self.meet(at)
            self.world.printed(at, self.metric)


class APushRejected(AFact):
    """A push can't be accepted, and is kept."""

    metric = Metric.REJECTED_PUSHES


class ACdrConflicts(AFact):
    """A CDR comes again, with other content."""

    metric = Metric.CONFLICTING_CDRS


class ALargeBody(AFact):
    """A body of more than 2 MB comes."""

    metric = Metric.LARGE_BODIES


class ACpoFloods(AFact):
    """A CPO pushes far more than its sessions need."""

    metric = Metric.PUSHES_BEYOND_NEED


class ACallForbidden(AFact):
    """A token is used for what it may not do."""

    metric = Metric.FORBIDDEN_CALLS


class AStopRefused(AFact):
    """A CPO does not stop a session."""

    metric = Metric.STOPS_REFUSED


class TheHubMoved(AFact):
    """The Hub sends us to another host."""

    metric = Metric.HUB_MOVED


class TheGuardTripped(AFact):
    """A full pull would remove too much."""

    metric = Metric.VANISH_GUARD_TRIPPED


# --------------------------------------------------------------------------------------------- by the streams
class StreamStops(Fault):
    """What the function is brought first is brought again and again, every minute."""

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
    """publish_changes raises, whenever it is called."""

    function = "PublishChangesFunction"


class LinkingRaises(StreamStops):
    """link_session raises, whenever it is called."""

    function = "LinkSessionFunction"


class CheckingRaises(StreamStops):
    """check_cdr raises, whenever it is called."""

    function = "CheckCdrFunction"


class ResumingRaises(StreamStops):
    """resume_workflow raises, whenever it is called."""

    function = "ResumeWorkflowFunction"


class TheBusRefuses(StreamStops):
    """The bus takes nothing; publish_changes answers what is to be brought again."""

    function = "PublishChangesFunction"

    def again(self, at: int, age_ms: float) -> None:
        self.world.streamed(at, self.function, age_ms)
        self.world.printed(at, Metric.EVENTS_NOT_TAKEN)


class ATableIsDown(StreamStops):
    """link_session can't write: it answers what is to be brought again."""

    function = "LinkSessionFunction"

    def again(self, at: int, age_ms: float) -> None:
        self.world.streamed(at, self.function, age_ms)
        self.world.printed(at, Metric.CHANGES_HELD_UP)


class Waiting(Fault):
    """A message waits for a person in a queue."""

    queue: str

    def minute(self, at: int) -> None:
        super().minute(at)
        self.meet(at)
        self.world.queued(at, self.queue, visible=1, oldest_s=60 * (at - (self.met or at)))


# --------------------------------------------------------------------------------------- asked for by drivers
class CommandsTimeOut(Fault):
    """No command has a result."""

    def commands(self, at: int, times: int) -> None:
        self.meet(at)
        self.world.invoked(at, "SendCommandFunction", times)
        self.world.printed(at, Metric.COMMAND_TIMEOUTS, times=times)
        self.world.printed(at, Metric.COMMANDS_DECIDED, times=times, state="TIMEOUT")


class ExpiringRaises(Fault):
    """expire_command raises; each message comes five times."""

    def expiries(self, at: int, times: int) -> None:
        for each in range(5 if times else 0):
            self.meet(at)
            self.fails(at + each * RETRY_MINUTES)

    def fails(self, at: int) -> None:
        self.world.invoked(at, "ExpireCommandFunction", fails=True)


class ExpiringIsHeldUp(ExpiringRaises):
    """The table of commands does not answer; expire_command answers what is to come again."""

    def fails(self, at: int) -> None:
        self.world.invoked(at, "ExpireCommandFunction")
        self.world.printed(at, Metric.EXPIRIES_HELD_UP)


class ExpiriesAreNotRead(Fault):
    """Nobody reads the queue of expiries."""

    def minute(self, at: int) -> None:
        super().minute(at)
        if self.met is not None:
            self.world.queued(at, "ExpireCommandQueue", visible=1, oldest_s=60 * (at - self.met))

    def expiries(self, at: int, times: int) -> None:
        if times:
            self.meet(at)


class NoOutcome(Fault):
    """A run of RemoteStart waits for an outcome that nobody tells it."""

    def commands(self, at: int, times: int) -> None:
        super().commands(at, times)
        if self.met is None:
            self.meet(at)
            self.world.waited_for_an_outcome(at)


# ----------------------------------------------------------------------------------------------- by the clock
class Stopped(Fault):
    """A schedule does not run any more, or what it calls does not get to its end."""

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
    """check_hub does not run, or does not get to the Hub."""

    def check(self, at: int) -> None: ...


class NoWatch(Stopped):
    """watch_charges does not run."""

    def watch(self, at: int) -> None: ...


class NoEnforcement(Stopped):
    """enforce_limits does not run."""

    def enforce(self, at: int) -> None: ...


class PullsFail(Fault):
    """Each try fails; Lambda makes three, one and two minutes apart."""

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
    """The Hub says that our party is not CONNECTED."""

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
    """Each call to the Hub is turned away by its limits."""

    error = "RateLimited"


class RunFailed(Waiting):
    """A run of the clock failed at each try."""

    queue = "FailedRunsQueue"


class CommandsDeadLettered(Waiting):
    """An expiry failed at each try."""

    queue = "ExpireCommandDeadLetterQueue"


class ChangesFailed(Waiting):
    """A change is kept that a stream's reader could not deal with."""

    queue = "FailedChangesQueue"


class EventsUndelivered(Waiting):
    """The bus can't use the key."""

    queue = "UndeliveredEventsQueue"


FAULTS: Final[Mapping[str, type[Fault]]] = {
    "ApiServerErrorsAlarm": PushesFail,
    "ApiClientErrorsAlarm": HubBlocked,
    "PushesRefusedAlarm": PushesRefused,
    "SlowPushesAlarm": PushesSlow,
    "NoPushesAlarm": PushesStop,
    "RejectedPushesAlarm": APushRejected,
    "ConflictingCdrsAlarm": ACdrConflicts,
    "LargeBodiesAlarm": ALargeBody,
    "PushesBeyondNeedAlarm": ACpoFloods,
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
}
