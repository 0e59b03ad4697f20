"""check_cdr from end to end: a CDR arrives, is checked beside the Hub's path, kept, told, checked again."""

import json
import time
from dataclasses import replace
from decimal import Decimal
from typing import Any

import boto3
import pytest

from emsp.charges.check_cdr import KEEP_ATTEMPTS, TIME_KEPT_S
from emsp.invocation import InvalidInvocation
from emsp.pricing.check_claim import CheckRules
from emsp.pricing.rules import RULES_VERSION
from emsp.stores.catalogue_table import CatalogueObject
from emsp.stores.cdrs import CdrStore
from emsp.stores.table import ConditionFailed, LargeBodies, StoreUnavailable
from emsp.stores.tariff_versions import TariffVersions
from tests.integration.house import REPOSITORY, House
from tests.integration.lambda_context import Context
from tests.integration.samples import cdr
from tests.integration.streams import Streams, Tap
from tests.unit.charges.signing import Meter, signed_data


def tariff(price: float, **fields: Any) -> dict[str, Any]:
    component = {"type": "ENERGY", "price": price, "vat": 18, "step_size": 1}
    return {
        "country_code": "IN",
        "party_id": "CPO",
        "id": "T1",
        "currency": "INR",
        "elements": [{"price_components": [component]}],
        "last_updated": "2026-01-01T00:00:00Z",
        **fields,
    }


def periods(tariff_id: str | None = "T1") -> list[dict[str, Any]]:
    period: dict[str, Any] = {
        "start_date_time": "2026-11-22T09:55:00Z",
        "dimensions": [{"type": "ENERGY", "volume": 12.5}],
    }
    return [period if tariff_id is None else {**period, "tariff_id": tariff_id}]


def a_cdr(cdr_id: str = "C-1", *, cost: float = 250, **fields: Any) -> dict[str, Any]:
    total = {"excl_vat": cost, "incl_vat": round(cost * 1.18, 2)}
    return cdr(cdr_id, **{"total_cost": total, "charging_periods": periods(), **fields})


def post(house: House, *cdrs: dict[str, Any]) -> None:
    for each in cdrs:
        assert house.call("POST", "/ocpi/2.2.1/cdrs", each).status_code == 1000


def run(house: House, payload: object, *seconds: float) -> Any:
    answered = house.app("check_cdr").handler(payload, Context(*seconds))
    return json.loads(json.dumps(answered))


def one(cdr_id: str = "C-1") -> dict[str, Any]:
    return {"cdr": {"country_code": "IN", "party_id": "CPO", "id": cdr_id}}


def bodies() -> LargeBodies:
    return LargeBodies("large-bodies", lambda: boto3.client("s3"))


def keep_version(house: House, value: dict[str, Any], seen_from: str) -> None:
    version = CatalogueObject("IN#CPO#T1", json.dumps(value), "2026-01-01T00:00:00.000000000Z", "0", "0")
    TariffVersions(house.dynamodb, "tariff_versions", bodies()).put_new([version], seen_from)


def stored_check(house: House, cdr_id: str = "C-1") -> Any:
    stored = CdrStore(house.dynamodb, "cdrs", bodies()).get(f"IN#CPO#{cdr_id}")
    assert stored is not None
    return json.loads(stored.check) if stored.check else None


@pytest.mark.parametrize(("cost", "verdict"), [(250, "AGREES"), (300, "OVERCHARGED"), (200, "UNDERCHARGED")])
def test_a_cdr_that_arrives_is_checked_kept_and_told(house: House, cost: float, verdict: str) -> None:
    streams, tap = Streams(), Tap()
    post(house, a_cdr(cost=cost, tariffs=[tariff(20)]))
    arrived = streams.records()
    assert run(house, {"Records": arrived}) == {"batchItemFailures": []}

    check = stored_check(house)
    assert check["verdict"] == verdict
    assert check["cdr"] == one()["cdr"]
    assert check["session_id"] == "S-1"
    assert check["computed"] == {"excl_vat": "250", "incl_vat": "295"}
    assert check["tariffs"][0]["id"] == "T1"
    assert check["rules"]["version"] == RULES_VERSION

    changed = streams.records()
    house.app("publish_changes").handler({"Records": [*arrived, *changed]}, None)
    events = {event["detail-type"]: event["detail"] for event in tap.events()}
    opened = {"Dispute Opened"} if verdict == "OVERCHARGED" else set()
    assert set(events) == {"CDR Received", "CDR Checked"} | opened
    assert events["CDR Checked"]["object"] == check
    assert (events["CDR Checked"]["verdict"], events["CDR Checked"]["id"]) == (verdict, "C-1")

    assert run(house, {"Records": changed}) == {"batchItemFailures": []}
    assert streams.records() == [], "its own note makes check_cdr check nothing again"


