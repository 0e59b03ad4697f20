"""A number of a CPO's file is read as the one that it can be, and never guessed."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emsp.settlement import invoice
from emsp.settlement.decimal_marks import DecimalMarks, GivenMarks, UnreadableNumber
from emsp.settlement.invoice import InvalidInvoice, InvoiceRow, read_invoice
from emsp.settlement.written_amount import LONGEST_AMOUNT, written_amount

ALONE = DecimalMarks(None)


def read(text: str, marks: DecimalMarks = ALONE) -> Fraction:
    return marks.read(written_amount(text))


def marks_of(*texts: str) -> DecimalMarks:
    return DecimalMarks.of(map(written_amount, texts))


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("1000", "1000"),
        ("-5", "-5"),
        ("+5", "5"),
        ("12.5", "12.5"),
        ("12,5", "12.5"),
        (".5", "0.5"),
        ("0.500", "0.5"),
        ("0,500", "0.5"),
        ("1234.567", "1234.567"),
        ("1234,567", "1234.567"),
        ("1.234,56", "1234.56"),
        ("1,234.56", "1234.56"),
        ("1.000,00", "1000"),
        ("1.234.567", "1234567"),
        ("1,234,567", "1234567"),
        ("12,34,567", "1234567"),
        ("1,23,456.78", "123456.78"),
        ("1 234,56", "1234.56"),
        ("1\N{NARROW NO-BREAK SPACE}234\N{NARROW NO-BREAK SPACE}567.8", "1234567.8"),
        ("1'234.50", "1234.5"),
        ("1\N{RIGHT SINGLE QUOTATION MARK}234.50", "1234.5"),
        ("1\N{THIN SPACE}234,50", "1234.5"),
        ("1\N{NO-BREAK SPACE}234,50", "1234.5"),
        ("1 00 000.00", "100000"),
        ("1,00,000.00", "100000"),
        ("１，２３４．５０", "1234.5"),
        ("१२", "12"),
        ("(295.00)", "-295"),
        ("( 295.00 )", "-295"),
        ("295.00-", "-295"),
        ("295,00 -", "-295"),
        ("- 295.00", "-295"),
        ("\N{MINUS SIGN}295.00", "-295"),
        ("\N{EN DASH} 295.00", "-295"),
        ("295/-", "295"),
        ("Rs. 1,00,000/-", "100000"),
        ("Rs 295.50", "295.5"),
        ("₹ 295.00", "295"),
        ("₹295.00", "295"),
        ("-₹295.00", "-295"),
        ("₹ -295.00", "-295"),
        ("₹(295.00)", "-295"),
        ("(₹ 295.00)", "-295"),
        ("INR 295.00", "295"),
        ("inr295.00", "295"),
        ("295.00 INR", "295"),
        ("(295.00) INR", "-295"),
        ("295,00\N{NO-BREAK SPACE}€", "295"),
        ("₹ 295.00 INR", "295"),
        ("$1,234.50", "1234.5"),
        ("\ufeff295.00", "295"),
        ("\N{LEFT-TO-RIGHT MARK}295.00", "295"),
    ],
)
def test_what_can_be_one_number_only_is_that_number(text: str, number: str) -> None:
    assert read(text) == Fraction(number)


@pytest.mark.parametrize(
    "text", ["1.000", "1,000", "-12.345", "999,999", "(1.000)", "₹ 1,000", "1.250 KWD", "１．０００"]
)
def test_what_may_be_one_or_a_thousand_is_not_guessed(text: str) -> None:
    with pytest.raises(UnreadableNumber, match="may be a whole number or have decimals"):
        read(text)
    dot, comma = (read(text, marks_of(certain)) for certain in ("1.5", "1,5"))
    assert {dot / comma, comma / dot} == {Fraction(1000), Fraction(1, 1000)}


@pytest.mark.parametrize(
    "text",
    [
        *(
            "",
            "abc",
            "1e3",
            "NaN",
            "1..2",
            "1.2.3",
            "12.34.5",
            "1,2,3",
            "5,",
            "0,123,456",
            "(5",
            "5)",
            "ZZZ 5",
        ),
        *(
            "1_0",
            "1 23",
            "12½",
            "5²",
            "①",
            "1" * (LONGEST_AMOUNT + 1),
            "9" * 30,
            "(-5)",
            "-5-",
            "+(5)",
            "--5",
        ),
        *("5 Cr", "5 Dr", "5%", "€ 5 INR", "€5$", "1 234'567", "1,234 567", "2.95E+02", "=5", "5 EUR 5", "-"),
        *("1٫5", "#REF!", "INR", "5 / 6", "()", "1 234 56"),
    ],
)
def test_what_is_no_number_is_not_read(text: str) -> None:
    for marks in (ALONE, DecimalMarks("."), DecimalMarks(","), GivenMarks("."), GivenMarks(",")):
        with pytest.raises(UnreadableNumber, match="not a number"):
            read(text, marks)


def test_a_file_with_both_marks_decides_nothing() -> None:
    assert marks_of("1,5", "2.5", "3") == ALONE


def test_the_mark_that_the_caller_gave_counts_alone() -> None:
    assert read("1.000", GivenMarks(",")) == 1000
    with pytest.raises(UnreadableNumber, match="decimal mark ','"):
        read("12.5", GivenMarks(","))


@given(
    st.integers(-(10**9), 10**9),
    st.integers(0, 99),
    st.sampled_from([(".", ""), (".", ","), (",", ""), (",", "."), (",", " "), (".", "'"), (",", "\u2009")]),
    st.sampled_from(["-{}", "- {}", "({})", "{}-", "₹ -{}", "-₹{}", "({} INR)", "INR ({})", "\u2212{}"]),
)
def test_amounts_as_they_are_written_anywhere_are_read(
    whole: int, hundredths: int, form: tuple[str, str], negative: str
) -> None:
    mark, group = form
    text = f"{abs(whole):,}".replace(",", group) + f"{mark}{hundredths:02}"
    sign = -1 if whole < 0 else 1
    assert read(negative.format(text) if whole < 0 else text) == whole + sign * Fraction(hundredths, 100)


def test_every_row_of_an_invoice_may_decide_for_all() -> None:
    rows = read_invoice(["cdr_id;amount\n", "A;1.000\n", "B;7,50\n"])
    assert [row.incl_vat for row in rows] == [1000, Fraction("7.5")]
    [unclear] = read_invoice(["cdr_id;amount;excl_vat\n", "A;1.000;5\n"])
    assert (unclear.incl_vat, unclear.excl_vat) == (None, None)
    assert '"decimal"' in unclear.unreadable
    [given_mark] = read_invoice(["cdr_id;amount\n", "A;1.000\n"], ".")
    assert given_mark.incl_vat == 1


def test_an_invoice_has_a_bounded_number_of_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    assert invoice.ROWS_AT_MOST == 200_000, "as docs/settle.md says"
    monkeypatch.setattr(invoice, "ROWS_AT_MOST", 3)
    lines = ["cdr_id,amount\n", *(f"{number},1\n" for number in range(4))]
    assert len(read_invoice(lines[:-1])) == 3
    with pytest.raises(InvalidInvoice, match="more than 3 rows"):
        read_invoice(lines)


def rows_of(text: str) -> list[InvoiceRow]:
    return read_invoice(text.splitlines(keepends=True))


HEADINGS = [
    "cdr_id,amount",
    '"CDR ID","Amount"',
    "Cdr-Id ; TOTAL",
    "cdrId\tInclVat",
    '"CDR ID";"Amount, incl. VAT"',
    "CDR,Amount (incl. GST)",
    "id|Total including tax",
    "S. No.,Id,Amount",
    "\n\nid,amount",
    "sep=;\nid;amount",
    "sep=\nid;amount",
    'sep="\nid;amount',
    ",,\nid,amount",
]


@pytest.mark.parametrize("heading", HEADINGS)
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_columns_are_found_by_name_however_it_is_written(heading: str, end: str) -> None:
    delimiter = next(each for each in "|;\t," if each in heading.splitlines()[-1])
    cells = ["1"] * heading.startswith("S. No.") + ["A", '"7.50"']
    text = f"{heading}\n\n{delimiter.join(cells)}\n{delimiter * len(cells)}\n\n".replace("\n", end)
    [row] = rows_of(text)
    assert (row.cdr_id, row.incl_vat, row.unreadable) == ("A", Fraction("7.5"), "")
    assert row.line == heading.count("\n") + 3


@pytest.mark.parametrize(
    ("heading", "says"),
    [
        ("cdr_id,amount,total", "amount and total"),
        ("cdr_id,excl_vat,amount,total", "amount and total"),
        ("cdr_id,amount,Amount", "names amount twice"),
        ("cdr_id,cdr id,amount", "twice"),
        ("cdr_id,price", "must name the columns"),
    ],
)
def test_columns_that_may_be_two_things_are_not_guessed(heading: str, says: str) -> None:
    with pytest.raises(InvalidInvoice, match=says):
        rows_of(f"{heading}\nA,1,2,3\n")


def test_without_vat_is_without_vat_in_other_words() -> None:
    [row] = rows_of("CDR ID,Amount (excl. GST),GST,Total (incl. GST)\nA,250.00,45.00,295.00\n")
    assert (row.excl_vat, row.incl_vat) == (Fraction(250), Fraction(295))


@pytest.mark.parametrize(
    ("heading", "cells", "currencies"),
    [
        ("id,amount", "A,₹ 5.00", {"INR"}),
        ("id,amount (INR)", "A,5.00", {"INR"}),
        ("id,Total [€]", "A,5.00", {"EUR"}),
        ("id,amount,currency", "A,5.00,inr", {"INR"}),
        ("id,amount (INR),currency", "A,₹5.00,INR", {"INR"}),
        ("id,amount,currency", "A,$5.00,USD", {"USD"}),
        ("id,amount,currency", "A,5.00,", None),
        ("id,amount (INR)", "A,5.00 EUR", set()),
        ("id,amount,currency", "A,5.00 EUR,INR", set()),
        ("id,amount,currency", "A,5.00,XYZ", set()),
    ],
)
def test_the_currency_of_a_row(heading: str, cells: str, currencies: set[str] | None) -> None:
    [row] = rows_of(f"{heading}\n{cells}\n")
    assert row.currencies == (currencies or None)
    assert (row.incl_vat is None) == (currencies == set()) == bool(row.unreadable)


@pytest.mark.parametrize(
    ("last", "unreadable"),
    [
        ("Total,3.00", []),
        ("GRAND TOTAL:,3.00", []),
        (",3.00", []),
        ("Total,3.02", []),
        ("Total,", []),
        (",3.50", ["the row has an amount and no cdr_id, and is not the total"]),
        ("Total,3.50", ["this total is not what the rows add up to: 3"]),
        (",2.00", ["the row has an amount and no cdr_id, and is not the total"]),
        ("Total,3.00\n,2.00", ["the row has an amount and no cdr_id, and is not the total"]),
    ],
)
def test_a_total_is_no_charge_and_a_charge_without_an_id_is_not_lost(
    last: str, unreadable: list[str]
) -> None:
    rows = rows_of(f"id,amount\nA,1.00\nB,2.00\n{last}\n")
    assert [row.cdr_id for row in rows if not row.unreadable] == ["A", "B"]
    assert [row.unreadable for row in rows if row.unreadable] == unreadable


def test_an_id_that_excel_has_to_leave_as_it_is() -> None:
    [row] = rows_of('id,amount\n"=""00123""",1\n')
    assert row.cdr_id == "00123"
