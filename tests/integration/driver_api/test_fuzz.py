"""Anything at all, at every route: no 5xx, and every refusal is a problem."""

import json
from types import ModuleType
from typing import Any
from urllib.parse import quote

from hypothesis import given
from hypothesis import strategies as st

from tests.integration.driver_api.phone import DRIVER, OTHER, Phone
from tests.integration.driver_api.test_charges import bill, linked, push, started
from tests.integration.driver_api.test_other_drivers import routes
from tests.integration.emsp_side import Emsp
from tests.profiles import examples

JUNK = st.one_of(
    st.text(max_size=40),
    st.sampled_from(
        ["", "0", "-1", "nan", "inf", "1e400", "9" * 400, "true", "null", "\x00", "\ud7ff", "AC", "IN"]
    ),
    st.sampled_from(["2026-11-30T10:00:00Z", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59+14:00", "%2e%2e"]),
    st.sampled_from(["[A B]", "MC54", "s-SU4jQ1BPI1g", 'W/"x"', "text/html", "application/json"]),
    st.integers().map(str),
    st.floats().map(str),
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | JUNK,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(JUNK, inner, max_size=4),
    max_leaves=10,
)
STATION = st.fixed_dictionaries(
    {"country_code": st.just("IN"), "party_id": st.sampled_from(["XYZ", "CPO"]), "location_id": JUNK}
)
HEADERS = st.dictionaries(
    st.sampled_from(
        [
            "accept",
            "accept_language",
            "content_type",
            "idempotency_key",
            "if_none_match",
            "host",
            "x_forwarded_for",
        ]
    ),
    JUNK,
    max_size=4,
)
CLAIMS = st.one_of(
    st.sampled_from([{"token_uid": DRIVER}, {"token_uid": OTHER}, {"token_uid": f"[{OTHER} {DRIVER}]"}]),
    st.dictionaries(st.sampled_from(["token_uid", "sub"]), JSON, max_size=2),
)


def test_nothing_that_an_app_sends_is_a_fault_of_ours(
    app: ModuleType, phone: Phone, places: list[dict[str, Any]], pulled: list[dict[str, Any]], emsp: Emsp
) -> None:
    emsp.hub.admin.add_command_behaviour(callback=False, times=10_000)
    charge_id = started(phone, places[0]).json["id"]
    linked(emsp, charge_id, party_id=places[0]["station"]["party_id"])
    push(session_id="CARD", party_id=places[0]["station"]["party_id"])
    bill(cdr_id="C-9", session_id="GONE")
    document = phone("GET", "/openapi.json").json
    ids = [
        each["id"]
        for each in phone("GET", "/charges", query={"from": "2026-11-01T00:00:00Z"}).json["charges"]
    ]
    assert len(ids) == 3
    soon = {"expires_at": "2026-12-30T10:00:00Z", "energy_kwh": 5, "limit": {"minutes": 9}}
    body = {**places[0], **soon}
    fields = st.sampled_from([*body, "station", "limit", "minutes", "x"])

    @st.composite
    def requests(draw: st.DrawFn) -> tuple[str, str, dict[str, Any]]:
        method, path = draw(st.sampled_from(routes(app)))
        operation = document["paths"][path.replace("<", "{").replace(">", "}")][method.lower()]
        known = {each["name"]: each for each in operation.get("parameters", ())}
        real = {
            "charge_id": ids,
            "reservation_id": [charge_id],
            **{n: [v] for n, v in places[0]["station"].items()},
        }
        for name in [name for name, each in known.items() if each["in"] == "path"]:
            value = draw(st.sampled_from(real[name]) | JUNK.filter(bool))
            path = path.replace(f"<{name}>", quote(value, safe=""))
        names = [name for name, each in known.items() if each["in"] == "query"]
        place = (
            {"latitude": "12.97", "longitude": "77.6"} if "latitude" in names and draw(st.booleans()) else {}
        )
        query = place | draw(st.dictionaries(st.sampled_from([*names, "x"]), JUNK, max_size=3))
        sent: dict[str, Any] = {"query": query, **draw(HEADERS)}
        if "requestBody" in operation:
            wanted = operation["requestBody"]["content"]["application/json"]["schema"]["$ref"].rpartition(
                "/"
            )[2]
            allowed = document["components"]["schemas"][wanted]["properties"]
            good = {name: value for name, value in body.items() if name in allowed}
            changed = st.dictionaries(fields, STATION | JSON, max_size=2).map(lambda changes: good | changes)
            value = draw(st.just(good) | changed | JSON)
            sent |= draw(st.just({"body": value}) | JUNK.map(lambda text: {"raw": text}))
            sent.setdefault("idempotency_key", draw(JUNK))
        return method, path, sent

    @examples(5)
    @given(CLAIMS, requests())
    def fuzz(claims: dict[str, Any], request: tuple[str, str, dict[str, Any]]) -> None:
        method, path, sent = request
        answer = Phone(app, claims)(method, path, **sent)
        assert answer.status < 500, answer.text
        if answer.status >= 400:
            assert answer.problem
        if answer.text and "json" in answer.headers["Content-Type"]:
            json.loads(answer.text)

    fuzz()
