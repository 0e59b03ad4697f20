"""CDRs: the first one stands, repeated ones succeed, different ones are kept and alarmed on."""

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.integration.house import Answer, House
from tests.integration.samples import cdr, cdr_token, hub_sample_cdr, path_of, period, session


def post(house: House, value: dict[str, Any]) -> Answer:
    return house.call("POST", "/ocpi/2.2.1/cdrs", value)


def stored(house: House, key: str = "IN#CPO#C-1") -> dict[str, Any]:
    item = house.item("cdrs", key)
    assert item is not None
    return item


def notes(house: House, attribute: str, key: str = "IN#CPO#C-1") -> dict[str, str]:
    return {
        each["path"]: each["problem"]
        for each in json.loads(stored(house, key).get(attribute, {"S": "[]"})["S"])
    }


def test_a_cdr_is_stored_as_received_and_found_at_its_location(house: House) -> None:
    raw = json.dumps(cdr(), indent=2).replace("250.1,", "250.10,").encode()
    answer = house.call("POST", "/ocpi/2.2.1/cdrs", raw=raw)
    assert (answer.http_status, answer.status_code) == (200, 1000)
    assert answer.headers["Location"] == "https://emsp.example.com/ocpi/2.2.1/cdrs/IN/CPO/C-1"
    assert house.stored_text("cdrs", "IN#CPO#C-1") == raw.decode()
    assert stored(house)["session_key"]["S"] == "IN#CPO#S-1"
    assert stored(house)["end_day"]["S"] == "2026-11-22"
    found = house.call("GET", answer.headers["Location"].removeprefix("https://emsp.example.com"))
    assert found.envelope["data"] == cdr()
    assert '"excl_vat": 250.10' in found.body


def test_the_hubs_sample_is_accepted_with_deviations(house: House) -> None:
    assert post(house, hub_sample_cdr()).status_code == 1000
    found = notes(house, "deviations", "IN#CPO#HUB-SAMPLE")
    assert found["auth_method"] == "is missing"
    assert found["charging_periods"] == "is missing"


def test_the_same_again_is_a_success_with_the_same_location(house: House) -> None:
    first = post(house, cdr(total_cost={"excl_vat": 250.10}))
    item = stored(house)
    again = dict(reversed(cdr(total_cost={"excl_vat": 250.1, "incl_vat": None}).items()))
    answer = post(house, again)
    assert answer.status_code == 1000
    assert answer.headers["Location"] == first.headers["Location"]
    assert stored(house) == item
    assert house.rejected() == []


def test_other_content_under_the_same_id_is_kept_and_alarmed_on(
    house: House, capsys: pytest.CaptureFixture[str]
) -> None:
    post(house, cdr())
    other = cdr(total_cost={"excl_vat": 1}, total_time=None, remark="mine")
    for tries in (1, 2):
        answer = post(house, other)
        assert (answer.http_status, answer.status_code) == (200, 2001)
        [kept] = house.rejected()
        assert (json.loads(kept["body"]), kept["error"], kept["tries"]) == (
            other,
            "ContradictingObject",
            tries,
        )
        assert kept["reason"].endswith("; what differs: total_cost, total_time, remark")
    assert json.loads(house.stored_text("cdrs", "IN#CPO#C-1")) == cdr()
    metrics = [json.loads(line) for line in capsys.readouterr().out.splitlines() if "_aws" in line]
    assert sum(sum(metric.get("ConflictingCdrs", [])) for metric in metrics) == 2


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"id": None}, "id"),
        ({"cdr_token": None}, "cdr_token"),
        ({"cdr_token": {**cdr_token(), "party_id": "OTH"}}, "cdr_token"),
        ({"start_date_time": None}, "start_date_time"),
        ({"end_date_time": "later"}, "end_date_time"),
        ({"cdr_token": {**cdr_token(), "uid": ""}}, "cdr_token.uid"),
        ({"currency": None}, "currency"),
        ({"currency": ""}, "currency"),
        ({"currency": "RUPEES"}, "currency"),
        ({"currency": "978"}, "currency"),
        ({"currency": 978}, "currency"),
        ({"cdr_token": {**cdr_token(), "country_code": True}}, "cdr_token.country_code"),
        ({"total_cost": None}, "total_cost"),
        ({"total_cost": {"excl_vat": "free"}}, "total_cost"),
        ({"total_energy": None}, "total_energy"),
        ({"last_updated": None}, "last_updated"),
        ({"party_id": "EMS"}, "party_id"),
    ],
)
def test_what_cannot_be_billed_is_refused_and_kept(house: House, changes: dict[str, Any], named: str) -> None:
    answer = post(house, cdr(**changes))
    assert (answer.http_status, answer.status_code) == (200, 2001)
    assert named in answer.envelope["status_message"]
    assert len(house.rejected()) == 1
    assert house.items("cdrs") == []


