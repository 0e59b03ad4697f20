"""A small HTTP/1.1 server on asyncio with keep-alive and full control over how it writes an answer.

Faults need answers that stop half way, arrive slowly or never arrive, which no ready-made server offers.
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from http import HTTPStatus
from urllib.parse import parse_qsl, unquote, urlsplit

MAX_HEADER_BYTES = 128 * 1024
MAX_BODY_BYTES = 64 * 1024 * 1024
TRICKLED_LINES = 60


@dataclass(frozen=True, slots=True)
class Request:
    """One request. `segments` are the decoded parts of the path. Header names are in lower case."""

    method: str
    target: str
    segments: tuple[str, ...]
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes
    peer: str


@dataclass(slots=True)
class Response:
    """One answer, and how to send it."""

    status: int
    body: bytes
    headers: dict[str, str] = field(default_factory=dict)
    drop: bool = False  # close the connection without an answer
    cut_at: int | None = None  # close after this many bytes of the body; Content-Length has its full size
    spread_over_s: float = 0.0  # spread the body over this many seconds
    header_line_every_s: float = 0.0  # send many header lines, with this pause between two lines
    interim: tuple[int, ...] = ()  # the 1xx statuses that are sent before the answer


Handler = Callable[[Request], Awaitable[Response]]


class BadRequest(ValueError):
    """The input is not an HTTP request that this server understands."""


async def serve(handler: Handler, host: str, port: int) -> asyncio.Server:
    """Listen, and serve every connection until its client closes it."""

    async def connection(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            await _serve_connection(handler, reader, writer)
        writer.close()

    return await asyncio.start_server(connection, host, port, limit=MAX_HEADER_BYTES, backlog=512)


async def _serve_connection(
    handler: Handler, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> None:
    peer = writer.get_extra_info("peername")[0]
    while True:
        try:
            head = await reader.readuntil(b"\r\n\r\n")
        except asyncio.IncompleteReadError as e:
            if e.partial:
                raise
            return
        except asyncio.LimitOverrunError:
            await _write(writer, Response(431, b""), keep_alive=False)
            return
        try:
            method, target, version, headers = _parse_head(head)
            if headers.get("expect", "").lower() == "100-continue":
                writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
            body = await _read_body(reader, headers)
        except BadRequest:
            await _write(writer, Response(400, b""), keep_alive=False)
            return
        url = urlsplit(target)
        request = Request(
            method=method,
            target=target,
            segments=tuple(unquote(part) for part in url.path.split("/") if part),
            query=dict(parse_qsl(url.query, keep_blank_values=True)),
            headers=headers,
            body=body,
            peer=peer,
        )
        keep_alive = headers.get("connection", "").lower() != "close" and version == "HTTP/1.1"
        response = await handler(request)
        if response.drop:
            writer.transport.abort()
            return
        await _write(writer, response, keep_alive=keep_alive, head_only=method == "HEAD")
        if not keep_alive or response.cut_at is not None:
            return


def _parse_head(head: bytes) -> tuple[str, str, str, dict[str, str]]:
    lines = head.decode("latin-1").split("\r\n")
    parts = lines[0].split(" ")
    if len(parts) != 3:
        raise BadRequest(lines[0])
    headers: dict[str, str] = {}
    for line in lines[1:]:
        if line:
            name, colon, value = line.partition(":")
            if not colon:
                raise BadRequest(line)
            headers[name.strip().lower()] = value.strip()
    return parts[0], parts[1], parts[2], headers


async def _read_body(reader: asyncio.StreamReader, headers: dict[str, str]) -> bytes:
    if headers.get("transfer-encoding", "").lower() == "chunked":
        chunks: list[bytes] = []
        while True:
            size = int((await reader.readuntil(b"\r\n")).split(b";")[0], 16)
            chunks.append(await reader.readexactly(size))
            await reader.readexactly(2)
            if size == 0:
                return b"".join(chunks)
    length = headers.get("content-length", "0")
    if not length.isdecimal() or int(length) > MAX_BODY_BYTES:
        raise BadRequest(f"Content-Length {length}")
    return await reader.readexactly(int(length)) if length != "0" else b""


async def _write(
    writer: asyncio.StreamWriter, response: Response, *, keep_alive: bool, head_only: bool = False
) -> None:
    try:
        reason = HTTPStatus(response.status).phrase
    except ValueError:
        reason = "Unknown"
    headers = {"Content-Type": "application/json", **response.headers}
    headers["Content-Length"] = str(len(response.body))
    if not keep_alive:
        headers["Connection"] = "close"
    for status in response.interim:
        head = f"HTTP/1.1 {status} {HTTPStatus(status).phrase}\r\nLink: </x>; rel=preload\r\n\r\n"
        writer.write(head.encode())
    lines = [f"HTTP/1.1 {response.status} {reason}", *(f"{name}: {value}" for name, value in headers.items())]
    if response.header_line_every_s > 0:
        for line in (lines[0], *(f"X-Filler-{number}: x" for number in range(TRICKLED_LINES)), *lines[1:]):
            writer.write(f"{line}\r\n".encode("latin-1"))
            await writer.drain()
            await asyncio.sleep(response.header_line_every_s)
        writer.write(b"\r\n")
    else:
        writer.write(("\r\n".join(lines) + "\r\n\r\n").encode("latin-1"))
    body = b"" if head_only else response.body[: response.cut_at]
    if response.spread_over_s > 0 and body:
        step = max(1, len(body) // 20)
        for at in range(0, len(body), step):
            writer.write(body[at : at + step])
            await writer.drain()
            await asyncio.sleep(response.spread_over_s / 20)
    else:
        writer.write(body)
    await writer.drain()
