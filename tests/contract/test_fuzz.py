"""Anything at all, at every route: no 5xx, no answer outside the envelope, no secret in a log line."""

import base64
import io
import json
import logging
from collections.abc import Iterator
from copy import deepcopy
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from emsp.hub.errors import Unavailable
from emsp.log import log
from tests.contract.ocpi_schemas import objects, problems
from tests.integration.house import OUR_TOKEN, Answer, House
from tests.integration.samples import cdr, session
from tests.profiles import examples

ANY_JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.sampled_from(["", "IN", "2026-11-22T10:00:00Z"]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=12,
)
SEGMENT = st.text(min_size=1, max_size=12).map(
    lambda text: text.replace("/", "%2F").replace("?", "%3F") or "x"
)
ROUTES = st.one_of(
    st.sampled_from(
        [
            "/ocpi/versions",
            "/ocpi/2.2.1",
            "/ocpi/2.2.1/credentials",
            "/ocpi/2.2.1/sessions/IN/CPO/S-1",
            "/ocpi/2.2.1/cdrs",
            "/ocpi/2.2.1/cdrs/IN/CPO/C-1",
            "/ocpi/2.2.1/commands/START_SESSION/id-1",
            "/ocpi/2.2.1/sessions/%00/%ff/%C3%28",
        ]
    ),
    st.tuples(SEGMENT, SEGMENT, SEGMENT).map(lambda parts: "/ocpi/2.2.1/sessions/" + "/".join(parts)),
    st.tuples(SEGMENT, SEGMENT, SEGMENT).map(lambda parts: "/ocpi/2.2.1/cdrs/" + "/".join(parts)),
    st.tuples(SEGMENT, SEGMENT).map(lambda parts: "/ocpi/2.2.1/commands/" + "/".join(parts)),
    st.lists(SEGMENT, max_size=4).map(lambda parts: "/" + "/".join(parts)),
)
METHODS = st.sampled_from(["GET", "PUT", "POST", "PATCH", "DELETE", "HEAD", "OPTIONS", "TRACE", "", "get"])
HEADERS = st.dictionaries(
    st.sampled_from(
        [
            "Authorization",
            "X-Request-ID",
            "X-Correlation-ID",
            "Content-Type",
            "OCPI-from-country-code",
            "OCPI-from-party-id",
            "OCPI-to-country-code",
            "OCPI-to-party-id",
            "Host",
        ]
    ),
    st.text(max_size=300),
)


