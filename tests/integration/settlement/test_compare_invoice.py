"""An invoice held against a settled month: what is matched, and all that is not."""

import json
from dataclasses import replace
from typing import Any

import pytest

from emsp.invocation import InvalidInvocation
from tests.integration.charges.test_check_cdr import tariff
from tests.integration.house import House
from tests.integration.settlement.months import credit, push, pushed, rows, settle

INVOICE = "invoices/cpo-october.csv"


def hold(house: House, text: str | bytes, **more: Any) -> Any:
    content = text.encode() if isinstance(text, str) else text
    house.s3.put_object(Bucket="settlements", Key=INVOICE, Body=content)
    return settle(house, invoice_s3=f"s3://settlements/{INVOICE}", **more)


def held(house: House, answer: Any) -> dict[str, dict[str, str]]:
    file = {"manifest": {"files": {"it": answer["invoice"]["file"]}}}
    return {f"{row['line']} {row['cdr_id']}".strip(): row for row in rows(house, file, "it")}


@pytest.fixture
def month(house: House) -> House:
    """Four CDRs of one CPO and one of another in October, one in September."""
    push(
        house,
        *(pushed(f"C-{number}") for number in range(1, 5)),
        pushed("OLD", "2026-09-10"),
        pushed("O-1", party_id="OTH"),
    )
    return house


def test_each_row_and_each_cdr_that_has_none_is_told(month: House) -> None:
    answer = hold(
        month,
        "CDR_ID;Amount\r\nC-1;295,00\r\nc-2;300.00\r\nC-2;295\r\nOLD;295\r\nGHOST;12\r\nC-3;free\r\n\r\n",
        cpo={"country_code": "IN", "party_id": "CPO"},
    )
    invoice = answer["invoice"]
    counts = {
        name: each["count"] for name, each in invoice.items() if isinstance(each, dict) and "count" in each
    }
    told = {"matched": 1, "different": 1, "twice": 1, "unknown": 2, "unreadable": 1, "missing": 1}
    assert counts == {**dict.fromkeys(("listed", "not_comparable", "other_cpo", "settled_out"), 0), **told}
    assert invoice["cpos"] == ["IN*CPO"]
    assert invoice["difference"] == "5"
    assert invoice["missing"] == {"count": 1, "amount": "295"}
    rows_of_it = held(month, answer)
    assert rows_of_it["2 C-1"]["outcome"] == "MATCHED"
    assert (rows_of_it["3 C-2"]["outcome"], rows_of_it["3 C-2"]["difference"]) == ("DIFFERENT", "5")
    assert rows_of_it["4 C-2"]["outcome"] == "TWICE"
    assert "ended at 2026-09-10" in rows_of_it["5 OLD"]["says"]
    assert rows_of_it["6 GHOST"]["says"] == "no such CDR was ever pushed"
    assert rows_of_it["7 C-3"]["outcome"] == "UNREADABLE"
    assert rows_of_it["C-4"]["outcome"] == "MISSING"


@pytest.mark.parametrize(
    "text",
    [
        "cdr_id,excl_vat,incl_vat\nC-1,250,295\nC-2,250,295.01\n",
        "\ufeffid\texcl_vat\nC-1\t250.00\nC-2\t250\n",
        "country_code,party_id,cdr_id,total\nin,cpo,C-1,295\nIN,CPO,C-2,295\n",
        "CDR ID;Amount (INR)\r\n\r\nC-1;₹ 295,00\r\nC-2;295,00 INR\r\n\r\nTotal;590,00\r\n".encode("utf-16"),
    ],
    ids=["both amounts", "without VAT, tabs, a byte order mark", "names its CPO", "UTF-16 of Excel"],
)
def test_invoices_are_read_as_they_come(month: House, text: str | bytes) -> None:
    """Whose it is is told by its columns, or by the only CPO that has the ids."""
    invoice = hold(month, text)["invoice"]
    assert invoice["matched"]["count"] == 2
    assert invoice["missing"]["count"] == 2
    assert invoice["cpos"] == ["IN*CPO"]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "its first line must name"),
        (
            "a,b\n1,2\n",
            "must name the columns cdr_id, and incl_vat or excl_vat; it names a, b",
        ),
        (b"cdr_id,amount\n\xff\xfe,1\n", "it is not in UTF-8"),
        ("cdr_id,amount\n" + "x" * 10_001, "a line of more than"),
        ("cdr_id,amount\nGHOST,1\n", 'give "cpo"'),
    ],
    ids=["empty", "other columns", "other encoding", "no lines", "of nobody"],
)
def test_what_is_no_invoice_is_told_so(month: House, text: str | bytes, says: str) -> None:
    with pytest.raises(InvalidInvocation, match=says):
        hold(month, text)


