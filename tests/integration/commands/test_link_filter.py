"""Which changes of a session the stream brings to link_session: those that it may do something about."""

import json
from typing import Any

from tests.integration.house import REPOSITORY, House
from tests.integration.samples import cdr, path_of, session
from tests.integration.streams import Streams, is_let_through


def test_a_session_is_looked_at_when_it_is_new_and_when_its_status_or_its_reference_changes(
    house: House,
) -> None:
    streams = Streams()

    def let_through(method: str, minute: int, **changes: Any) -> bool:
        at = f"2026-11-22T10:{minute:02}:00Z"
        value = session(at=at, **changes) if method == "PUT" else {"last_updated": at, **changes}
        assert house.call(method, path_of(session()), value).status_code == 1000
        [record] = streams.records()
        return is_let_through("link_session", record)

    assert let_through("PUT", 0, status="PENDING")
    assert not let_through("PATCH", 1, kwh=2)
    assert let_through("PATCH", 2, status="ACTIVE")
    assert not let_through("PUT", 3, kwh=3)
    assert let_through("PATCH", 4, authorization_reference="AUTH-1")
    assert not let_through("PUT", 5, kwh=4, authorization_reference="AUTH-1")
    assert let_through("PUT", 6, kwh=4), "it says its reference no more"
    assert let_through("PUT", 7, status="COMPLETED", kwh=5)


def test_a_session_whose_cdr_came_first_is_looked_at_when_it_comes(house: House) -> None:
    streams = Streams()
    assert house.call("POST", "/ocpi/2.2.1/cdrs", cdr()).status_code == 1000
    assert [
        is_let_through("link_session", each)
        for each in streams.records()
        if "sessions" in each["eventSourceARN"]
    ] == [False]
    assert house.call("PUT", path_of(session()), session()).status_code == 1000
    [record] = streams.records()
    assert is_let_through("link_session", record)


def test_each_change_of_a_session_with_a_limit_is_looked_at(house: House) -> None:
    streams = Streams()
    house.call("PUT", path_of(session()), session())
    house.app("link_session").link_session.sessions.note_command("IN#CPO#S-1", "id-1", is_limited=True)
    streams.records()
    house.call("PUT", path_of(session()), session(at="2026-11-22T10:05:00Z", kwh=3))
    [record] = streams.records()
    assert record["dynamodb"]["NewImage"]["link_moved"] == {"N": "0"}
    assert is_let_through("link_session", record)


def test_the_sample_is_a_record_that_the_stream_would_bring() -> None:
    text = (REPOSITORY / "events" / "link_session" / "new_session.json").read_text(encoding="utf-8")
    [record] = json.loads(text)["Records"]
    assert is_let_through("link_session", {**record, "eventSourceARN": "arn:aws:dynamodb:::table/sessions"})
