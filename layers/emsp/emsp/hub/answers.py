"""Read the Hub's answers: return the data, or raise an error. Without I/O.

The status code in the envelope decides, because the Hub sends most errors with HTTP 200. The codes 2002, 2003
and 2004 have one meaning in OCPI and another at the Hub. The HTTP status and the message show which one
applies. Sources: OCPI 2.2.1, status_codes, and the Hub's eMSP guide.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

from urllib3 import Retry
from urllib3.exceptions import InvalidHeader

from emsp.hub.errors import (
    Delivery,
    HubError,
    MalformedAnswer,
    NotFound,
    NotRouted,
    RateLimited,
    Refused,
    RequestTrace,
    Unauthorized,
    Unavailable,
)
from emsp.ocpi.envelope import Envelope, MalformedEnvelope, parse_envelope
from emsp.ocpi.json_text import JsonValue

LONGEST_RETRY_AFTER_S: Final = 3600
LONGEST_RETRY_AFTER: Final = 100
"""The largest number of characters of a Retry-After header. A date in RFC 9110 has 29."""
SHOWN_MESSAGE: Final = 300
HIDDEN: Final = "(token)"


@dataclass(frozen=True)
class RawAnswer:
    """A complete HTTP answer. `tokens` are the request's tokens, in every form in which the Hub may quote
    them.
    """

    http_status: int
    headers: Mapping[str, str]
    """The headers. Names are case-insensitive. Several headers with one name are joined by commas."""
    body: bytes
    tokens: tuple[str, ...] = field(default=(), repr=False)

    def without_tokens(self, value: JsonValue) -> JsonValue:
        """Return the Hub's text without our tokens, for logs and tables. The Hub may quote a token that it
        refuses.
        """
        if isinstance(value, str):
            for token in self.tokens:
                value = value.replace(token, HIDDEN)
        elif isinstance(value, list):
            value = [self.without_tokens(member) for member in value]
        elif isinstance(value, dict):
            value = {name: self.without_tokens(member) for name, member in value.items()}
        return value


@dataclass(frozen=True)
class HubAnswer:
    """A successful answer: the data of the envelope, and what paging and the Hub's support need."""

    data: JsonValue
    http_status: int
    headers: Mapping[str, str]
    request_id: str
    correlation_id: str
    without_tokens: Callable[[JsonValue], JsonValue] = field(repr=False, compare=False)
    """RawAnswer.without_tokens, for parts of `data` that are stored."""


def read_answer(raw: RawAnswer, trace: RequestTrace) -> HubAnswer:
    """Return the data of a successful answer. For any other answer, raise an error of emsp.hub.errors."""
    try:
        envelope = parse_envelope(raw.body)
    except MalformedEnvelope:
        raise _without_envelope(raw, trace) from None
    failure = _failure(raw, envelope, trace)
    if failure is not None:
        raise failure
    return HubAnswer(
        envelope.data,
        raw.http_status,
        raw.headers,
        trace.request_id,
        trace.correlation_id,
        raw.without_tokens,
    )


def _without_envelope(raw: RawAnswer, trace: RequestTrace) -> HubError:
    status = raw.http_status
    match status:
        case 429:
            return _rate_limited(raw, trace, None)
        case 401:
            return Unauthorized(_UNAUTHORIZED, trace=trace, http_status=status)
        case 404 | 410:
            return NotFound(f"the Hub answers HTTP {status}", trace=trace, http_status=status)
        case _ if status >= 500 or status == 408:
            return _unavailable(f"the Hub answers HTTP {status}", raw, trace, None)
        case _ if status >= 400:
            return Refused(
                f"the Hub, or a gateway before it, answers HTTP {status} with {_what_it_is(raw)}, no OCPI "
                "envelope: the request was not carried out; report it to the Hub's support if this continues",
                trace=trace,
                http_status=status,
            )
    return MalformedAnswer(
        f"the Hub's answer (HTTP {status}) is {_what_it_is(raw)}, no OCPI envelope: "
        "report it to the Hub's support",
        trace=trace,
        delivery=Delivery.UNKNOWN,
        http_status=status,
    )