CPO = {"country_code": "IN", "party_id": "CPO"}


@pytest.mark.parametrize(
    ("text", "outcome", "difference", "difference_excl"),
    [
        ("cdr_id,amount\nC-1,295\n", "MATCHED", "", ""),
        ("cdr_id,incl_vat\nC-1,295.01\n", "MATCHED", "", ""),
        ("cdr_id,excl_vat\nC-1,250\n", "MATCHED", "", ""),
        ("cdr_id,excl_vat,incl_vat\nC-1,250,295\n", "MATCHED", "", ""),
        ("cdr_id,amount\nC-1,354\n", "DIFFERENT", "59", "50"),
        ("cdr_id,amount\nC-1,250\n", "DIFFERENT", "-45", ""),
        ("cdr_id,excl_vat\nC-1,300\n", "DIFFERENT", "59", "50"),
        ("cdr_id,excl_vat,incl_vat\nC-1,250,280\n", "DIFFERENT", "-15", "0"),
        ("cdr_id,amount\nC-1,USD 295\n", "NOT_COMPARABLE", "", ""),
        ("cdr_id,amount,currency\nC-1,295,EUR\n", "NOT_COMPARABLE", "", ""),
        ("cdr_id,amount\nC-1,(295)\n", "DIFFERENT", "-590", "-500"),
    ],
)
def test_an_invoice_of_a_cpo_that_claims_no_incl_vat_is_compared_with_the_computed_one(
    house: House, text: str, outcome: str, difference: str, difference_excl: str
) -> None:
    push(house, pushed("C-1", total_cost={"excl_vat": 250}))
    answer = hold(house, text)
    [row] = held(house, answer).values()
    assert (row["outcome"], row["difference"], row["vat_computed"]) == (outcome, difference, "true")
    if difference_excl:
        assert row["difference_excl_vat"] == difference_excl
    assert answer["invoice"]["difference"] == (difference or "0")
    assert "nothing to compare" not in row["says"]


