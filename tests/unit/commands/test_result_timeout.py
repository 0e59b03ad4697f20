"""How long a CommandResponse says that its result may take, in every spelling of a number."""

from decimal import Decimal
from typing import Any

import pytest

from emsp.commands.result_timeout import LONGEST_TIMEOUT_S, UNANSWERED_TIMEOUT_S, timeout_s


@pytest.mark.parametrize(
    ("timeout", "seconds"),
    [
        (120, 120),
        (Decimal("120.0"), 120),
        (Decimal("1.2E+2"), 120),
        ("120", 120),
        (" 120 ", 120),
        ("120.0", 120),
        ("+120", 120),
        ("1.2e2", 120),
        (Decimal("30.2"), 31),
        (0, 0),
        (-5, 0),
        (Decimal("1E+999"), LONGEST_TIMEOUT_S),
        (10**30, LONGEST_TIMEOUT_S),
        (None, UNANSWERED_TIMEOUT_S),
        ("", UNANSWERED_TIMEOUT_S),
        ("soon", UNANSWERED_TIMEOUT_S),
        ("NaN", UNANSWERED_TIMEOUT_S),
        ("Infinity", UNANSWERED_TIMEOUT_S),
        (True, UNANSWERED_TIMEOUT_S),
        ([120], UNANSWERED_TIMEOUT_S),
        ({}, UNANSWERED_TIMEOUT_S),
    ],
)
def test_spellings(timeout: Any, seconds: int) -> None:
    assert timeout_s({"result": "ACCEPTED", "timeout": timeout}) == seconds


def test_none_at_all() -> None:
    assert timeout_s({"result": "ACCEPTED"}) == UNANSWERED_TIMEOUT_S
