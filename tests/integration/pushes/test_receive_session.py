"""Sessions: accepted as they come, newest wins, what cannot be identified is kept."""

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.integration.house import House
from tests.integration.samples import cdr_token, path_of, period, session, without_absent
from tests.price.units import UNIT_BYTES, size

KEY = "IN#CPO#S-1"


def put(house: House, value: dict[str, Any], **how: Any) -> int:
    return house.call("PUT", path_of(value), value, **how).status_code


def stored(house: House, key: str = KEY) -> dict[str, Any]:
    return house.stored_object("sessions", key)


def deviations(house: House, key: str = KEY) -> dict[str, str]:
    item = house.item("sessions", key)
    assert item is not None
    return {each["path"]: each["problem"] for each in json.loads(item.get("deviations", {"S": "[]"})["S"])}


def test_a_session_is_stored_as_it_was_received(house: House) -> None:
    raw = json.dumps(session(), indent=1).replace("1.5", "1.50").encode()
    assert house.call("PUT", path_of(session()), raw=raw).status_code == 1000
    item = house.item("sessions", KEY)
    assert item is not None
    assert item["body"]["S"] == raw.decode()
    assert item["token_key"]["S"] == "IN#EMS#TOKEN1"
    assert item["start_day"]["S"] == "2026-11-22"
    assert "deviations" not in item
    assert '"kwh": 1.50' in house.call("GET", path_of(session())).body


def test_a_session_of_many_periods_takes_few_bytes_and_is_given_as_it_came(house: House) -> None:
    """An item within a KB: each push of it is one unit to DynamoDB."""
    value = session(charging_periods=[period(minute) for minute in range(0, 60, 5)])
    raw = json.dumps(value, indent=1).replace("1.5", "1.50")
    assert house.call("PUT", path_of(value), raw=raw.encode()).status_code == 1000
    item = house.item("sessions", KEY)
    assert item is not None
    assert "body" not in item
    assert size(item) <= UNIT_BYTES < len(raw)
    assert raw in house.call("GET", path_of(value)).body
    assert put(house, session(at="2026-11-22T10:59:00Z")) == 1000
    item = house.item("sessions", KEY)
    assert item is not None
    assert "body_gz" not in item, "a short one is plain again"


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"kwh": "1.5"}, "kwh"),
        ({"start_date_time": "2026-11-22T15:25:00+05:30"}, "start_date_time"),
        ({"last_updated": "2026-11-22T10:00:00.123456789Z"}, "last_updated"),
        ({"auth_method": "TELEPATHY"}, "auth_method"),
        ({"status": "SLEEPING"}, "status"),
        ({"meter_id": 7}, "meter_id"),
        ({"location_id": ""}, "location_id"),
        ({"currency": "rupees"}, "currency"),
        (
            {"charging_periods": [{"start_date_time": "soon", "dimensions": []}]},
            "charging_periods.0.start_date_time",
        ),
        ({"cdr_token": {"country_code": "IN", "party_id": "EMS", "uid": "T"}}, "cdr_token.type"),
        ({"cdr_token": "TOKEN1"}, "cdr_token"),
        ({"cdr_token": {"uid": "T", "type": "RFID", "contract_id": "C"}}, "cdr_token.party_id"),
        ({"status": "active"}, "status"),
    ],
)
def test_what_strays_from_the_specification_is_accepted_and_noted(
    house: House, changes: dict[str, Any], path: str
) -> None:
    value = {**session(), **changes}
    assert put(house, value) == 1000
    assert stored(house) == value
    assert path in deviations(house)
    assert house.rejected() == []


@pytest.mark.parametrize(
    "missing", ["kwh", "auth_method", "location_id", "cdr_token", "currency", "start_date_time"]
)
def test_what_is_missing_is_noted(house: House, missing: str) -> None:
    assert put(house, without_absent({**session(), missing: None})) == 1000
    assert deviations(house)[missing] == "is missing"