@pytest.fixture(autouse=True)
def no_hub_is_called(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    def unavailable(*args: Any, **kwargs: Any) -> None:
        raise Unavailable("nobody there")

    monkeypatch.setattr("emsp.connection.receive_credentials.discover", unavailable)


@pytest.fixture
def lines() -> Iterator[list[str]]:
    handler = log.registered_handler
    assert isinstance(handler, logging.StreamHandler)
    written = Lines()
    before = handler.setStream(written)
    yield written.told
    handler.setStream(before)


class Lines(io.StringIO):
    """A stream that keeps each line that is written to it."""

    def __init__(self) -> None:
        super().__init__()
        self.told: list[str] = []

    def write(self, text: str) -> int:
        self.told.append(text)
        return len(text)


def check(answer: Answer, lines: list[str]) -> None:
    assert answer.http_status < 500, lines[-1]
    assert problems("response", answer.envelope) == []
    assert answer.headers["Content-Type"] == "application/json"
    assert all(value.isprintable() and value.isascii() for value in answer.headers.values())
    assert (answer.http_status == 200) or answer.status_code != 1000
    logged = "".join(lines)
    assert OUR_TOKEN not in logged
    assert base64.b64encode(OUR_TOKEN.encode()).decode() not in logged
    lines.clear()


def test_random_bytes(house: House, lines: list[str]) -> None:
    @examples(2.5)
    @given(METHODS, ROUTES, st.binary(max_size=200), st.booleans())
    @example("PUT", "/ocpi/2.2.1/sessions/IN/CPO/S-1", b"[" * 10_000, False)
    @example("PUT", "/ocpi/2.2.1/sessions/IN/CPO/S-1", b'{"a":' * 10_000, False)
    @example("PUT", "/ocpi/2.2.1/sessions/IN/CPO/S-1", b'{"kwh": 1e999999999}', False)
    @example("PUT", "/ocpi/2.2.1/sessions/IN/CPO/S-1", b'{"kwh": ' + b"9" * 5000 + b"}", False)
    @example("PUT", "/ocpi/2.2.1/sessions/IN/CPO/S-1", b'{"id": "\\ud800"}', False)
    @example("POST", "/ocpi/2.2.1/cdrs", b"\xef\xbb\xbf{}", True)
    def fuzz(method: str, path: str, raw: bytes, base64_body: bool) -> None:
        check(house.call(method, path, raw=raw, base64_body=base64_body), lines)

    fuzz()


def test_random_json(house: House, lines: list[str]) -> None:
    @examples(2.5)
    @given(st.sampled_from(["PUT", "POST", "PATCH", "DELETE"]), ROUTES, ANY_JSON)
    def fuzz(method: str, path: str, value: Any) -> None:
        check(house.call(method, path, value), lines)

    fuzz()


def test_random_headers(house: House, lines: list[str]) -> None:
    @examples(2.5)
    @given(METHODS, ROUTES, HEADERS, st.booleans())
    def fuzz(method: str, path: str, headers: dict[str, str], with_token: bool) -> None:
        sent = {**headers, **({"Authorization": f"Token {OUR_TOKEN}"} if with_token else {})}
        answer = house.call(method, path, session(), token=None, headers=sent)
        assert with_token or answer.http_status == 401
        check(answer, lines)

    fuzz()


def test_spoiled_objects(house: House, lines: list[str]) -> None:
    @examples(2.5)
    @given(
        st.sampled_from(["PUT", "PATCH"]) | st.just("POST"),
        objects("session") | objects("cdr") | st.just(session()) | st.just(cdr()),
        st.data(),
    )
    def fuzz(method: str, value: Any, data: st.DataObject) -> None:
        spoiled = deepcopy(value)
        for _ in range(data.draw(st.integers(0, 3))):
            _spoil(spoiled, data)
        if data.draw(st.booleans()):
            spoiled["cdr_token"] = session()["cdr_token"]
        path = "/ocpi/2.2.1/cdrs" if method == "POST" else _path(spoiled)
        raw = json.dumps(spoiled, default=str).encode()
        check(house.call(method, path, raw=raw), lines)
        check(house.call("GET", _path(spoiled)), lines)

    fuzz()


def test_spoiled_credentials(house: House, lines: list[str]) -> None:
    secret = "hub-token-that-nobody-may-see"

    @examples(2.5)
    @given(st.sampled_from(["PUT", "POST"]), objects("credentials"), st.data())
    def fuzz(method: str, value: Any, data: st.DataObject) -> None:
        value["token"] = secret
        if data.draw(st.booleans()):
            _spoil(value, data)
        answer = house.call(method, "/ocpi/2.2.1/credentials", value)
        assert secret not in "".join(lines)
        assert secret not in answer.body
        check(answer, lines)

    fuzz()


def _path(value: Any) -> str:
    names = [value.get(name) for name in ("country_code", "party_id", "id")]
    return "/ocpi/2.2.1/sessions/" + "/".join(
        name.replace("/", "%2F") if isinstance(name, str) and name else "x" for name in names
    )


def _spoil(value: Any, data: st.DataObject) -> None:
    containers = [value]
    while isinstance(containers[-1], dict) and data.draw(st.booleans()):
        nested = [member for member in containers[-1].values() if isinstance(member, dict) and member]
        if not nested:
            break
        containers.append(data.draw(st.sampled_from(nested)))
    target = containers[-1]
    if target:
        target[data.draw(st.sampled_from(sorted(target)))] = data.draw(ANY_JSON)
