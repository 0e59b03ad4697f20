"""The example app's files over HTTP on loopback, with its configuration and a Content-Security-Policy."""

import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from tests.local_cloud.places import REPOSITORY

FILES: Final = REPOSITORY / "docs" / "driver-app"
POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self' {origins}; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; "
    "trusted-types 'none'"
)


@dataclass
class ServedApp:
    """`url` is an origin that the API's CORS has to allow. `config` is served as config.json."""

    url: str
    config: dict[str, Any] = field(default_factory=dict)

    def configure(self, api: str, issuer: str, center: Mapping[str, float]) -> None:
        self.config = {
            "name": "Bijli Drive",
            "api": api,
            "issuer": issuer,
            "client_id": "drivers",
            "scope": "openid",
            "token": "access_token",
            "center": dict(center),
        }

    @property
    def policy(self) -> str:
        """What the page may load, and whom it may call."""
        called = (urlsplit(self.config[name]) for name in ("api", "issuer"))
        return POLICY.format(origins=" ".join(f"{each.scheme}://{each.netloc}" for each in called))


@contextmanager
def served_app(port: int = 0) -> Iterator[ServedApp]:
    """Until it is left; to be configured before the first request."""
    served = ServedApp("")
    handler = type("Handler", (_Handler,), {"served": served})
    server = ThreadingHTTPServer(("127.0.0.1", port), partial(handler, directory=str(FILES)))
    served.url = f"http://127.0.0.1:{server.server_address[1]}"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield served
    finally:
        server.shutdown()
        server.server_close()


class _Handler(SimpleHTTPRequestHandler):
    served: ServedApp
    extensions_map: Final = {  # type: ignore[misc]  # the base class has a plain dict
        "": "application/octet-stream",
        ".css": "text/css; charset=utf-8",
        ".geojson": "application/geo+json",
        ".html": "text/html; charset=utf-8",
        ".js": "text/javascript; charset=utf-8",
        ".svg": "image/svg+xml",
    }

    def do_GET(self) -> None:
        if urlsplit(self.path).path != "/config.json":
            super().do_GET()
            return
        body = json.dumps(self.served.config).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def end_headers(self) -> None:
        self.send_header("Content-Security-Policy", self.served.policy)
        self.send_header("X-Content-Type-Options", "nosniff")
        self.send_header("Cache-Control", "no-cache")
        super().end_headers()

    def list_directory(self, path: str | Path) -> None:  # type: ignore[override]  # no folder is listed
        self.send_error(404)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  the base class's name
        """Nothing: a terminal is read by people."""