def test_unknown_fields_nulls_and_a_byte_order_mark_are_kept(house: House) -> None:
    value = {**session(), "x_vendor": {"a": [1, "é", "₹"]}, "end_date_time": None, "total_cost": None}
    raw = b"\xef\xbb\xbf" + json.dumps(value, ensure_ascii=False).encode()
    assert house.call("PUT", path_of(value), raw=raw, base64_body=True).status_code == 1000
    assert house.call("GET", path_of(value)).envelope["data"] == value


@pytest.mark.parametrize("field", ["meter_id", "end_date_time", "total_cost", "authorization_reference"])
def test_a_patch_to_null_leaves_no_deviation(house: House, field: str) -> None:
    put(house, session(meter_id="M-1"))
    patch = {field: None, "last_updated": "2026-11-22T10:01:00Z"}
    assert house.call("PATCH", path_of(session()), patch).status_code == 1000
    assert stored(house)[field] is None
    assert deviations(house) == {}


@pytest.mark.parametrize(
    "field", ["cdr_token", "kwh", "currency", "location_id", "start_date_time", "auth_method"]
)
def test_a_patch_to_null_of_what_a_session_must_have_changes_nothing(house: House, field: str) -> None:
    put(house, session())
    before = house.item("sessions", "IN#CPO#S-1")
    patch = {field: None, "evse_uid": "E9", "last_updated": "2026-11-22T10:01:00Z"}
    assert house.call("PATCH", path_of(session()), patch).status_code == 1000
    after = house.item("sessions", "IN#CPO#S-1")
    assert stored(house) == {**session(), "evse_uid": "E9", "last_updated": "2026-11-22T10:01:00Z"}
    assert before is not None
    assert after is not None
    assert after["token_key"] == before["token_key"]


def test_a_session_whose_token_has_no_party_is_found_by_our_token(house: House) -> None:
    token = {name: member for name, member in cdr_token().items() if name not in ("country_code", "party_id")}
    assert put(house, session(cdr_token=token)) == 1000
    item = house.item("sessions", KEY)
    assert item is not None
    assert item["token_key"]["S"] == "IN#EMS#TOKEN1"
    assert deviations(house) == {"cdr_token.country_code": "is missing", "cdr_token.party_id": "is missing"}


def test_a_status_in_another_case_is_understood(house: House) -> None:
    put(house, session(status="completed"))
    item = house.item("sessions", KEY)
    assert item is not None
    assert item["status"]["S"] == "COMPLETED"
    assert stored(house)["status"] == "completed"
    same_moment = {"status": "Active", "last_updated": session()["last_updated"]}
    house.call("PATCH", path_of(session()), same_moment)
    assert stored(house)["status"] == "completed", "a session does not go back from its end"


def test_a_lower_case_country_code_is_the_same_party(house: House) -> None:
    value = session(country_code="in", party_id="cpo", kwh=9)
    assert house.call("PUT", "/ocpi/2.2.1/sessions/IN/CPO/s-1", {**value, "id": "s-1"}).status_code == 1000
    assert stored(house)["country_code"] == "in"
    assert house.call("GET", "/ocpi/2.2.1/sessions/in/cpo/S-1").envelope["data"]["kwh"] == 9


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"id": None}, "id"),
        ({"status": None}, "status"),
        ({"last_updated": None}, "last_updated"),
        ({"last_updated": "yesterday"}, "last_updated"),
        ({"country_code": "IND"}, "country_code"),
        ({"country_code": "US"}, "country_code"),
        ({"party_id": "XYZ"}, "party_id"),
        ({"id": "S-2"}, "session_id"),
        ({"id": "x" * 400}, "id"),
        ({"cdr_token": {**cdr_token(), "party_id": "OTH"}}, "cdr_token"),
    ],
)
def test_what_cannot_be_identified_is_refused_and_kept(
    house: House, changes: dict[str, Any], named: str
) -> None:
    value = session(**changes)
    for tries in (1, 2):
        answer = house.call("PUT", "/ocpi/2.2.1/sessions/IN/CPO/S-1", value)
        assert (answer.http_status, answer.status_code) == (200, 2001)
        assert named in answer.envelope["status_message"]
        [kept] = house.rejected()
        assert json.loads(kept["body"]) == value
        assert kept["reason"] == answer.envelope["status_message"]
        assert kept["tries"] == tries
        assert "authorization" not in {name.lower() for name in kept["headers"]}
    assert house.items("sessions") == []


