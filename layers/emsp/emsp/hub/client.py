"""Calls the Hub: headers, quota, deadline, safe retries, and what its answers mean."""

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Final
from urllib.parse import urlsplit
from uuid import uuid4

from emsp import log
from emsp.hub.answers import HubAnswer, RawAnswer, read_answer
from emsp.hub.connection import HubConnection
from emsp.hub.deadline import Deadline
from emsp.hub.errors import Delivery, ForeignUrl, HubError, RateLimited, RequestTrace, Unauthorized
from emsp.hub.quota import FIRST_HOLD_S, Quota
from emsp.hub.retries import Repeatable, RetryPolicy, may_repeat
from emsp.hub.transport import READ_TIMEOUT_S, Transport
from emsp.ocpi.headers import TokenEncoding, authorization_header, routing_headers
from emsp.ocpi.json_text import JsonObject, dump_json
from emsp.ocpi.parties import PartyId

DEFAULT_CALL_S: Final = 25.0


class HubClient:
    """One connection to the Hub, for all calls of a Lambda (threads may share it).

    `reread` fetches the stored connection again: it is asked once when the Hub does not know our token or
    is not there, since another Lambda may have rotated the token or registered elsewhere. `quota` is taken
    only by calls that name a `quota_module`.
    """

    def __init__(
        self,
        connection: HubConnection,
        our_party: PartyId,
        quota: Quota | None = None,
        *,
        reread: Callable[[], HubConnection] | None = None,
        transport: Transport | None = None,
        retries: RetryPolicy | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.connection = connection
        self.our_party = our_party
        self._quota = quota
        self._reread = reread
        self._transport = transport or Transport()
        self._retries = retries or RetryPolicy()
        self._sleep = sleep

    def endpoint(self, identifier: str, role: str) -> str:
        """A module's URL from the Hub's version details, no trailing slash. Raises NoEndpoint, ForeignUrl."""
        return self.connection.endpoint(identifier, role)

    def call(
        self,
        method: str,
        url: str,
        *,
        body: JsonObject | None = None,
        to: PartyId | None = None,
        routed: bool = True,
        quota_module: str | None = None,
        max_wait_s: float = 0.0,
        request_id: str | None = None,
        correlation_id: str | None = None,
        deadline: Deadline | None = None,
        read_timeout_s: float = READ_TIMEOUT_S,
        repeatable: Repeatable | None = None,
    ) -> HubAnswer:
        """The data of a successful answer.

        `to` becomes the OCPI-to-* headers; `routed=False` leaves all routing headers out, as OCPI wants for
        versions, credentials and hubclientinfo. `max_wait_s` is how long to wait for the quota. A GET may
        be repeated, other methods only when the Hub certainly did not get them, unless `repeatable` says
        more. Raises what emsp.hub.errors lists, with the request and correlation ids.
        """
        return self.read(
            read_answer,
            method,
            url,
            body=body,
            to=to,
            routed=routed,
            quota_module=quota_module,
            max_wait_s=max_wait_s,
            request_id=request_id,
            correlation_id=correlation_id,
            deadline=deadline,
            read_timeout_s=read_timeout_s,
            repeatable=repeatable,
        )

    def read[A](
        self,
        reader: Callable[[RawAnswer, RequestTrace, datetime], A],
        method: str,
        url: str,
        *,
        body: JsonObject | None = None,
        to: PartyId | None = None,
        routed: bool = True,
        quota_module: str | None = None,
        max_wait_s: float = 0.0,
        request_id: str | None = None,
        correlation_id: str | None = None,
        deadline: Deadline | None = None,
        read_timeout_s: float = READ_TIMEOUT_S,
        repeatable: Repeatable | None = None,
    ) -> A:
        """As call, with the answer read by `reader`, which raises emsp.hub.errors for what is no success."""
        correlation_id = correlation_id or str(uuid4())
        deadline = deadline or Deadline.after(DEFAULT_CALL_S)
        repeatable = repeatable or (Repeatable.ALWAYS if method == "GET" else Repeatable.IF_NEVER_DELIVERED)
        reread = self._reread
        tries = 0
        while True:
            tries += 1
            trace = RequestTrace(method, urlsplit(url).path, request_id or str(uuid4()), correlation_id)
            connection = self.connection
            try:
                if quota_module and self._quota:
                    self._quota.take(quota_module, min(max_wait_s, deadline.remaining()))
                raw = self._once(
                    connection,
                    url,
                    body=body,
                    trace=trace,
                    to=to,
                    routed=routed,
                    deadline=deadline,
                    read_timeout_s=read_timeout_s,
                )
                return reader(raw, trace, datetime.now(UTC))
            except RateLimited as error:
                raise self._held_back(error, quota_module, trace) from None
            except Unauthorized as error:
                _log_failure(error, tries)
                renewed, reread = self._renewed(connection, url, reread), None
                if renewed is None:
                    raise
                url = renewed
            except HubError as error:
                _log_failure(error, tries)
                if error.delivery is Delivery.NEVER and reread is not None:
                    url, reread = self._renewed(connection, url, reread) or url, None
                wait = self._retries.backoff_s(tries)
                if tries >= self._retries.tries or not may_repeat(error, repeatable):
                    raise
                if deadline.remaining() <= wait:
                    raise
                self._sleep(wait)
            request_id = None

    def _renewed(
        self, connection: HubConnection, url: str, reread: Callable[[], HubConnection] | None
    ) -> str | None:
        """The URL to try with credentials read anew; None when they are what they were."""
        if reread is None:
            return None
        self.connection = reread()
        return None if self.connection == connection else connection.moved(url, self.connection)

    def _once(
        self,
        connection: HubConnection,
        url: str,
        *,
        body: JsonObject | None,
        trace: RequestTrace,
        to: PartyId | None,
        routed: bool,
        deadline: Deadline,
        read_timeout_s: float,
    ) -> RawAnswer:
        try:
            connection.belonging(url)
        except ForeignUrl as error:
            raise ForeignUrl(str(error), trace=trace) from None
        headers = {
            "Authorization": authorization_header(connection.token, connection.token_encoding),
            "Accept": "application/json",
            "Accept-Encoding": "gzip",
            "X-Request-ID": trace.request_id,
            "X-Correlation-ID": trace.correlation_id,
        }
        if routed:
            headers |= routing_headers(self.our_party, to)
        if body is not None:
            headers["Content-Type"] = "application/json"
        started = time.monotonic()
        raw = self._transport.send(
            url,
            headers=headers,
            body=None if body is None else dump_json(body).encode(),
            trace=trace,
            hub=connection.origin,
            allow_http=connection.allow_http,
            deadline=deadline,
            read_timeout_s=read_timeout_s,
        )
        log.info(
            "the Hub answered",
            method=trace.method,
            path=trace.path,
            http_status=raw.http_status,
            milliseconds=round((time.monotonic() - started) * 1000),
            request_id=trace.request_id,
            correlation_id=trace.correlation_id,
        )
        offered = body.get("token") if body else None
        tokens = (connection.token, offered) if isinstance(offered, str) else (connection.token,)
        return replace(raw, tokens=tuple(form for token in tokens for form in _forms(token)))

    def _held_back(self, error: RateLimited, module: str | None, trace: RequestTrace) -> RateLimited:
        """What the Hub says of its limit holds for every caller; what our own quota says is known to all."""
        wait = error.retry_after_s
        if error.told_by_hub:
            wait = self._quota.hold(module, wait) if module and self._quota else wait or FIRST_HOLD_S
        held = RateLimited(
            f"the Hub's rate limit is reached: wait {wait:g} s" if error.told_by_hub else str(error),
            retry_after_s=wait,
            told_by_hub=error.told_by_hub,
            trace=trace,
            delivery=error.delivery,
            http_status=error.http_status,
            status_code=error.status_code,
        )
        _log_failure(held, 1)
        return held


def _forms(token: str) -> Iterator[str]:
    """How a text can quote a token: plain, or in Base64 with or without its padding."""
    yield token
    yield authorization_header(token, TokenEncoding.BASE64).removeprefix("Token ").rstrip("=")


def _log_failure(error: HubError, tries: int) -> None:
    log.count("HubErrors", error=type(error).__name__)
    log.warning(
        "a call to the Hub failed",
        error=type(error).__name__,
        reason=str(error),
        delivery=error.delivery.value,
        http_status=error.http_status,
        status_code=error.status_code,
        tries=tries,
        request_id=error.trace.request_id if error.trace else None,
        correlation_id=error.trace.correlation_id if error.trace else None,
    )
