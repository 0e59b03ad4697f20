"""CPU of checking one CDR, how many times that of parsing it, and how many times the check both sides take.

`python -m tests.benchmarks.charges`
"""

import sys
from itertools import product

from tests.benchmarks.charges.work import PERIODS, both_sides, measured


def main() -> None:
    for periods, right in product(PERIODS, (True, False)):
        found = measured(periods, right=right)
        sys.stdout.write(
            f"{periods:5} periods, 50 elements, {'right' if right else 'wrong'}:"
            f" {found.check_ms:.2f} ms to check, {found.parse_ms:.3f} ms to parse: {found.ratio:.1f} times\n"
        )
    for periods in PERIODS:
        both = both_sides(periods)
        sys.stdout.write(
            f"{periods:5} periods, both sides: {both.by_cost_plus:.2f} times the check (cost_plus),"
            f" {both.by_own_tariff:.2f} times (own tariff); 1,000 rules {both.rules:.2f} times one\n"
        )


main()