@pytest.mark.parametrize("body", [[], "text", 5, None, True])
def test_json_that_is_no_object_is_refused_and_kept(house: House, body: Any) -> None:
    answer = house.call("PUT", path_of(session()), raw=json.dumps(body).encode())
    assert answer.status_code == 2001
    assert len(house.rejected()) == 1


def test_our_own_party_owns_no_session_that_others_push(house: House) -> None:
    assert put(house, session(party_id="EMS")) == 2001


def test_the_newest_wins_whatever_the_order(house: House) -> None:
    assert put(house, session(at="2026-11-22T10:02:00Z", kwh=3)) == 1000
    assert put(house, session(at="2026-11-22T10:01:00.999Z", kwh=2)) == 1000
    assert stored(house)["kwh"] == 3
    assert put(house, session(at="2026-11-22T15:33:00+05:30", kwh=4)) == 1000
    assert stored(house)["kwh"] == 4


def test_nanoseconds_count(house: House) -> None:
    put(house, session(at="2026-11-22T10:00:00.000000002Z", kwh=3))
    put(house, session(at="2026-11-22T10:00:00.000000001Z", kwh=2))
    assert stored(house)["kwh"] == 3


def test_an_equal_push_is_not_even_written(house: House) -> None:
    put(house, session(kwh=1.5))
    first = house.item("sessions", KEY)
    assert put(house, {**session(), "kwh": 1.50, "end_date_time": None}) == 1000
    assert house.item("sessions", KEY) == first


def test_a_patch_changes_what_is_given(house: House) -> None:
    put(house, session(charging_periods=[period(1)]))
    patch = {"kwh": 2.5, "last_updated": "2026-11-22T10:05:00Z", "charging_periods": [period(5)]}
    path = path_of(session())
    assert house.call("PATCH", path, patch).status_code == 1000
    assert house.call("PATCH", path, patch).status_code == 1000, "the Hub's retry"
    assert stored(house) == {**session(), **patch, "charging_periods": [period(1), period(5)]}
    late = {"kwh": 2.1, "last_updated": "2026-11-22T10:03:00Z", "charging_periods": [period(3)]}
    assert house.call("PATCH", path, late).status_code == 1000
    assert stored(house)["kwh"] == 2.5
    assert stored(house)["charging_periods"] == [period(1), period(3), period(5)]


def test_a_patch_of_an_unknown_session_asks_for_a_put(house: House) -> None:
    answer = house.call("PATCH", path_of(session()), {"kwh": 1, "last_updated": "2026-11-22T10:05:00Z"})
    assert (answer.http_status, answer.status_code) == (404, 2003)
    assert house.rejected() == []


@pytest.mark.parametrize(
    "patch",
    [
        {"kwh": 1},
        {"kwh": 1, "last_updated": None},
        {"last_updated": "now"},
        {"last_updated": "2026-11-22T10:05:00Z", "id": "S-2"},
        {"last_updated": "2026-11-22T10:05:00Z", "party_id": "XYZ"},
        {"last_updated": "2026-11-22T10:05:00Z", "cdr_token": {**cdr_token(), "party_id": "OTH"}},
        {"last_updated": "2026-11-22T10:05:00Z", "status": None},
    ],
)
def test_a_patch_that_spoils_the_session_is_refused_and_kept(house: House, patch: dict[str, Any]) -> None:
    put(house, session())
    answer = house.call("PATCH", path_of(session()), patch)
    assert (answer.http_status, answer.status_code) == (200, 2001)
    assert stored(house) == session()
    assert len(house.rejected()) == 1


def test_many_senders_at_once(house: House) -> None:
    values = [session(at=f"2026-11-22T10:{minute:02}:00Z", kwh=minute) for minute in range(40)]
    with ThreadPoolExecutor(8) as senders:
        codes = list(senders.map(lambda value: put(house, value), reversed(values)))
    assert set(codes) == {1000}
    assert stored(house)["kwh"] == 39


