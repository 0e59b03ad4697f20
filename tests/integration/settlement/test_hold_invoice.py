"""An invoice held against a settled month: what is matched, and all that is not."""

from typing import Any

import pytest

from emsp.invocation import InvalidInvocation
from tests.integration.house import House
from tests.integration.settlement.months import push, pushed, rows, settle

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
    assert counts == {"matched": 1, "different": 1, "twice": 1, "unknown": 2, "unreadable": 1, "missing": 1}
    assert invoice["cpos"] == ["IN*CPO"]
    assert invoice["difference"] == "5"
    assert invoice["missing"] == {"count": 1, "amount": "295"}
    told = held(month, answer)
    assert told["2 C-1"]["outcome"] == "MATCHED"
    assert (told["3 C-2"]["outcome"], told["3 C-2"]["difference"]) == ("DIFFERENT", "5")
    assert told["4 C-2"]["outcome"] == "TWICE"
    assert "ended at 2026-09-10" in told["5 OLD"]["says"]
    assert told["6 GHOST"]["says"] == "no such CDR was ever pushed"
    assert told["7 C-3"]["outcome"] == "UNREADABLE"
    assert told["C-4"]["outcome"] == "MISSING"


@pytest.mark.parametrize(
    "text",
    [
        "cdr_id,excl_vat,incl_vat\nC-1,250,295\nC-2,250,295.01\n",
        "\ufeffid\texcl_vat\nC-1\t250.00\nC-2\t250\n",
        "country_code,party_id,cdr_id,total\nin,cpo,C-1,295\nIN,CPO,C-2,295\n",
    ],
    ids=["both amounts", "without VAT, tabs, a byte order mark", "names its CPO"],
)
def test_invoices_are_read_as_they_come(month: House, text: str) -> None:
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