@pytest.mark.parametrize(("field", "value"), [("contract_id", None), ("type", "NFC")])
def test_a_token_that_is_known_by_its_uid_is_enough(house: House, field: str, value: str | None) -> None:
    token = {name: member for name, member in {**cdr_token(), field: value}.items() if member is not None}
    assert post(house, cdr(cdr_token=token)).status_code == 1000
    assert f"cdr_token.{field}" in notes(house, "deviations")


def test_a_token_without_its_party_is_ours_and_bills(house: House) -> None:
    """OCPI 2.2's cdr_token has no country_code and no party_id."""
    token = {name: member for name, member in cdr_token().items() if name not in ("country_code", "party_id")}
    assert post(house, cdr(cdr_token=token)).status_code == 1000
    assert stored(house)["token_key"]["S"] == "IN#EMS#TOKEN1"
    assert json.loads(house.stored_text("cdrs", "IN#CPO#C-1"))["cdr_token"] == token
    assert notes(house, "deviations") == {
        "cdr_token.country_code": "is missing",
        "cdr_token.party_id": "is missing",
    }


def test_an_evse_id_in_another_form_is_noted_and_billed(house: House) -> None:
    location = {**cdr()["cdr_location"], "evse_id": "socket left"}
    assert post(house, cdr(cdr_location=location)).status_code == 1000
    assert list(notes(house, "deviations")) == ["cdr_location.evse_id"]
    reserved = {**location, "evse_uid": "#NA", "evse_id": "#NA", "connector_id": "#NA"}
    assert post(house, cdr("C-2", cdr_location=reserved)).status_code == 1000
    assert notes(house, "deviations", "IN#CPO#C-2") == {}


def test_ids_as_numbers_are_keys_links_and_answers_by_their_text(house: House) -> None:
    value = session(session_id="123", status="ACTIVE") | {"id": 123, "cdr_token": {**cdr_token(), "uid": 7}}
    assert house.call("PUT", "/ocpi/2.2.1/sessions/IN/CPO/123", value).status_code == 1000
    told = cdr("4711", session_id="123", cdr_token={**cdr_token(), "uid": 7}) | {
        "id": 4711,
        "session_id": 123,
    }
    answer = post(house, told)
    assert answer.status_code == 1000
    assert answer.headers["Location"].endswith("/ocpi/2.2.1/cdrs/IN/CPO/4711")
    item = stored(house, "IN#CPO#4711")
    assert (item["session_key"]["S"], item["token_key"]["S"]) == ("IN#CPO#123", "IN#EMS#7")
    assert notes(house, "contradictions", "IN#CPO#4711") == {}
    assert house.call("GET", "/ocpi/2.2.1/cdrs/IN/CPO/4711").envelope["data"] == told
    assert house.call("GET", "/ocpi/2.2.1/sessions/IN/CPO/123").envelope["data"]["status"] == "COMPLETED"

    credit = {**told, "id": 4712, "credit": 1, "credit_reference_id": 4711, "session_id": None}
    post(house, credit)
    assert stored(house, "IN#CPO#4711")["credited_by"]["S"] == "IN#CPO#4712"


@pytest.mark.parametrize(("of", "named"), [("C-1", " c-1 "), (" C-1 ", " c-1 "), ("C-1", "C-1\t")])
def test_spaces_around_a_reference_do_not_hide_what_it_names(house: House, of: str, named: str) -> None:
    value = session("S-9", status="ACTIVE")
    assert house.call("PUT", path_of(value), value).status_code == 1000
    post(house, cdr(of, session_id=" S-9"))
    assert stored(house, f"IN#CPO#{of}")["session_key"]["S"] == "IN#CPO#S-9"
    total = {"excl_vat": -250.10}
    post(house, cdr("C-2", credit=True, credit_reference_id=named, total_cost=total))
    assert stored(house, f"IN#CPO#{of}")["credited_by"]["S"] == "IN#CPO#C-2"


def test_a_cdr_completes_a_session_that_was_left_open(house: House) -> None:
    house.call("PUT", path_of(session()), session())
    post(house, cdr())
    now = house.call("GET", path_of(session())).envelope["data"]
    assert (now["status"], now["end_date_time"]) == ("COMPLETED", "2026-11-22T10:40:00Z")
    late = session(at="2026-11-22T10:30:00Z", kwh=9)
    house.call("PUT", path_of(late), late)
    now = house.call("GET", path_of(session())).envelope["data"]
    assert (now["status"], now["kwh"]) == ("COMPLETED", 9)