def test_patches_of_many_senders_are_all_counted(house: House) -> None:
    put(house, session())

    def patch(minute: int) -> None:
        value = {"last_updated": f"2026-11-22T10:{minute:02}:00Z", "charging_periods": [period(minute)]}
        while house.call("PATCH", path_of(session()), value).http_status == 500:
            pass  # as the Hub would, when too many wrote at once

    with ThreadPoolExecutor(6) as senders:
        list(senders.map(patch, range(1, 25)))
    assert stored(house)["charging_periods"] == [period(minute) for minute in range(1, 25)]


def test_a_session_with_very_many_patches_still_fits_its_item(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("emsp.pushes.receive_session.PATCHES_BYTES_AT_MOST", 500)
    put(house, session())
    for minute in range(1, 40):
        value = {"last_updated": f"2026-11-22T10:{minute:02}:00Z", "charging_periods": [period(minute)]}
        assert house.call("PATCH", path_of(session()), value).status_code == 1000
    assert stored(house)["charging_periods"] == [period(minute) for minute in range(1, 40)]
    item = house.item("sessions", KEY)
    assert item is not None
    assert len(item.get("patches", {"S": ""})["S"]) <= 500


def test_thousands_of_deviations_still_fit_their_item(house: House) -> None:
    odd = {"start_date_time": "₹" * 300, "dimensions": [{"type": "MAGIC", "volume": "₹" * 300}]}
    value = session(charging_periods=[odd] * 500)
    assert put(house, value) == 1000
    item = house.item("sessions", KEY)
    assert item is not None
    text = item["deviations"]["S"]
    assert len(text.encode()) < 41_000
    noted = json.loads(text)
    assert noted[0]["problem"] == "450 members of its lists were not checked"
    assert noted[-1]["problem"] == "151 found, of which the first are listed"
    assert house.call("GET", path_of(value)).envelope["data"] == value


def test_only_the_parties_of_a_platform_may_be_spoken_for(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    authentication = house.app("receive_session").authentication
    authentication.forget()  # otherwise the cached tokens could expire before the last PUT
    house.call("GET", path_of(session()))
    [token] = authentication._cache._tokens
    limited = type(token)(token.sha256, token.issued_at, None, ("IN*CPO",))
    monkeypatch.setattr(authentication._cache, "_tokens", (limited,))
    assert put(house, session()) == 1000
    assert put(house, session(party_id="XYZ")) == 2001


def test_an_id_with_every_character_is_found_again(house: House) -> None:
    value = session("a/b c%25é#?")
    value["id"] = "a/b c%25#?"
    path = "/ocpi/2.2.1/sessions/IN/CPO/a%2Fb%20c%2525%23%3F"
    assert house.call("PUT", path, value).status_code == 1000
    assert house.call("GET", path).envelope["data"] == value


def test_a_long_session_with_thousands_of_periods_is_stored_whole(house: House) -> None:
    value = session(charging_periods=[period(10 + number % 50, number / 7) for number in range(6000)])
    assert put(house, value) == 1000
    assert house.call("GET", path_of(value)).envelope["data"] == value
    patch = {"last_updated": "2026-11-22T10:05:00Z", "charging_periods": [period(5, 9999)]}
    assert house.call("PATCH", path_of(value), patch).status_code == 1000
    assert len(house.call("GET", path_of(value)).envelope["data"]["charging_periods"]) == 6001


def test_a_push_beyond_the_limit_of_its_cpo_is_to_be_sent_again(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    rate = house.app("receive_session").sessions.rate
    monkeypatch.setattr(rate, "_at_most", 1)
    monkeypatch.setattr(rate, "_of", {})  # what other tests pushed
    assert put(house, session()) == 1000
    answer = house.call("PUT", path_of(session()), session(at="2026-11-22T10:01:00Z"))
    assert (answer.http_status, answer.status_code, answer.headers["Retry-After"]) == (429, 3000, "60")
    assert put(house, session(party_id="XYZ")) == 1000
    assert house.rejected() == []
