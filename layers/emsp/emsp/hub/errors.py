"""The errors of calls to the Hub: one class for each case that callers handle differently.

Lambda returns the class name as `errorType`, and Step Functions retries and catches by it. Each message has
the method, the path without query, and the request and correlation ids, but never a token.
"""

from enum import StrEnum
from typing import NamedTuple


class Delivery(StrEnum):
    """Whether the Hub received a failed request. This decides whether it may be sent again."""

    NEVER = "NEVER"
    """The Hub certainly did not receive it: there was no connection, or it was refused unread."""
    UNKNOWN = "UNKNOWN"
    """It was sent, but the result is unknown."""
    ANSWERED = "ANSWERED"
    """The Hub refused it."""


class RequestTrace(NamedTuple):
    """The ids of a request, for the Hub's support."""

    method: str
    path: str
    request_id: str
    correlation_id: str

    def __str__(self) -> str:
        ids = f"X-Request-ID {self.request_id}, X-Correlation-ID {self.correlation_id}"
        return f"{self.method} {self.path}, {ids}"


class HubError(Exception):
    """A call to the Hub failed. `status_message` is the Hub's message, or ""."""

    def __init__(
        self,
        message: str,
        *,
        trace: RequestTrace | None = None,
        delivery: Delivery = Delivery.ANSWERED,
        http_status: int | None = None,
        status_code: int | None = None,
        status_message: str = "",
    ) -> None:
        super().__init__(f"{message} ({trace})" if trace else message)
        self.trace = trace
        self.delivery = delivery
        self.http_status = http_status
        self.status_code = status_code
        self.status_message = status_message

    @property
    def data(self) -> dict[str, object]:
        """The known facts about the error, for the caller."""
        given: dict[str, object] = {
            "delivery": self.delivery.value,
            "http_status": self.http_status,
            "status_code": self.status_code,
            "request_id": self.trace.request_id if self.trace else None,
            "correlation_id": self.trace.correlation_id if self.trace else None,
        }
        return {name: value for name, value in given.items() if value is not None}


class NotRegistered(HubError):
    """We have no credentials for the Hub yet."""


class Unauthorized(HubError):
    """The Hub does not accept our token (status code 2002 or HTTP 401), or has suspended our party."""

    def again(self, message: str) -> "Unauthorized":
        """Return this error with another message, which ends with the Hub's."""
        return Unauthorized(
            f"{message} The Hub said: {self.status_message or 'nothing'}",
            trace=self.trace,
            http_status=self.http_status,
            status_code=self.status_code,
            status_message=self.status_message,
        )


class RateLimited(HubError):
    """A rate limit is reached: our quota (nothing was sent) or the Hub's limit (HTTP 429, status code 2004).

    `retry_after_s` is the time to wait in seconds. `reported_by_hub` is True if the Hub reported its limit; 0
    seconds then means that the Hub stated no time.
    """

    def __init__(
        self,
        message: str,
        *,
        retry_after_s: float,
        reported_by_hub: bool = False,
        trace: RequestTrace | None = None,
        delivery: Delivery = Delivery.ANSWERED,
        http_status: int | None = None,
        status_code: int | None = None,
    ) -> None:
        super().__init__(
            message, trace=trace, delivery=delivery, http_status=http_status, status_code=status_code
        )
        self.retry_after_s = retry_after_s
        self.reported_by_hub = reported_by_hub

    @property
    def data(self) -> dict[str, object]:
        return super().data | {"retry_after_s": self.retry_after_s}


class NotFound(HubError):
    """The Hub has no such object (HTTP 404, status code 2003), or the CPO no such token (2004 with that
    message).
    """


class NotRouted(HubError):
    """The Hub has no routing rule for this CPO, or does not know the CPO (NOT_ROUTED, status code 4001)."""


class Unavailable(HubError):
    """The Hub, or the CPO behind it, could not be reached, timed out or failed (HTTP 5xx, status codes 3xxx,
    4xxx).

    `delivery` says whether the request may have arrived.
    """


class MalformedAnswer(HubError):
    """The Hub's answer is not an OCPI answer: HTML, truncated, empty, too large, or without an envelope."""


class UnreadablePage(MalformedAnswer):
    """A page of a list is too large, has too many values, or is nested too deeply. A smaller page may be
    readable.
    """


class Refused(HubError):
    """The Hub processed the request and refused it: `status_code` (default 2000) and `status_message`."""


class ForeignUrl(HubError):
    """A URL from the Hub has another scheme, host or port than the Hub, or is http where that is not
    allowed.
    """

    def __init__(self, message: str, *, trace: RequestTrace | None = None) -> None:
        super().__init__(message, trace=trace, delivery=Delivery.NEVER)


class NoEndpoint(HubError):
    """The Hub's version details have no endpoint for a module that we need. `missing` is the module."""

    def __init__(self, message: str, *, missing: str = "OCPI 2.2.1") -> None:
        super().__init__(message)
        self.missing = missing

    @property
    def data(self) -> dict[str, object]:
        return super().data | {"missing": self.missing}
