"""Send an HTTP request over a pooled connection with TLS, and read the whole answer, with limits.

This module knows nothing about OCPI.
"""

import time
from collections.abc import Callable, Mapping
from typing import Final
from urllib.parse import urlsplit

import urllib3
from urllib3.exceptions import HTTPError, ReadTimeoutError

from emsp.deadline import Deadline
from emsp.hub.answers import RawAnswer
from emsp.hub.errors import Delivery, MalformedAnswer, RequestTrace, Unavailable, UnreadablePage
from emsp.hub.timed_connections import POOLS, Sending, within
from emsp.timeouts import HUB_CONNECT_S, HUB_IDLE_S, HUB_READ_S

CHUNK: Final = 64 * 1024


class Transport:
    """Keeps connections open between calls. Threads may share it.

    A Lambda can be frozen for minutes. If a connection was idle for longer than HUB_IDLE_S, it is dropped,
    because a command would be lost if the other side had closed it.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._pool = urllib3.PoolManager(num_pools=2, maxsize=8, retries=False)
        self._pool.pool_classes_by_scheme = POOLS
        self._clock = clock
        self._used_at = clock()

    def send(
        self,
        url: str,
        *,
        headers: Mapping[str, str],
        body: bytes | None,
        trace: RequestTrace,
        deadline: Deadline,
        read_timeout_s: float = HUB_READ_S,
        bytes_at_most: int,
    ) -> RawAnswer:
        """Return the answer, which may be a redirect.

        Raises Unavailable and MalformedAnswer, and UnreadablePage if the decompressed answer has more than
        `bytes_at_most` bytes.
        """
        left = deadline.remaining()
        if left <= 0:
            raise Unavailable("no time left to call the Hub", trace=trace, delivery=Delivery.NEVER)
        if self._clock() - self._used_at > HUB_IDLE_S:
            self._pool.clear()
        self._used_at = self._clock()
        timeout = urllib3.Timeout(connect=HUB_CONNECT_S, read=min(read_timeout_s, left), total=left)
        with within(deadline) as sending:
            response = self._response(sending, url, trace, headers=dict(headers), body=body, timeout=timeout)
            try:
                content = _read(response, trace, deadline, bytes_at_most)
            except BaseException:
                response.close()
                raise
        response.release_conn()
        self._used_at = self._clock()
        return RawAnswer(response.status, response.headers, content)

    def _response(
        self,
        sending: Sending,
        url: str,
        trace: RequestTrace,
        *,
        headers: dict[str, str],
        body: bytes | None,
        timeout: urllib3.Timeout,
    ) -> urllib3.BaseHTTPResponse:
        """Return the answer without its body. Raises Unavailable."""
        try:
            return self._pool.request(
                trace.method,
                url,
                body=body,
                headers=headers,
                timeout=timeout,
                # urllib3 does not retry either: only the caller knows what may be repeated
                redirect=False,
                preload_content=False,
            )
        except HTTPError as error:
            if not sending.begun:
                raise _no_connection(url, error, trace) from None
            raise _no_answer(timeout, error, trace) from None


def _no_connection(url: str, error: HTTPError, trace: RequestTrace) -> Unavailable:
    """Return the error for a failure before the first byte of the request: the Hub did not receive it."""
    return Unavailable(
        f"no connection to {urlsplit(url).netloc} ({type(error).__name__}): check its address and status",
        trace=trace,
        delivery=Delivery.NEVER,
    )


def _no_answer(timeout: urllib3.Timeout, error: HTTPError, trace: RequestTrace) -> Unavailable:
    """Return the error for a failure after the first byte: it is unknown what the Hub did."""
    what = (
        f"the Hub did not answer within {timeout.read_timeout:.1f} s"
        if isinstance(error, ReadTimeoutError)
        else f"the connection to the Hub broke ({type(error).__name__})"
    )
    return Unavailable(f"{what}: try again later", trace=trace, delivery=Delivery.UNKNOWN)


def _read(
    response: urllib3.BaseHTTPResponse, trace: RequestTrace, deadline: Deadline, bytes_at_most: int
) -> bytes:
    chunks: list[bytes] = []
    size = 0
    try:
        while chunk := response.read1(CHUNK, decode_content=True):
            chunks.append(chunk)
            size += len(chunk)
            if size > bytes_at_most:
                raise UnreadablePage(
                    f"the Hub's answer is larger than {bytes_at_most} bytes: report it to the Hub's support",
                    trace=trace,
                    delivery=Delivery.UNKNOWN,
                    http_status=response.status,
                )
            if deadline.remaining() <= 0:
                raise Unavailable(
                    "the Hub's answer did not end in time: try again later",
                    trace=trace,
                    delivery=Delivery.UNKNOWN,
                )
    except ReadTimeoutError:
        raise Unavailable(
            "the Hub stopped in the middle of its answer: try again later",
            trace=trace,
            delivery=Delivery.UNKNOWN,
        ) from None
    except HTTPError as error:
        raise MalformedAnswer(
            f"the Hub's answer broke off ({type(error).__name__})",
            trace=trace,
            delivery=Delivery.UNKNOWN,
            http_status=response.status,
        ) from None
    return b"".join(chunks)
