"""What can go wrong when the Hub is called: one type for each thing that a caller treats differently.

Lambda hands the class name to whoever invoked us (`errorType`), and Step Functions retries and catches by it.
Every message names the request (method, path without its query, request and correlation id), never a token.
"""

from dataclasses import dataclass
from enum import StrEnum


class Delivery(StrEnum):
    """How far a failed request came, which decides whether it may be repeated."""

    NEVER = "NEVER"
    """The Hub certainly did not get it: no connection, or refused before it was looked at."""
    UNKNOWN = "UNKNOWN"
    """It was sent, and nobody knows what the Hub did with it."""
    ANSWERED = "ANSWERED"
    """The Hub answered it with a refusal."""


@dataclass(frozen=True)
class RequestTrace:
    """What the Hub's support asks for: which request, under which ids."""

    method: str
    path: str
    request_id: str
    correlation_id: str

    def __str__(self) -> str:
        ids = f"X-Request-ID {self.request_id}, X-Correlation-ID {self.correlation_id}"
        return f"{self.method} {self.path}, {ids}"


class HubError(Exception):
    """Anything that kept the Hub from giving what was asked for."""

    def __init__(
        self,
        message: str,
        *,
        trace: RequestTrace | None = None,
        delivery: Delivery = Delivery.ANSWERED,
        http_status: int | None = None,
        status_code: int | None = None,
    ) -> None:
        super().__init__(f"{message} ({trace})" if trace else message)
        self.trace = trace
        self.delivery = delivery
        self.http_status = http_status
        self.status_code = status_code

    @property
    def data(self) -> dict[str, object]:
        """What a caller may go by; what is not known is left out."""
        told: dict[str, object] = {
            "delivery": self.delivery.value,
            "http_status": self.http_status,
            "status_code": self.status_code,
            "request_id": self.trace.request_id if self.trace else None,
            "correlation_id": self.trace.correlation_id if self.trace else None,
        }
        return {name: value for name, value in told.items() if value is not None}


class NotRegistered(HubError):
    """There are no credentials for the Hub yet."""


class Unauthorized(HubError):
    """The Hub does not accept our token (status code 2002 or HTTP 401), or has suspended us.

    `status_message` is what it said, empty where it said nothing.
    """

    def __init__(
        self,
        message: str,
        *,
        status_message: str = "",
        trace: RequestTrace | None = None,
        http_status: int | None = None,
        status_code: int | None = None,
    ) -> None:
        super().__init__(message, trace=trace, http_status=http_status, status_code=status_code)
        self.status_message = status_message


class RateLimited(HubError):
    """The quota is used up, ours (nothing was sent) or the Hub's (HTTP 429, status code 2004).

    `retry_after_s` is the time to wait, in seconds, before a try can succeed. `told_by_hub`: the Hub said so,
    and zero seconds mean that it named none.
    """

    def __init__(
        self,
        message: str,
        *,
        retry_after_s: float,
        told_by_hub: bool = False,
        trace: RequestTrace | None = None,
        delivery: Delivery = Delivery.ANSWERED,
        http_status: int | None = None,
        status_code: int | None = None,
    ) -> None:
        super().__init__(
            message, trace=trace, delivery=delivery, http_status=http_status, status_code=status_code
        )
        self.retry_after_s = retry_after_s
        self.told_by_hub = told_by_hub

    @property
    def data(self) -> dict[str, object]:
        return super().data | {"retry_after_s": self.retry_after_s}


class NotFound(HubError):
    """The Hub knows no such object (HTTP 404, status code 2003), or the CPO no such token (2004 with that
    message).
    """


class NotRouted(HubError):
    """The Hub has no routing rule for that CPO, or does not know it (NOT_ROUTED, status code 4001)."""


class Unavailable(HubError):
    """The Hub or the CPO behind it could not be reached, timed out or failed (HTTP 5xx, status codes 3xxx
    and 4xxx).

    `delivery` tells whether the request may have got there.
    """


class MalformedAnswer(HubError):
    """The Hub answered something that is not an OCPI answer: HTML, cut short, empty, too large, no
    envelope.
    """


class UnreadablePage(MalformedAnswer):
    """A page of a list that is larger, has more values or is nested deeper than can be read: a smaller page
    may do.
    """


class Refused(HubError):
    """The Hub read the request and said no: `status_code` (2000 unless it says otherwise),
    `status_message`.
    """

    def __init__(
        self,
        message: str,
        *,
        status_message: str = "",
        trace: RequestTrace | None = None,
        http_status: int | None = None,
        status_code: int | None = None,
    ) -> None:
        super().__init__(message, trace=trace, http_status=http_status, status_code=status_code)
        self.status_message = status_message


class ForeignUrl(HubError):
    """A URL that the Hub gave us leads elsewhere: other scheme, host or port than the Hub's, or http where
    not allowed.
    """

    def __init__(self, message: str, *, trace: RequestTrace | None = None) -> None:
        super().__init__(message, trace=trace, delivery=Delivery.NEVER)


class NoEndpoint(HubError):
    """The Hub's version details list no endpoint for a module that we need, which `missing` names."""

    def __init__(self, message: str, *, missing: str = "OCPI 2.2.1") -> None:
        super().__init__(message)
        self.missing = missing

    @property
    def data(self) -> dict[str, object]:
        return super().data | {"missing": self.missing}
