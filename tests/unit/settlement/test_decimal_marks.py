"""A number of a CPO's file is read as the one that it can be, and never guessed."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emsp.settlement.decimal_marks import LONGEST_NUMBER, DecimalMarks, GivenMarks, UnreadableNumber
from emsp.settlement.invoice import ROWS_AT_MOST, InvalidInvoice, read_invoice

ALONE = DecimalMarks(None)


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
    ],
)
def test_what_can_be_one_number_only_is_that_number(text: str, number: str) -> None:
    assert ALONE.read(text) == Fraction(number)


@pytest.mark.parametrize("text", ["1.000", "1,000", "-12.345", "999,999"])
def test_what_may_be_one_or_a_thousand_is_not_guessed(text: str) -> None:
    with pytest.raises(UnreadableNumber, match="may be a whole number or have decimals"):
        ALONE.read(text)
    dot, comma = (DecimalMarks.of([certain]).read(text) for certain in ("1.5", "1,5"))
    assert {dot / comma, comma / dot} == {Fraction(1000), Fraction(1, 1000)}


@pytest.mark.parametrize(
    "text",
    [
        *("", "abc", "1e3", "NaN", "1..2", "1.2.3", "12.34.5", "1,2,3", "5,", "0,123,456", "(5)", "INR 5"),
        *("1_0", "1 23", "१२", "1" * (LONGEST_NUMBER + 1), "9" * 30),
    ],
)
def test_what_is_no_number_is_not_read(text: str) -> None:
    for marks in (ALONE, DecimalMarks("."), DecimalMarks(","), GivenMarks("."), GivenMarks(",")):
        with pytest.raises(UnreadableNumber, match="no number"):
            marks.read(text)


def test_a_file_with_both_marks_decides_nothing() -> None:
    assert DecimalMarks.of(["1,5", "2.5", "3"]) == ALONE


def test_the_mark_that_the_caller_gave_counts_alone() -> None:
    assert GivenMarks(",").read("1.000") == 1000
    with pytest.raises(UnreadableNumber, match="decimal mark is ','"):
        GivenMarks(",").read("12.5")


@given(
    st.integers(-(10**9), 10**9),
    st.integers(0, 99),
    st.sampled_from([(".", ""), (".", ","), (",", ""), (",", "."), (",", " "), (".", "'")]),
)
def test_amounts_as_they_are_written_anywhere_are_read(
    whole: int, hundredths: int, form: tuple[str, str]
) -> None:
    mark, group = form
    text = f"{whole:,}".replace(",", group) + f"{mark}{hundredths:02}"
    sign = -1 if whole < 0 else 1
    assert ALONE.read(text) == whole + sign * Fraction(hundredths, 100)


def test_every_row_of_an_invoice_may_decide_for_all() -> None:
    rows = read_invoice(["cdr_id;amount\n", "A;1.000\n", "B;7,50\n"])
    assert [row.incl_vat for row in rows] == [1000, Fraction("7.5")]
    [unclear] = read_invoice(["cdr_id;amount;excl_vat\n", "A;1.000;5\n"])
    assert (unclear.incl_vat, unclear.excl_vat) == (None, None)
    assert '"decimal"' in unclear.unreadable
    [given_mark] = read_invoice(["cdr_id;amount\n", "A;1.000\n"], ".")
    assert given_mark.incl_vat == 1


def test_an_invoice_has_a_bounded_number_of_rows() -> None:
    def lines(count: int) -> list[str]:
        return ["cdr_id,amount\n", *(f"{number},1\n" for number in range(count))]

    assert len(read_invoice(lines(ROWS_AT_MOST))) == ROWS_AT_MOST
    with pytest.raises(InvalidInvoice, match="more than 200000 rows"):
        read_invoice(lines(ROWS_AT_MOST + 1))
