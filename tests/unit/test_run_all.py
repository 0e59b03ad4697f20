"""What a run of all tests says at its end: who failed, and pytest's counts over all steps."""

import pytest

from tests.run_all import Done, Step, closing_lines

TESTS, LINT = Step("tests", ["python", "-m", "pytest"]), Step("lint", ["python", "-m", "ruff"])


@pytest.mark.parametrize(
    ("output", "counts"),
    [
        ("3 passed in 1.20s\n", {"passed": 3}),
        ("== 1 failed, 2 passed, 1 error in 75.20s (0:01:15) ==\n", {"failed": 1, "passed": 2, "errors": 1}),
        ("2 passed, 5 skipped, 1 warning in 9.1s\n", {"passed": 2, "skipped": 5, "warnings": 1}),
        ("no tests ran in 0.01s\n", {"errors": 1}),
        ("Segmentation fault\n", {"errors": 1}),
    ],
)
def test_pytests_closing_line_is_counted(output: str, counts: dict[str, int]) -> None:
    assert Done(TESTS, passed=True, output=output, seconds=1).counts == counts


def test_the_last_line_counts_all_and_failures_stand_before_it() -> None:
    done = [
        Done(LINT, passed=False, output="E501 Line too long\n", seconds=1),
        Done(TESTS, passed=False, output="noise\nFAILED a.py::b - assert\n1 failed in 1.00s\n", seconds=1),
        Done(TESTS, passed=True, output="3 passed in 1.00s\n", seconds=1),
    ]
    assert list(closing_lines(done, 2)) == [
        "--- lint FAILED\nE501 Line too long",
        "--- tests FAILED\nFAILED a.py::b - assert",
        "1 failed, 3 passed in 2.00s",
    ]
