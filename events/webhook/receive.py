"""A receiver of webhooks to copy: who sends is verified, and an event that comes again counts once.

    WEBHOOK_SECRET=... python events/webhook/receive.py 8080

It has no TLS: put it behind something that has. Each new event is a row of events.sqlite, from which your
own code goes on after the sender has its answer: EventBridge waits for 5 s.
"""

import hmac
import json
import os
import sqlite3
import sys
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

BYTES_AT_MOST = 1_000_000  # an event has 256 KB at most


class Received:
    """The events that came, by their event_id."""

    def __init__(self, path: str) -> None:
        self._path = path
        with self._database() as database:
            database.execute("CREATE TABLE IF NOT EXISTS events (event_id TEXT PRIMARY KEY, event TEXT)")

    def add(self, event_id: str, event: str) -> bool:
        """False where it came before."""
        with self._database() as database:
            return (
                database.execute("INSERT OR IGNORE INTO events VALUES (?, ?)", (event_id, event)).rowcount
                == 1
            )

    def _database(self) -> sqlite3.Connection:
        return sqlite3.connect(self._path, timeout=4)


def receive(secret: str, header: str | None, body: bytes, received: Received) -> HTTPStatus:
    """What to answer. EventBridge sends again after 401, 407, 409, 429 and 5xx, not after another 4xx."""
    if not hmac.compare_digest((header or "").encode(), secret.encode()):
        return HTTPStatus.UNAUTHORIZED
    try:
        event = json.loads(body)
        event_id = event["detail"]["event_id"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return HTTPStatus.BAD_REQUEST
    received.add(str(event_id), json.dumps(event))
    return HTTPStatus.NO_CONTENT


def serve(secret: str, received: Received, port: int) -> ThreadingHTTPServer:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            stated = self.headers.get("Content-Length") or "0"
            length = int(stated) if stated.isdecimal() and len(stated) < 10 else BYTES_AT_MOST + 1
            if length > BYTES_AT_MOST:
                self.send_error(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
                return
            body = self.rfile.read(length)
            self.send_response(receive(secret, self.headers.get("X-Webhook-Secret"), body, received))
            self.end_headers()

    return ThreadingHTTPServer(("127.0.0.1", port), Handler)


if __name__ == "__main__":
    serve(os.environ["WEBHOOK_SECRET"], Received("events.sqlite"), int(sys.argv[1])).serve_forever()
