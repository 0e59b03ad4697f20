"""events/webhook/receive.py: it takes events of ours alone, and each of them once."""

import sqlite3
from pathlib import Path

from events.webhook.receive import Received, receive

SECRET = "what-the-receiver-knows-us-by"


def test_who_does_not_know_the_secret_is_refused_and_what_comes_again_counts_once(tmp_path: Path) -> None:
    database = tmp_path / "events.sqlite"
    received, event = (
        Received(str(database)),
        b'{"detail-type": "CDR Received", "detail": {"event_id": "e-1"}}',
    )
    for header in (None, "", "another", SECRET + "x"):
        assert receive(SECRET, header, event, received) == 401
    for body in (b"", b"{", b"[]", b"{}", b'{"detail": 1}', b"\xff"):
        assert receive(SECRET, SECRET, body, received) == 400
    assert count(database) == 0
    assert [receive(SECRET, SECRET, event, received) for _ in range(3)] == [204, 204, 204]
    assert count(database) == 1


def count(database: Path) -> int:
    with sqlite3.connect(database) as opened:
        [number] = opened.execute("SELECT COUNT(*) FROM events").fetchone()
    return int(number)