def test_where_nothing_tells_the_vat_an_amount_with_it_is_not_comparable(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    without_vat = tariff(20)
    for element in without_vat["elements"]:
        for component in element["price_components"]:
            component.pop("vat", None)
    fields: dict[str, Any] = {"total_cost": {"excl_vat": 250}, "tariffs": [without_vat]}
    push(house, pushed("C-1", **fields), pushed("C-2", **fields), checked=False)
    app: Any = house.app("settle")
    monkeypatch.setattr(app, "settle", replace(app.settle, gst_percent=None))
    answer = hold(house, "cdr_id,incl_vat,excl_vat\nC-1,295,\nC-2,295,260\n", cpo=CPO)
    first, second = held(house, answer).values()
    assert (first["outcome"], first["difference_excl_vat"]) == ("NOT_COMPARABLE", "")
    assert (second["outcome"], second["difference_excl_vat"]) == ("DIFFERENT", "10")


def test_a_cdr_of_another_cpo_is_told_as_that(month: House) -> None:
    for text in (
        "cdr_id,amount\nC-1,295\nO-1,295\n",
        "country_code,party_id,cdr_id,amount\nIN,CPO,C-1,295\nIN,OTH,O-1,295\n",
    ):
        answer = hold(month, text, cpo=CPO)
        row = held(month, answer)["3 O-1"]
        assert (row["outcome"], row["says"]) == ("OTHER_CPO", "this is a CDR of IN*OTH")
        assert answer["invoice"]["other_cpo"] == {"count": 1, "amount": "295"}
        assert answer["invoice"]["matched"]["count"] == 1


def test_a_cdr_and_its_whole_credit_that_the_invoice_has_not_are_settled_out(house: House) -> None:
    out, half, billed, partly = (pushed(f"C-{number}", cost=300) for number in range(1, 5))
    push(
        house,
        *(out, credit(out, "C-1-X")),
        *(half, credit(half, "C-2-X")),
        *(billed, credit(billed, "C-3-X")),
        *(partly, credit(partly, "C-4-X", total_cost={"excl_vat": -300, "incl_vat": -300})),
    )
    answer = hold(house, "cdr_id,amount\nC-2,354\nC-3,354\nC-3-X,-354\n", cpo=CPO)
    told = {row["cdr_id"]: row for row in held(house, answer).values()}
    assert {name: row["outcome"] for name, row in told.items()} == {
        "C-1": "SETTLED_OUT",
        "C-1-X": "SETTLED_OUT",
        "C-2": "MATCHED",
        "C-2-X": "MISSING",
        "C-3": "MATCHED",
        "C-3-X": "MATCHED",
        "C-4": "MISSING",
        "C-4-X": "MISSING",
    }
    assert answer["invoice"]["settled_out"] == {"count": 2, "amount": "0"}
    assert {name for name, row in told.items() if row["verdict"]} == {"C-1", "C-2", "C-3", "C-4"}


def record(record_id: str, *cdrs: str, invoice: str = "2026/10", **fields: Any) -> dict[str, Any]:
    return {
        "country_code": "IN",
        "party_id": "CPO",
        "id": record_id,
        "invoice_id": invoice,
        "cdrs": [*cdrs],
        "last_updated": "2026-11-03T00:00:00Z",
        **fields,
    }


def reconcile(house: House, value: Any) -> Any:
    text = value if isinstance(value, str) else json.dumps(value)
    house.s3.put_object(Bucket="settlements", Key="invoices/october.json", Body=text.encode())
    return settle(house, invoice_s3="s3://settlements/invoices/october.json")


def test_an_invoice_reconciliation_record_lists_cdrs_and_their_claims_are_what_it_should_be_for(
    month: House,
) -> None:
    answer = reconcile(month, record("R-1", "C-1", "c-2", "C-1", "OLD", "O-1", "GHOST"))
    invoice = answer["invoice"]
    counts = {
        name: each["count"] for name, each in invoice.items() if isinstance(each, dict) and "count" in each
    }
    told = {"listed": 2, "twice": 1, "unknown": 2, "other_cpo": 1, "missing": 2}
    assert {name: count for name, count in counts.items() if count} == told
    assert invoice["listed"]["amount"] == "590"
    assert invoice["invoices"] == [{"invoice_id": "2026/10", "cdrs": 2, "excl_vat": "500", "incl_vat": "590"}]
    assert held(month, answer)["1 C-2"]["invoice_id"] == "2026/10"


def test_records_come_one_by_one_as_a_list_or_as_ocpi_answers_them(month: House) -> None:
    two = [record("R-1", "C-1"), record("R-2", "C-2", "C-3", invoice="X")]
    for value in (two, {"status_code": 1000, "data": two, "timestamp": "2026-11-03T00:00:00Z"}):
        invoices = reconcile(month, value)["invoice"]["invoices"]
        assert [(each["invoice_id"], each["cdrs"]) for each in invoices] == [("2026/10", 1), ("X", 2)]
    newer = record("r-1", "C-4", last_updated="2026-11-04T00:00:00Z")
    for updated in ([newer, *two[:1]], [*two[:1], newer]):
        invoice = reconcile(month, updated)["invoice"]
        assert (invoice["listed"]["count"], invoice["missing"]["count"]) == (1, 3), "an updated record"


@pytest.mark.parametrize(
    ("value", "says"),
    [
        ("cdr_id,amount\nC-1,295\n", "it is not JSON"),
        ("[" * 200, "it is not JSON"),
        ([], "it has 0 records"),
        ([record("R-1", "C-1")] * 1001, "it has 1001 records"),
        ([record("R-1", "C-1"), {"id": "R-2"}], "record 2: "),
        ([record("R-1", "C-1", cdrs="C-1")], "record 1: "),
        (7, "record 1: "),
    ],
)
def test_what_are_no_records_is_refused_with_the_reason(month: House, value: Any, says: str) -> None:
    with pytest.raises(InvalidInvocation, match=says):
        reconcile(month, value)