def test_a_cdr_that_was_credited_before_it_came_is_checked_when_it_comes(house: House) -> None:
    streams = Streams()
    credit = a_cdr("C-2", cost=-250, credit=True, credit_reference_id="C-1", tariffs=[tariff(20)])
    post(house, credit, a_cdr(tariffs=[tariff(20)]))
    run(house, {"Records": streams.records()})
    assert stored_check(house, "C-1")["verdict"] == "AGREES"


def test_a_credit_cdr_has_no_verdict_of_its_own(house: House) -> None:
    """A partial one would be UNDERCHARGED by all that it leaves."""
    streams = Streams()
    fields = {"credit": True, "credit_reference_id": "C-1", "tariffs": [tariff(20)]}
    post(house, a_cdr(tariffs=[tariff(20)]), a_cdr("C-2", cost=-10, **fields))
    run(house, {"Records": streams.records()})
    (charge,) = house.app("find_charges").handler({"cdr": one("C-2")["cdr"]}, Context())["charges"]
    assert (charge["cdrs"][0]["check"]["verdict"], charge["credits"][0]["check"]) == ("AGREES", None)
    span = {"from": "2026-11-01T00:00:00Z", "to": "2026-12-01T00:00:00Z"}
    assert run(house, span)["checked"] == 1
    with pytest.raises(InvalidInvocation, match="no verdict of its own: check the CDR that it credits, IN#"):
        run(house, one("C-2"))


def test_tariffs_that_are_not_embedded_are_those_in_force_at_the_start(house: House) -> None:
    keep_version(house, tariff(20), "2026-11-01T00:00:00.000000000Z")
    keep_version(house, tariff(99), "2026-11-22T10:00:00.000000000Z")
    post(house, a_cdr())
    check = run(house, one())
    assert (check["verdict"], check["computed"]["excl_vat"]) == ("AGREES", "250")


def test_a_check_again_after_the_tariff_came_tells_what_changed(house: House) -> None:
    post(house, a_cdr(cost=300))
    first = run(house, one())
    assert (first["verdict"], first["findings"][0]["code"]) == ("CANNOT_TELL", "NO_TARIFF")
    assert "changed" not in run(house, one()), "nothing has changed yet"

    keep_version(house, tariff(20), "2026-11-23T00:00:00.000000000Z")
    again = run(house, one())
    assert again["verdict"] == "OVERCHARGED"
    assert again["changed"]["verdict"] == "CANNOT_TELL"
    assert [each["code"] for each in again["assumptions"]] == ["TIME_ZONE_ASSUMED", "TARIFF_SEEN_LATER"]
    assert "changed" not in run(house, one())


def test_local_time_is_the_locations_or_that_of_a_country_with_one_zone(house: House) -> None:
    evening = tariff(99)
    evening["elements"][0]["restrictions"] = {"start_time": "15:00", "end_time": "16:00"}
    post(house, a_cdr(tariffs=[evening], cost=1237.5))
    assert run(house, one())["verdict"] == "AGREES", "09:55 UTC is 15:25 in India"
    location = CatalogueObject("IN#CPO#LOC1", json.dumps({"time_zone": "Asia/Dubai"}), "2026", "0", "0")
    TariffVersions(house.dynamodb, "locations", bodies()).put_new([location], "2026")
    moved = run(house, one())
    assert (moved["verdict"], moved["computed"]["excl_vat"]) == ("OVERCHARGED", "0")


def test_without_a_tariff_id_it_is_the_connectors_tariff(house: House) -> None:
    connector = {"id": "1", "tariff_ids": ["T1"]}
    evses = [{"uid": "EVSE1", "connectors": [connector]}]
    location = CatalogueObject("IN#CPO#LOC1", json.dumps({"evses": evses}), "2026", "0", "0")
    TariffVersions(house.dynamodb, "locations", bodies()).put_new([location], "2026")
    keep_version(house, tariff(20), "2026-11-01T00:00:00.000000000Z")
    post(house, a_cdr(charging_periods=periods(None)))
    check = run(house, one())
    assert check["verdict"] == "AGREES"
    assert "TARIFF_ASSUMED" in [each["code"] for each in check["assumptions"]]


def test_ids_that_are_numbers_are_their_texts(house: House) -> None:
    streams, tap = Streams(), Tap()
    post(house, a_cdr(id=4711, session_id=99))
    run(house, {"Records": streams.records()})
    checked = run(house, one("4711"))
    assert (checked["cdr"]["id"], checked["session_id"]) == ("4711", "99")
    house.app("publish_changes").handler({"Records": streams.records()}, None)
    assert "CDR Checked" in [event["detail-type"] for event in tap.events()], "as its schema says"


