"""The Hub's HTTP calls to the eMSP."""

import asyncio
import base64
import http.client
import json
import ssl
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from tests.hub_simulator.settings import TokenEncoding


@dataclass(frozen=True)
class Answer:
    """The answer. `http_status` 0 means that there was none; `error` then says why."""

    http_status: int
    status_code: int | None
    data: Any
    headers: dict[str, str]
    error: str | None
    took_s: float
    request_id: str
    correlation_id: str

    @property
    def ok(self) -> bool:
        """A 2xx with an envelope whose status_code is 1xxx."""
        return (
            200 <= self.http_status < 300 and self.status_code is not None and self.status_code // 1000 == 1
        )


def authorization(token: str, encoding: TokenEncoding) -> str:
    """The Authorization header for a token."""
    if encoding is TokenEncoding.PLAIN:
        return f"Token {token}"
    return "Token " + base64.b64encode(token.encode()).decode()


class Outbound:
    """Makes calls in threads, so that the event loop never blocks."""

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(32, thread_name_prefix="hub-outbound")

    async def call(
        self,
        method: str,
        url: str,
        *,
        authorization: str,
        body: bytes | None = None,
        headers: dict[str, str] | None = None,
        correlation_id: str | None = None,
        timeout_s: float = 10.0,
    ) -> Answer:
        """One call with a new X-Request-ID. It never raises for errors of the other side."""
        request_id = str(uuid.uuid4())
        correlation_id = correlation_id or str(uuid.uuid4())
        sent = {
            "Authorization": authorization,
            "X-Request-ID": request_id,
            "X-Correlation-ID": correlation_id,
            **({"Content-Type": "application/json"} if body is not None else {}),
            **(headers or {}),
        }
        loop = asyncio.get_running_loop()
        started = time.monotonic()
        status, raw, answered, error = await loop.run_in_executor(
            self._threads, _call, method, url, sent, body, timeout_s
        )
        code, data = _read_envelope(raw)
        took_s = time.monotonic() - started
        return Answer(status, code, data, answered, error, took_s, request_id, correlation_id)

    def close(self) -> None:
        """End the threads."""
        self._threads.shutdown(wait=False, cancel_futures=True)


def _call(
    method: str, url: str, headers: dict[str, str], body: bytes | None, timeout_s: float
) -> tuple[int, bytes, dict[str, str], str | None]:
    parts = urlsplit(url)
    try:
        connection: http.client.HTTPConnection
        if parts.scheme == "https":
            context = ssl.create_default_context()
            connection = http.client.HTTPSConnection(parts.netloc, timeout=timeout_s, context=context)
        else:
            connection = http.client.HTTPConnection(parts.netloc, timeout=timeout_s)
        try:
            connection.request(method, parts.path + (f"?{parts.query}" if parts.query else ""), body, headers)
            answer = connection.getresponse()
            answered = {name.lower(): value for name, value in answer.getheaders()}
            return answer.status, answer.read(), answered, None
        finally:
            connection.close()
    except (OSError, http.client.HTTPException, ValueError) as e:
        return 0, b"", {}, f"{type(e).__name__}: {e}"


def _read_envelope(raw: bytes) -> tuple[int | None, Any]:
    try:
        value = json.loads(raw)
    except ValueError:
        return None, None
    if not isinstance(value, dict) or not isinstance(value.get("status_code"), int):
        return None, None
    return value["status_code"], value.get("data")
