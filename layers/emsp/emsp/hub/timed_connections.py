"""urllib3's connections with one deadline for the whole answer.

A socket's timeout begins again with each address and each byte. If a server sent a header line every few
seconds, urllib3 would never time out, and the Lambda would be killed without an answer. Here each read of the
head and of the body ends at the deadline. http.client skips only `100 Continue`. These connections skip all
interim answers (1xx, `103 Early Hints`), as RFC 9110 requires.

They also record whether a byte of the request was sent. urllib3 raises the same SSLError for a failed
handshake and for an alert after the request, so only the connection knows.
"""

import http.client
import io
import math
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cache, partial
from typing import TYPE_CHECKING, Any

from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import ConnectTimeoutError, NameResolutionError, NewConnectionError
from urllib3.response import HTTPResponse

from emsp.deadline import Deadline

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer


@dataclass
class Sending:
    """A request and its answer. `begun` is True if its first byte may have been sent."""

    deadline: Deadline
    begun: bool = False


_exchange: ContextVar[Sending | None] = ContextVar("exchange", default=None)


@contextmanager
def within(deadline: Deadline) -> Iterator[Sending]:
    """Limit the requests in this context by the deadline. After it they raise TimeoutError.

    urllib3 converts it to ReadTimeoutError.
    """
    exchange = Sending(deadline)
    token = _exchange.set(exchange)
    try:
        yield exchange
    finally:
        _exchange.reset(token)


class _TimedSocket(io.RawIOBase):
    """A socket whose reads end at the deadline. It is the result of `makefile`."""

    def __init__(
        self, raw: io.RawIOBase, sock: socket.socket, silence_s: float | None, deadline: Deadline
    ) -> None:
        super().__init__()
        self._raw = raw
        self._sock = sock
        self._silence_s = math.inf if silence_s is None else silence_s
        self._until = deadline

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "WriteableBuffer") -> int | None:
        left = self._until.remaining()
        if left <= 0:
            raise TimeoutError("the deadline of the whole exchange has passed")
        self._sock.settimeout(min(self._silence_s, left))
        return self._raw.readinto(buffer)

    def close(self) -> None:
        self._raw.close()
        super().close()


class _TimedResponse(http.client.HTTPResponse):
    def __init__(
        self,
        sock: socket.socket,
        debuglevel: int = 0,
        method: str | None = None,
        *,
        silence_s: float | None,
        deadline: Deadline,
    ) -> None:
        super().__init__(sock, debuglevel, method)
        raw: io.RawIOBase = self.fp.detach()
        self.fp = io.BufferedReader(_TimedSocket(raw, sock, silence_s, deadline))

    def begin(self) -> None:
        super().begin()
        while 100 <= self.status < 200:
            self.headers = self.msg = None  # type: ignore[assignment]  # as before the first begin()
            super().begin()


class _TimedHttp(HTTPConnection):
    """A connection that is opened, and whose answers are read, before the deadline of `within`."""

    def _new_conn(self) -> socket.socket:
        """Open the connection.

        urllib3 would give each address of the host the full time. Here they share it.
        """
        exchange = _exchange.get()
        if exchange is None:
            return super()._new_conn()
        deadline = exchange.deadline
        host, each_s = self.host, self.timeout or math.inf
        try:
            addresses = socket.getaddrinfo(host, self.port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as error:  # as for a..b
            raise NameResolutionError(host, self, error) from error  # type: ignore[arg-type]  # or a gaierror
        failed: NewConnectionError | ConnectTimeoutError | None = None
        try:
            for *_, address in addresses:
                left = deadline.remaining()
                if left <= 0:
                    break
                self.host, self.timeout = str(address[0]), min(each_s, left)
                try:
                    return super()._new_conn()
                except (ConnectTimeoutError, NewConnectionError) as error:
                    failed = error
        finally:
            self.host = host
        raise failed or ConnectTimeoutError(self, f"no time left to connect to {host}")

    def send(self, data: Any) -> None:  # noqa: ANN401  # whatever http.client sends
        if self.sock is None:
            self.connect()  # as http.client would: a failure here comes before the first byte
        exchange = _exchange.get()
        if exchange is not None:
            exchange.begun = True
        super().send(data)

    def getresponse(self) -> HTTPResponse:  # type: ignore[override]  # as urllib3 itself does
        exchange = _exchange.get()
        if exchange is not None:
            self.response_class = partial(  # type: ignore[assignment]  # it is only ever called
                _TimedResponse, silence_s=self.timeout, deadline=exchange.deadline
            )
        return super().getresponse()


class _TimedHttps(_TimedHttp, HTTPSConnection):
    """_TimedHttp with TLS."""


class TimedHttpPool(HTTPConnectionPool):
    ConnectionCls = _TimedHttp


@cache
def trust() -> ssl.SSLContext:
    """Return the trusted certificates of the system, read once for all connections.

    The first call takes 24 ms of CPU.
    """
    return ssl.create_default_context()


class TimedHttpsPool(HTTPSConnectionPool):
    ConnectionCls = _TimedHttps

    def __init__(self, *args: Any, **settings: Any) -> None:  # noqa: ANN401  # urllib3's own, which are many
        super().__init__(*args, **settings, ssl_context=trust())


POOLS = {"http": TimedHttpPool, "https": TimedHttpsPool}
