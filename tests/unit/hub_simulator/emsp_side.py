"""Our side of the wire, as thin as can be: a client of the Hub, and a server that records its calls."""

import base64
import http.client
import json
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

OUR_TOKEN = "token-b-of-the-emsp"


@dataclass(frozen=True)
class Reply:
    """An answer of the Hub."""

    status: int
    headers: dict[str, str]
    raw: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.raw)

    @property
    def code(self) -> int:
        return int(self.json["status_code"])

    @property
    def data(self) -> Any:
        return self.json["data"]


def call(
    method: str,
    url: str,
    token: str,
    body: Any = None,
    *,
    plain: bool = False,
    headers: dict[str, str] | None = None,
) -> Reply:
    """One request to the Hub."""
    parts = urlsplit(url)
    text = token if plain else base64.b64encode(token.encode()).decode()
    connection = http.client.HTTPConnection(parts.netloc, timeout=10)
    try:
        target = parts.path + (f"?{parts.query}" if parts.query else "")
        sent = {"Authorization": f"Token {text}", **(headers or {})}
        connection.request(method, target, None if body is None else json.dumps(body), sent)
        answer = connection.getresponse()
        lower = {name.lower(): value for name, value in answer.getheaders()}
        return Reply(answer.status, lower, answer.read())
    finally:
        connection.close()


@dataclass
class FakeEmsp:
    """A server of ours. `answers` maps how a path begins to (HTTP status, status_code)s, used up in order."""

    received: list[tuple[str, str, Any, dict[str, str]]] = field(default_factory=list)
    answers: dict[str, list[tuple[int, int | None]]] = field(default_factory=dict)
    modules: tuple[str, ...] = ("sessions", "cdrs", "commands")
    url: str = ""

    def __post_init__(self) -> None:
        emsp = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
                """Say nothing."""

            def answer(self) -> None:
                raw = self.rfile.read(int(self.headers.get("content-length", 0)))
                headers = {name.lower(): value for name, value in self.headers.items()}
                body = json.loads(raw) if raw else None
                emsp.received.append((self.command, self.path, body, headers))
                status, code = emsp.next_answer(self.path)
                if status == 0:
                    self.close_connection = True
                    return
                data = {
                    "data": emsp.data(self.path),
                    "status_code": code,
                    "timestamp": "2026-01-01T00:00:00Z",
                }
                out = b"<html></html>" if code is None else json.dumps(data).encode()
                self.send_response(status)
                self.send_header("Content-Length", str(len(out)))
                self.send_header("Location", f"{emsp.url}{self.path}/1")
                self.end_headers()
                self.wfile.write(out)

            do_GET = do_POST = do_PUT = do_PATCH = answer  # noqa: N815

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, args=(0.005,), daemon=True).start()

    def next_answer(self, path: str) -> tuple[int, int | None]:
        for beginning, answers in self.answers.items():
            if path.startswith(beginning) and answers:
                return answers.pop(0)
        return 200, 1000

    def data(self, path: str) -> Any:
        if path == "/versions":
            return [{"version": "2.2.1", "url": f"{self.url}/details"}]
        if path == "/details":
            endpoints = [
                {"identifier": m, "role": "RECEIVER", "url": f"{self.url}/{m}"} for m in self.modules
            ]
            return {"version": "2.2.1", "endpoints": endpoints}
        return None

    def credentials(self, role: str = "EMSP", url: str | None = None) -> dict[str, Any]:
        """What we send in the credentials exchange."""
        return {
            "token": OUR_TOKEN,
            "url": url or f"{self.url}/versions",
            "roles": [
                {
                    "role": role,
                    "country_code": "IN",
                    "party_id": "EMS",
                    "business_details": {"name": "Our eMSP"},
                }
            ],
        }

    def bodies(self, beginning: str) -> list[Any]:
        """What the Hub sent below a path."""
        return [body for _, path, body, _ in list(self.received) if path.startswith(beginning)]

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()
