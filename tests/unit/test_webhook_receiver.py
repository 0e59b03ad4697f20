"""events/webhook/receive.py: it takes events of ours alone, and each of them once."""

import sqlite3
import threading
from http.client import HTTPConnection
from pathlib import Path

import pytest

from events.webhook.receive import Received, receive, serve

SECRET = "what-the-receiver-knows-us-by"


def test_who_does_not_know_the_secret_is_refused_and_what_comes_again_counts_once(tmp_path: Path) -> None:
    database = tmp_path / "events.sqlite"
    received, event = (
        Received(str(database)),
        b'{"detail-type": "CDR Received", "detail": {"event_id": "e-1"}}',
    )
    for header in (None, "", "another", SECRET + "x"):
        assert receive(SECRET, header, event, received) == 401
    for body in (b"", b"{", b"[]", b"{}", b'{"detail": 1}', b"\xff", b"[" * 200_000):
        assert receive(SECRET, SECRET, body, received) == 400
    assert count(database) == 0
    assert [receive(SECRET, SECRET, event, received) for _ in range(3)] == [204, 204, 204]
    assert count(database) == 1


@pytest.mark.parametrize("length", ["-1", "x", "1000001", "9" * 5000])
def test_no_length_makes_it_wait_or_read_without_end(tmp_path: Path, length: str) -> None:
    server = serve(SECRET, Received(str(tmp_path / "events.sqlite")), 0)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        caller = HTTPConnection("127.0.0.1", server.server_address[1], timeout=30)
        caller.request("POST", "/", headers={"Content-Length": length})
        assert caller.getresponse().status == 413
    finally:
        server.shutdown()
        server.server_close()


def count(database: Path) -> int:
    with sqlite3.connect(database) as opened:
        [number] = opened.execute("SELECT COUNT(*) FROM events").fetchone()
    return int(number)