def test_a_cdr_before_its_session_completes_it_when_it_comes(house: House) -> None:
    post(house, cdr())
    assert "session_id" in notes(house, "contradictions")
    assert house.call("GET", path_of(session())).http_status == 404
    assert (
        house.call("PATCH", path_of(session()), {"last_updated": "2026-11-22T10:00:00Z"}).http_status == 404
    )
    assert house.call("PUT", path_of(session()), session()).status_code == 1000
    assert house.call("GET", path_of(session())).envelope["data"]["status"] == "COMPLETED"


def test_an_ended_session_is_left_as_it_is(house: House) -> None:
    ended = session(status="COMPLETED", end_date_time="2026-11-22T10:40:00Z", kwh=12.50)
    house.call("PUT", path_of(ended), ended)
    post(house, cdr(end_date_time="2026-11-22T10:40:00.0Z"))
    assert house.call("GET", path_of(ended)).envelope["data"] == ended
    assert notes(house, "contradictions") == {}


def test_a_cdr_without_a_session_is_accepted(house: House) -> None:
    assert post(house, cdr(session_id=None)).status_code == 1000
    assert list(notes(house, "contradictions")) == ["session_id"]
    assert house.items("sessions") == []


def test_what_contradicts_the_session_is_noted(house: House) -> None:
    ended = session(
        status="COMPLETED",
        kwh=20,
        end_date_time="2026-11-22T10:45:00+00:00",
        location_id="LOC2",
        cdr_token=cdr_token("OTHER"),
        total_cost={"excl_vat": "250.1000"},
    )
    house.call("PUT", path_of(ended), ended)
    assert post(house, cdr()).status_code == 1000
    found = notes(house, "contradictions")
    assert set(found) == {"total_energy", "end_date_time", "cdr_location.id", "cdr_token.uid"}
    assert found["total_energy"] == "the session has 20"


@pytest.mark.parametrize("credit_first", [True, False])
def test_a_credit_cdr_is_linked_with_what_it_credits(house: House, credit_first: bool) -> None:
    credit = cdr("C-1-C", credit=True, credit_reference_id="C-1", total_cost={"excl_vat": -250.10})
    for value in (credit, cdr()) if credit_first else (cdr(), credit):
        assert post(house, value).status_code == 1000
    assert stored(house, "IN#CPO#C-1-C")["credits_key"]["S"] == "IN#CPO#C-1"
    assert stored(house)["credited_by"]["S"] == "IN#CPO#C-1-C"
    assert json.loads(house.stored_text("cdrs", "IN#CPO#C-1")) == cdr()
    found = notes(house, "contradictions", "IN#CPO#C-1-C")
    assert ("credit_reference_id" in found) is credit_first
    assert post(house, cdr()).status_code == 1000


def test_a_credit_that_does_not_undo_is_noted(house: House) -> None:
    post(house, cdr())
    post(house, cdr("C-1-C", credit=True, credit_reference_id="C-1", total_cost={"excl_vat": -1}))
    assert "total_cost.excl_vat" in notes(house, "contradictions", "IN#CPO#C-1-C")


def test_a_credit_cdr_closes_no_session(house: House) -> None:
    house.call("PUT", path_of(session()), session())
    post(house, cdr("C-1-C", credit=True, credit_reference_id="C-1"))
    assert house.call("GET", path_of(session())).envelope["data"]["status"] == "ACTIVE"


@pytest.mark.parametrize(("periods", "attribute"), [(1, "body_gz"), (8_000, "body_gz"), (45_000, "body_s3")])
def test_large_cdrs_are_stored_whole(house: House, periods: int, attribute: str) -> None:
    value = cdr(charging_periods=[period(number % 60, number * 1.000017 % 7) for number in range(periods)])
    answer = post(house, value)
    assert answer.status_code == 1000
    assert attribute in stored(house)
    found = house.call("GET", answer.headers["Location"].removeprefix("https://emsp.example.com"))
    assert found.envelope["data"] == value
    assert post(house, value).status_code == 1000


def test_the_same_cdr_from_many_senders_is_stored_once(house: House) -> None:
    with ThreadPoolExecutor(8) as senders:
        answers = list(senders.map(lambda _: post(house, cdr()), range(24)))
    assert {answer.status_code for answer in answers} == {1000}
    assert len({answer.headers["Location"] for answer in answers}) == 1
    assert len(house.items("cdrs")) == 1


def test_of_different_ones_at_once_exactly_one_stands(house: House) -> None:
    values = [cdr(total_energy=number) for number in range(12)]
    with ThreadPoolExecutor(8) as senders:
        codes = list(senders.map(lambda value: post(house, value).status_code, values))
    assert sorted(codes) == [1000] + [2001] * 11
    assert len(house.rejected()) == 11


def test_an_id_with_every_character_has_a_location_that_works(house: House) -> None:
    value = cdr("a/b c%25#?")
    answer = post(house, value)
    path = answer.headers["Location"].removeprefix("https://emsp.example.com")
    assert path.count("/") == 6
    assert house.call("GET", path).envelope["data"] == value
