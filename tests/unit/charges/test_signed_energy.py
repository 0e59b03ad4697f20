"""What a CDR's signed meter values tell of its energy, however they are written."""

import base64
import json
from fractions import Fraction
from typing import Any

import pytest

from emsp.charges.ocmf import VALUES_AT_MOST
from emsp.charges.signed_energy import READINGS_AT_MOST, signed_energy
from emsp.ocpi.json_text import parse_json

BOTH: list[dict[str, Any]] = [
    {"TM": "2026-11-22T09:55:00,000+0000 S", "TX": "B", "RV": 2935.6, "RI": "1-b:1.8.0", "RU": "kWh"},
    {"TX": "E", "RV": 2948.1},
]


def ocmf(readings: Any) -> str:
    return f'OCMF|{json.dumps({"FV": "1.0", "RD": readings})}|{{"SD": "3045"}}'


def base64_of(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def told(*values: dict[str, Any], method: str = "OCMF") -> Fraction | None:
    cdr = parse_json(json.dumps({"signed_data": {"encoding_method": method, "signed_values": values}}))
    assert isinstance(cdr, dict)
    return signed_energy(cdr)


@pytest.mark.parametrize(
    "values",
    [
        [{"nature": "End", "plain_data": ocmf(BOTH), "signed_data": "x"}],
        [{"nature": "End", "plain_data": "", "signed_data": base64_of(ocmf(BOTH))}],
        [{"nature": "End", "signed_data": ocmf(BOTH)}],
        [{"plain_data": json.dumps({"RD": BOTH})}],
        [{"plain_data": ocmf(BOTH[:1])}, {"plain_data": ocmf([{**BOTH[0], "TX": "E", "RV": 2948.1}])}],
        [{"plain_data": ocmf([{**BOTH[0], "RV": 2935600, "RU": "Wh"}, {"RV": 2948100}])}],
        [{"plain_data": ocmf([*BOTH, {"RI": "1-b:2.8.0", "RV": 0}, {"RV": 99}])}],  # fed back
    ],
)
def test_from_the_first_to_the_last_reading(values: list[dict[str, Any]]) -> None:
    assert told(*values) == Fraction("12.5")


@pytest.mark.parametrize(
    "values",
    [
        [],
        [{}],
        [{"plain_data": "OCMF|", "signed_data": "%%"}],
        [{"plain_data": "OCMF|[]|{}"}],
        [{"plain_data": ocmf(BOTH[:1])}],
        [{"plain_data": ocmf("x")}],
        [{"plain_data": ocmf([{**BOTH[0], "RV": "1e999999999"}, {"RV": True}])}],
        [{"plain_data": ocmf([{**BOTH[0], "RU": "kVArh"}, BOTH[1]])}],
        [{"plain_data": "[" * 100_000}],
    ],
)
def test_what_tells_no_energy(values: list[dict[str, Any]]) -> None:
    assert told(*values) is None


def test_another_format_and_no_signature() -> None:
    assert told({"plain_data": ocmf(BOTH)}, method="EDL40") is None
    assert signed_energy({"signed_data": None}) is None


def test_no_more_is_read_than_the_bounds() -> None:
    one = ocmf([{**BOTH[0], "RV": 1}])
    last = ocmf([{**BOTH[0], "RV": 100}])
    assert told(*[{"plain_data": one}] * VALUES_AT_MOST, {"plain_data": last}) == 0
    many = [{**BOTH[0], "RV": 1}] * READINGS_AT_MOST
    assert told({"plain_data": ocmf([*many, {"RV": 100}])}) == 0
