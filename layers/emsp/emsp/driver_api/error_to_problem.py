"""Convert the errors of our use cases to problems for a driver."""

from typing import Final

from emsp.driver_api.problems import ProblemFound, Problems
from emsp.hub.errors import Delivery, HubError, NotFound, NotRouted, RateLimited, Unavailable
from emsp.invocation import InvalidInvocation
from emsp.log import log
from emsp.stores.table import StoreUnavailable

TRY_AGAIN_S: Final = 5.0


def problem_of(error: Exception) -> ProblemFound:
    """Return the problem for an error. An unknown error is logged, and is answered with 500."""
    match error:
        case ProblemFound():
            return error
        case InvalidInvocation():
            return ProblemFound(Problems.BAD_REQUEST, str(error))
        case StoreUnavailable():
            log.warning("a store did not answer", error=type(error).__name__)
            return ProblemFound(Problems.UNAVAILABLE, "a store did not answer", retry_after_s=TRY_AGAIN_S)
        case HubError():
            return _of_hub(error)
    log.exception("failed", outcome="failed")
    return ProblemFound(Problems.FAILED, "this is our fault: it is logged under the request's id")


def _of_hub(error: HubError) -> ProblemFound:
    log.warning("the Hub did not do it", error=type(error).__name__)
    match error:
        case RateLimited():
            return ProblemFound(
                Problems.QUOTA_USED_UP, "the eMSP's quota at the Hub", retry_after_s=error.retry_after_s
            )
        case NotFound():
            return ProblemFound(Problems.TOKEN_UNKNOWN, "the Hub knows no such token or object")
        case NotRouted():
            return ProblemFound(Problems.CPO_OFFLINE, "the Hub has no way to this CPO")
        case Unavailable() if error.delivery is not Delivery.NEVER:
            return ProblemFound(Problems.CPO_TIMEOUT, "the CPO or the Hub did not answer in time")
        case Unavailable():
            return ProblemFound(
                Problems.CPO_OFFLINE, "the Hub could not be reached", retry_after_s=TRY_AGAIN_S
            )
    return ProblemFound(Problems.UNAVAILABLE, f"the Hub: {type(error).__name__}", retry_after_s=TRY_AGAIN_S)
