"""Items come back from Python values as they went, and no number loses a digit."""

from decimal import Decimal

import pytest

from emsp.stores.attributes import Value, attributes, values_of


@pytest.mark.parametrize(
    ("value", "attribute"),
    [
        ("IN*ABC", {"S": "IN*ABC"}),
        ("", {"S": ""}),
        (1, {"N": "1"}),
        (Decimal("8.10"), {"N": "8.10"}),
        (
            Decimal("0.1234567890123456789012345678901234567"),
            {"N": "0.1234567890123456789012345678901234567"},
        ),
        (True, {"BOOL": True}),
        (None, {"NULL": True}),
        (b"\x00zlib", {"B": b"\x00zlib"}),
        ([], {"L": []}),
        (["first", "second"], {"L": [{"S": "first"}, {"S": "second"}]}),
        ({"id": "L1", "kwh": Decimal("7.5")}, {"M": {"id": {"S": "L1"}, "kwh": {"N": "7.5"}}}),
    ],
)
def test_a_value_is_kept_in_dynamodbs_own_type_and_read_back_the_same(
    value: Value, attribute: dict[str, object]
) -> None:
    item = attributes({"kept": value})
    assert item == {"kept": attribute}
    back = values_of(item)["kept"]
    assert back == value
    assert str(back) == str(value)
    assert type(back) is (Decimal if type(value) is int else type(value))


@pytest.mark.parametrize("number", [0.1, Decimal("0." + "1" * 39)], ids=["a float", "more than 38 digits"])
def test_a_number_that_would_lose_a_digit_is_refused(number: float | Decimal) -> None:
    with pytest.raises((TypeError, ArithmeticError)):
        attributes({"kept": number})  # type: ignore[dict-item]