def test_a_span_counts_money_by_verdict_and_by_cpo(house: House) -> None:
    post(
        house,
        a_cdr("C-1", tariffs=[tariff(20)]),
        a_cdr("C-2", cost=300, tariffs=[tariff(20)]),
        a_cdr("C-3", cost=310, tariffs=[tariff(20)]),
        a_cdr("C-4", tariffs=[tariff(20)], end_date_time="2026-11-24T00:00:00Z"),
    )
    span = run(house, {"from": "2026-11-22T00:00:00Z", "to": "2026-11-24T00:00:00Z"})
    assert (span["checked"], span["resume_from"]) == (3, None)
    assert span["by_verdict"] == {
        "AGREES": {"count": 1, "money": {"INR": {"claimed": "295", "difference": "0"}}},
        "OVERCHARGED": {"count": 2, "money": {"INR": {"claimed": "719.8", "difference": "129.8"}}},
    }
    assert span["by_cpo"] == {"IN*CPO": span["by_verdict"]}


def test_a_span_that_time_does_not_suffice_for_tells_where_to_go_on(house: House) -> None:
    ends = [f"2026-11-22T10:4{minute}:00Z" for minute in range(3)]
    post(house, *[a_cdr(f"C-{end}"[:30], end_date_time=end, tariffs=[tariff(20)]) for end in ends])
    payload = {"from": "2026-11-22T00:00:00Z", "to": "2026-11-23T00:00:00Z"}
    first = run(house, payload, 600, TIME_KEPT_S - 1)
    assert (first["checked"], first["resume_from"]) == (1, "2026-11-22T10:41:00.000000000Z")
    rest = run(house, {**payload, "from": first["resume_from"]})
    assert (rest["checked"], rest["resume_from"]) == (2, None)


@pytest.mark.parametrize("name", ["one", "span"])
def test_each_sample_event_does_what_its_name_says(house: House, name: str) -> None:
    post(house, a_cdr(tariffs=[tariff(20)]))
    event = json.loads((REPOSITORY / "events" / "check_cdr" / f"{name}.json").read_text(encoding="utf-8"))
    checked = run(house, event)
    assert checked.get("verdict") == "AGREES" or checked["by_verdict"]["AGREES"]["count"] == 1


@pytest.mark.parametrize(
    ("payload", "told"),
    [
        ({}, 'give either "cdr", or "from" and "to"'),
        ({"from": "2026-11-22T00:00:00Z"}, 'give either "cdr", or "from" and "to"'),
        ({**one(), "from": "2026-11-22T00:00:00Z"}, 'give either "cdr"'),
        ({"from": "2026-11-22T00:00:00Z", "to": "2026-11-22T00:00:00Z"}, '"to" must be after "from"'),
        ({"from": "yesterday", "to": "2026-11-22T00:00:00Z"}, "from"),
        ({"from": 5, "to": "2026-11-22T00:00:00Z"}, "from"),
        ({"cdr": {"country_code": "IN", "party_id": "CPO"}}, "cdr.id is missing"),
        ({**one(), "speed": 5}, "unknown field 'speed'"),
        (one("NONE"), "there is no CDR IN#CPO#NONE"),
    ],
)
def test_a_payload_that_asks_for_nothing_is_refused_with_what_is_wrong(
    house: House, payload: dict[str, Any], told: str
) -> None:
    with pytest.raises(InvalidInvocation, match=told):
        run(house, payload)


def test_two_checks_of_one_cdr_at_once_are_kept_and_published_once(house: House) -> None:
    """The stream's and one that somebody asked for: both read the CDR before either has kept its check."""
    streams, tap = Streams(), Tap()
    post(house, a_cdr(tariffs=[tariff(20)]))
    arrived = streams.records()
    asked = run(house, one())
    time.sleep(1.1)  # checked_at has whole seconds
    for _ in range(2):  # Lambda may bring a record twice
        assert run(house, {"Records": arrived}) == {"batchItemFailures": []}
    assert stored_check(house) == asked
    house.app("publish_changes").handler({"Records": [*arrived, *streams.records()]}, None)
    assert [event["detail-type"] for event in tap.events()].count("CDR Checked") == 1


