"""Call the Hub: headers, quota, deadline, retries that are safe, and the meaning of its answers."""

import random
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from uuid import uuid4

from emsp.hub.answers import HubAnswer, RawAnswer, read_answer
from emsp.hub.endpoints import HubConnection
from emsp.hub.errors import (
    Delivery,
    ForeignUrl,
    HubError,
    MalformedAnswer,
    NoEndpoint,
    RateLimited,
    RequestTrace,
    Unauthorized,
)
from emsp.hub.quota import FIRST_HOLD_S, SharedQuota
from emsp.hub.redirects import REDIRECTS, redirected
from emsp.hub.request import HubRequest
from emsp.hub.retries import may_repeat
from emsp.hub.transport import Transport
from emsp.log import log
from emsp.metrics import Metric, count
from emsp.ocpi.headers import TokenEncoding, authorization_header, routing_headers
from emsp.ocpi.json_text import dump_json
from emsp.ocpi.parties import PartyId
from emsp.timeouts import HUB_CALL, HUB_REDIRECTS, Tries


class HubClient:
    """The connection of a Lambda to the Hub. Threads may share it.

    `reread` reads the stored connection again. It is called once if the Hub refuses our token or can't be
    reached, because another Lambda may have rotated the token or registered with another Hub. Only requests
    with a `quota_module` use the `quota`.
    """

    def __init__(
        self,
        connection: HubConnection,
        our_party: PartyId,
        quota: SharedQuota | None = None,
        *,
        reread: Callable[[], HubConnection] | None = None,
        transport: Transport | None = None,
        retries: Tries = HUB_CALL,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._connection = connection
        self._new_connection: Callable[[], HubConnection] | None = None
        self.our_party = our_party
        self._quota = quota
        self._reread = reread
        self._transport = transport or Transport()
        self._retries = retries
        self._sleep = sleep

    @property
    def connection(self) -> HubConnection:
        """Return the current connection. If `renew` was called, wait for the new one."""
        new_connection = self._new_connection
        if new_connection is not None:
            self._connection = new_connection()
            if self._new_connection is new_connection:
                self._new_connection = None
        return self._connection

    @connection.setter
    def connection(self, connection: HubConnection) -> None:
        self._connection, self._new_connection = connection, None

    def renew(self, new_connection: Callable[[], HubConnection]) -> None:
        """Use the connection that `new_connection` returns.

        The next request calls it just before it is sent. So the connection can be read while the request is
        prepared and waits for the quota.
        """
        self._new_connection = new_connection

    def endpoint(self, identifier: str, role: str, *below: str) -> str:
        """Return the URL of a module as the Hub lists it, or a URL `below` it. Raises NoEndpoint and
        ForeignUrl.
        """
        try:
            return self._connection.endpoint(identifier, role, *below)
        except (NoEndpoint, ForeignUrl):  # The connection that is being read may have another one.
            return self.connection.endpoint(identifier, role, *below)

    def call(self, request: HubRequest) -> HubAnswer:
        """Return the data of a successful answer. Raises the errors of emsp.hub.errors, with the request's
        ids.
        """
        return self.read(request, read_answer)

    def read[A](self, request: HubRequest, reader: Callable[[RawAnswer, RequestTrace], A]) -> A:
        """Return what `reader` reads from the answer.

        `reader` raises an error of emsp.hub.errors if the answer is no success.
        """
        reread = self._reread
        tries = 0
        while True:
            tries += 1
            request_id = request.request_id or str(uuid4())
            trace = RequestTrace(request.method, request.masked_path, request_id, request.correlation_id)
            connection = self._connection
            try:
                self._take_place(request)
                if self.connection != connection:
                    url = connection.moved(request.url, self.connection)
                    connection, request = self.connection, replace(request, url=url or request.url)
                return self._answered(connection, request, reader, trace)
            except RateLimited as error:
                raise self._held_back(error, request, trace) from None
            except Unauthorized as error:
                _log_failure(error, tries)
                renewed, reread = self._renewed(connection, request.url, reread), None
                if renewed is None:
                    raise
                request = replace(request, url=renewed)
            except HubError as error:
                _log_failure(error, tries)
                if error.delivery is Delivery.NEVER and reread is not None:
                    renewed, reread = self._renewed(connection, request.url, reread), None
                    request = replace(request, url=renewed or request.url)
                wait = random.uniform(0, self._retries.pause_after(tries))  # noqa: S311 - jitter, no secret
                if tries >= self._retries.tries or not may_repeat(error, request.may_be_repeated):
                    raise
                if request.deadline.remaining() <= wait:
                    raise
                self._sleep(wait)
            request = replace(request, request_id=None)

    def _answered[A](
        self,
        connection: HubConnection,
        request: HubRequest,
        reader: Callable[[RawAnswer, RequestTrace], A],
        trace: RequestTrace,
    ) -> A:
        """Return the result of `reader`.

        In errors the driver's token uid is masked: the Hub may quote it, and Lambda logs unhandled errors.
        """
        try:
            return reader(self._exchange(connection, request, trace), trace)
        except HubError as error:
            error.args = (request.without_uid(str(error)),)
            raise

    def _renewed(
        self, connection: HubConnection, url: str, reread: Callable[[], HubConnection] | None
    ) -> str | None:
        """Return the URL for a retry with the credentials that were read again, or None if they have not
        changed.
        """
        if reread is None:
            return None
        self.connection = reread()
        return None if self.connection == connection else connection.moved(url, self.connection)

    def _exchange(self, connection: HubConnection, request: HubRequest, trace: RequestTrace) -> RawAnswer:
        """Return the answer after redirects within the Hub's origin. Each redirect takes a place of the
        quota.
        """
        for redirects in range(HUB_REDIRECTS + 1):
            if redirects:
                self._take_place(request)
            raw = self._once(connection, request, trace)
            if raw.http_status not in REDIRECTS:
                return raw
            request = replace(request, url=redirected(request.url, raw, trace, connection))
        raise MalformedAnswer(
            f"the Hub redirected more than {HUB_REDIRECTS} times: report it to the Hub's support",
            trace=trace,
            delivery=Delivery.ANSWERED,
        )

    def _take_place(self, request: HubRequest) -> None:
        if request.quota_module and self._quota:
            self._quota.take(request.quota_module, min(request.max_wait_s, request.deadline.remaining()))

    def _once(self, connection: HubConnection, request: HubRequest, trace: RequestTrace) -> RawAnswer:
        try:
            connection.allowed_url(request.url)
        except ForeignUrl as error:
            raise ForeignUrl(str(error), trace=trace) from None
        headers = self._headers(connection, request, trace)
        log.debug(
            "asking the Hub",
            method=trace.method,
            path=trace.path,
            to=str(request.to) if request.to else None,
            quota_module=request.quota_module,
            seconds_left=round(request.deadline.remaining(), 1),
            request_id=trace.request_id,
        )
        started = time.monotonic()
        raw = self._transport.send(
            request.url,
            headers=headers,
            body=None if request.body is None else dump_json(request.body).encode(),
            trace=trace,
            deadline=request.deadline,
            read_timeout_s=request.read_timeout_s,
            bytes_at_most=request.bytes_at_most,
        )
        log.info(
            "the Hub answered",
            method=trace.method,
            path=request.masked_path,
            http_status=raw.http_status,
            milliseconds=round((time.monotonic() - started) * 1000),
            request_id=trace.request_id,
            correlation_id=trace.correlation_id,
        )
        offered = request.body.get("token") if request.body else None
        tokens = (connection.token, offered) if isinstance(offered, str) else (connection.token,)
        return replace(raw, tokens=tuple(form for token in tokens for form in _forms(token)))

    def _headers(self, connection: HubConnection, request: HubRequest, trace: RequestTrace) -> dict[str, str]:
        headers = {
            "Authorization": authorization_header(connection.token, connection.token_encoding),
            "Accept": "application/json",
            "Accept-Encoding": "gzip",
            "X-Request-ID": trace.request_id,
            "X-Correlation-ID": trace.correlation_id,
        }
        if request.routed:
            headers |= routing_headers(self.our_party, request.to)
        if request.body is not None:
            headers["Content-Type"] = "application/json"
        return headers

    def _held_back(self, error: RateLimited, request: HubRequest, trace: RequestTrace) -> RateLimited:
        """Return the RateLimited error to raise. If the Hub has reported its limit, hold all callers
        first.
        """
        wait, module = error.retry_after_s, request.quota_module
        if error.reported_by_hub:
            wait = self._quota.hold(module, wait) if module and self._quota else wait or FIRST_HOLD_S
        held = RateLimited(
            f"the Hub's rate limit is reached: wait {wait:g} s" if error.reported_by_hub else str(error),
            retry_after_s=wait,
            reported_by_hub=error.reported_by_hub,
            trace=trace,
            delivery=error.delivery,
            http_status=error.http_status,
            status_code=error.status_code,
        )
        _log_failure(held, 1)
        return held


def _forms(token: str) -> Iterator[str]:
    """Yield the forms in which a text may quote a token: plain, and in Base64 with and without padding."""
    yield token
    yield authorization_header(token, TokenEncoding.BASE64).removeprefix("Token ").rstrip("=")


def _log_failure(error: HubError, tries: int) -> None:
    count(Metric.HUB_ERRORS, error=type(error).__name__)
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