def _what_it_is(raw: RawAnswer) -> str:
    """Return a description of an answer without its text, because an answer to credentials contains a
    token.
    """
    start = raw.body[:200].lstrip().lower()
    if not start:
        return "empty"
    if start.startswith(b"<"):
        return f"HTML or XML of {len(raw.body)} bytes"
    if start.startswith((b"{", b"[")):
        return f"JSON without an envelope, or cut short ({len(raw.body)} bytes)"
    return f"no JSON ({len(raw.body)} bytes)"


def _failure(raw: RawAnswer, envelope: Envelope, trace: RequestTrace) -> HubError | None:
    status, code = raw.http_status, envelope.status_code
    if status == 429 or (code == 2004 and not _unknown_token(status, envelope.status_message or "")):
        return _rate_limited(raw, trace, code)
    if status < 300 and envelope.is_success:
        return None
    return _other_failure(raw, envelope, trace)


def _other_failure(raw: RawAnswer, envelope: Envelope, trace: RequestTrace) -> HubError:
    status, code = raw.http_status, envelope.status_code
    message = str(raw.without_tokens(envelope.status_message or ""))[:SHOWN_MESSAGE]
    problem = f"the Hub answers {code} (HTTP {status}): {message or 'no message'}"
    if status == 401 or (code == 2002 and "enough information" not in message.lower()):
        return Unauthorized(
            f"{_UNAUTHORIZED}; {problem}",
            status_message=message,
            trace=trace,
            http_status=status,
            status_code=code,
        )
    if code == 4001 or _not_routed(envelope):
        return NotRouted(
            f"{problem}: ask the Hub to turn on the routing rule for this CPO",
            trace=trace,
            http_status=status,
            status_code=code,
        )
    if status in (404, 410) or code in (2003, 2004):
        return NotFound(problem, trace=trace, http_status=status, status_code=code)
    if status >= 500 or (code >= 3000 and code not in (3001, 3002, 3003)):
        return _unavailable(problem, raw, trace, code)
    return Refused(problem, status_message=message, trace=trace, http_status=status, status_code=code)


_UNAUTHORIZED: Final = (
    "the Hub does not accept our token, or has suspended us: run register with "
    '{"action": "verify"}, which repairs it or names the next step'
)


def _unknown_token(http_status: int, message: str) -> bool:
    """Whether 2004 has OCPI's meaning (unknown token), and not the Hub's (rate limit)."""
    words = message.lower()
    return http_status == 404 or ("token" in words and ("unknown" in words or "not known" in words))


def _not_routed(envelope: Envelope) -> bool:
    data = envelope.data
    code = data.get("code") or data.get("error") if isinstance(data, dict) else data
    problem = f"{envelope.status_message or ''} {code if isinstance(code, str) else ''}"
    return envelope.status_code >= 2000 and "NOT_ROUTED" in problem.upper().replace(" ", "_")


def _unavailable(problem: str, raw: RawAnswer, trace: RequestTrace, code: int | None) -> Unavailable:
    """Return the error Unavailable.

    4003 means that the CPO is not connected, so it did not receive the request. Otherwise it may have.
    """
    return Unavailable(
        f"{problem}: try again later",
        trace=trace,
        delivery=Delivery.ANSWERED if code == 4003 else Delivery.UNKNOWN,
        http_status=raw.http_status,
        status_code=code,
    )


def _rate_limited(raw: RawAnswer, trace: RequestTrace, code: int | None) -> RateLimited:
    wait = retry_after_s(raw.headers.get("Retry-After"))
    return RateLimited(
        "the Hub's rate limit is reached",
        retry_after_s=wait,
        reported_by_hub=True,
        trace=trace,
        http_status=raw.http_status,
        status_code=code,
    )


def retry_after_s(header: str | None) -> float:
    """Return the seconds to wait by a Retry-After header, in either form of RFC 9110. An unusable one gives
    0.
    """
    text = (header or "").strip()
    if not text or len(text) > LONGEST_RETRY_AFTER:
        return 0.0
    try:
        return float(Retry(retry_after_max=LONGEST_RETRY_AFTER_S).parse_retry_after(text))
    except (InvalidHeader, ValueError, OverflowError):
        return 0.0