def test_a_check_that_says_something_new_replaces_what_another_check_kept_meanwhile(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    post(house, a_cdr(tariffs=[tariff(20)]))
    run(house, one())
    store = CdrStore(house.dynamodb, "cdrs", bodies())
    keep = CdrStore.keep_check

    def overtaken(self: CdrStore, object_key: str, check: str, replaces: int) -> None:
        monkeypatch.setattr(CdrStore, "keep_check", keep)
        keep(store, object_key, json.dumps({"verdict": "CANNOT_TELL"}), replaces)
        keep(self, object_key, check, replaces)

    monkeypatch.setattr(CdrStore, "keep_check", overtaken)
    app = house.app("check_cdr")
    monkeypatch.setattr(app, "check_cdr", replace(app.check_cdr, rules=CheckRules(tolerance=Decimal("0.02"))))
    check = run(house, one())
    assert check["changed"]["verdict"] == "CANNOT_TELL"
    assert stored_check(house) == check


def test_a_check_that_is_always_overtaken_gives_up(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    post(house, a_cdr(tariffs=[tariff(20)]))
    tries: list[int] = []

    def overtaken(_: CdrStore, __: str, ___: str, replaces: int) -> None:
        tries.append(replaces)
        raise ConditionFailed(None)

    monkeypatch.setattr(CdrStore, "keep_check", overtaken)
    with pytest.raises(StoreUnavailable, match="IN#CPO#C-1 was checked"):
        run(house, one())
    assert len(tries) == KEEP_ATTEMPTS


@pytest.mark.parametrize(("bytes_at_most", "kept_in"), [(50_000, "check_gz"), (500, "check_s3")])
def test_a_check_too_large_for_its_item_is_kept_in_s3(
    house: House, monkeypatch: pytest.MonkeyPatch, bytes_at_most: int, kept_in: str
) -> None:
    monkeypatch.setattr("emsp.stores.cdrs.CHECK_BYTES_AT_MOST", bytes_at_most)
    period = periods()[0]
    many = [{**period, "start_date_time": f"2026-11-22T10:{n // 60:02}:{n % 60:02}Z"} for n in range(300)]
    post(house, a_cdr(charging_periods=many, cost=300 * 250, tariffs=[tariff(20)]))
    run(house, one())
    item = house.item("cdrs", "IN#CPO#C-1")
    assert item is not None
    assert {"check_s3", "check_gz"} & item.keys() == {kept_in}
    assert len(stored_check(house)["lines"]) == 300


def test_a_table_that_does_not_answer_makes_lambda_bring_the_record_again(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    streams = Streams()
    post(house, a_cdr(tariffs=[tariff(20)]))
    record = streams.records()[-1]

    def refuse(*_: object, **__: object) -> None:
        raise StoreUnavailable("keeping the check: AWS answered ThrottlingException; try again")

    monkeypatch.setattr(CdrStore, "keep_check", refuse)
    failed = run(house, {"Records": [record]})
    assert failed == {"batchItemFailures": [{"itemIdentifier": record["dynamodb"]["SequenceNumber"]}]}


@pytest.mark.parametrize(
    ("published", "seen_from", "amounts"),
    [
        (tariff(16), "2026-11-01T00:00:00.000000000Z", ["50"]),
        (tariff(20, last_updated="2026-10-01T00:00:00Z"), "2026-11-01T00:00:00.000000000Z", []),
        (tariff(16), "2026-11-23T00:00:00.000000000Z", []),
    ],
    ids=["another price", "another version with the same price", "seen after the start only"],
)
def test_a_cdr_that_brings_another_tariff_than_was_published_is_told(
    house: House, published: dict[str, Any], seen_from: str, amounts: list[str]
) -> None:
    keep_version(house, published, seen_from)
    post(house, a_cdr(tariffs=[tariff(20)]))
    check = run(house, one())
    assert check["verdict"] == "AGREES"
    told = [each["amount"] for each in check["findings"] if each["code"] == "TARIFF_NOT_AS_PUBLISHED"]
    assert told == amounts


def test_signed_meter_values_stand_beside_the_check(house: House) -> None:
    """The key that an operator registers makes them valid; energy that they do not say is a finding."""
    meter = Meter()
    signed = signed_data(meter.record(), public_key=meter.public_key)
    post(house, a_cdr(signed_data=signed, tariffs=[tariff(20)]))
    first = run(house, one())
    assert (first["verdict"], first["findings"]) == ("AGREES", [])
    assert first["signed_data"] == {
        "result": "SELF_CONSISTENT",
        "says": "signed with the CDR's own key",
        "meters": ["M-1"],
        "kwh": ["12.5"],
    }
    key, keys = {"S": f"meter_key#IN*CPO#{meter.serial}"}, {"SS": [meter.public_key]}
    house.dynamodb.put_item(TableName="control", Item={"control_key": key, "public_keys": keys})
    checked = run(house, one())
    assert checked["signed_data"]["result"] == "VALID"
    assert checked["changed"]["signed_data"]["result"] == "SELF_CONSISTENT"

    more = {"total_energy": 15, "charging_periods": None}
    post(house, a_cdr("C-2", cost=300, signed_data=signed_data(meter.record()), tariffs=[tariff(20)], **more))
    checked = run(house, one("C-2"))
    assert (checked["verdict"], checked["signed_data"]["result"]) == ("AGREES", "VALID")
    (found,) = checked["findings"]
    assert found["code"] == "SIGNED_ENERGY_DIFFERS"
    assert found["message"] == "total_energy is 15 kWh, the signed meter values have 12.5"
