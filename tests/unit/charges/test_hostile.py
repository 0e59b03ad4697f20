"""No charge and no tariff takes more time or memory than is stated, however large or strange it is."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

import pytest

from emsp.pricing.price_session import PERIODS_AT_MOST, TARIFFS_AT_MOST
from emsp.pricing.read_tariff import ELEMENTS_AT_MOST

NIGHTLY: Final = pytest.mark.nightly
ROOT: Final = Path(__file__).parents[3]


def run(use: str, periods: int, elements: int, kind: str, tariffs: int = 1) -> Any:
    arguments = map(str, (use, periods, elements, kind, tariffs))
    done = subprocess.run(
        [sys.executable, "-m", "tests.unit.charges.hostile", *arguments],
        capture_output=True,
        check=False,
        timeout=180,
        text=True,
        cwd=ROOT,
        env={"PYTHONPATH": f"{ROOT}:{ROOT / 'layers/emsp'}"},
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


# Each kind takes another way through the engine; two that are slow for each change, all of them nightly.
@pytest.mark.parametrize(
    "kind",
    [
        "not_measured",
        "bands",
        *(pytest.param(kind, marks=NIGHTLY) for kind in ("misspelled", "hours", "never")),
    ],
)
def test_2000_periods_by_500_elements_are_checked_within_bounds(kind: str) -> None:
    took = run("check", 2000, 500, kind)
    assert took["s"] < 60
    assert took["mb"] < 256
    assert "TOO_LARGE" not in took["codes"]


@pytest.mark.parametrize(
    ("use", "periods", "elements", "kind", "tariffs"),
    [
        ("check", 2001, 500, "not_measured", 1),
        ("check", PERIODS_AT_MOST + 1, 1, "bands", 1),
        ("check", 45_000, 1, "bands", 1),
        ("check", 1, ELEMENTS_AT_MOST + 1, "hours", 1),
        ("check", 1, 50_000, "hours", 1),
        ("check", 1000, 20, "many", 1),
        ("check", 10, 10, "many", TARIFFS_AT_MOST + 1),
        ("readings", 1000, 260, "not_measured", 1),
        ("so_far", 2000, 500, "not_measured", 1),
        ("so_far", 201, 100, "misspelled", 1),
        ("so_far", 11, ELEMENTS_AT_MOST, "hours", TARIFFS_AT_MOST),
    ],
)
def test_what_is_larger_is_told_as_such_at_once(
    use: str, periods: int, elements: int, kind: str, tariffs: int
) -> None:
    took = run(use, periods, elements, kind, tariffs)
    assert took["s"] < 10
    assert took["mb"] < 512
    assert "TOO_LARGE" in took["codes"]
    if use != "so_far":
        assert "CANNOT_TELL" in took["codes"]


def test_a_push_of_a_session_is_priced_within_bounds() -> None:
    assert run("so_far", 200, 100, "not_measured")["s"] < 5
